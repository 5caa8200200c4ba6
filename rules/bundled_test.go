package rules_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"falcoreplay/internal/testenv"
	"falcoreplay/rules"
	"falcoreplay/rules/syntax"
)

func TestBundled(t *testing.T) {
	set, result := rules.Load(rules.Bundled(), rules.Options{})
	if set == nil || len(result.Diagnostics) > 0 {
		t.Fatal(result.Text(rules.SeverityNotice))
	}
	if len(set.Rules) < 10 {
		t.Errorf("only %d rules", len(set.Rules))
	}
	technique := regexp.MustCompile(`^T\d{4}(\.\d{3})?$`)
	for _, r := range set.Rules {
		if !r.Enabled || r.Desc == "" {
			t.Errorf("rule %q is disabled or says nothing about itself", r.Name)
		}
		tactic := slices.ContainsFunc(r.Tags, func(s string) bool { return strings.HasPrefix(s, "mitre_") })
		if !tactic || !slices.ContainsFunc(r.Tags, technique.MatchString) {
			t.Errorf("rule %q has no MITRE tactic or technique: %q", r.Name, r.Tags)
		}
		syntax.Walk(r.Expr, func(n syntax.Node) bool {
			if c, ok := n.(*syntax.Check); ok {
				processNames(t, r, c)
			}
			return true
		})
	}
}

// TestBundledFields holds the bundled rules against Falco's fields and events.
func TestBundledFields(t *testing.T) {
	facts := filepath.Join(testenv.Shared(t), "facts")
	var fields, events []struct{ Name string }
	for name, out := range map[string]any{"fields.json": &fields, "events.json": &events} {
		data, err := os.ReadFile(filepath.Join(facts, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, out); err != nil {
			t.Fatal(err)
		}
	}
	known, types := make(map[string]bool), make(map[string]bool)
	for _, f := range fields {
		known[f.Name] = true
	}
	for _, e := range events {
		types[e.Name] = true
	}
	check := func(r *rules.Rule, name string) {
		if !known[name] && !strings.HasPrefix(name, "evt.arg.") && !strings.HasPrefix(name, "evt.rawarg.") {
			t.Errorf("rule %q: there is no field %s", r.Name, name)
		}
	}
	set, _ := rules.Load(rules.Bundled(), rules.Options{})
	for _, r := range set.Rules {
		syntax.Walk(r.Expr, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.Field:
				check(r, n.Name)
			case *syntax.Check:
				if f, ok := n.Left.(*syntax.Field); ok && f.Name == "evt.type" {
					syntax.Walk(n.Right, func(n syntax.Node) bool {
						if v, ok := n.(*syntax.Value); ok && !types[v.Text] {
							t.Errorf("rule %q: there is no event type %s", r.Name, v.Text)
						}
						return true
					})
				}
			}
			return true
		})
		for rest := r.Output; ; {
			_, after, ok := strings.Cut(rest, "%")
			if !ok {
				break
			}
			x, n, err := syntax.ParseOperand(after)
			if err != nil {
				t.Errorf("rule %q: %v", r.Name, err)
				break
			}
			check(r, x.(*syntax.Field).Name)
			rest = after[n:]
		}
	}
}

// processNames checks that names of processes are none that no process has: the
// kernel keeps 15 bytes of a name (TASK_COMM_LEN in Linux' include/linux/sched.h).
func processNames(t *testing.T, r *rules.Rule, c *syntax.Check) {
	f, ok := c.Left.(*syntax.Field)
	if !ok || !slices.Contains([]string{"proc.name", "proc.pname", "proc.aname"}, f.Name) {
		return
	}
	syntax.Walk(c.Right, func(n syntax.Node) bool {
		if v, ok := n.(*syntax.Value); ok && len(v.Text) > 15 {
			t.Errorf("rule %q: no process is called %q, which has %d bytes", r.Name, v.Text, len(v.Text))
		}
		return true
	})
}

func TestSelectFiles(t *testing.T) {
	got := rules.SelectFiles([]string{"b.yml", "README", "a.yaml", "c.yaml.bak", "d.json"})
	if !slices.Equal(got, []string{"a.yaml", "b.yml"}) {
		t.Errorf("got %q", got)
	}
}
