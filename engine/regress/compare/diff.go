package compare

import (
	"slices"
	"strings"
)

// Diff is what is different between two lists of alerts.
type Diff struct {
	// Rules are the rules of which alerts are different, by name.
	Rules []RuleDiff
	// Same is the number of alerts that are the same in both.
	Same int
}

// Empty tells whether the lists have the same alerts.
func (d *Diff) Empty() bool { return len(d.Rules) == 0 }

// RuleDiff is what is different in the alerts of a rule. The lists are in the
// order of the alerts.
type RuleDiff struct {
	Rule    string
	Added   []Alert
	Removed []Alert
	Altered []Altered
	Same    int
}

// Altered is an alert that is in both lists and not the same.
type Altered struct {
	From, To Alert
	Changes  []Change
}

// key is what makes two alerts one and the same: the rule and the event.
type key struct {
	rule, capture, time string
}

func keyOf(a *Alert) key { return key{a.Rule, a.Capture, a.Time} }

// Alerts compares two lists. Alerts are paired by rule and event; of several
// alerts of one rule and time those that are the same are paired first, then
// the others in their order. The order of the lists does not matter otherwise.
func Alerts(from, to []Alert) *Diff {
	old := make(map[key][]*Alert)
	for i := range from {
		k := keyOf(&from[i])
		old[k] = append(old[k], &from[i])
	}
	byRule := make(map[string]*RuleDiff)
	of := func(rule string) *RuleDiff {
		if byRule[rule] == nil {
			byRule[rule] = &RuleDiff{Rule: rule}
		}
		return byRule[rule]
	}
	d := &Diff{}
	var rest []*Alert
	for i := range to {
		a := &to[i]
		k := keyOf(a)
		at := slices.IndexFunc(old[k], func(b *Alert) bool { return a.JSON == b.JSON || len(changes(b, a)) == 0 })
		if at < 0 {
			rest = append(rest, a)
			continue
		}
		old[k] = slices.Delete(slices.Clone(old[k]), at, at+1)
		of(a.Rule).Same++
		d.Same++
	}
	for _, a := range rest {
		k := keyOf(a)
		r := of(a.Rule)
		if len(old[k]) == 0 {
			r.Added = append(r.Added, *a)
			continue
		}
		b := old[k][0]
		old[k] = old[k][1:]
		r.Altered = append(r.Altered, Altered{*b, *a, changes(b, a)})
	}
	left := make(map[*Alert]bool)
	for _, list := range old {
		for _, a := range list {
			left[a] = true
		}
	}
	for i := range from {
		if a := &from[i]; left[a] {
			r := of(a.Rule)
			r.Removed = append(r.Removed, *a)
		}
	}
	for _, r := range byRule {
		if len(r.Added)+len(r.Removed)+len(r.Altered) > 0 {
			d.Rules = append(d.Rules, *r)
		}
	}
	slices.SortFunc(d.Rules, func(a, b RuleDiff) int { return strings.Compare(a.Rule, b.Rule) })
	return d
}
