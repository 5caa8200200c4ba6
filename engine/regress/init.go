package regress

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"falcoreplay/rules"
)

// InitOptions changes how a first suite is made. Files has to be set.
type InitOptions struct {
	Files Files
	// Rules are rule files and directories; nil is the bundled rules.
	Rules   []string
	Workers int
}

// Init returns a suite that expects what fires now: for each capture a case
// with each rule that has alerts, their number, and nothing else. The error is
// of the rules or of a capture.
func Init(captures []string, opts InitOptions) ([]byte, error) {
	c := &choice{rules: &ruleSet{files: opts.Files, paths: opts.Rules}}
	_, result, err := c.rules.load()
	if err == nil {
		err = result.Err()
	}
	if err != nil {
		return nil, err
	}
	passes := make([]*pass, len(captures))
	each(opts.Workers, len(captures), func(i int) {
		passes[i] = &pass{choice: c, capture: captures[i]}
		passes[i].run(opts.Files)
	})
	var b strings.Builder
	b.WriteString("# What fires now. Paths are taken from where this file is.\n")
	b.WriteString("rules: " + flow(opts.Rules, rules.BundledName) + "\n\ncases:\n")
	names := make(map[string]int)
	for i, q := range passes {
		if q.err != nil {
			return nil, q.err
		}
		name := filepath.Base(captures[i])
		if names[name]++; names[name] > 1 {
			name = fmt.Sprintf("%s (%d)", name, names[name])
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "  - name: %s\n    captures: %s\n", scalar(name), scalar(filepath.ToSlash(captures[i])))
		b.WriteString(q.expectations())
		b.WriteString("    exhaustive: true\n")
	}
	return []byte(b.String()), nil
}

// expectations are the rules that have alerts, in the order of the first ones.
func (q *pass) expectations() string {
	counts := make(map[string]int)
	var order []string
	for _, a := range q.alerts {
		if counts[a.Rule.Name]++; counts[a.Rule.Name] == 1 {
			order = append(order, a.Rule.Name)
		}
	}
	if order == nil {
		return ""
	}
	var b strings.Builder
	b.WriteString("    expect:\n")
	for _, name := range order {
		fmt.Fprintf(&b, "      - rule: %s\n        count: %d\n", scalar(name), counts[name])
	}
	return b.String()
}

// scalar writes a text as YAML, in quotes only if it needs them.
func scalar(text string) string {
	data, err := yaml.Marshal(text)
	out := strings.TrimSuffix(string(data), "\n")
	if err != nil || strings.ContainsAny(out, "\n") {
		return fmt.Sprintf("%q", text)
	}
	return out
}

// flow writes texts as a sequence on a line.
func flow(list []string, none string) string {
	if list == nil {
		return none
	}
	out := slices.Clone(list)
	for i := range out {
		node := yaml.Node{Kind: yaml.ScalarNode, Value: filepath.ToSlash(out[i]), Style: yaml.DoubleQuotedStyle}
		data, err := yaml.Marshal(&node)
		if out[i] = strings.TrimSuffix(string(data), "\n"); err != nil {
			out[i] = fmt.Sprintf("%q", list[i])
		}
	}
	return "[" + strings.Join(out, ", ") + "]"
}
