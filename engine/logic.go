package engine

import (
	"slices"
	"strings"

	"falcoreplay/engine/field"
	"falcoreplay/rules"
	"falcoreplay/rules/syntax"
	"falcoreplay/scap/event"
)

// Logic answers questions about conditions that hold whatever the events. It
// takes for possible what it cannot rule out: what it calls impossible is so.
// It is not for concurrent use.
//
// It looks for an assignment of truth values to the comparisons which makes a
// condition true and which the values of a field could have: one by one for
// the event types that differ in what they decide (see typeValue and
// field.Field.Carried), and in the way of a semantic tableau, with a limit for
// the work of a question.
type Logic struct {
	c *compiler
	// decided has, for each check, what each event type makes of it.
	decided [][]truth
	// skip marks sources whose values are not reasoned about.
	skip map[sourceID]bool
}

// truth is a truth value, or none.
type truth uint8

const (
	unknown truth = iota
	isFalse
	isTrue
)

func truthOf(b bool) truth {
	if b {
		return isTrue
	}
	return isFalse
}

// Cond is a condition that a Logic knows, or one made of such.
type Cond struct{ id nodeID }

// NewLogic returns a Logic without conditions.
func NewLogic() *Logic {
	return &Logic{c: newCompiler(), skip: make(map[sourceID]bool)}
}

// Cond takes in a condition without macros. It is false if the condition has
// an error.
func (l *Logic) Cond(e syntax.Expr) (Cond, bool) {
	n := len(l.c.problems)
	id := l.c.expr(e)
	ok := true
	for _, p := range l.c.problems[n:] {
		ok = ok && p.Severity != rules.SeverityError
	}
	return Cond{id}, ok
}

// And holds where all hold.
func (l *Logic) And(conds ...Cond) Cond {
	ids := make([]nodeID, len(conds))
	for i, c := range conds {
		ids[i] = c.id
	}
	return Cond{l.c.graph.and(ids)}
}

// Not holds where c does not.
func (l *Logic) Not(c Cond) Cond { return Cond{l.c.graph.not(c.id)} }

// TypeSet is a set of event types.
type TypeSet struct{ set typeSet }

// All calls f for each type of the set, in order, until f returns false.
func (s *TypeSet) All(f func(event.Type) bool) {
	for t := event.Type(0); t < event.NumTypes; t++ {
		if s.set.has(t) && !f(t) {
			return
		}
	}
}

// Empty tells whether there is no type in the set.
func (s *TypeSet) Empty() bool { return s.set == typeSet{} }

// AllTypes are all types there are.
func AllTypes() TypeSet { return TypeSet{allTypes()} }

// Within tells whether all types of the set are in the other.
func (s *TypeSet) Within(o TypeSet) bool {
	for i := range s.set {
		if s.set[i]&^o.set[i] != 0 {
			return false
		}
	}
	return true
}

// RuleTypes are the types of the events that a rule's condition is evaluated
// on.
func RuleTypes(e syntax.Expr) TypeSet {
	set := eventTypes(e)
	set.add(event.AsynceventE)
	return TypeSet{set}
}

// Possible are those of the types for which the condition may be true.
func (l *Logic) Possible(c Cond, types TypeSet) TypeSet {
	var out TypeSet
	l.byType(c, types, func(t event.Type, possible bool) bool {
		if possible {
			out.set.add(t)
		}
		return true
	})
	return out
}

// Never tells that the condition is false for every event of the types.
func (l *Logic) Never(c Cond, types TypeSet) bool {
	never := true
	l.byType(c, types, func(_ event.Type, possible bool) bool {
		never = !possible
		return never
	})
	return never
}

// byType tells for each type, until f returns false, whether the condition may
// be true for events of it.
func (l *Logic) byType(c Cond, types TypeSet, f func(t event.Type, possible bool) bool) {
	s := newSearch(l, c.id)
	known := make(map[string]bool)
	sig := make([]byte, len(s.checks))
	types.All(func(t event.Type) bool {
		for i, k := range s.checks {
			sig[i] = byte(l.decide(k, t))
		}
		possible, done := known[string(sig)]
		if !done {
			possible = s.possible(sig)
			known[string(sig)] = possible
		}
		return f(t, possible)
	})
}

