package rules_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"falcoreplay/internal/testenv"
	"falcoreplay/rules"
)

func TestLoadNothing(t *testing.T) {
	set, result := rules.Load(nil, rules.Options{})
	if set == nil || len(set.Rules) != 0 || result.Err() != nil {
		t.Errorf("%v, %v", set, result.Err())
	}
}

// TestAcceptedFile loads the file of conditions that Falco accepts.
func TestAcceptedFile(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(testenv.Shared(t), "parity", "conditions", "accepted.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	set, result := rules.Load([]rules.File{{Name: "accepted.yaml", Data: data}}, rules.Options{})
	if set == nil || len(set.Rules) != 884 {
		t.Errorf("not 884 rules: %v", result.Err())
	}
}

func TestManyErrors(t *testing.T) {
	var b strings.Builder
	for i := range 150 {
		fmt.Fprintf(&b, "- rule: r%d\n  condition: a.b is %d\n  output: o\n  desc: d\n  priority: error\n", i, i)
	}
	set, result := rules.Load([]rules.File{{Name: "x", Data: []byte(b.String())}}, rules.Options{})
	if set != nil || len(result.Diagnostics) != rules.DefaultMaxDiagnostics || result.Count(rules.SeverityError) != 150 {
		t.Errorf("%d diagnostics of %d", len(result.Diagnostics), result.Count(rules.SeverityError))
	}
	if text := result.Err().Error(); !strings.HasSuffix(text, "and 50 more of severity error") {
		t.Errorf("the text ends in %q", text[len(text)-60:])
	}
	_, result = rules.Load([]rules.File{{Name: "x", Data: []byte(b.String())}}, rules.Options{MaxDiagnostics: 3})
	if len(result.Diagnostics) != 3 || result.Diagnostics[2].Pos.Line != 12 {
		t.Errorf("kept %v", result.Diagnostics)
	}
}

// TestLimits loads small files that expand to much.
func TestLimits(t *testing.T) {
	rule := func(cond string) string {
		return "- rule: r\n  condition: " + cond + "\n  output: o\n  desc: d\n  priority: error\n"
	}
	var macros, lists, forward strings.Builder
	macros.WriteString("- macro: m0\n  condition: a.b = 1\n")
	lists.WriteString("- list: l0\n  items: [" + strings.Repeat("l1, ", 100) + "x]\n")
	for i := 1; i < 60; i++ {
		fmt.Fprintf(&macros, "- macro: m%d\n  condition: m%d and m%d\n", i, i-1, i-1)
		fmt.Fprintf(&lists, "- list: l%d\n  items: [%sx]\n", i, strings.Repeat(fmt.Sprintf("l%d, ", i+1), 100))
	}
	for range 2 {
		for i := range 60 {
			fmt.Fprintf(&forward, "- macro: m%d\n  condition: m%d and m%d\n", i, i+1, i+1)
		}
		forward.WriteString("- macro: m60\n  condition: a.b = 1\n")
	}
	tests := map[string]string{
		"macros":       macros.String() + rule("m59"),
		"lists":        lists.String() + rule("a.b in (l0)"),
		"parentheses":  rule(strings.Repeat("(", 100000)),
		"negations":    rule(strings.Repeat("not ", 100000) + "x"),
		"aliases":      "- &a [*a, *a]\n- exceptions: &b\n    fields: *b\n",
		"nested":       strings.Repeat("[", 20000),
		"nested items": "- list: l\n  items: " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000),
		"self":         "- rule: r\n  condition: a.b = 1\n  output: o\n  desc: d\n  priority: error\n  exceptions:\n  - name: e\n    fields: &f [a.b, *f]\n    values: &v [*v, *v]\n",
		"forward":      forward.String() + rule("m0"),
	}
	for name, data := range tests {
		t.Run(name, func(t *testing.T) {
			if set, _ := rules.Load([]rules.File{{Name: "x", Data: []byte(data)}}, rules.Options{}); set != nil {
				t.Errorf("loaded %d rules, want an error", len(set.Rules))
			}
		})
	}
}

