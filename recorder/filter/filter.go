// Package filter reads the filter of a recording: a condition in Falco's
// language over what the kernel can decide about an event.
//
//	proc.name    = != in startswith     name of the process, as the kernel cuts it
//	proc.pid     = != in                its pid
//	proc.apid    = != in                descends from the process with this pid
//	user.uid     = != in < <= > >=      effective user of the thread
//	cgroup.path  = != in                in the control group with this path, or below it
//	container.id = != in                in a container that runs already
//	evt.type     = != in                the system call; syscall.type is the same
//
// They are combined by and, or, not and parentheses. proc.apid is about the
// processes that were born of one, and of those that were, whoever has adopted
// them since; the process itself is none of them.
package filter

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"falcoreplay/rules/syntax"
)

// Limits of a Filter, as the kernel's program has them.
const (
	MaxAtoms = 31
	MaxTerms = 32

	maxName = 15 // bytes of a process's name, TASK_COMM_LEN without the NUL
)

// Kind is what an Atom asks about.
type Kind uint8

// The kinds of atoms, and which members of an Atom each has.
const (
	Name       Kind = iota + 1 // Text, the whole name
	NamePrefix                 // Text
	PID                        // Lo
	Descendant                 // Lo, the pid of the ancestor
	UID                        // Lo to Hi
	Cgroup                     // Text, an absolute path
	Container                  // Text, an id or the beginning of one
	Call                       // Text, the name of a system call or another event
)

// Atom is a question about an event, or who caused it, that is answered by yes
// or no.
type Atom struct {
	Kind   Kind
	Text   string
	Lo, Hi uint32
}

// Term is true of an event if the answers, a bit for each atom from the lowest
// on, have Value where they have Mask.
type Term struct{ Mask, Value uint32 }

// Filter is true of an event if one of its terms is.
type Filter struct {
	Text  string // as it was given
	Atoms []Atom
	Terms []Term
}

// Match reports whether one of the terms is true of the answers.
func Match(terms []Term, answers uint32) bool {
	return slices.ContainsFunc(terms, func(t Term) bool { return answers&t.Mask == t.Value })
}

// Who are the terms without what they say about system calls: they are true of
// whoever may cause an event that the filter is true of.
func (f *Filter) Who() []Term {
	var calls uint32
	for i, a := range f.Atoms {
		if a.Kind == Call {
			calls |= 1 << i
		}
	}
	var who []Term
	for _, t := range f.Terms {
		who = union(who, []Term{{t.Mask &^ calls, t.Value &^ calls}})
	}
	return who
}

// Has reports whether an atom is of a kind.
func (f *Filter) Has(k Kind) bool {
	return slices.ContainsFunc(f.Atoms, func(a Atom) bool { return a.Kind == k })
}

// Parse reads a filter. The error says where it is wrong, or what the kernel
// cannot decide.
func Parse(text string) (*Filter, error) {
	tree, err := syntax.Parse(text)
	if err != nil {
		return nil, err
	}
	p := parser{f: &Filter{Text: text}}
	p.f.Terms, err = p.expr(tree, false)
	if err != nil {
		return nil, err
	}
	if len(p.f.Terms) == 0 {
		return nil, fmt.Errorf("nothing can ever match %q", text)
	}
	return p.f, nil
}

type parser struct{ f *Filter }

// expr makes the terms of an expression, or of its contrary.
func (p *parser) expr(e syntax.Expr, not bool) ([]Term, error) {
	switch e := e.(type) {
	case *syntax.Not:
		return p.expr(e.Child, !not)
	case *syntax.And:
		return p.combine(e.Children, not, !not)
	case *syntax.Or:
		return p.combine(e.Children, not, not)
	case *syntax.Check:
		return p.check(e, not)
	case *syntax.Macro:
		return nil, at(e, "%q is a macro, and the filter of a recording has none", e.Name)
	}
	return nil, at(e, "a recording cannot be filtered by %s", e)
}

// combine makes the terms of several expressions, all of which are to hold or
// any.
func (p *parser) combine(children []syntax.Expr, not, all bool) ([]Term, error) {
	var terms []Term
	if all {
		terms = []Term{{}}
	}
	for _, c := range children {
		more, err := p.expr(c, not)
		if err != nil {
			return nil, err
		}
		if all {
			terms = product(terms, more)
		} else {
			terms = union(terms, more)
		}
		if len(terms) > MaxTerms {
			return nil, at(c, "the filter has more than %d alternatives once it is multiplied out; make it simpler", MaxTerms)
		}
	}
	return terms, nil
}

// product is both: each term of a with each of b.
func product(a, b []Term) []Term {
	var terms []Term
	for _, x := range a {
		for _, y := range b {
			if both := x.Mask & y.Mask; x.Value&both == y.Value&both {
				terms = union(terms, []Term{{x.Mask | y.Mask, x.Value | y.Value}})
			}
		}
	}
	return terms
}

// union is either, without terms that another one covers.
func union(a, b []Term) []Term {
	covers := func(x, y Term) bool { return x.Mask&y.Mask == x.Mask && y.Value&x.Mask == x.Value }
	for _, y := range b {
		if slices.ContainsFunc(a, func(x Term) bool { return covers(x, y) }) {
			continue
		}
		a = append(slices.DeleteFunc(slices.Clone(a), func(x Term) bool { return covers(y, x) }), y)
	}
	return a
}

