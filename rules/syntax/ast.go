package syntax

import "strings"

// Node is any node of the tree. Nodes are not changed once they are built:
// Rewrite makes new ones, and trees may share parts.
type Node interface {
	// Position is where the node's text begins.
	Position() Pos
	// String prints the node so that Parse reads it back as an equal tree.
	String() string
	node()
}

// Expr is a node with a truth value: *And, *Or, *Not, *Check, *Exists, *Macro.
type Expr interface {
	Node
	expr()
}

// Operand is what a check compares: *Field, *Transformer, *Value, *List,
// *TransformerList.
type Operand interface {
	Node
	operand()
}

type (
	// And is true if all of its children are. It has two or more.
	And struct {
		Pos
		Children []Expr
	}

	// Or is true if one of its children is. It has two or more.
	Or struct {
		Pos
		Children []Expr
	}

	// Not is true if its child is not.
	Not struct {
		Pos
		Child Expr
	}

	// Macro is a bare identifier: the name of a macro, to be resolved.
	Macro struct {
		Pos
		Name string
	}

	// Check compares two operands.
	Check struct {
		Pos
		// Left is a *Field or a *Transformer.
		Left Operand
		Op   Op
		// OpPos is where the operator is.
		OpPos Pos
		// Mod is ModNone unless Op is followed by oneof, anyof or allof.
		Mod Mod
		// Right is, by Op and Mod:
		//   - for <, <=, >, >=: a *Value that is a number, or a *Transformer;
		//   - for in, intersects, pmatch: a *List, a *Value that is a bare
		//     identifier, or a *Transformer;
		//   - with a modifier: a *List or a *Value that is a bare identifier;
		//   - for any other: a *Value or a *Transformer.
		Right Operand
	}

	// Exists is true if its operand has a value.
	Exists struct {
		Pos
		// Left is a *Field or a *Transformer.
		Left Operand
	}

	// Field is a field of an event, like proc.aname[2].
	Field struct {
		Pos
		Name string
		// Arg is what stands in the brackets, unquoted; see HasArg.
		Arg string
		// HasArg tells proc.x from proc.x[""].
		HasArg bool
	}

	// Transformer is a function of its arguments, like tolower(proc.name).
	// The name val marks a field on the right-hand side.
	Transformer struct {
		Pos
		Name string
		// Args has one or more of *Field, *Transformer, *Value,
		// *TransformerList.
		Args []Operand
		// Arg is what stands in brackets behind the parenthesis; see HasArg.
		Arg    string
		HasArg bool
	}

	// TransformerList is a parenthesised list among a transformer's arguments;
	// it may be empty.
	TransformerList struct {
		Pos
		// Items are *Field, *Transformer or *Value.
		Items []Operand
	}

	// Value is a constant.
	Value struct {
		Pos
		// Text is the value with quotes and escapes taken away. It may hold
		// any bytes.
		Text string
	}

	// List is a parenthesised list of constants; it may be empty. Before
	// package rules has resolved a condition, a value may be a list's name.
	List struct {
		Pos
		Values []*Value
	}
)

func (*And) node()             {}
func (*Or) node()              {}
func (*Not) node()             {}
func (*Macro) node()           {}
func (*Check) node()           {}
func (*Exists) node()          {}
func (*Field) node()           {}
func (*Transformer) node()     {}
func (*TransformerList) node() {}
func (*Value) node()           {}
func (*List) node()            {}

func (*And) expr()    {}
func (*Or) expr()     {}
func (*Not) expr()    {}
func (*Macro) expr()  {}
func (*Check) expr()  {}
func (*Exists) expr() {}

func (*Field) operand()           {}
func (*Transformer) operand()     {}
func (*TransformerList) operand() {}
func (*Value) operand()           {}
func (*List) operand()            {}

// Op is a comparison operator.
type Op uint8

// The operators. `==` and `=` are one.
const (
	OpNone Op = iota
	OpEq
	OpNe
	OpLt
	OpLe
	OpGt
	OpGe
	OpContains
	OpIContains
	OpBContains
	OpStartsWith
	OpBStartsWith
	OpEndsWith
	OpGlob
	OpIGlob
	OpRegex
	OpIn
	OpIntersects
	OpPMatch
	OpExists
)

var opNames = [...]string{
	OpNone: "", OpEq: "=", OpNe: "!=", OpLt: "<", OpLe: "<=", OpGt: ">", OpGe: ">=",
	OpContains: "contains", OpIContains: "icontains", OpBContains: "bcontains",
	OpStartsWith: "startswith", OpBStartsWith: "bstartswith", OpEndsWith: "endswith",
	OpGlob: "glob", OpIGlob: "iglob", OpRegex: "regex",
	OpIn: "in", OpIntersects: "intersects", OpPMatch: "pmatch", OpExists: "exists",
}

// String returns the operator as it is written in a condition.
func (o Op) String() string {
	if int(o) < len(opNames) {
		return opNames[o]
	}
	return "?"
}

// TakesList tells whether the operator by itself compares with a list.
func (o Op) TakesList() bool { return o == OpIn || o == OpIntersects || o == OpPMatch }

// TakesNumber tells whether the operator orders numbers.
func (o Op) TakesNumber() bool { return o >= OpLt && o <= OpGe }

// TakesMod tells whether a modifier may follow the operator.
func (o Op) TakesMod() bool {
	return o == OpEq || o == OpNe || o >= OpContains && o <= OpRegex
}

// Mod is a modifier, which makes an operator compare with a list.
type Mod uint8

// The modifiers.
const (
	ModNone Mod = iota
	ModOneOf
	ModAnyOf
	ModAllOf
)

var modNames = [...]string{ModNone: "", ModOneOf: "oneof", ModAnyOf: "anyof", ModAllOf: "allof"}

// String returns the modifier as it is written in a condition.
func (m Mod) String() string {
	if int(m) < len(modNames) {
		return modNames[m]
	}
	return "?"
}

// ParseOp reads an operator with an optional modifier, like `in` or
// `startswith oneof`, separated by one space. It tells whether they are such,
// and go together.
func ParseOp(s string) (Op, Mod, bool) {
	if s == "==" {
		return OpEq, ModNone, true
	}
	name, mod := s, ModNone
	for m := ModOneOf; m <= ModAllOf; m++ {
		if n, ok := strings.CutSuffix(s, " "+m.String()); ok {
			name, mod = n, m
		}
	}
	if name == "==" {
		name = "="
	}
	for o := OpEq; o <= OpExists; o++ {
		if o.String() == name {
			return o, mod, mod == ModNone || o.TakesMod()
		}
	}
	return OpNone, ModNone, false
}