func TestEncodings(t *testing.T) {
	for name, data := range map[string]string{
		"mark":    "\xef\xbb\xbf- list: é\n  items: [x]\n",
		"little":  "\xff\xfe-\x00 \x00l\x00i\x00s\x00t\x00:\x00 \x00\xe9\x00\n\x00 \x00 \x00i\x00t\x00e\x00m\x00s\x00:\x00 \x00[\x00x\x00]\x00",
		"big":     "\xfe\xff\x00-\x00 \x00l\x00i\x00s\x00t\x00:\x00 \x00\xe9\x00\n\x00 \x00 \x00i\x00t\x00e\x00m\x00s\x00:\x00 \x00[\x00x\x00]",
		"windows": "- list: é\r\n  items:\r\n  - x\r\n",
	} {
		set, result := rules.Load([]rules.File{{Name: name, Data: []byte(data)}}, rules.Options{})
		if set == nil || len(set.Lists) != 1 || set.Lists[0].Name != "é" {
			t.Errorf("%s: %v, %s", name, set, result.Text(rules.SeverityNotice))
		}
	}
	if set, _ := rules.Load([]rules.File{{Name: "x", Data: []byte("- list: \xff\n")}}, rules.Options{}); set != nil {
		t.Error("loaded a file that is not UTF-8")
	}
}

// FuzzLoad holds that any files give a set or errors but not both, with
// positions in the files, and the same each time.
func FuzzLoad(f *testing.F) {
	paths, _ := filepath.Glob("testdata/*.txtar")
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			if !strings.HasSuffix(file.Name, "/want") {
				f.Add(file.Data, []byte("- rule: r\n  condition: and l\n  override:\n    condition: append\n"))
			}
		}
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		files := []rules.File{{Name: "a", Data: a}, {Name: "b", Data: b}}
		set, result := rules.Load(files, rules.Options{})
		if (set == nil) != (result.Err() != nil) {
			t.Fatalf("a set and an error, or neither: %v", result.Err())
		}
		for _, d := range result.Diagnostics {
			if !d.Pos.IsValid() || d.Pos.File != "a" && d.Pos.File != "b" || d.Message == "" || d.Code == "" {
				t.Fatalf("bad diagnostic: %+v", d)
			}
		}
		if set != nil {
			for _, r := range set.Rules {
				if r.Expr == nil || !r.Pos.IsValid() || !r.ConditionPos.IsValid() || r.Output == "" {
					t.Fatalf("bad rule: %+v", r)
				}
			}
		}
		_, again := rules.Load(files, rules.Options{})
		if again.Text(rules.SeverityNotice) != result.Text(rules.SeverityNotice) {
			t.Fatal("loaded twice, differs")
		}
	})
}

// TestCheckedOnce holds that each rule is checked once, but also as it was if a
// later file changes it.
func TestCheckedOnce(t *testing.T) {
	rule := "- rule: %s\n  condition: %s\n  output: o\n  desc: d\n  priority: error\n"
	files := []rules.File{
		{Name: "1", Data: fmt.Appendf(nil, rule+rule, "a", "x.y = 1", "b", "x.y = 2")},
		{Name: "2", Data: fmt.Appendf(nil, rule, "a", "x.y = 3")},
		{Name: "3", Data: []byte("- rule: b\n  enabled: false\n  override:\n    enabled: replace\n")},
	}
	var got []string
	last := make(map[*rules.Rule]bool)
	set, result := rules.Load(files, rules.Options{Check: func(r *rules.Rule) []rules.Problem {
		got = append(got, r.Name+": "+r.Expr.String())
		last[r] = true
		return []rules.Problem{{Severity: rules.SeverityWarning, Message: r.Expr.String()}}
	}})
	if want := "a: x.y = 1|a: x.y = 3|b: x.y = 2"; strings.Join(got, "|") != want {
		t.Errorf("checked %q, want %q", got, want)
	}
	if set == nil || len(set.Rules) != 2 || !last[set.Rules[0]] || !last[set.Rules[1]] {
		t.Error("the rules of the set were not checked")
	}
	if n := len(result.Diagnostics); n != 2 {
		t.Errorf("%d warnings, want 2", n)
	}
}
