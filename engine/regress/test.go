package regress

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"falcoreplay/engine/regress/compare"
	"falcoreplay/engine/regress/suite"
	"falcoreplay/engine/report"
)

// TestOptions changes how suites are run. Files has to be set.
type TestOptions struct {
	Files Files
	// Workers is how many captures are looked at side by side; 0 is 1.
	Workers int
	// Rules, if set, are used in place of those that suites name; those that
	// cases name stay.
	Rules []string
	// Update writes snapshots instead of comparing them.
	Update bool
	// RequireTests makes a rule that no case expects an alert of a failure.
	RequireTests bool
	// Shard chooses a part of the cases.
	Shard Shard
}

// Shard is one of Of parts of the cases, from 1. The zero value is all cases.
type Shard struct{ Part, Of int }

// ParseShard reads a shard like 2/3.
func ParseShard(text string) (Shard, error) {
	part, of, ok := strings.Cut(text, "/")
	p, err1 := strconv.Atoi(part)
	o, err2 := strconv.Atoi(of)
	if !ok || err1 != nil || err2 != nil || p < 1 || p > o {
		return Shard{}, fmt.Errorf("%q is no shard; the second of three is 2/3", text)
	}
	return Shard{p, o}, nil
}

// has tells whether the case with a number is in the shard.
func (s Shard) has(i int) bool { return s.Of == 0 || i%s.Of == s.Part-1 }

// Test runs suites and calls emit for each case, in their order, as soon as
// the ones before it are done. The error is that of emit, or of writing a
// snapshot.
func Test(suites []*suite.Suite, opts TestOptions, emit func(*report.CaseResult) error) (report.TestTotals, Trouble, error) {
	p := newPlan(suites, opts)
	totals := report.TestTotals{Required: opts.RequireTests, OtherShards: len(p.all) - len(p.cases)}
	go p.run()
	trouble := NoTrouble
	var failed error
	for _, c := range p.cases {
		<-c.done
		if failed != nil {
			continue // the workers are waited for
		}
		if opts.Update && c.baseline != nil {
			if failed = c.write(opts.Files); failed != nil {
				continue
			}
		}
		totals.Add(&c.result)
		trouble = max(trouble, c.code)
		failed = emit(&c.result)
	}
	if failed != nil {
		return totals, trouble, failed
	}
	totals.Rules, totals.Untested = p.untested()
	if opts.RequireTests && len(totals.Untested) > 0 {
		trouble = max(trouble, Failures)
	}
	return totals, trouble, nil
}

// run does all passes, and judges each case when its passes are done.
func (p *plan) run() {
	// Cases without passes first, as they come.
	var idle []*caseRun
	for _, c := range p.cases {
		if len(c.passes) == 0 {
			idle = append(idle, c)
		}
	}
	each(p.opts.Workers, len(p.order)+len(idle), func(i int) {
		if i < len(idle) {
			p.judge(idle[i])
			return
		}
		q := p.order[i-len(idle)]
		q.run(p.opts.Files)
		for _, c := range q.cases {
			if c.waiting.Add(-1) == 0 {
				p.judge(c)
			}
		}
	})
}

// write writes the baseline of a case.
func (c *caseRun) write(files Files) error {
	path := beside(c.suite.Path, c.test.Snapshot)
	old, err := files.Read(path)
	if err == nil && string(old) == string(c.baseline) {
		return nil
	}
	if err := files.Write(path, c.baseline); err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	c.result.Notes = append(c.result.Notes, fmt.Sprintf("wrote %s", path))
	return nil
}

// untested tells how many rules the suites use, and those of them that no case
// expects an alert of. Cases of other shards count, too.
func (p *plan) untested() (n int, names []string) {
	tested := make(map[string]bool)
	used := make(map[string]bool)
	var order []string
	for _, c := range p.all {
		for _, list := range [][]suite.Expectation{c.test.Expect, c.test.Sequence} {
			for _, e := range list {
				if e.Kind == suite.Fires && e.Max != 0 {
					tested[e.Name] = true
				}
			}
		}
		if c.test.Snapshot != "" {
			data, err := p.opts.Files.Read(beside(c.suite.Path, c.test.Snapshot))
			alerts, err2 := compare.Read(strings.NewReader(string(data)), "")
			if errors.Join(err, err2) == nil { // else the case has told it
				for _, a := range alerts {
					tested[a.Rule] = true
				}
			}
		}
		set, _, _ := c.choice.rules.load()
		if set == nil {
			continue
		}
		for _, r := range set.Rules {
			if !used[r.Name] && c.choice.keep(r) {
				used[r.Name] = true
				order = append(order, r.Name)
			}
		}
	}
	for _, name := range order {
		if !tested[name] {
			names = append(names, name)
		}
	}
	return len(order), names
}

// sortFailures puts failures in the order of the suite.
func sortFailures(list []report.Failure) {
	slices.SortStableFunc(list, func(a, b report.Failure) int { return cmp.Compare(a.Line, b.Line) })
}
