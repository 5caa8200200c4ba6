package syntax_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"falcoreplay/internal/testenv"
	"falcoreplay/rules/syntax"
)

// TestAccepted parses every condition of a set that Falco accepts.
func TestAccepted(t *testing.T) {
	f, err := os.Open(filepath.Join(testenv.Shared(t), "parity", "conditions", "accepted.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for in := bufio.NewScanner(f); in.Scan(); {
		quoted, ok := strings.CutPrefix(in.Text(), "  condition: ")
		if !ok {
			continue
		}
		n++
		var c string
		if err := json.Unmarshal([]byte(quoted), &c); err != nil {
			t.Fatal(err)
		}
		e, err := syntax.Parse(c)
		if err != nil {
			t.Errorf("%s: %v", c, err)
			continue
		}
		back, err := syntax.Parse(e.String())
		if err != nil || !syntax.Equal(e, back) {
			t.Errorf("%s: printed as %s, read back as %v, %v", c, e, back, err)
		}
	}
	if n != 884 {
		t.Errorf("%d conditions, want 884", n)
	}
}

// TestRejected counts those of a set that Falco refuses which are refused for
// their syntax; the rest are for the engine to refuse.
func TestRejected(t *testing.T) {
	f, err := os.Open(filepath.Join(testenv.Shared(t), "parity", "conditions", "rejected.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n, refused := 0, 0
	for in := bufio.NewScanner(f); in.Scan(); {
		var c struct{ Condition string }
		if err := json.Unmarshal(in.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		n++
		if _, err := syntax.Parse(c.Condition); err != nil {
			refused++
		}
	}
	if refused != 57 || n != 469 {
		t.Errorf("%d of %d refused, want 57 of 469", refused, n)
	}
}
