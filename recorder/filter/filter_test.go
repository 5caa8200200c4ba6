package filter

import (
	"strings"
	"testing"

	"falcoreplay/rules/syntax"
)

// truth is an expression's value, by its grammar.
func truth(t *testing.T, f *Filter, e syntax.Expr, answers uint32) bool {
	switch e := e.(type) {
	case *syntax.Not:
		return !truth(t, f, e.Child, answers)
	case *syntax.And:
		for _, c := range e.Children {
			if !truth(t, f, c, answers) {
				return false
			}
		}
		return true
	case *syntax.Or:
		for _, c := range e.Children {
			if truth(t, f, c, answers) {
				return true
			}
		}
		return false
	}
	c := e.(*syntax.Check)
	values := []*syntax.Value{}
	if l, ok := c.Right.(*syntax.List); ok {
		values = l.Values
	} else {
		values = append(values, c.Right.(*syntax.Value))
	}
	found := false
	for _, v := range values {
		for i, a := range f.Atoms {
			found = found || a.Text == v.Text && answers>>i&1 == 1
		}
	}
	return found != (c.Op == syntax.OpNe)
}

// The terms are true of the same answers as the text, for every combination.
func TestTerms(t *testing.T) {
	for _, text := range []string{
		"proc.name = a",
		"not proc.name = a",
		"proc.name != a and proc.name = b",
		"proc.name in (a, b, c) and not proc.name in (c, d)",
		"(proc.name = a or proc.name = b) and (proc.name = c or not proc.name = d)",
		"not (proc.name = a and (proc.name = b or not (proc.name = c and proc.name != d)))",
		"proc.name = a or (proc.name = a and proc.name = b) or proc.name startswith d",
		"proc.name = a and evt.type = open or proc.name = b and not evt.type in (close, read)",
	} {
		f, err := Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		tree, _ := syntax.Parse(text)
		trueOf := 0
		for answers := range uint32(1) << len(f.Atoms) {
			want := truth(t, f, tree, answers)
			if Match(f.Terms, answers) != want {
				t.Errorf("%s: answers %b: not %v: %b", text, answers, want, f.Terms)
			}
			if want {
				trueOf++
				if !Match(f.Who(), answers) {
					t.Errorf("%s: answers %b: nobody", text, answers)
				}
			}
		}
		if trueOf == 0 {
			t.Errorf("%s: never true", text)
		}
	}
}

func TestRefused(t *testing.T) {
	for text, want := range map[string]string{
		"proc.name =":                         "1:",
		"proc.cmdline = a":                    "column 1: the kernel cannot decide proc.cmdline; a recording can be filtered by cgroup.path,",
		"proc.name = a and fd.name = b":       "column 19: the kernel cannot decide fd.name",
		"proc.name = abcdefghijklmnopq":       "longer than 15 bytes",
		"proc.name contains a":                "cannot decide proc.name contains",
		"proc.aname[2] = a":                   "cannot decide",
		"proc.name exists":                    "cannot be filtered by",
		"spawned_process":                     "is a macro",
		"proc.pid = -3":                       `a number from 0 to 4294967295, not "-3"`,
		"user.uid < 0":                        "no user has",
		"user.uid > 4294967295":               "no user has",
		"container.id = host":                 "name the containers",
		"cgroup.path = web":                   "begins with /",
		"proc.name = a and proc.name != a":    "nothing can ever match",
		"proc.name in (" + many(40) + ")":     "more than",
		"not proc.name in (" + many(40) + ")": "more than 31 values",
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, not %q", text, err, want)
		}
	}
}

func many(n int) string {
	var names []string
	for i := range n {
		names = append(names, "p"+strings.Repeat("x", i%10)+string(rune('a'+i/10)))
	}
	return strings.Join(names, ", ")
}
