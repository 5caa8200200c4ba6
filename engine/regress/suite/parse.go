package suite

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"falcoreplay/engine"
	"falcoreplay/engine/field"
	"falcoreplay/rules"
)

// Parse reads a suite. The error is a *ParseError with all that is wrong.
func Parse(path string, data []byte) (*Suite, error) {
	d := &decoder{path: path, seen: make(map[*yaml.Node]bool)}
	s := &Suite{Path: path}
	root := d.document(data)
	if root == nil {
		return nil, d.err()
	}
	var captures []Text
	matching := engine.First
	var cases *yaml.Node
	d.mapping(root, "a suite", []key{
		{"rules", func(n *yaml.Node) { s.Rules = d.ruleFiles(n) }},
		{"captures", func(n *yaml.Node) { captures = d.texts(n, "captures") }},
		{"matching", func(n *yaml.Node) { matching = d.matching(n) }},
		{"cases", func(n *yaml.Node) { cases = n }},
	})
	if cases == nil {
		if len(d.problems) == 0 {
			d.fail(place(root), "the suite has no cases")
		}
		return nil, d.err()
	}
	names := make(map[string]Pos)
	d.sequence(cases, "cases", func(n *yaml.Node) {
		c := &Case{Pos: place(n), Captures: captures, Matching: matching}
		if !d.testCase(n, c) {
			return
		}
		if first, ok := names[c.Name]; ok {
			d.fail(c.Pos, "there is a case %q already, in line %d", c.Name, first.Line)
		}
		names[c.Name] = c.Pos
		s.Cases = append(s.Cases, c)
	})
	if len(s.Cases) == 0 && len(d.problems) == 0 {
		d.fail(place(cases), "the suite has no cases")
	}
	if err := d.err(); err != nil {
		return nil, err
	}
	return s, nil
}

// testCase reads a case. It returns false if it has no name.
func (d *decoder) testCase(n *yaml.Node, c *Case) bool {
	d.mapping(n, "a case", []key{
		{"name", func(n *yaml.Node) { c.Name = d.text(n, "name").Text }},
		{"captures", func(n *yaml.Node) { c.Captures = d.texts(n, "captures") }},
		{"rules", func(n *yaml.Node) { c.Rules = d.ruleFiles(n) }},
		{"disable", func(n *yaml.Node) { c.Disable = d.texts(n, "disable") }},
		{"enable", func(n *yaml.Node) { c.Enable = d.texts(n, "enable") }},
		{"matching", func(n *yaml.Node) { c.Matching = d.matching(n) }},
		{"expect", func(n *yaml.Node) {
			d.sequence(n, "expect", func(n *yaml.Node) { c.Expect = append(c.Expect, d.expectation(n)) })
		}},
		{"sequence", func(n *yaml.Node) {
			d.sequence(n, "sequence", func(n *yaml.Node) { c.Sequence = append(c.Sequence, d.step(n)) })
		}},
		{"exhaustive", func(n *yaml.Node) { c.Exhaustive = d.truth(n, "exhaustive") }},
		{"snapshot", func(n *yaml.Node) {
			t := d.text(n, "snapshot")
			c.Snapshot, c.SnapshotPos = t.Text, t.Pos
		}},
	})
	if c.Name == "" {
		if n.Kind == yaml.MappingNode {
			d.fail(c.Pos, "the case has no name")
		}
		return false
	}
	if len(c.Expect) == 0 && !c.Looks() {
		d.fail(c.Pos, "case %q expects nothing; it needs expect, sequence, exhaustive or snapshot", c.Name)
	}
	if c.Looks() && len(c.Captures) == 0 {
		d.fail(c.Pos, "case %q has no captures", c.Name)
	}
	if c.Looks() && slices.ContainsFunc(c.Expect, func(e Expectation) bool { return e.Kind == Error }) {
		d.fail(c.Pos, "case %q expects an error, with which there are no alerts, and something of alerts as well", c.Name)
	}
	return true
}

// ruleFiles reads the paths of rule files.
func (d *decoder) ruleFiles(n *yaml.Node) []string {
	list := plain(d.texts(n, "rules"))
	if len(list) == 0 {
		d.fail(place(n), "rules names no file; for the rules of this program write %s", rules.BundledName)
	}
	return list
}

func (d *decoder) matching(n *yaml.Node) engine.Matching {
	t := d.text(n, "matching")
	m, err := engine.ParseMatching(t.Text)
	if err != nil && t.Text != "" {
		d.fail(t.Pos, "matching is first or all, not %q", t.Text)
	}
	return m
}

