package regress

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync/atomic"

	"falcoreplay/engine"
	"falcoreplay/engine/regress/suite"
	"falcoreplay/engine/report"
	"falcoreplay/engine/run"
	"falcoreplay/rules"
)

// pass is one capture taken through one engine. Cases share it.
type pass struct {
	choice  *choice
	capture string
	cases   []*caseRun   // that wait for it
	users   atomic.Int32 // cases that are not judged yet

	alerts []*engine.Alert
	events uint64
	err    error // the capture could not be read, or not wholly
}

// caseRun is a case that is being tried.
type caseRun struct {
	suite  *suite.Suite
	test   *suite.Case
	choice *choice
	passes []*pass
	// setup is what keeps the case from being tried.
	setup []report.Failure

	waiting atomic.Int32 // passes that are not done
	done    chan struct{}
	result  report.CaseResult
	code    Trouble
	// baseline is what the snapshot has to be written as.
	baseline []byte
}

// Trouble is why a test run did not end well. The worse is the larger.
type Trouble uint8

// The troubles.
const (
	NoTrouble  Trouble = iota
	Failures           // something does not hold
	BadCapture         // a capture could not be read
	BadSetup           // suites or rules are wrong
)

// plan is what there is to do for suites.
type plan struct {
	opts    TestOptions
	sets    map[string]*ruleSet
	choices map[string]*choice
	passes  map[string]*pass
	order   []*pass
	cases   []*caseRun
	all     []*caseRun // with those of other shards
}

func newPlan(suites []*suite.Suite, opts TestOptions) *plan {
	p := &plan{
		opts: opts, sets: make(map[string]*ruleSet), choices: make(map[string]*choice), passes: make(map[string]*pass),
	}
	snapshots := make(map[string]*caseRun)
	for _, s := range suites {
		for _, c := range s.Cases {
			r := &caseRun{suite: s, test: c, done: make(chan struct{})}
			r.result = report.CaseResult{Suite: s.Path, Line: c.Pos.Line, Name: c.Name}
			p.all = append(p.all, r)
			r.choice = p.choiceOf(s, c)
			if c.Snapshot != "" {
				path := beside(s.Path, c.Snapshot)
				if other := snapshots[path]; other != nil {
					r.broken(c.SnapshotPos.Line, "%s is the snapshot of case %q too, in %s:%d", c.Snapshot, other.test.Name, other.suite.Path, other.test.Pos.Line)
				}
				snapshots[path] = r
			}
		}
	}
	for i, r := range p.all {
		if opts.Shard.has(i) {
			p.cases = append(p.cases, r)
			p.addPasses(r)
		}
	}
	return p
}

// broken keeps the case from being tried.
func (r *caseRun) broken(line int, format string, args ...any) {
	r.setup = append(r.setup, report.Failure{Line: line, What: fmt.Sprintf(format, args...)})
}

// choiceOf finds or makes the rules of a case.
func (p *plan) choiceOf(s *suite.Suite, c *suite.Case) *choice {
	var paths []string
	switch {
	case c.Rules != nil:
		paths = besideAll(s, c.Rules)
	case p.opts.Rules != nil:
		paths = p.opts.Rules
	case s.Rules != nil:
		paths = besideAll(s, s.Rules)
	}
	if len(paths) == 1 && paths[0] == rules.BundledName {
		paths = nil
	}
	setKey := strings.Join(paths, "\x00")
	if p.sets[setKey] == nil {
		p.sets[setKey] = &ruleSet{files: p.opts.Files, paths: paths}
	}
	key := choiceKey(paths, c)
	if p.choices[key] == nil {
		p.choices[key] = &choice{rules: p.sets[setKey], disable: c.Disable, enable: c.Enable, matching: c.Matching, also: make(map[string]int)}
	}
	p.choices[key].need(c)
	return p.choices[key]
}

func besideAll(s *suite.Suite, paths []string) []string {
	out := make([]string, len(paths))
	for i, path := range paths {
		if out[i] = path; path != rules.BundledName {
			out[i] = beside(s.Path, path)
		}
	}
	return out
}

// addPasses adds what a case needs to be done.
func (p *plan) addPasses(r *caseRun) {
	if !r.test.Looks() {
		return
	}
	for _, c := range r.test.Captures {
		names, err := p.opts.Files.Glob(beside(r.suite.Path, c.Text))
		if err != nil {
			r.broken(c.Pos.Line, "captures: %q: %v", c.Text, err)
		} else if len(names) == 0 {
			r.broken(c.Pos.Line, "captures: there is no file %q beside the suite", c.Text)
		}
		for _, name := range names {
			r.addPass(p, name)
		}
	}
}

func (r *caseRun) addPass(p *plan, capture string) {
	key := fmt.Sprintf("%p\x00%s", r.choice, capture)
	q := p.passes[key]
	if q == nil {
		q = &pass{choice: r.choice, capture: capture}
		p.passes[key] = q
		p.order = append(p.order, q)
	}
	if !slices.Contains(r.passes, q) { // two globs may fit one capture
		r.passes = append(r.passes, q)
		q.cases = append(q.cases, r)
		q.users.Add(1)
		r.waiting.Add(1)
	}
}

// run takes the capture through the engine, unless the rules are wrong, which
// the cases will tell.
func (q *pass) run(files Files) {
	if set, _, err := q.choice.rules.load(); err != nil || set == nil {
		return
	}
	eng, err := q.choice.compile()
	if err != nil {
		q.err = err
		return
	}
	in, err := files.Open(q.capture)
	if err != nil {
		q.err = plainPathError(err)
		return
	}
	defer in.Close()
	result, err := run.Capture(in, q.capture, eng, run.Options{}, func(a *engine.Alert) error {
		q.alerts = append(q.alerts, a)
		return nil
	})
	q.events = result.Capture.Events
	if q.err = err; err == nil && result.Capture.FirstMalformed != nil {
		q.err = result.Capture.FirstMalformed
	}
}

// plainPathError says what is wrong with which file, without the system call.
func plainPathError(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return fmt.Errorf("%s: %w", pe.Path, pe.Err)
	}
	return err
}
