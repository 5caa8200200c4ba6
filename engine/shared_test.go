package engine

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"falcoreplay/internal/testenv"
	"falcoreplay/rules"
)

// loadRules loads rule files with the checks of this package.
func loadRules(t testing.TB, names ...string) (*rules.Set, *rules.Result) {
	t.Helper()
	var files []rules.File
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, rules.File{Name: filepath.Base(name), Data: data})
	}
	return rules.Load(files, rules.Options{KnownField: CheckField, Check: CheckRule})
}

func TestStockRulesCompile(t *testing.T) {
	set, result := loadRules(t, testenv.StockRules(t)...)
	if set == nil {
		t.Fatal(result.Err())
	}
	if len(set.Rules) != 93 {
		t.Errorf("%d rules, want 93", len(set.Rules))
	}
	if n := result.Count(rules.SeverityWarning); n > 0 {
		t.Logf("warnings:\n%s", result.Text(rules.SeverityWarning))
	}
}

func TestAcceptedConditions(t *testing.T) {
	name := filepath.Join(testenv.Shared(t), "parity", "conditions", "accepted.yaml")
	set, result := loadRules(t, name)
	if set == nil {
		t.Fatal(result.Err())
	}
	if len(set.Rules) != 884 {
		t.Errorf("%d rules, want 884", len(set.Rules))
	}
}

// rejected reads the conditions that the reference refuses.
func rejected(t *testing.T) (list []struct{ Condition, Code string }) {
	f, err := os.Open(filepath.Join(testenv.Shared(t), "parity", "conditions", "rejected.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c struct{ Condition, Code string }
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		list = append(list, c)
	}
	return list
}

func TestRejectedConditions(t *testing.T) {
	list := rejected(t)
	refused := 0
	for _, c := range list {
		quoted, _ := json.Marshal(c.Condition)
		file := "- rule: r\n  desc: d\n  priority: DEBUG\n  output: o\n  condition: " + string(quoted) + "\n"
		set, result := rules.Load([]rules.File{{Name: "r.yaml", Data: []byte(file)}},
			rules.Options{KnownField: CheckField, Check: CheckRule})
		if set != nil {
			t.Errorf("accepted: %s", c.Condition)
			continue
		}
		if text := result.Text(rules.SeverityError); !strings.Contains(text, c.Code) {
			t.Errorf("%s: %s, want %s", c.Condition, text, c.Code)
			continue
		}
		refused++
	}
	t.Logf("refused %d/%d", refused, len(list))
}