// expectation reads an item of expect: what it is about is told by its keys.
func (d *decoder) expectation(n *yaml.Node) Expectation {
	e := Expectation{Pos: place(n), Min: 1, Max: -1}
	var kinds []string
	is := func(k Kind) key {
		return key{k.key(), func(n *yaml.Node) {
			e.Kind, e.Name = k, d.text(n, k.key()).Text
			kinds = append(kinds, k.key())
		}}
	}
	there := d.mapping(n, "an expectation", []key{
		is(Fires), is(Never), is(Error), is(Warning),
		{"count", func(n *yaml.Node) { d.number(n, &e) }},
		{"match", func(n *yaml.Node) { e.Match = d.conditions(n) }},
		{"message", func(n *yaml.Node) { e.Message = d.tests(n, "message", true) }},
	})
	if n.Kind != yaml.MappingNode {
		return e
	}
	switch {
	case len(kinds) == 0:
		d.fail(e.Pos, "an expectation begins with rule, never, error or warning")
	case len(kinds) > 1:
		d.fail(e.Pos, "an expectation is about one thing, not about %s at once", strings.Join(kinds, " and "))
	case there["count"] && e.Kind != Fires:
		d.fail(e.Pos, "count goes with rule, not with %s", kinds[0])
	case there["match"] && e.Kind != Fires && e.Kind != Never:
		d.fail(e.Pos, "match goes with rule and never, not with %s; there is message", kinds[0])
	case there["message"] && e.Kind != Error && e.Kind != Warning:
		d.fail(e.Pos, "message goes with error and warning, not with %s; there is match: {output: ...}", kinds[0])
	}
	if e.Kind == Never {
		e.Min, e.Max = 0, 0
	}
	if e.Kind == Error || e.Kind == Warning {
		d.code(&e)
	}
	return e
}

// code tells whether an error or a warning has a code that there is.
func (d *decoder) code(e *Expectation) {
	var names []string
	for _, c := range rules.Codes() {
		if (c.Severity == rules.SeverityError) == (e.Kind == Error) {
			names = append(names, string(c.Code))
		}
	}
	if e.Name != "" && !slices.Contains(names, e.Name) {
		d.failHint(e.Pos, fmt.Sprintf("there is no %s with the code %q", e.Kind.key(), e.Name), e.Name, func() []string { return names })
	}
}

// number reads how many alerts there have to be.
func (d *decoder) number(n *yaml.Node, e *Expectation) {
	if n.Kind != yaml.MappingNode {
		e.Min = d.count(n, "count")
		e.Max = e.Min
		return
	}
	e.Min, e.Max = 0, -1
	there := d.mapping(n, "count", []key{
		{"min", func(n *yaml.Node) { e.Min = d.count(n, "min") }},
		{"max", func(n *yaml.Node) { e.Max = d.count(n, "max") }},
	})
	if len(there) == 0 {
		d.fail(place(n), "count is a number, or a mapping with min, max or both")
	}
	if there["max"] && e.Max < e.Min {
		d.fail(place(n), "max is less than min")
	}
}

// step reads an item of sequence: the name of a rule, or a mapping.
func (d *decoder) step(n *yaml.Node) Expectation {
	e := Expectation{Pos: place(n), Min: 1, Max: 1}
	if n.Kind == yaml.ScalarNode {
		e.Name = d.text(n, "a step of a sequence").Text
		return e
	}
	d.mapping(n, "a step of a sequence", []key{
		{"rule", func(n *yaml.Node) { e.Name = d.text(n, "rule").Text }},
		{"match", func(n *yaml.Node) { e.Match = d.conditions(n) }},
	})
	if e.Name == "" && n.Kind == yaml.MappingNode {
		d.fail(e.Pos, "a step of a sequence names a rule")
	}
	return e
}

// conditions reads what has to hold of an alert.
func (d *decoder) conditions(n *yaml.Node) []Condition {
	var list []Condition
	if n.Kind != yaml.MappingNode {
		d.fail(place(n), "match is a mapping of fields to values")
		return nil
	}
	d.pairs(n, func(name string, at, value *yaml.Node) {
		c := Condition{Key: name, Pos: place(at)}
		var ok bool
		if c.kind, ok = properties[name]; !ok {
			if _, err := engine.ParseField(name); err != nil {
				d.failHint(c.Pos, err.Error(), name, keys)
				return
			}
		}
		if c.kind == aboutTime {
			d.window(value, &c)
		} else {
			c.Tests = d.tests(value, name, false)
		}
		if c.kind == aboutPriority {
			d.priority(&c)
		}
		list = append(list, c)
	})
	return list
}

