package main

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"falcoreplay/engine"
	"falcoreplay/rules"
)

// group is captures that are shown in one table.
type group struct {
	title, text string
	captures    []string
}

// bundled and stock are places in what there is of both.
const (
	bundled = iota
	stock
)

// rulePair is a bundled rule and a stock rule that match the same events.
type rulePair struct{ bundled, stock string }

// comparison is what was found so far.
type comparison struct {
	engines [2]*engine.Engine
	// events is how many events each rule matches.
	events [2]map[string]int
	// same is how many events both of two rules match.
	same map[rulePair]int
	b    bytes.Buffer
}

func document(shared, testdata string) ([]byte, error) {
	c := &comparison{events: [2]map[string]int{{}, {}}, same: make(map[rulePair]int)}
	var err error
	if c.engines, err = engines(shared); err != nil {
		return nil, err
	}
	c.b.WriteString(`<!-- Made by make compare-stock. -->

# The bundled rules and Falco's stock rules

Which rules fire on which captures, and how often, with every rule that matches
an event reported. The stock rules are those of all three levels of maturity, as
they are shipped.

Read it for where the two differ, not for who wins: attacks and near misses are
the tests of the bundled rules, made with what these look at in mind. The stock
rules were not tuned to them, nor to these machines, as their users are told to.
Only ordinary work and the captures that begin with falco- were not made for a
rule.
`)
	groups, err := captures(shared, testdata)
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		if err := c.group(g, shared, testdata); err != nil {
			return nil, err
		}
	}
	c.sameEvents()
	return c.b.Bytes(), nil
}

// captures are all captures, by what they are for.
func captures(shared, testdata string) ([]group, error) {
	groups := []group{
		{title: "Attacks", text: "Each is made to show one of the bundled rules, but for the last two."},
		{title: "Near misses", text: "What looks like an attack and is none, for one of the bundled rules."},
		{title: "Ordinary work", text: "What machines do all day."},
	}
	for i, kind := range []string{"attack", "benign", "ordinary"} {
		found, err := filepath.Glob(filepath.Join(testdata, "captures", "*", kind+".scap"))
		if err != nil {
			return nil, err
		}
		groups[i].captures = found
	}
	groups[0].captures = append(groups[0].captures, filepath.Join(testdata, "falco-attacks.scap"), filepath.Join(testdata, "falco-containers.scap"))
	for _, name := range []string{"falco-workload", "502Error", "curl_google"} {
		groups[2].captures = append(groups[2].captures, filepath.Join(shared, "captures", name+".scap"))
	}
	return groups, nil
}

// name is what a capture is called in the document.
func name(path, shared, testdata string) string {
	for _, dir := range []string{filepath.Join(testdata, "captures"), testdata, filepath.Join(shared, "captures")} {
		if rel, err := filepath.Rel(dir, path); err == nil && !strings.HasPrefix(rel, "..") {
			rel, _, _ = strings.Cut(filepath.ToSlash(rel), "/")
			return strings.TrimSuffix(rel, ".scap")
		}
	}
	return path
}

// group writes a table of captures, but for those on which nothing fires.
func (c *comparison) group(g group, shared, testdata string) error {
	fmt.Fprintf(&c.b, "\n## %s\n\n%s\n\n| capture | bundled rules | stock rules |\n| --- | --- | --- |\n", g.title, g.text)
	var silent []string
	var with, warned [2]int
	for _, path := range g.captures {
		var on [2]fired
		for i, eng := range c.engines {
			var err error
			if on[i], err = analyze(path, eng); err != nil {
				return err
			}
			if len(on[i]) > 0 {
				with[i]++
			}
			if on[i].worst() <= rules.Warning {
				warned[i]++
			}
		}
		c.add(on)
		if len(on[bundled])+len(on[stock]) == 0 {
			silent = append(silent, name(path, shared, testdata))
			continue
		}
		fmt.Fprintf(&c.b, "| %s | %s | %s |\n", name(path, shared, testdata), on[bundled].cell(), on[stock].cell())
	}
	fmt.Fprintf(&c.b, "| **of %d captures have alerts** | **%d** | **%d** |\n", len(g.captures), with[bundled], with[stock])
	fmt.Fprintf(&c.b, "| **of warning or worse** | **%d** | **%d** |\n", warned[bundled], warned[stock])
	if len(silent) > 0 {
		fmt.Fprintf(&c.b, "\nNothing fires on %s.\n", strings.Join(silent, ", "))
	}
	return nil
}

// add counts what fires on a capture.
func (c *comparison) add(on [2]fired) {
	for i := range on {
		for _, list := range on[i] {
			for _, r := range list {
				c.events[i][r.Name]++
			}
		}
	}
	for event, list := range on[bundled] {
		for _, b := range list {
			for _, s := range on[stock][event] {
				c.same[rulePair{b.Name, s.Name}]++
			}
		}
	}
}

// sameEvents writes which rules match the same events, and which stock rules
// match events that no bundled rule does.
func (c *comparison) sameEvents() {
	c.b.WriteString(`
## Rules that watch the same

Two rules that match the same events of these captures, and how many events each
of them matches in all.

| bundled rule | events | stock rule | events | both |
| --- | --- | --- | --- | --- |
`)
	pairs := slices.SortedFunc(maps.Keys(c.same), func(x, y rulePair) int {
		return cmp.Or(cmp.Compare(x.bundled, y.bundled), cmp.Compare(c.same[y], c.same[x]), cmp.Compare(x.stock, y.stock))
	})
	var paired [2][]string
	for _, p := range pairs {
		fmt.Fprintf(&c.b, "| %s | %d | %s | %d | %d |\n", p.bundled, c.events[bundled][p.bundled], p.stock, c.events[stock][p.stock], c.same[p])
		paired[bundled], paired[stock] = append(paired[bundled], p.bundled), append(paired[stock], p.stock)
	}
	for i, whose := range []string{"bundled", "stock"} {
		fmt.Fprintf(&c.b, "\nOf the %s rules that fire here, these match no event that one of the others does:\n\n", whose)
		for _, name := range slices.Sorted(maps.Keys(c.events[i])) {
			if !slices.Contains(paired[i], name) {
				fmt.Fprintf(&c.b, "- %s (%d)\n", name, c.events[i][name])
			}
		}
	}
}

// worst is the worst priority of the rules that fired.
func (f fired) worst() rules.Priority {
	worst := rules.Debug + 1
	for _, list := range f {
		for _, r := range list {
			worst = min(worst, r.Priority)
		}
	}
	return worst
}

// cell lists rules by name, with how many events each matched.
func (f fired) cell() string {
	events := make(map[string]int)
	for _, list := range f {
		for _, r := range list {
			events[r.Name]++
		}
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(events)) {
		out = append(out, fmt.Sprintf("%s %d", name, events[name]))
	}
	return cmp.Or(strings.Join(out, "; "), "-")
}
