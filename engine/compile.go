package engine

import (
	"fmt"
	"strings"

	"falcoreplay/engine/field"
	"falcoreplay/rules"
	"falcoreplay/rules/syntax"
)

// check compares values with constants or with other values.
type check struct {
	left  sourceID
	right sourceID // noSource if constants are compared
	op    syntax.Op
	shape shape
	class class   // of the values, where both sides are sources
	one   matcher // for constants

	// quick is left's, for shapeOne, if it has one: see field.Field.Quick.
	quick func(*field.Context) (field.Value, bool)

	cost int32 // what it takes to evaluate it, in about 10 ns

	// settled is what the check comes to for every event, as far as that is
	// known: events are numbered from 1.
	settled truth
}

// shape is how a check goes through the values.
type shape uint8

const (
	shapeExists     shape = iota // there is a value
	shapeOne                     // the value, a single one, matches
	shapeEach                    // all values of a list match
	shapeSome                    // one of the values of a list matches
	shapeFields                  // compared with other values
	shapeCandidates              // see Evaluator.candidates
)

// compiler turns conditions and outputs into sources, checks and nodes, which
// all rules share.
type compiler struct {
	sources     []source
	sourceIndex map[string]sourceID
	checks      []check
	checkNames  []string
	checkIndex  map[string]nodeID
	exprs       map[syntax.Expr]nodeID
	graph       *graph
	problems    []rules.Problem

	// What is compiled already is not looked at again. faulty has of it what
	// had problems, by expression or key, and doubt tells that such has been met
	// again, so that problems is not complete.
	faulty map[any]bool
	doubt  bool
}

func newCompiler() *compiler {
	return &compiler{
		sourceIndex: make(map[string]sourceID),
		checkIndex:  make(map[string]nodeID),
		exprs:       make(map[syntax.Expr]nodeID),
		graph:       newGraph(),
		faulty:      make(map[any]bool),
	}
}

// fail keeps an error in a condition.
func (c *compiler) fail(pos syntax.Pos, err error) {
	c.problems = append(c.problems, rules.Problem{
		Code: rules.ErrCompileCondition, Pos: pos, Message: err.Error(), Unknown: isUnknown(err),
	})
}

// warn keeps a warning about a condition.
func (c *compiler) warn(pos syntax.Pos, format string, args ...any) {
	c.problems = append(c.problems, rules.Problem{
		Severity: rules.SeverityWarning, Code: rules.WarnCompileCondition, Pos: pos, Message: fmt.Sprintf(format, args...),
	})
}

// expr compiles a condition. Trees share the nodes of macros, and so are
// compiled once. What is wrong is reported, and counts as false.
func (c *compiler) expr(e syntax.Expr) nodeID {
	if id, ok := c.exprs[e]; ok {
		c.doubt = c.doubt || len(c.faulty) > 0 && c.faulty[e]
		return id
	}
	id, before := nodeFalse, len(c.problems)
	switch e := e.(type) {
	case *syntax.And:
		id = c.graph.and(c.exprsOf(e.Children))
	case *syntax.Or:
		id = c.graph.or(c.exprsOf(e.Children))
	case *syntax.Not:
		id = c.graph.not(c.expr(e.Child))
	case *syntax.Exists:
		id = c.exists(e)
	case *syntax.Check:
		id = c.check(e)
	default:
		c.fail(e.Position(), fmt.Errorf("%s is not defined", e))
	}
	c.exprs[e] = id
	if len(c.problems) > before || c.doubt {
		c.faulty[e] = true
	}
	return id
}

func (c *compiler) exprsOf(list []syntax.Expr) []nodeID {
	ids := make([]nodeID, len(list))
	for i, e := range list {
		ids[i] = c.expr(e)
	}
	return ids
}

func (c *compiler) exists(e *syntax.Exists) nodeID {
	left := c.operand(e.Left)
	if left == noSource {
		return nodeFalse
	}
	k := check{left: left, right: noSource, op: syntax.OpExists, shape: shapeExists}
	if isCandidates(&c.sources[left]) {
		k.shape = shapeCandidates
	}
	return c.leaf(e.String(), k)
}

// leaf finds or makes the node of a check.
func (c *compiler) leaf(key string, k check) nodeID {
	if id, ok := c.checkIndex[key]; ok {
		return id
	}
	cost := c.sources[k.left].cost + checkCost(&k)
	if k.right != noSource {
		cost += c.sources[k.right].cost
	}
	k.cost = cost
	if s := &c.sources[k.left]; s.kind == fromField && k.shape == shapeOne {
		k.quick = s.field.Quick()
	}
	c.checks, c.checkNames = append(c.checks, k), append(c.checkNames, key)
	id := c.graph.leaf(int32(len(c.checks)-1), cost, c.typed(&k) || k.settled != unknown)
	c.checkIndex[key] = id
	return id
}

// checkCost is what it takes to compare, in about 10 ns.
func checkCost(k *check) int32 {
	switch {
	case k.op == syntax.OpRegex:
		return 40
	case k.op == syntax.OpPMatch, k.op == syntax.OpGlob, k.op == syntax.OpIGlob:
		return 8
	case k.op >= syntax.OpContains && k.op <= syntax.OpBContains, k.op == syntax.OpIntersects:
		return 4
	case k.op == syntax.OpIn:
		return 2
	}
	return 1
}

