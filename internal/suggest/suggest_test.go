package suggest

import (
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	words := []string{"condition", "output", "A rule"}
	for word, want := range map[string]string{
		"condtion": "condition", "Outptu": "output", "a rul": "A rule", "other": "", "": "",
		strings.Repeat("condition", 10): "",
	} {
		if got := Nearest(word, words); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
	if got := Hint("outputs", words); got != `, did you mean "output"?` {
		t.Error(got)
	}
}
