package regress

import (
	"errors"
	"fmt"
	"slices"

	"falcoreplay/engine"
	"falcoreplay/engine/regress/clause"
	"falcoreplay/engine/run"
	"falcoreplay/internal/suggest"
	"falcoreplay/replay"
	"falcoreplay/rules"
)

// ExplainOptions changes what is explained. Files has to be set.
type ExplainOptions struct {
	Files Files
	// Rules are rule files and directories; nil is the bundled rules.
	Rules []string
	// Workers is how many captures are looked at side by side; 0 is 1.
	Workers  int
	Matching engine.Matching
}

// Explainer explains rules on captures.
type Explainer struct {
	opts  ExplainOptions
	set   *rules.Set
	trace *engine.Trace
}

// NewExplainer loads the rules. Of a rule that is named, it does not matter
// whether a file disables it.
func NewExplainer(rule string, opts ExplainOptions) (*Explainer, error) {
	loading := &ruleSet{files: opts.Files, paths: opts.Rules}
	set, result, err := loading.load()
	if err == nil {
		err = result.Err()
	}
	if err != nil {
		return nil, err
	}
	x := &Explainer{opts: opts, set: set}
	x.trace, _ = engine.NewTrace(set, engine.Options{Keep: func(r *rules.Rule) bool { return r.Enabled || r.Name == rule }})
	if rule != "" && x.trace.Rule(rule) == nil {
		names := make([]string, len(set.Rules))
		for i, r := range set.Rules {
			names[i] = r.Name
		}
		return nil, fmt.Errorf("there is no rule %q%s", rule, suggest.Hint(rule, names))
	}
	return x, nil
}

// EventExplanation is what rules made of one event.
type EventExplanation struct {
	Event clause.Event
	// Matching are the rules that match the event, in their order. With
	// engine.First the first of them is reported, and the others are not.
	Matching []*rules.Rule
	First    bool
	// Rule is the rule that is explained, nil if none was named and none
	// matches.
	Rule *rules.Rule
	// Disabled tells that Rule is disabled in its file.
	Disabled bool
	// Fits is false if Rule is not looked at for events of this type.
	Fits bool
	// Tree is the condition of Rule.
	Tree *clause.Node
	// Alert is what Rule reports, nil if it does not match.
	Alert *engine.Alert
	// Ancestry is the process that made the event and its ancestors, nearest
	// first.
	Ancestry []clause.Process
	// History is what happened to the file descriptor that the event is about,
	// nil if there is none.
	History *clause.History
}

// Reported tells whether an analysis reports Rule for the event.
func (x *EventExplanation) Reported() bool {
	return x.Alert != nil && !x.Disabled && (!x.First || x.Matching[0] == x.Rule)
}

// errFound ends a pass at the event that was sought.
var errFound = errors.New("found")

// Event explains an event of a capture: with a rule, why that one matches it
// or not, else why the first that matches does. Without a rule that matches,
// only the event is described.
func (x *Explainer) Event(capture string, num uint64, rule string) (*EventExplanation, error) {
	out := &EventExplanation{First: x.opts.Matching == engine.First}
	until := &clause.Until{Num: num, Found: func(h *replay.Host) error {
		x.explain(out, h, capture, rule)
		return errFound
	}}
	if err := x.pass(capture, until); err != nil {
		return nil, err
	}
	if len(out.Ancestry) > 0 {
		again := &clause.Until{Num: num, PID: out.Ancestry[0].PID}
		again.Found = func(*replay.Host) error {
			if h, ok := again.Of(); ok {
				out.History = &h
			}
			return errFound
		}
		if err := x.pass(capture, again); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// pass takes a visitor to the event that it looks for.
func (x *Explainer) pass(capture string, until *clause.Until) error {
	in, err := x.opts.Files.Open(capture)
	if err != nil {
		return plainPathError(err)
	}
	defer in.Close()
	result, err := run.Events(in, capture, until, run.Options{})
	switch {
	case errors.Is(err, errFound):
		return nil
	case err != nil:
		return err
	}
	return fmt.Errorf("%s: there is no event %d that rules look at; the capture has %d events", capture, until.Num, result.Capture.Events)
}

func (x *Explainer) explain(out *EventExplanation, h *replay.Host, capture, rule string) {
	out.Event = clause.Describe(h, capture)
	out.Ancestry = clause.Ancestry(h)
	t := x.trace.NewTracer(h)
	t.Begin()
	typ := h.Current.Event.Type
	for i := range x.trace.Rules {
		r := &x.trace.Rules[i]
		if r.Rule.Enabled && r.Fits(typ) && t.Evaluate(r, make([]engine.Verdict, len(r.Clauses)), false) {
			out.Matching = append(out.Matching, r.Rule)
		}
	}
	if rule == "" && len(out.Matching) > 0 {
		rule = out.Matching[0].Name
	}
	r := x.trace.Rule(rule)
	if r == nil {
		return
	}
	out.Rule, out.Disabled, out.Fits = r.Rule, !r.Rule.Enabled, r.Fits(typ)
	out.Tree = clause.Tree(t, r)
	if out.Fits && out.Tree.Verdict == engine.True {
		out.Alert = t.Alert(r)
	}
}

// RuleExplanation is what captures came to for one rule.
type RuleExplanation struct {
	Rule *rules.Rule
	// Disabled tells that the rule is disabled in its file.
	Disabled bool
	// Events is the number of events in all captures.
	Events uint64
	Count  clause.RuleCount
	// Near are the events that came nearest without being reported.
	Near clause.Found
	// Damage tells which captures could not be read, or not wholly.
	Damage []error
}

// nearMisses is how many events are shown that came near.
const nearMisses = 5

// Rule explains what came of a rule on captures.
func (x *Explainer) Rule(captures []string, name string) *RuleExplanation {
	out := &RuleExplanation{Rule: x.trace.Rule(name).Rule}
	out.Disabled = !out.Rule.Enabled
	counters := make([]*clause.Counter, len(captures))
	events := make([]uint64, len(captures))
	errs := make([]error, len(captures))
	each(x.opts.Workers, len(captures), func(i int) {
		counters[i] = clause.NewCounter(x.trace)
		events[i], errs[i] = x.visit(captures[i], counters[i])
	})
	total := clause.NewCounter(x.trace)
	for i, c := range counters {
		total.Add(c)
		out.Events += events[i]
		if errs[i] != nil {
			out.Damage = append(out.Damage, errs[i])
		}
	}
	at := slices.IndexFunc(total.Rules, func(c clause.RuleCount) bool { return c.Rule.Rule.Name == name })
	out.Count = total.Rules[at]
	near := clause.NewNearest(x.trace, []string{name}, nearMisses, x.opts.Matching)
	for i, c := range captures { // one after another, as the nearest are sought among all
		if errs[i] == nil {
			near.Capture = c
			_, errs[i] = x.visit(c, near)
			if errs[i] != nil {
				out.Damage = append(out.Damage, errs[i])
			}
		}
	}
	out.Near, _ = near.Of(name)
	return out
}

// visit takes a visitor through a capture.
func (x *Explainer) visit(capture string, v run.Visitor) (events uint64, err error) {
	in, err := x.opts.Files.Open(capture)
	if err != nil {
		return 0, plainPathError(err)
	}
	defer in.Close()
	result, err := run.Events(in, capture, v, run.Options{})
	if err == nil && result.Capture.FirstMalformed != nil {
		err = result.Capture.FirstMalformed
	}
	return result.Capture.Events, err
}
