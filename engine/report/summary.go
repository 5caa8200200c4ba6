package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"falcoreplay/engine"
	"falcoreplay/internal/output"
	"falcoreplay/rules"
)

// Summary is what an analysis comes to. The zero value is an empty one.
type Summary struct {
	Captures uint64
	// Events are those that were analysed.
	Events uint64
	Alerts uint64
	// Losses are counts of what was skipped or lost, with what it was; those
	// of zero are not shown.
	Losses []Loss

	byRule map[ruleKey]uint64
}

// ruleKey is a rule; two files may give one name different priorities.
type ruleKey struct {
	name     string
	priority rules.Priority
}

// Loss is a number of things that the analysis could not look at.
type Loss struct {
	What  string // in the plural, like "events dropped by the recorder"
	Count uint64
}

// Add counts an alert.
func (s *Summary) Add(a *engine.Alert) {
	if s.byRule == nil {
		s.byRule = make(map[ruleKey]uint64)
	}
	s.Alerts++
	s.byRule[ruleKey{a.Rule.Name, a.Rule.Priority}]++
}

// AddLoss adds to the count of something lost.
func (s *Summary) AddLoss(what string, n uint64) {
	for i := range s.Losses {
		if s.Losses[i].What == what {
			s.Losses[i].Count += n
			return
		}
	}
	s.Losses = append(s.Losses, Loss{what, n})
}

// Merge adds another summary.
func (s *Summary) Merge(o *Summary) {
	s.Captures += o.Captures
	s.Events += o.Events
	s.Alerts += o.Alerts
	for _, l := range o.Losses {
		s.AddLoss(l.What, l.Count)
	}
	if s.byRule == nil {
		s.byRule = make(map[ruleKey]uint64)
	}
	for rule, n := range o.byRule {
		s.byRule[rule] += n
	}
}

// RuleCount is how many alerts a rule has.
type RuleCount struct {
	Rule     string
	Priority rules.Priority
	Alerts   uint64
}

// ByRule are the rules that have alerts: the most severe first, then those with
// most alerts, then by name.
func (s *Summary) ByRule() []RuleCount {
	list := make([]RuleCount, 0, len(s.byRule))
	for rule, n := range s.byRule {
		list = append(list, RuleCount{rule.name, rule.priority, n})
	}
	slices.SortFunc(list, func(a, b RuleCount) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(b.Alerts, a.Alerts), strings.Compare(a.Rule, b.Rule))
	})
	return list
}

// Text is the summary for people, in lines.
func (s *Summary) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s, %s\n", output.Count(s.Captures, "capture"), output.Count(s.Events, "event"), output.Count(s.Alerts, "alert"))
	for _, r := range s.ByRule() {
		fmt.Fprintf(&b, "%8d  %-13s  %s\n", r.Alerts, r.Priority, r.Rule)
	}
	for _, l := range s.Losses {
		if l.Count > 0 {
			fmt.Fprintf(&b, "%8d  %s\n", l.Count, l.What)
		}
	}
	return b.String()
}
