package regress

import (
	"fmt"
	"slices"
	"strings"

	"falcoreplay/engine"
	"falcoreplay/engine/regress/compare"
	"falcoreplay/rules"
)

// DiffOptions changes how two versions of rules are compared. Files has to be
// set.
type DiffOptions struct {
	Files Files
	// From and To are the rule files and directories of the two versions.
	From, To []string
	// Workers is how many captures are looked at side by side; 0 is 1.
	Workers  int
	Matching engine.Matching
}

// RulesDiff is what a change of rules does to the alerts for captures.
type RulesDiff struct {
	// Rules are those that are different in text or in alerts, by name.
	Rules []RuleChange
	// Same is the number of alerts that are the same in both versions.
	Same     int
	Captures int
	Events   uint64
	// Damage tells which captures could not be read, or not wholly.
	Damage []error
}

// RuleChange is what is different about a rule.
type RuleChange struct {
	Rule string
	// Text are the parts of the rule whose text is different: condition,
	// exceptions, output, priority, tags, enabled, description; or added or
	// removed.
	Text []string
	// Through are macros and lists that the rule uses and whose text is
	// different, like `list "shell_binaries"`.
	Through []string
	// Alerts are the alerts that are different, nil if none are.
	Alerts *compare.RuleDiff
}

// Behaves tells whether there are other alerts than before.
func (c *RuleChange) Behaves() bool { return c.Alerts != nil }

// Differs tells whether an alert is different.
func (d *RulesDiff) Differs() bool {
	return slices.ContainsFunc(d.Rules, func(c RuleChange) bool { return c.Behaves() })
}

// Count is how many alerts were added, removed and altered.
func (d *RulesDiff) Count() (added, removed, altered int) {
	for i := range d.Rules {
		if a := d.Rules[i].Alerts; a != nil {
			added, removed, altered = added+len(a.Added), removed+len(a.Removed), altered+len(a.Altered)
		}
	}
	return added, removed, altered
}

// CompareRules takes captures through two versions of rules. The error says
// why one of them cannot be loaded.
func CompareRules(captures []string, opts DiffOptions) (*RulesDiff, error) {
	versions := [2]*choice{}
	for i, paths := range [][]string{opts.From, opts.To} {
		c := &choice{rules: &ruleSet{files: opts.Files, paths: paths}, matching: opts.Matching, fields: true}
		_, result, err := c.rules.load()
		if err == nil {
			err = result.Err()
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", [...]string{"--from", "--to"}[i], err)
		}
		versions[i] = c
	}
	passes := make([]pass, 2*len(captures))
	each(opts.Workers, len(passes), func(i int) {
		passes[i].choice, passes[i].capture = versions[i%2], captures[i/2]
		passes[i].run(opts.Files)
	})
	out := &RulesDiff{Captures: len(captures)}
	var alerts [2][]compare.Alert
	for i := range passes {
		p := &passes[i]
		if i%2 == 0 {
			out.Events += p.events
			if p.err != nil {
				out.Damage = append(out.Damage, p.err)
			}
		}
		for _, a := range p.alerts {
			c, err := compare.Of(a, p.capture)
			if err != nil {
				return nil, err
			}
			alerts[i%2] = append(alerts[i%2], c)
		}
	}
	d := compare.Alerts(alerts[0], alerts[1])
	out.Same = d.Same
	from, _, _ := versions[0].rules.load()
	to, _, _ := versions[1].rules.load()
	out.Rules = changes(newEdits(from, to), from, to, d)
	return out, nil
}

// changes puts the differences of texts and alerts together, by rule.
func changes(e *edits, from, to *rules.Set, d *compare.Diff) []RuleChange {
	byRule := make(map[string]*compare.RuleDiff)
	for i := range d.Rules {
		byRule[d.Rules[i].Rule] = &d.Rules[i]
	}
	seen := make(map[string]bool)
	var list []RuleChange
	for _, r := range slices.Concat(from.Rules, to.Rules) {
		if seen[r.Name] {
			continue
		}
		seen[r.Name] = true
		edit := e.of(r.Name)
		c := RuleChange{Rule: r.Name, Text: edit.own, Through: edit.through, Alerts: byRule[r.Name]}
		if len(c.Text)+len(c.Through) > 0 || c.Behaves() {
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(a, b RuleChange) int { return strings.Compare(a.Rule, b.Rule) })
	return list
}