// keys are all that match may look at.
func keys() []string {
	all := slices.Sorted(maps.Keys(properties))
	for _, def := range field.Catalogue() {
		all = append(all, def.Name)
	}
	return all
}

// priority tells whether what a priority has to be is one.
func (d *decoder) priority(c *Condition) {
	for i := range c.Tests {
		if c.Tests[i].op != equals {
			d.fail(c.Pos, "priority is compared with names only: one, or a sequence of them")
			return
		}
		for k, v := range c.Tests[i].values {
			p, ok := rules.ParsePriority(v)
			if !ok {
				d.fail(c.Pos, "%q is no priority; they are emergency, alert, critical, error, warning, notice, informational and debug", v)
			}
			c.Tests[i].values[k] = p.String()
		}
	}
}

// window reads a span of time.
func (d *decoder) window(n *yaml.Node, c *Condition) {
	read := func(name string, t *time.Time) key {
		return key{name, func(n *yaml.Node) {
			var err error
			if *t, err = time.Parse(time.RFC3339Nano, n.Value); err != nil {
				d.fail(place(n), "%s is a time like 2026-01-31T13:45:00.5Z, not %q", name, n.Value)
			}
			c.text = strings.TrimSpace(c.text + " " + name + " " + n.Value)
		}}
	}
	there := d.mapping(n, "time", []key{read("from", &c.after), read("until", &c.until)})
	if len(there) == 0 && n.Kind == yaml.MappingNode {
		d.fail(place(n), "time needs from, until or both")
	}
	if len(there) == 2 && !c.after.Before(c.until) {
		d.fail(place(n), "until is not after from")
	}
}

// tests reads what a text is compared with: a text, a sequence of which it has
// to be one, or a mapping of operators to values, all of which have to hold.
func (d *decoder) tests(n *yaml.Node, what string, textOnly bool) []Test {
	if n.Kind != yaml.MappingNode {
		if isNull(n) {
			d.fail(place(n), "%q has no value; for a field that is absent write {exists: false}", what)
			return nil
		}
		t := Test{op: equals}
		var list []*yaml.Node
		if n.Kind == yaml.SequenceNode {
			d.sequence(n, what, func(n *yaml.Node) { list = append(list, n) })
		} else {
			list = append(list, n)
		}
		for _, v := range list {
			switch {
			case v.Kind != yaml.ScalarNode || isNull(v):
				d.fail(place(v), "a value of %s is a text or a number", what)
			case v.Value == "<NA>":
				d.fail(place(v), "<NA> is how an output shows a field that is absent; write {exists: false}")
			}
			t.values = append(t.values, v.Value)
		}
		if len(list) == 0 {
			d.fail(place(n), "%s is compared with an empty sequence, and so is never true", what)
		}
		return []Test{t}
	}
	var tests []Test
	var ops []key
	for o := contains; o <= exists; o++ {
		if textOnly && (o == exists || o >= greater && o <= atMost) {
			continue
		}
		ops = append(ops, key{opNames[o], func(n *yaml.Node) {
			if t, err := newTest(o, n); err != nil {
				d.fail(place(n), "%s: %v", opNames[o], err)
			} else {
				tests = append(tests, t)
			}
		}})
	}
	if there := d.mapping(n, fmt.Sprintf("the condition on %s", what), ops); len(there) == 0 && len(n.Content) == 0 {
		d.fail(place(n), "the condition on %s is empty", what)
	}
	return tests
}

func newTest(o op, n *yaml.Node) (t Test, err error) {
	if n.Kind != yaml.ScalarNode {
		return t, fmt.Errorf("the value is one text or number")
	}
	t = Test{op: o, values: []string{n.Value}}
	switch o {
	case exists:
		if n.Value != "true" && n.Value != "false" {
			return t, fmt.Errorf("the value is true or false")
		}
		t.exists = n.Value == "true"
	case matches:
		if t.re, err = regexp.Compile(n.Value); err != nil {
			return t, fmt.Errorf("%w", err)
		}
	case greater, less, atLeast, atMost:
		if t.number = number(n.Value); t.number == nil {
			return t, fmt.Errorf("%q is not a number", n.Value)
		}
	}
	return t, nil
}