// decide is what the event type makes of a check.
func (l *Logic) decide(id int32, t event.Type) truth {
	for int(id) >= len(l.decided) {
		l.decided = append(l.decided, nil)
	}
	row := l.decided[id]
	if row == nil {
		row = make([]truth, event.NumTypes)
		k := &l.c.checks[id]
		typed := l.c.typed(k)
		for t := range row {
			switch value, known := false, false; {
			case !l.carried(k.left, event.Type(t)), k.right != noSource && !l.carried(k.right, event.Type(t)):
				row[t] = isFalse
			case typed:
				if value, known = l.c.known(id, event.Type(t)); known {
					row[t] = truthOf(value)
				}
			}
		}
		l.decided[id] = row
	}
	return row[t]
}

// carried tells whether a source may have a value in events of a type.
func (l *Logic) carried(id sourceID, t event.Type) bool {
	switch s := &l.c.sources[id]; s.kind {
	case fromField:
		return s.field.Carried(t)
	case fromTransform, fromLen:
		return l.carried(s.args[0], t)
	}
	return true
}

// maxSteps is how much work a question may take. What takes more counts as
// possible. The stock rules need some hundreds.
const maxSteps = 20000

// search looks for a way to make a condition true.
type search struct {
	l      *Logic
	root   nodeID
	checks []int32            // the checks in it
	at     map[int32]int      // where they are in checks
	value  []truth            // of each check
	bySrc  map[sourceID][]int // checks that have a value, by their left source
	steps  int
}

func newSearch(l *Logic, root nodeID) *search {
	s := &search{l: l, root: root, at: make(map[int32]int), bySrc: make(map[sourceID][]int)}
	seen := make(map[nodeID]bool)
	var walk func(nodeID)
	walk = func(id nodeID) {
		if seen[id] {
			return
		}
		seen[id] = true
		n := &l.c.graph.nodes[id]
		if n.kind == kindCheck {
			s.at[n.check] = len(s.checks)
			s.checks = append(s.checks, n.check)
		}
		for _, k := range n.kids {
			walk(k)
		}
	}
	walk(root)
	s.value = make([]truth, len(s.checks))
	return s
}

// goal is an expression and the value that it is to have.
type goal struct {
	id   nodeID
	want bool
}

// possible tells whether the condition may be true if some checks have the
// values of sig.
func (s *search) possible(sig []byte) bool {
	s.steps = 0
	clear(s.bySrc)
	for i := range s.value {
		s.value[i] = truth(sig[i])
	}
	// A check that the type makes true says something about its field as well.
	for i := range s.value {
		if s.value[i] == isTrue {
			left := s.left(i)
			s.bySrc[left] = append(s.bySrc[left], i)
		}
	}
	return s.solve([]goal{{s.root, true}}, nil)
}

func (s *search) left(i int) sourceID { return s.l.c.checks[s.checks[i]].left }

// solve tells whether all goals can be reached together; later has those that
// leave a choice.
func (s *search) solve(goals, later []goal) bool {
	var trail []int
	undo := func() {
		for i := len(trail) - 1; i >= 0; i-- {
			at := trail[i]
			s.value[at] = unknown
			left := s.left(at)
			s.bySrc[left] = s.bySrc[left][:len(s.bySrc[left])-1]
		}
	}
	later = slices.Clip(later)
	for len(goals) > 0 {
		if s.steps++; s.steps > maxSteps {
			undo()
			return true
		}
		g := goals[len(goals)-1]
		goals = goals[:len(goals)-1]
		n := &s.l.c.graph.nodes[g.id]
		switch {
		case n.kind == kindConst:
			if (g.id == nodeTrue) != g.want {
				undo()
				return false
			}
		case n.kind == kindNot:
			goals = append(goals, goal{n.kids[0], !g.want})
		case n.kind == kindCheck:
			at := s.at[n.check]
			if s.value[at] == unknown {
				s.value[at] = truthOf(g.want)
				left := s.left(at)
				s.bySrc[left] = append(s.bySrc[left], at)
				trail = append(trail, at)
				if !s.consistent(left) {
					undo()
					return false
				}
			} else if s.value[at] != truthOf(g.want) {
				undo()
				return false
			}
		case (n.kind == kindAnd) == g.want:
			for _, k := range n.kids {
				goals = append(goals, goal{k, g.want})
			}
		default:
			later = append(later, g)
		}
	}
	ok := s.choose(later)
	undo()
	return ok
}

