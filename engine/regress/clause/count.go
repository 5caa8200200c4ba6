package clause

import (
	"falcoreplay/engine"
	"falcoreplay/replay"
	"falcoreplay/scap/event"
)

// RuleCount is how often a rule and its clauses were evaluated, and how they
// came out. Clauses are evaluated from left to right, and not where what stands
// before them decides.
type RuleCount struct {
	Rule *engine.TracedRule
	// Fitting is the number of events of the types that the rule is looked at
	// for, Matched how many of them matched, and Reported for how many of those
	// no rule before it did.
	Fitting, Matched, Reported uint64
	// True and False are, for each clause, how often it was that.
	True, False []uint64
}

// Counter counts what the rules of a trace come to on events. It is a
// run.Visitor.
type Counter struct {
	// Rules are all rules of the trace, in their order.
	Rules []RuleCount
	// Events is the number of events of types that some rule is looked at for.
	Events uint64

	trace    *engine.Trace
	host     *replay.Host
	tracer   *engine.Tracer
	verdicts []engine.Verdict
}

// NewCounter counts for all rules of a trace.
func NewCounter(t *engine.Trace) *Counter {
	c := &Counter{trace: t}
	longest := 0
	for i := range t.Rules {
		r := &t.Rules[i]
		n := len(r.Clauses)
		longest = max(longest, n)
		c.Rules = append(c.Rules, RuleCount{Rule: r, True: make([]uint64, n), False: make([]uint64, n)})
	}
	c.verdicts = make([]engine.Verdict, longest)
	return c
}

// Wants tells whether a rule is looked at for a type.
func (c *Counter) Wants(t event.Type) bool {
	for i := range c.Rules {
		if c.Rules[i].Rule.Fits(t) {
			return true
		}
	}
	return false
}

// Begin starts with a host.
func (c *Counter) Begin(host *replay.Host) { c.host, c.tracer = host, c.trace.NewTracer(host) }

// Event looks at an event.
func (c *Counter) Event() error {
	c.tracer.Begin()
	c.Events++
	t := c.host.Current.Event.Type
	reported := false
	for i := range c.Rules {
		r := &c.Rules[i]
		if !r.Rule.Fits(t) {
			continue
		}
		verdicts := c.verdicts[:len(r.Rule.Clauses)]
		yes := c.tracer.Evaluate(r.Rule, verdicts, false)
		if !yes && !r.Rule.Names(t) {
			continue // nobody means asynchronous events who does not say so
		}
		r.Fitting++
		if yes {
			r.Matched++
			if !reported {
				r.Reported++
			}
			reported = true
		}
		for k, v := range verdicts {
			switch v {
			case engine.True:
				r.True[k]++
			case engine.False:
				r.False[k]++
			}
		}
	}
	return nil
}

// Add adds what another counter of the same trace has counted.
func (c *Counter) Add(o *Counter) {
	c.Events += o.Events
	for i := range c.Rules {
		c.Rules[i].Add(&o.Rules[i])
	}
}

// Add adds other counts of the same rule.
func (r *RuleCount) Add(o *RuleCount) {
	r.Fitting, r.Matched, r.Reported = r.Fitting+o.Fitting, r.Matched+o.Matched, r.Reported+o.Reported
	for k := range r.True {
		r.True[k], r.False[k] = r.True[k]+o.True[k], r.False[k]+o.False[k]
	}
}
