package clause

import (
	"cmp"
	"slices"

	"falcoreplay/engine"
	"falcoreplay/replay"
	"falcoreplay/scap/event"
)

// Miss is an event that came near to matching a rule.
type Miss struct {
	Event Event
	// Distance is how many comparisons stood in the way. It is 0 if the event
	// matches.
	Distance int
	// InTheWay are those comparisons. Where one of several would be enough, it
	// is the clause that holds them.
	InTheWay []Seen
	// Shadow is the rule that the event was reported for instead: an earlier
	// one that matches it too. It is "" if there is none.
	Shadow string

	clauses    []int // that are in the way
	similarity int   // how like the values are to what they would have to be
}

// nearer tells whether m came nearer than o: fewer comparisons stood in its
// way; where as many did, the values were more like what they would have to be;
// where they were as like, it came further from left to right.
func (m *Miss) nearer(o *Miss) bool {
	return cmp.Or(cmp.Compare(o.Distance, m.Distance), cmp.Compare(m.similarity, o.similarity), cmp.Compare(m.reached(), o.reached())) > 0
}

// reached is the first clause in the way.
func (m *Miss) reached() int {
	if len(m.clauses) == 0 {
		return -1
	}
	return m.clauses[0]
}

// Nearest finds, for rules, the events that came nearest to matching them. It
// is a run.Visitor.
type Nearest struct {
	// Capture is the name of the capture that is looked at.
	Capture string

	trace   *engine.Trace
	rules   []*nearest
	first   bool // only the first rule that matches is reported
	host    *replay.Host
	tracer  *engine.Tracer
	scratch []engine.Verdict
}

// nearest is what was found for one rule.
type nearest struct {
	rule     *engine.TracedRule
	keep     int
	fitting  uint64
	matched  uint64
	shadowed uint64
	misses   []Miss // nearest first
	verdicts []engine.Verdict
	dist     *distances
}

// NewNearest looks for the keep nearest events for each of the named rules.
// Names of rules that the trace does not have are passed over.
func NewNearest(t *engine.Trace, names []string, keep int, matching engine.Matching) *Nearest {
	n := &Nearest{trace: t, first: matching == engine.First}
	for _, name := range names {
		if r := t.Rule(name); r != nil {
			n.rules = append(n.rules, &nearest{rule: r, keep: keep, verdicts: make([]engine.Verdict, len(r.Clauses)), dist: newDistances(r)})
		}
	}
	longest := 0
	for i := range t.Rules {
		longest = max(longest, len(t.Rules[i].Clauses))
	}
	n.scratch = make([]engine.Verdict, longest)
	return n
}

// Wants tells whether one of the rules is looked at for a type.
func (n *Nearest) Wants(t event.Type) bool {
	for _, r := range n.rules {
		if r.rule.Names(t) {
			return true
		}
	}
	return false
}

// Begin starts with a host.
func (n *Nearest) Begin(host *replay.Host) { n.host, n.tracer = host, n.trace.NewTracer(host) }

// Event looks at an event.
func (n *Nearest) Event() error {
	n.tracer.Begin()
	for _, r := range n.rules {
		if !r.rule.Names(n.host.Current.Event.Type) {
			continue
		}
		r.fitting++
		n.measure(r)
	}
	return nil
}

func (n *Nearest) measure(r *nearest) {
	shadow := ""
	if n.tracer.Evaluate(r.rule, r.verdicts, true) {
		r.matched++
		if shadow = n.shadow(r.rule); shadow == "" {
			return // it was reported
		}
		r.shadowed++
	}
	r.dist.measure(r.rule.Clauses, r.verdicts)
	m := Miss{Distance: r.dist.toTrue[0], Shadow: shadow}
	full := len(r.misses) == r.keep
	if full && r.misses[r.keep-1].Distance < m.Distance {
		return
	}
	m.clauses = r.dist.inTheWay(r.rule.Clauses)
	for _, at := range m.clauses {
		m.similarity += similarity(n.tracer, r.rule, at, r.verdicts)
	}
	if full && !m.nearer(&r.misses[r.keep-1]) {
		return
	}
	// Another event that failed for the same reason teaches nothing.
	if same := slices.IndexFunc(r.misses, func(o Miss) bool { return slices.Equal(o.clauses, m.clauses) }); same >= 0 {
		if !m.nearer(&r.misses[same]) {
			return
		}
		r.misses = slices.Delete(r.misses, same, same+1)
		full = false
	}
	m.Event = Describe(n.host, n.Capture)
	for _, at := range m.clauses {
		m.InTheWay = append(m.InTheWay, seeWrong(n.tracer, r.rule, at, r.verdicts))
	}
	if full {
		r.misses = r.misses[:r.keep-1]
	}
	at := len(r.misses)
	for at > 0 && m.nearer(&r.misses[at-1]) {
		at--
	}
	r.misses = slices.Insert(r.misses, at, m)
}

// shadow is the first rule before r that matches the event too and so is
// reported instead.
func (n *Nearest) shadow(r *engine.TracedRule) string {
	if !n.first {
		return ""
	}
	for i := range n.trace.Rules {
		o := &n.trace.Rules[i]
		if o == r {
			return ""
		}
		if o.Fits(n.host.Current.Event.Type) && n.tracer.Evaluate(o, n.scratch[:len(o.Clauses)], false) {
			return o.Rule.Name
		}
	}
	return ""
}

// Found is what was found for a rule.
type Found struct {
	// Fitting is how many events there were of the types that the rule is
	// looked at for, how many of them Matched, and for how many of those another
	// rule was reported.
	Fitting, Matched, Shadowed uint64
	// Misses are the events that came nearest without being reported, nearest
	// first, each for another reason.
	Misses []Miss
	// Types are the event types that the condition names, for messages.
	Types []string
}

// Of is what was found for a rule, false if the trace does not have it.
func (n *Nearest) Of(name string) (Found, bool) {
	for _, r := range n.rules {
		if r.rule.Rule.Name == name {
			return Found{r.fitting, r.matched, r.shadowed, r.misses, types(r.rule)}, true
		}
	}
	return Found{}, false
}

// maxTypes is how many names of types are shown.
const maxTypes = 12

// types are the names of the types that a rule is looked at for, nil if it is
// nearly all of them.
func types(r *engine.TracedRule) []string {
	var names []string
	seen := make(map[string]bool)
	for t := event.Type(0); t < event.NumTypes; t++ {
		if name := event.Lookup(t).Name; r.Names(t) && !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	if len(names) > maxTypes {
		return nil
	}
	return names
}
