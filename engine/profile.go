package engine

import (
	"cmp"
	"math/bits"
	"slices"

	"falcoreplay/rules"
	"falcoreplay/scap/event"
)

// Profile is where the time of an Engine goes. It is for one Evaluator at a
// time. Only every few events are timed, rules on some of them and comparisons
// on others, so that the clock is not what is measured. Every rule is evaluated by
// itself, also those that Process would leave out together with others. An
// evaluator that is not given a Profile knows nothing of it.
type Profile struct {
	// Now is a clock in nanoseconds that never goes back.
	Now func() int64

	engine  *Engine
	rules   []RuleProfile
	types   [event.NumTypes]TypeProfile
	checks  []CheckProfile
	clockNS int64  // what reading the clock takes
	random  uint64 // chooses events
}

// RuleProfile is what a rule costs. A comparison that several rules share is on
// the account of the first that needs it.
type RuleProfile struct {
	Rule *rules.Rule
	// Evaluations and Matches are of all events.
	Evaluations, Matches uint64
	Timing
}

// TypeProfile is what events of a type cost.
type TypeProfile struct {
	Type   event.Type
	Events uint64
	Timing
}

// CheckProfile is what a comparison costs.
type CheckProfile struct {
	// Text is the comparison as it is written.
	Text string
	Timing
}

// Timing is how long something took each time that it was timed.
type Timing struct {
	// counts and sums are of times with so many bits.
	counts [timeBits]uint64
	sums   [timeBits]int64
}

// timeBits is enough for a minute in nanoseconds.
const timeBits = 36

func (t *Timing) add(ns int64) {
	bits := min(bits.Len64(uint64(ns)), timeBits-1)
	t.counts[bits]++
	t.sums[bits] += ns
}

// Timed is how many times were taken.
func (t *Timing) Timed() (n uint64) {
	for _, c := range t.counts {
		n += c
	}
	return n
}

// EachNS is the mean time in nanoseconds without the longest hundredth, in
// which the processor did something else.
func (t *Timing) EachNS() float64 {
	n := t.Timed()
	if n == 0 {
		return 0
	}
	drop := n / 100
	sum, kept := 0.0, n-drop
	for i := timeBits - 1; i >= 0; i-- {
		c := t.counts[i]
		if c == 0 {
			continue
		}
		out := min(drop, c)
		drop -= out
		sum += float64(t.sums[i]) / float64(c) * float64(c-out)
	}
	return sum / float64(kept)
}

// EstimatedNS is the time of all evaluations, of which some were timed.
func (r *RuleProfile) EstimatedNS() float64 { return r.EachNS() * float64(r.Evaluations) }

// EstimatedNS is the time of all events of the type, of which some were timed.
func (t *TypeProfile) EstimatedNS() float64 { return t.EachNS() * float64(t.Events) }

// EstimatedNS is the time of those evaluations that were timed.
func (c *CheckProfile) EstimatedNS() float64 { return c.EachNS() * float64(c.Timed()) }

// sampleEvery is one in how many events is timed for its rules, and one for its
// comparisons. They are chosen at random, as events come in patterns, but from
// a fixed start.
const sampleEvery = 16

// clockReadings is how often the clock is read to find out how long that takes.
const clockReadings = 1000

// NewProfile returns an empty profile of an engine.
func (e *Engine) NewProfile(now func() int64) *Profile {
	p := &Profile{Now: now, engine: e, random: 0x9e3779b97f4a7c15}
	for i := range e.rules {
		p.rules = append(p.rules, RuleProfile{Rule: e.rules[i].rule})
	}
	p.checks = make([]CheckProfile, len(e.checks))
	for i := range e.checks {
		p.checks[i].Text = e.checkNames[i]
	}
	start := now()
	for range clockReadings {
		now()
	}
	p.clockNS = (now() - start) / clockReadings
	return p
}

// next is a random number (xorshift64).
func (p *Profile) next() uint64 {
	p.random ^= p.random << 13
	p.random ^= p.random >> 7
	p.random ^= p.random << 17
	return p.random
}

// since is how long ago start was, without the reading of the clock.
func (p *Profile) since(start int64) int64 { return max(0, p.Now()-start-p.clockNS) }

// ProcessProfiled is Process, and adds what it cost to the profile.
func (v *Evaluator) ProcessProfiled(p *Profile, emit func(*Alert)) {
	typ := v.ctx.Host.Current.Event.Type
	programs := v.engine.programs(typ)
	if len(programs) == 0 {
		return
	}
	v.next()
	choice := p.next() % sampleEvery
	if choice == 1 {
		v.timeChecks(p, programs)
	}
	t := &p.types[typ]
	t.Type = typ
	t.Events++
	began := p.begin(choice == 0)
	for i := range programs {
		r := &p.rules[programs[i].rule]
		r.Evaluations++
		start := p.begin(choice == 0)
		yes := v.eval(programs[i].root)
		if choice == 0 {
			r.add(p.since(start))
		}
		if yes {
			r.Matches++
			emit(v.alert(&v.engine.rules[programs[i].rule]))
			if v.engine.opts.Matching == First {
				break
			}
		}
	}
	if choice == 0 {
		t.add(p.since(began))
	}
}

func (p *Profile) begin(timed bool) int64 {
	if !timed {
		return 0
	}
	return p.Now()
}

// timeChecks times the comparisons that the event's rules need, and leaves what
// they came to for the evaluation that follows.
func (v *Evaluator) timeChecks(p *Profile, programs []program) {
	for i := range programs {
		if v.timeNode(p, programs[i].root) && v.engine.opts.Matching == First {
			return
		}
	}
}

// timeNode is eval with each comparison timed.
func (v *Evaluator) timeNode(p *Profile, r ref) bool {
	if v.memo[r>>1]>>1 == v.gen {
		return v.eval(r)
	}
	o := &v.engine.ops[r>>1]
	if o.kind == kindCheck {
		start := p.Now()
		v.eval(r)
		p.checks[o.check].add(p.since(start))
	}
	for _, k := range o.kids {
		if v.timeNode(p, k) == (o.kind == kindOr) {
			break
		}
	}
	return v.eval(r)
}

// Rules are the rules, the costliest first.
func (p *Profile) Rules() []RuleProfile {
	list := slices.Clone(p.rules)
	slices.SortStableFunc(list, func(a, b RuleProfile) int { return cmp.Compare(b.EstimatedNS(), a.EstimatedNS()) })
	return list
}

// Types are the event types that there were, the costliest first.
func (p *Profile) Types() []TypeProfile {
	list := slices.DeleteFunc(slices.Clone(p.types[:]), func(t TypeProfile) bool { return t.Events == 0 })
	slices.SortStableFunc(list, func(a, b TypeProfile) int { return cmp.Compare(b.EstimatedNS(), a.EstimatedNS()) })
	return list
}

// Checks are the comparisons that were timed, the costliest first.
func (p *Profile) Checks() []CheckProfile {
	list := slices.DeleteFunc(slices.Clone(p.checks), func(c CheckProfile) bool { return c.Timed() == 0 })
	slices.SortStableFunc(list, func(a, b CheckProfile) int { return cmp.Compare(b.EstimatedNS(), a.EstimatedNS()) })
	return list
}

// SampleEvery is one in how many evaluations of a comparison was timed.
func (p *Profile) SampleEvery() int { return sampleEvery }