// check compiles a comparison.
func (c *compiler) check(e *syntax.Check) nodeID {
	key, before := e.String(), len(c.problems)
	if id, ok := c.checkIndex[key]; ok {
		c.doubt = c.doubt || len(c.faulty) > 0 && c.faulty[key]
		return id
	}
	left := c.operand(e.Left)
	right := noSource
	texts, places := rightConstants(e.Right)
	if t, ok := e.Right.(*syntax.Transformer); ok {
		if right = c.operand(t); right == noSource {
			return nodeFalse
		}
	}
	if left == noSource {
		return nodeFalse
	}
	l := &c.sources[left]
	if err := checkOp(e.Op, l.typ, l.list); err != nil {
		c.fail(e.OpPos, err)
		return nodeFalse
	}
	k := check{left: left, right: right, op: e.Op, class: classOf(l.typ)}
	if right != noSource {
		if err := c.checkFields(e, left, right); err != nil {
			c.fail(e.Right.Position(), err)
			return nodeFalse
		}
		k.shape = shapeFields
		return c.leaf(key, k)
	}
	failed := false
	fail := func(i int, err error) {
		failed = true
		c.fail(places[i], err)
	}
	consts := parseConstants(e.Op, l.typ, texts, fail)
	c.checkTexts(e, texts, places, fail)
	if failed {
		return nodeFalse
	}
	k.shape = shapeOf(e.Op, l)
	var err error
	switch {
	case k.shape == shapeCandidates:
		k.one, err = newCandidateMatcher(e, l, consts)
	case l.list:
		k.one = newListMatcher(k.class, consts)
	default:
		k.one, err = newMatcher(e.Op, e.Mod, l.typ, consts)
	}
	if err != nil {
		c.fail(e.Right.Position(), err)
		return nodeFalse
	}
	if len(c.problems) > before {
		c.faulty[key] = true
	}
	if types, decided := typesOfNumber(e); decided {
		k.settled = truthOf(types != typeSet{})
	}
	return c.leaf(key, k)
}

// shapeOf chooses how a check with constants goes through its values.
func shapeOf(op syntax.Op, l *source) shape {
	switch {
	case isCandidates(l):
		return shapeCandidates
	case l.list && op == syntax.OpIn:
		return shapeEach
	case l.list:
		return shapeSome
	}
	return shapeOne
}

// rightConstants are the constants of a check and where they stand.
func rightConstants(x syntax.Operand) (texts []string, places []syntax.Pos) {
	switch x := x.(type) {
	case *syntax.Value:
		return []string{x.Text}, []syntax.Pos{x.Pos}
	case *syntax.List:
		for _, v := range x.Values {
			texts, places = append(texts, v.Text), append(places, v.Pos)
		}
	}
	return texts, places
}

// checkTexts looks for what the constants of a check may not be, or should
// not.
func (c *compiler) checkTexts(e *syntax.Check, texts []string, places []syntax.Pos, fail func(int, error)) {
	isType := isEventType(e.Left)
	for i, text := range texts {
		if isType {
			// Falco takes as many bytes for the name as the parsed value
			// has, so that no number is one.
			if t, ok := e.Left.(*syntax.Transformer); ok && t.Name == "len" {
				fail(i, fmt.Errorf("the length of the event type cannot be compared"))
			} else if err := checkTypeName(text); err != nil {
				fail(i, err)
			}
		}
		if e.Op == syntax.OpRegex {
			if w := regexWarning(text); w != "" {
				c.warn(places[i], "%s", w)
			}
		}
		if name := misusedText(text); name != "" {
			c.warn(places[i], "the string %q looks like a %s: to compare with one, write val(...)", text, name)
		}
	}
}

// isEventType tells evt.type, also inside of transformers of one argument.
func isEventType(x syntax.Operand) bool {
	for {
		switch t := x.(type) {
		case *syntax.Field:
			return t.Name == "evt.type" && !t.HasArg
		case *syntax.Transformer:
			if len(t.Args) != 1 {
				return false
			}
			x = t.Args[0]
		default:
			return false
		}
	}
}

// misusedText tells that a constant is the text of a field or a transformer,
// which are no constants (userspace/libsinsp/filter.cpp,
// check_value_and_add_warnings).
func misusedText(text string) string {
	text = strings.Join(strings.Fields(text), "")
	if !strings.ContainsAny(text, ".(") {
		return ""
	}
	x, n, err := syntax.ParseOperand(text)
	if err != nil || n != len(text) {
		return ""
	}
	switch x := x.(type) {
	case *syntax.Field:
		if _, err := field.Resolve(x.Name, x.Arg, x.HasArg); err == nil {
			return "field"
		}
	case *syntax.Transformer:
		return "transformer"
	}
	return ""
}

// checkFields tells why two sources cannot be compared
// (userspace/libsinsp/sinsp_filtercheck.cpp, add_filter_value and
// check_rhs_field_type_consistency).
func (c *compiler) checkFields(e *syntax.Check, left, right sourceID) error {
	l, r := &c.sources[left], &c.sources[right]
	switch {
	case e.Op == syntax.OpPMatch || e.Op == syntax.OpRegex:
		return fmt.Errorf("operator %s compares with constants only", e.Op)
	case classOf(l.typ) == classNet:
		return fmt.Errorf("networks are compared with constants only")
	case l.noRHS:
		return fmt.Errorf("%s is compared with constants only", e.Left)
	case r.noRHS:
		return fmt.Errorf("%s cannot stand on the right-hand side", e.Right)
	case l.typ != r.typ || l.list != r.list:
		return fmt.Errorf("%s has type %s, and %s has type %s", e.Left, sourceType(l), e.Right, sourceType(r))
	}
	return nil
}

func sourceType(s *source) string {
	if s.list {
		return "list of " + typeName(s.typ)
	}
	return typeName(s.typ)
}
