package engine

import (
	"slices"

	"falcoreplay/engine/field"
	"falcoreplay/replay"
	"falcoreplay/rules"
	"falcoreplay/rules/syntax"
	"falcoreplay/scap/event"
)

// Trace is a set of rules for looking into: conditions are evaluated as they
// are written, part by part, with the comparisons of an Engine and the fields
// that these compare. It is slower than an Engine, gives the same verdicts, and
// costs an Engine nothing. It is not changed, and may be used by many
// goroutines.
type Trace struct {
	// Rules are the rules that were kept, in their order.
	Rules []TracedRule

	engine Engine
}

// TracedRule is a rule of a Trace.
type TracedRule struct {
	Rule *rules.Rule
	// Clauses are the parts of the condition, parents before their parts and
	// in the order of the text. The first is the whole. Macros that are used
	// twice are there twice.
	Clauses []Clause

	compiled compiledRule
	types    typeSet // without those that all rules are looked at for
}

// Fits tells whether the rule is looked at for events of a type.
func (r *TracedRule) Fits(t event.Type) bool { return r.compiled.types.has(t) }

// Names tells whether the condition may hold for events of a type. Rules are
// looked at for asynchronous events also where it does not.
func (r *TracedRule) Names(t event.Type) bool { return r.types.has(t) }

// Given tells whether a clause compares the type of the event in a way that
// holds for all types that the condition may hold for. It cannot come out false:
// for events of other types the rule is not looked at.
func (r *TracedRule) Given(at int) bool {
	check, ok := r.Clauses[at].Expr.(*syntax.Check)
	if !ok || !isTypeField(check.Left) {
		return false
	}
	against := typesOf(check, true)
	against.intersect(&r.types)
	return against.count() == 0
}

// Clause is a part of a condition.
type Clause struct {
	// Expr is the part as it is written. A *syntax.Macro has one part: what it
	// stands for.
	Expr syntax.Expr
	// Parts are the places of its parts in TracedRule.Clauses.
	Parts []int
	// Parent is the place of the clause that it is a part of, -1 of the whole.
	Parent int

	node        nodeID   // of a comparison
	root        ref      // the same, to be evaluated
	left, right sourceID // what a comparison compares
}

// Verdict is what a clause came to.
type Verdict uint8

// The verdicts.
const (
	// Unreached: what was evaluated before it decided already.
	Unreached Verdict = iota
	False
	True
)

func verdict(b bool) Verdict {
	if b {
		return True
	}
	return False
}

// NewTrace compiles the rules of a set. Of the Options Keep and Location have
// an effect. It returns what is wrong with the rules, as New does.
func NewTrace(set *rules.Set, opts Options) (*Trace, []rules.Problem) {
	opts.Matching = All
	e, problems := New(&rules.Set{}, opts)
	t := &Trace{engine: *e}
	macros := make(map[string]syntax.Expr, len(set.Macros))
	for _, m := range set.Macros {
		macros[m.Name] = m.Written
	}
	c := newCompiler()
	for _, r := range set.Rules {
		if opts.Keep != nil && !opts.Keep(r) || opts.Keep == nil && !r.Enabled {
			continue
		}
		c.problems = nil
		traced := TracedRule{Rule: r, compiled: c.rule(r), types: eventTypes(r.Expr)}
		failed := false
		for _, p := range c.problems {
			if p.Severity == rules.SeverityError {
				problems, failed = append(problems, p), true
			}
		}
		if failed {
			continue
		}
		written := r.Written
		if written == nil {
			written = r.Expr
		}
		traced.add(c, macros, written, -1)
		t.Rules = append(t.Rules, traced)
	}
	l := newLayout(c.graph.nodes)
	for i := range t.Rules {
		for j := range t.Rules[i].Clauses {
			clause := &t.Rules[i].Clauses[j]
			clause.root = l.ref(clause.node)
		}
	}
	t.engine.ops, t.engine.checks, t.engine.sources = l.ops, c.checks, c.sources
	return t, problems
}

