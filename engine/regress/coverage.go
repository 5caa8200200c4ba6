package regress

import (
	"errors"
	"fmt"
	"slices"

	"falcoreplay/engine"
	"falcoreplay/engine/regress/clause"
	"falcoreplay/engine/regress/suite"
	"falcoreplay/engine/run"
	"falcoreplay/rules"
	"falcoreplay/rules/syntax"
)

// CoverageOptions changes what is counted. Files has to be set.
type CoverageOptions struct {
	Files Files
	// Rules are rule files and directories; nil is the bundled rules or, of
	// suites, those that they name.
	Rules []string
	// Keep chooses rules; nil is all that are enabled.
	Keep func(*rules.Rule) bool
	// Workers is how many captures are looked at side by side; 0 is 1.
	Workers int
}

// Coverage is how much of rules was used on captures.
type Coverage struct {
	Captures int
	Events   uint64
	Rules    []RuleCoverage
	// Damage tells which captures could not be read, or not wholly.
	Damage []error
}

// RuleCoverage is how much of a rule was used.
type RuleCoverage struct {
	Rule  *rules.Rule
	Count clause.RuleCount
	// OneSided are the places of comparisons that always came out the same way,
	// and Unreached of those that were never evaluated.
	OneSided, Unreached []int
	// Comparisons is how many comparisons the condition has, without those of the
	// event's type that are given: see engine.TracedRule.
	Comparisons int
	// Unused are the exceptions that never applied.
	Unused []rules.Exception
}

// counting is one set of rules on one capture.
type counting struct {
	trace   *engine.Trace
	capture string
	counter *clause.Counter
	events  uint64
	err     error
}

// Cover counts on captures.
func Cover(captures []string, opts CoverageOptions) (*Coverage, error) {
	c := &choice{rules: &ruleSet{files: opts.Files, paths: opts.Rules}}
	trace, err := c.cover(opts.Keep)
	if err != nil {
		return nil, err
	}
	list := make([]*counting, len(captures))
	for i, name := range captures {
		list[i] = &counting{trace: trace, capture: name}
	}
	return count(list, opts), nil
}

// CoverSuites counts on the captures of suites, each with the rules of its
// case. A rule that several cases use is counted once for each capture.
func CoverSuites(suites []*suite.Suite, opts CoverageOptions) (*Coverage, error) {
	p := newPlan(suites, TestOptions{Files: opts.Files, Rules: opts.Rules})
	for _, c := range p.cases {
		if len(c.setup) > 0 {
			return nil, fmt.Errorf("%s:%d: %s", c.suite.Path, c.setup[0].Line, c.setup[0].What)
		}
	}
	traces := make(map[*choice]*engine.Trace)
	var list []*counting
	for _, q := range p.order {
		if _, ok := traces[q.choice]; !ok {
			trace, err := q.choice.cover(opts.Keep)
			if err != nil {
				return nil, err
			}
			traces[q.choice] = trace
		}
		list = append(list, &counting{trace: traces[q.choice], capture: q.capture})
	}
	return count(list, opts), nil
}

// cover returns the rules of a choice that are to be counted.
func (c *choice) cover(keep func(*rules.Rule) bool) (*engine.Trace, error) {
	set, result, err := c.rules.load()
	if err == nil {
		err = result.Err()
	}
	if err != nil {
		return nil, err
	}
	trace, _ := engine.NewTrace(set, engine.Options{Keep: func(r *rules.Rule) bool {
		return c.keep(r) && (keep == nil || keep(r))
	}})
	return trace, nil
}

// count counts on captures, and puts the counts together.
func count(list []*counting, opts CoverageOptions) *Coverage {
	each(opts.Workers, len(list), func(i int) { list[i].run(opts.Files) })
	out := &Coverage{}
	byRule := make(map[*rules.Rule]int)
	type ruleOn struct {
		rule    *rules.Rule
		capture string
	}
	counted := make(map[ruleOn]bool)
	seen := make(map[string]bool)
	for _, c := range list {
		if c.err != nil && !slices.ContainsFunc(out.Damage, func(err error) bool { return err.Error() == c.err.Error() }) {
			out.Damage = append(out.Damage, c.err)
		}
		if !seen[c.capture] {
			seen[c.capture] = true
			out.Captures++
			out.Events += c.events
		}
		for _, r := range c.counter.Rules {
			on := ruleOn{r.Rule.Rule, c.capture}
			if counted[on] {
				continue
			}
			counted[on] = true
			at, ok := byRule[r.Rule.Rule]
			if !ok {
				byRule[r.Rule.Rule] = len(out.Rules)
				out.Rules = append(out.Rules, RuleCoverage{Rule: r.Rule.Rule, Count: r})
				continue
			}
			out.Rules[at].Count.Add(&r)
		}
	}
	for i := range out.Rules {
		out.Rules[i].find()
	}
	return out
}

func (c *counting) run(files Files) {
	c.counter = clause.NewCounter(c.trace)
	in, err := files.Open(c.capture)
	if err != nil {
		c.err = plainPathError(err)
		return
	}
	defer in.Close()
	result, err := run.Events(in, c.capture, c.counter, run.Options{})
	c.events = result.Capture.Events
	if c.err = err; err == nil && result.Capture.FirstMalformed != nil {
		c.err = errors.New(result.Capture.FirstMalformed.Error())
	}
}

// find looks for what was not used.
func (r *RuleCoverage) find() {
	clauses := r.Count.Rule.Clauses
	for i := range clauses {
		t, f := r.Count.True[i], r.Count.False[i]
		if _, ok := clauses[i].Expr.(*syntax.Not); ok {
			if x := r.exception(i); x != nil && f == 0 {
				r.Unused = append(r.Unused, *x)
			}
		}
		if len(clauses[i].Parts) > 0 || r.Count.Rule.Given(i) {
			continue
		}
		r.Comparisons++
		switch {
		case t+f == 0:
			r.Unreached = append(r.Unreached, i)
		case t == 0 || f == 0:
			r.OneSided = append(r.OneSided, i)
		}
	}
}

// exception is the exception that a clause was made from, nil for none. Of
// exceptions the clause is a negation among the parts of the whole condition.
func (r *RuleCoverage) exception(at int) *rules.Exception {
	c := &r.Count.Rule.Clauses[at]
	if c.Parent != 0 {
		return nil
	}
	for i := range r.Rule.Exceptions {
		if r.Rule.Exceptions[i].Pos == c.Expr.Position() {
			return &r.Rule.Exceptions[i]
		}
	}
	return nil
}

// Both is how many comparisons came out both ways.
func (r *RuleCoverage) Both() int { return r.Comparisons - len(r.OneSided) - len(r.Unreached) }

// Totals are how many rules there are and how many matched, and how many
// comparisons there are and how many came out both ways.
func (c *Coverage) Totals() (all, matched, comparisons, both int) {
	for i := range c.Rules {
		r := &c.Rules[i]
		if r.Count.Matched > 0 {
			matched++
		}
		comparisons += r.Comparisons
		both += r.Both()
	}
	return len(c.Rules), matched, comparisons, both
}