// choose tries the ways in which a goal that leaves a choice can be reached:
// the first child, else the second without the first, and so on.
func (s *search) choose(later []goal) bool {
	var best goal
	var open []nodeID
	rest := make([]goal, 0, len(later))
	for _, g := range later {
		if s.eval(g.id) == truthOf(g.want) {
			continue
		}
		var kids []nodeID
		for _, k := range s.l.c.graph.nodes[g.id].kids {
			if v := s.eval(k); v == unknown || v == truthOf(g.want) {
				kids = append(kids, k)
			}
		}
		if len(kids) == 0 {
			return false
		}
		if open == nil || len(kids) < len(open) {
			if open != nil {
				rest = append(rest, best)
			}
			best, open = g, kids
		} else {
			rest = append(rest, g)
		}
	}
	if open == nil {
		return true
	}
	goals := make([]goal, 0, len(open))
	for i, k := range open {
		goals = append(goals[:i], goal{k, best.want})
		if s.solve(slices.Clone(goals), rest) {
			return true
		}
		goals[i].want = !best.want
	}
	return false
}

// eval is what the checks that have a value make of an expression.
func (s *search) eval(id nodeID) truth {
	s.steps++
	n := &s.l.c.graph.nodes[id]
	switch n.kind {
	case kindConst:
		return truthOf(id == nodeTrue)
	case kindCheck:
		return s.value[s.at[n.check]]
	case kindNot:
		switch s.eval(n.kids[0]) {
		case isTrue:
			return isFalse
		case isFalse:
			return isTrue
		}
		return unknown
	}
	// One child that has the final value decides; else all have to be known.
	final := truthOf(n.kind == kindOr)
	all := isFalse
	if n.kind == kindAnd {
		all = isTrue
	}
	for _, k := range n.kids {
		switch v := s.eval(k); v {
		case final:
			return final
		case unknown:
			all = unknown
		}
	}
	return all
}

// consistent tells whether the source may have a value, or none, for which the
// checks on its left come out as they are to.
func (s *search) consistent(left sourceID) bool {
	var facts []fact
	present, absent := false, false
	for _, at := range s.bySrc[left] {
		k := &s.l.c.checks[s.checks[at]]
		holds := s.value[at] == isTrue
		switch {
		case k.shape == shapeCandidates:
			return true // the values are several, and of many kinds
		case k.shape == shapeExists:
			present, absent = present || holds, absent || !holds
		default:
			present = present || holds
			if k.shape == shapeOne {
				facts = append(facts, fact{k, k.one, k.op, holds})
			}
		}
	}
	if !present {
		return true // the field may be absent, and every comparison false
	}
	if absent {
		return false
	}
	return len(facts) == 0 || s.l.opaque(left) || anyValue(s.l.domain(left), facts)
}

// opaque tells sources whose values may hold what comparisons do not see: b64
// makes bytes behind a NUL, and functions of byte buffers end with one.
func (l *Logic) opaque(id sourceID) bool {
	skip, ok := l.skip[id]
	if !ok {
		s := &l.c.sources[id]
		skip = s.kind != fromField && s.kind != fromLen && (classOf(s.typ) != classString || s.kind != fromTransform)
		for key, k := range l.c.sourceIndex {
			skip = skip || k == id && strings.Contains(key, "b64")
		}
		l.skip[id] = skip
	}
	return skip
}

// domain is the range of a source's values.
func (l *Logic) domain(id sourceID) domain {
	s := &l.c.sources[id]
	d := domainOf(s.typ)
	if s.kind == fromField && s.field.Def.Name == "evt.num" {
		d.lo = 1 // events are counted from 1
	}
	return d
}

// OutputFields are the fields that a rule's output names.
func OutputFields(r *rules.Rule) []*field.Field {
	c := newCompiler()
	var out []*field.Field
	for _, f := range c.template(r).fields {
		if f.source != noSource && c.sources[f.source].kind == fromField {
			out = append(out, c.sources[f.source].field)
		}
	}
	return out
}