// add adds a part of the condition, and returns its place.
func (r *TracedRule) add(c *compiler, macros map[string]syntax.Expr, e syntax.Expr, parent int) int {
	at := len(r.Clauses)
	clause := Clause{Expr: e, Parent: parent, left: noSource, right: noSource}
	var parts []syntax.Expr
	switch e := e.(type) {
	case *syntax.And:
		parts = e.Children
	case *syntax.Or:
		parts = e.Children
	case *syntax.Not:
		parts = []syntax.Expr{e.Child}
	case *syntax.Macro:
		parts = []syntax.Expr{macros[e.Name]}
	case *syntax.Exists:
		clause.node, clause.left = c.expr(e), c.operand(e.Left)
	case *syntax.Check:
		clause.node, clause.left = c.expr(e), c.operand(e.Left)
		if t, ok := e.Right.(*syntax.Transformer); ok {
			clause.right = c.operand(t)
		}
	}
	r.Clauses = append(r.Clauses, clause)
	for _, p := range parts {
		k := r.add(c, macros, p, at)
		r.Clauses[at].Parts = append(r.Clauses[at].Parts, k)
	}
	return at
}

// Rule finds a rule by its name, nil if it was not kept.
func (t *Trace) Rule(name string) *TracedRule {
	i := slices.IndexFunc(t.Rules, func(r TracedRule) bool { return r.Rule.Name == name })
	if i < 0 {
		return nil
	}
	return &t.Rules[i]
}

// Tracer evaluates the rules of a Trace on the events of one capture. It is not
// for concurrent use.
type Tracer struct {
	v Evaluator
}

// NewTracer returns a tracer for the events of a host.
func (t *Trace) NewTracer(host *replay.Host) *Tracer { return &Tracer{*t.engine.NewEvaluator(host)} }

// Begin is called once for each event, after the host has applied it.
func (t *Tracer) Begin() { t.v.next() }

// Evaluate tells what the clauses of a rule come to for the event, each in its
// place in verdicts, which has as many. It goes from left to right and stops
// where the rest cannot change the result, unless whole is set.
func (t *Tracer) Evaluate(r *TracedRule, verdicts []Verdict, whole bool) bool {
	clear(verdicts)
	return t.clause(r.Clauses, 0, verdicts, whole)
}

func (t *Tracer) clause(clauses []Clause, at int, verdicts []Verdict, whole bool) bool {
	c := &clauses[at]
	result := false
	switch c.Expr.(type) {
	case *syntax.And:
		result = true
		for _, p := range c.Parts {
			if result = t.clause(clauses, p, verdicts, whole) && result; !result && !whole {
				break
			}
		}
	case *syntax.Or:
		for _, p := range c.Parts {
			if result = t.clause(clauses, p, verdicts, whole) || result; result && !whole {
				break
			}
		}
	case *syntax.Not:
		result = !t.clause(clauses, c.Parts[0], verdicts, whole)
	case *syntax.Macro:
		result = t.clause(clauses, c.Parts[0], verdicts, whole)
	default:
		result = t.v.eval(c.root)
	}
	verdicts[at] = verdict(result)
	return result
}

// AppendLeft appends the values that a comparison looks at on its left-hand
// side, as an output shows them; of a field that is compared by several values,
// such as proc.aname, all of them. It returns false if there is none, or if the
// clause is no comparison.
func (t *Tracer) AppendLeft(c *Clause, dst []byte) ([]byte, bool) {
	if c.left == noSource {
		return dst, false
	}
	s := &t.v.engine.sources[c.left]
	if !isCandidates(s) {
		return t.appendPresent(c.left, dst)
	}
	values, ok := s.field.Candidates(&t.v.ctx, t.v.candidate[:0])
	t.v.candidate = values
	if !ok || len(values) == 0 {
		return dst, false
	}
	typ, format := s.field.RawType(&t.v.ctx)
	return field.AppendTexts(dst, values, typ, format), true
}

// AppendRight is AppendLeft for the right-hand side, if that is no constant.
func (t *Tracer) AppendRight(c *Clause, dst []byte) ([]byte, bool) {
	if c.right == noSource {
		return dst, false
	}
	return t.appendPresent(c.right, dst)
}

func (t *Tracer) appendPresent(id sourceID, dst []byte) ([]byte, bool) {
	if _, ok := t.v.extract(id); !ok {
		return dst, false
	}
	return t.v.appendSource(dst, id), true
}

// Alert is the alert of a rule for the event, whether the rule matches or not.
func (t *Tracer) Alert(r *TracedRule) *Alert { return t.v.alert(&r.compiled) }
