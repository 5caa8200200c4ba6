package rules_test

import (
	"os"
	"path/filepath"
	"testing"

	"falcoreplay/internal/testenv"
	"falcoreplay/rules"
	"falcoreplay/rules/syntax"
)

// stockFiles returns Falco's stock rules.
func stockFiles(t testing.TB) []rules.File {
	t.Helper()
	var files []rules.File
	for _, path := range testenv.StockRules(t) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, rules.File{Name: filepath.Base(path), Data: data})
	}
	return files
}

func TestStockRules(t *testing.T) {
	set, result := rules.Load(stockFiles(t), rules.Options{})
	if set == nil {
		t.Fatal(result.Err())
	}
	if len(set.Rules) != 93 {
		t.Errorf("%d rules, want 93", len(set.Rules))
	}
	for _, d := range result.Diagnostics {
		t.Log(d.Error())
	}
	most := 0
	for _, r := range set.Rules {
		n := 0
		syntax.Walk(r.Expr, func(x syntax.Node) bool {
			if m, ok := x.(*syntax.Macro); ok {
				t.Errorf("rule %q: macro %q is left", r.Name, m.Name)
			}
			if p := x.Position(); p.File == "" || p.Line == 0 {
				t.Errorf("rule %q: %s has no position", r.Name, x)
			}
			n++
			return true
		})
		most = max(most, n)
		back, err := syntax.ParseDepth(r.Expr.String(), 1000)
		if err != nil || !syntax.Equal(back, r.Expr) {
			t.Errorf("rule %q: printed condition reads back otherwise: %v", r.Name, err)
		}
	}
	t.Logf("largest condition: %d nodes", most)
}

func BenchmarkLoadStock(b *testing.B) {
	files := stockFiles(b)
	for b.Loop() {
		if set, result := rules.Load(files, rules.Options{}); set == nil {
			b.Fatal(result.Err())
		}
	}
}