// check makes the terms of a comparison.
func (p *parser) check(c *syntax.Check, not bool) ([]Term, error) {
	f, ok := c.Left.(*syntax.Field)
	if !ok || f.HasArg || c.Mod != syntax.ModNone {
		return nil, at(c, "the kernel cannot decide %s", c)
	}
	read, ok := fields[f.Name]
	if !ok {
		return nil, at(f, "the kernel cannot decide %s; a recording can be filtered by %s", f.Name, strings.Join(fieldNames(), ", "))
	}
	op := c.Op
	if op == syntax.OpNe {
		op, not = syntax.OpEq, !not
	}
	var values []*syntax.Value
	switch right := c.Right.(type) {
	case *syntax.Value:
		values = []*syntax.Value{right}
	case *syntax.List:
		values = right.Values
	default:
		return nil, at(c.Right, "the kernel compares %s with constants only, not with %s", f.Name, c.Right)
	}
	if op == syntax.OpIn {
		op = syntax.OpEq
	}
	var terms []Term
	if not {
		terms = []Term{{}}
	}
	for _, v := range values {
		a, err := read(f.Name, op, v.Text)
		if err != nil {
			return nil, at(v, "%v", err)
		}
		bit, err := p.atom(a)
		if err != nil {
			return nil, at(v, "%v", err)
		}
		if not {
			terms = product(terms, []Term{{bit, 0}})
		} else {
			terms = union(terms, []Term{{bit, bit}})
		}
	}
	if len(terms) > MaxTerms {
		return nil, at(c, "more than %d values", MaxTerms)
	}
	return terms, nil
}

// atom is the bit of an atom.
func (p *parser) atom(a Atom) (uint32, error) {
	i := slices.Index(p.f.Atoms, a)
	if i < 0 {
		if i = len(p.f.Atoms); i == MaxAtoms {
			return 0, fmt.Errorf("the filter compares with more than %d values", MaxAtoms)
		}
		p.f.Atoms = append(p.f.Atoms, a)
	}
	return 1 << i, nil
}

func at(n syntax.Node, format string, args ...any) error {
	pos := n.Position()
	return fmt.Errorf("column %d: %s", pos.Column, fmt.Sprintf(format, args...))
}

// fields has what can be compared, and how the comparison is read. An operator
// is never != or in: those are made of =.
var fields = map[string]func(field string, op syntax.Op, value string) (Atom, error){
	"proc.name":    readName,
	"proc.pid":     readPID(PID),
	"proc.apid":    readPID(Descendant),
	"user.uid":     readUID,
	"cgroup.path":  readCgroup,
	"container.id": readContainer,
	"evt.type":     readText(Call),
	"syscall.type": readText(Call),
}

func fieldNames() []string {
	var names []string
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func wrongOp(field string, op syntax.Op) error {
	return fmt.Errorf("the kernel cannot decide %s %s", field, op)
}

func readName(field string, op syntax.Op, value string) (Atom, error) {
	kind := Name
	switch {
	case op == syntax.OpStartsWith:
		kind = NamePrefix
	case op != syntax.OpEq:
		return Atom{}, wrongOp(field, op)
	}
	if len(value) > maxName {
		return Atom{}, fmt.Errorf("%q is longer than %d bytes, which the kernel cuts names to", value, maxName)
	}
	return Atom{Kind: kind, Text: value}, nil
}

func readNumber(field, value string) (uint32, error) {
	n, err := strconv.ParseUint(value, 0, 32)
	if err != nil {
		return 0, fmt.Errorf("%s is a number from 0 to 4294967295, not %q", field, value)
	}
	return uint32(n), nil
}

func readPID(kind Kind) func(string, syntax.Op, string) (Atom, error) {
	return func(field string, op syntax.Op, value string) (Atom, error) {
		if op != syntax.OpEq {
			return Atom{}, wrongOp(field, op)
		}
		n, err := readNumber(field, value)
		return Atom{Kind: kind, Lo: n}, err
	}
}

func readUID(field string, op syntax.Op, value string) (Atom, error) {
	n, err := readNumber(field, value)
	if err != nil {
		return Atom{}, err
	}
	a := Atom{Kind: UID, Hi: ^uint32(0)}
	switch op {
	case syntax.OpEq:
		a.Lo, a.Hi = n, n
	case syntax.OpGe:
		a.Lo = n
	case syntax.OpLe:
		a.Hi = n
	case syntax.OpGt:
		a.Lo = n + 1
	case syntax.OpLt:
		a.Hi = n - 1
	default:
		return Atom{}, wrongOp(field, op)
	}
	if op == syntax.OpGt && a.Lo == 0 || op == syntax.OpLt && n == 0 {
		return Atom{}, fmt.Errorf("no user has %s %s %s", field, op, value)
	}
	return a, nil
}

func readCgroup(field string, op syntax.Op, value string) (Atom, error) {
	if op != syntax.OpEq {
		return Atom{}, wrongOp(field, op)
	}
	if !strings.HasPrefix(value, "/") {
		return Atom{}, fmt.Errorf("the path of a control group begins with /, as in /proc/PID/cgroup; %q does not", value)
	}
	return Atom{Kind: Cgroup, Text: "/" + strings.Trim(value, "/")}, nil
}

func readContainer(field string, op syntax.Op, value string) (Atom, error) {
	if value == "host" {
		return Atom{}, fmt.Errorf("the kernel does not know which processes are in no container; name the containers, or a control group above them by cgroup.path")
	}
	if len(value) < 3 {
		return Atom{}, fmt.Errorf("%q is too short for the id of a container", value)
	}
	return readText(Container)(field, op, value)
}

func readText(kind Kind) func(string, syntax.Op, string) (Atom, error) {
	return func(field string, op syntax.Op, value string) (Atom, error) {
		if op != syntax.OpEq {
			return Atom{}, wrongOp(field, op)
		}
		return Atom{Kind: kind, Text: value}, nil
	}
}
