// Package engine judges events: it compiles the conditions and outputs of
// rules, evaluates them on the events of a replayed host, and returns alerts.
//
// Everything is resolved when rules are compiled: fields, constants, regular
// expressions, and for each event type which rules may match. At run time each
// field is extracted at most once an event, unless that is as quick as to
// remember it, each condition that rules share is evaluated at most once, and
// rules that cannot match are left out many at a time.
//
// It reads no captures and writes no reports. Packages engine/report and
// engine/regress and the commands import it.
//
// The reference is falcosecurity/libs at 48dfd53, userspace/libsinsp
// (filter.cpp, filter_compare.cpp, sinsp_filtercheck.cpp, eventformatter.cpp),
// and falcosecurity/falco at 1307474, userspace/engine.
package engine

import (
	"fmt"
	"slices"
	"time"

	"falcoreplay/engine/field"
	"falcoreplay/rules"
	"falcoreplay/scap/event"
)

// Matching is how many rules an event may match.
type Matching uint8

// The ways of matching.
const (
	// First: the first rule that matches, in the order of the files.
	First Matching = iota
	// All: every rule.
	All
)

// ParseMatching reads "first" or "all".
func ParseMatching(s string) (Matching, error) {
	switch s {
	case "first":
		return First, nil
	case "all":
		return All, nil
	}
	return First, fmt.Errorf("rule matching is %q, expected first or all", s)
}

// Options changes how rules are evaluated. The zero value is ready for use.
type Options struct {
	// Matching is First unless it is said otherwise.
	Matching Matching
	// Keep, if set, chooses rules; nil is all that are enabled.
	Keep func(*rules.Rule) bool
	// Location is the time zone of times in outputs; nil is UTC.
	Location *time.Location
	// NoFields leaves the values of output fields out of alerts, for reports
	// that show messages only.
	NoFields bool
	// Also are fields whose values each alert has besides, in Alert.Also. They
	// are names with their arguments, such as proc.aname[2].
	Also []string

	// unindexed evaluates every rule as it is written for every event, for
	// tests.
	unindexed bool
}

// Engine is a set of rules, compiled. It is not changed any more, and may be
// used by many goroutines.
type Engine struct {
	opts    Options
	rules   []compiledRule
	ops     []op
	checks  []check
	sources []source
	byType  [event.NumTypes][]program
	sieves  [event.NumTypes]*sieve // of the types that have one
	dirs    []decides              // for each op, what a directory may decide it to be
	also    []*field.Field

	checkNames []string // as they are written
}

// compiledRule is a rule and its output.
type compiledRule struct {
	rule     *rules.Rule
	fits     typeSet // the event types that the condition may be true for
	types    typeSet // those that it is evaluated on
	root     nodeID
	template *template
}

// New compiles the rules of a set. It returns what is wrong with them, which
// is nothing if the set was loaded with CheckRule: then the Engine is complete,
// else it lacks the rules in question.
func New(set *rules.Set, opts Options) (*Engine, []rules.Problem) {
	return newEngine(NewChecker(), set, opts)
}

func newEngine(k *Checker, set *rules.Set, opts Options) (*Engine, []rules.Problem) {
	if opts.Location == nil {
		opts.Location = time.UTC
	}
	e := &Engine{opts: opts}
	var problems []rules.Problem
	for _, name := range opts.Also {
		f, err := ParseField(name)
		if err != nil {
			problems = append(problems, rules.Problem{Message: err.Error()})
			continue
		}
		e.also = append(e.also, f)
	}
	for _, r := range set.Rules {
		if opts.Keep != nil && !opts.Keep(r) || opts.Keep == nil && !r.Enabled {
			continue
		}
		compiled, good := k.good[r]
		if !good {
			compiled, good = k.c.goodRule(r)
		}
		if !good {
			n := len(problems)
			for _, p := range CheckRule(r) {
				if p.Severity == rules.SeverityError {
					problems = append(problems, p)
				}
			}
			if len(problems) > n {
				continue
			}
		}
		e.rules = append(e.rules, compiled)
	}
	e.finish(k.c)
	return e, problems
}

// rule compiles a rule. What is wrong with it is in c.problems.
func (c *compiler) rule(r *rules.Rule) compiledRule {
	compiled := compiledRule{rule: r, root: c.expr(r.Expr)}
	if pos, err := checkTypeSearch(r.Expr); err != nil {
		c.fail(pos, err)
	}
	compiled.fits = eventTypes(r.Expr)
	compiled.types = compiled.fits
	compiled.types.add(event.AsynceventE) // as evttype_index_ruleset.cpp does
	compiled.template = c.template(r)
	return compiled
}

// finish makes the index by event type.
func (e *Engine) finish(c *compiler) {
	var roots [event.NumTypes][]nodeID
	for t := event.Type(0); t < event.NumTypes; t++ {
		s := special{g: c.graph, known: c.decided, t: t, done: make(map[nodeID]nodeID)}
		for i := range e.rules {
			r := &e.rules[i]
			if !r.types.has(t) {
				continue
			}
			root := r.root
			if !e.opts.unindexed {
				root = s.node(root)
			}
			if root == nodeFalse && !e.opts.unindexed {
				continue
			}
			roots[t] = append(roots[t], root)
			e.byType[t] = append(e.byType[t], program{rule: int32(i)})
			if root == nodeTrue && e.opts.Matching == First {
				break // nothing comes after it
			}
		}
	}
	l := newLayout(c.graph.nodes) // which is complete now
	for t := range roots {
		for i, root := range roots[t] {
			e.byType[t][i].root = l.ref(root)
		}
	}
	e.ops, e.checks, e.sources, e.checkNames = l.ops, c.checks, c.sources, c.checkNames
	if !e.opts.unindexed {
		e.makeSieves()
	}
}

func (e *Engine) programs(t event.Type) []program {
	if int(t) >= len(e.byType) {
		return nil
	}
	return e.byType[t]
}

// Wants tells whether a rule may match events of a type. Events of other types
// need not be processed.
func (e *Engine) Wants(t event.Type) bool { return len(e.programs(t)) > 0 }

// Rules are the rules that are evaluated, in their order.
func (e *Engine) Rules() []*rules.Rule {
	list := make([]*rules.Rule, len(e.rules))
	for i := range e.rules {
		list[i] = e.rules[i].rule
	}
	return list
}

// typed tells whether a check may be decided by the event type alone.
func (c *compiler) typed(k *check) bool {
	s := &c.sources[k.left]
	return s.kind == fromField && k.right == noSource && slices.Contains(typeFields, s.field.Def.Name)
}

// decided decides a check that is typed or settled.
func (c *compiler) decided(id int32, t event.Type) (value, known bool) {
	if k := &c.checks[id]; k.settled != unknown {
		return k.settled == isTrue, true
	}
	return c.known(id, t)
}

// known decides a typed check.
func (c *compiler) known(id int32, t event.Type) (value, known bool) {
	k := &c.checks[id]
	v, ok, known := typeValue(c.sources[k.left].field, t)
	if !known || !ok {
		return false, known
	}
	return k.shape == shapeExists || k.one.match(&v), true
}
