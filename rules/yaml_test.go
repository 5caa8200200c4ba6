package rules

import (
	"math/rand"
	"regexp"
	"testing"
)

// TestRefusedBytes holds that bytes which the YAML library refuses are kept:
// Falco's takes them for letters.
func TestRefusedBytes(t *testing.T) {
	const file = "# caf\xe9 \x01\n- rule: a\xff\n  desc: \"d\xe9\\t\x7f\"\n  condition: proc.name = \"\xe9\xe9\" or\n    fd.name = 'x\x01'\n  output: >\n    o\u0080 é \ufeff\n    x\n  priority: INFO\n"
	set, result := Load([]File{{Name: "f", Data: []byte(file)}}, Options{})
	if set == nil || len(set.Rules) != 1 {
		t.Fatal(result.Text(SeverityNotice))
	}
	r := set.Rules[0]
	for _, c := range []struct{ what, got, want string }{
		{"name", r.Name, "a\xff"},
		{"desc", r.Desc, "d\xe9\t\x7f"},
		{"condition", r.Condition, "proc.name = \"\xe9\xe9\" or fd.name = 'x\x01'"},
		{"output", r.Output, "o\u0080 é \ufeff x"},
	} {
		if c.got != c.want {
			t.Errorf("%s is %q, want %q", c.what, c.got, c.want)
		}
	}
	if at := r.OutputPosAt(len("o\u0080 é \ufeff ")); at.Line != 8 || at.Column != 5 {
		t.Errorf("the x is at %d:%d, want 8:5", at.Line, at.Column)
	}
}

// TestMaskTags compares with a regular expression, which takes two passes as
// neighbours share a comma.
func TestMaskTags(t *testing.T) {
	tag := regexp.MustCompile(`([\[,][ \t]*)!=([ \t]*[,\]])`)
	r := rand.New(rand.NewSource(1))
	for range 100000 {
		var s string
		for range r.Intn(12) {
			s += []string{"!=", "!", "=", "[", "]", ",", " ", "\t", "\n", "x", "!=,"}[r.Intn(11)]
		}
		want := tag.ReplaceAllString(tag.ReplaceAllString(s, "$1~ $2"), "$1~ $2")
		if got := maskTags(s); got != want {
			t.Fatalf("%q: got %q, want %q", s, got, want)
		}
	}
}
