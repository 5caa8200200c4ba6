package rules

import "testing"

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
