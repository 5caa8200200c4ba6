package syntax

import (
	"errors"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	// The printed form shows the shape of the tree; empty means as it was.
	tests := []struct{ src, want string }{
		{"a", ""},
		{"not a", ""},
		{"not not a", "a"},
		{"not not not a", "not a"},
		{"not(a)", "not a"},
		{"not (not a)", ""},
		{"not\v\fa", "not a"},
		{"notable", ""},
		{"not", "(not)"},
		{"and", ""},
		{"and and or", ""},
		{"a and b or c and d", "(a and b) or (c and d)"},
		{"a or(b)", "a or b"},
		{"a and(b or c)", "a and (b or c)"},
		{"(a)and(b)", "a and b"},
		{"((a and b)) and c", "(a and b) and c"},
		{" \t\r\n\b a \n", "a"},
		{"a orange", "!1:5"},
		{"a or(b) and c", "!1:9"}, // the parenthesis is the whole operand
		{"fd.name exists", ""},
		{"fd.name existsand a", "fd.name exists and a"},
		{"fd.name exists and a", ""},
		{"not fd.name exists", ""},
		{"evt.type=open", "evt.type = open"},
		{"evt.type== open", "evt.type = open"},
		{"evt.type!=open", "evt.type != open"},
		{"evt.type = open and a", ""},
		{"fd.num<=3", "fd.num <= 3"},
		{"fd.num < 0x1F", ""},
		{"fd.num > -1.5e+3", ""},
		{"fd.num >= len(fd.name)", ""},
		{`fd.num < "7"`, "!1:10"},
		{"fd.num < seven", "!1:10"},
		{"fd.num < 7x", "!1:11"},
		{"fd.name contains x", ""},
		{"fd.name containsx", "!1:9"},
		{"fd.name icontains \"a b\"", ""},
		{"fd.name bcontains 6162", ""},
		{"fd.name bstartswith 61", ""},
		{"fd.name startswith /etc and fd.name endswith .conf", ""},
		{"fd.name glob /e*", ""},
		{"fd.name iglob /e*", ""},
		{`fd.name regex "a(b|c)"`, ""},
		{"fd.name in (a,b , 'c d')", `fd.name in (a, b, "c d")`},
		{"fd.name in()", "fd.name in ()"},
		{"fd.name in names", ""},
		{"fd.name in two-words", "!1:15"},
		{"fd.name in (a b)", "!1:15"},
		{"fd.name in (a,)", "!1:15"},
		{`fd.name in ("\q")`, "!1:14"},
		{"fd.name inside", "fd.name in side"},
		{"fd.name intersects (a)", ""},
		{"fd.name pmatch (/a, /b)", ""},
		{"fd.name in tolower(proc.name)", ""},
		{"fd.name = oneof (a, b)", ""},
		{"fd.name = oneof names", ""},
		{"fd.name =oneof (a, b)", "!1:16"},
		{"fd.name startswith anyof (a, b)", ""},
		{"fd.name != allof (a, b)", ""},
		{"fd.name = oneof", `fd.name = "oneof"`},
		{"fd.name = oneof and a", `fd.name = "oneof" and a`},
		{"fd.name = oneof andy", ""},
		{"fd.name = val(proc.name)", ""},
		{"fd.name = val( proc.aname[2] )", "fd.name = val(proc.aname[2])"},
		{"fd.name = val(tolower(proc.name))", "!1:15"},
		{"val(fd.name) = a", "!1:4"},
		{"tolower(fd.name) = a", ""},
		{"tolower( toupper( fd.name ) ) exists", "tolower(toupper(fd.name)) exists"},
		{"len(proc.args)[0] = 3", ""},
		{`concat("5", proc.name, 7, "a b") = x`, `concat(5, proc.name, 7, "a b") = x`},
		{`join("-", ()) = x`, ""},
		{`join("-", (proc.name, len(fd.name), "a", 2)) = x`, ""},
		{"join(x) = y", "!1:6"},
		{"getopt(proc.args, \"x:\") exists", ""},
		{"proc.aname[2] = a", ""},
		{"proc.aname[] = a", "!1:12"},
		{"proc.aname [2] = a", "!1:12"},
		{"proc.env[\"A B\"] = a", ""},
		{"proc.env[''] = a", `proc.env[""] = a`},
		{"proc.env[a-b.c/d] = a", ""},
		{"proc.env[a b] = a", "!1:11"},
		{"proc.name. = a", "!1:10"},
		{`a.b = "x\b\f\n\r\t\\\/\"y"`, `a.b = "x\b\f\n\r\t\\/\"y"`},
		{`a.b = '\''`, `a.b = "'"`},
		{`a.b = "\'"`, "!1:8"},
		{`a.b = "a\ b"`, `a.b = a\b`},
		{`a.b = "\x41\xfF\x00"`, `a.b = "A\xff\x00"`},
		{`a.b = "\x4"`, "!1:8"},
		{`a.b = "\xg0"`, "!1:8"},
		{`a.b = "é\é"`, "!1:10"},
		{`a.b = "a\\"`, "!1:7"}, // a quote behind any backslash ends nothing
		{`a.b = "a \x5c"`, ""},
		{"a.b = \"a\x00\"", "!1:7"},
		{"a.b = x\"y\"", "!1:8"},
		{"a.b = é/ü", ""},
		{"a.b = \xff", "!1:7"},
		{"a.b ~ c", "!1:5"},
		{"a.b", "!1:4"},
		{"a.b =", "!1:6"},
		{"", "!1:1"},
		{"  ", "!1:3"},
		{"(a", "!1:3"},
		{"(a b)", "!1:4"},
		{"a)", "!1:2"},
		{"a and", "!1:6"},
		{"a\nand\n  b.c = \n", "!4:1"},
		{"tolower(fd.name = a", "!1:17"},
	}
	for _, test := range tests {
		e, err := Parse(test.src)
		if want, ok := strings.CutPrefix(test.want, "!"); ok {
			var se *Error
			if !errors.As(err, &se) {
				t.Errorf("%q: parsed as %v, want an error", test.src, e)
			} else if se.Pos.location() != want || e != nil {
				t.Errorf("%q: %v, want it at %s", test.src, err, want)
			}
			continue
		}
		want := test.want
		if want == "" {
			want = test.src
		}
		if err != nil {
			t.Errorf("%q: %v", test.src, err)
		} else if e.String() != want {
			t.Errorf("%q: parsed as %q, want %q", test.src, e, want)
		}
	}
}

func TestMessages(t *testing.T) {
	tests := []struct{ src, want string }{
		{"a b", `1:3: unexpected "b", expected 'and', 'or' or the end`},
		{"a.b\n is c", `2:2: expected an operator behind a.b, found "is"`},
		{"a.b in (c", `1:10: expected ',' or ')' in the list, found the end`},
		{"a.b = 'x\\y'", `1:9: unknown escape \y`},
		{"a or-b", `1:5: expected a blank or '(' behind 'or', found "-b"`},
		{"a.b < " + strings.Repeat("é", 30), `1:7: expected a number or a transformer, found "` + strings.Repeat("é", 20) + `"...`},
	}
	for _, test := range tests {
		_, err := Parse(test.src)
		if err == nil || err.Error() != test.want {
			t.Errorf("%q: %v, want %s", test.src, err, test.want)
		}
	}
}

func TestPositions(t *testing.T) {
	e, err := Parse("  not ( a and\n\tproc.name  in ( x , y ) )")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	Walk(e, func(n Node) bool {
		got = append(got, n.Position().location()+" "+n.String())
		if c, ok := n.(*Check); ok {
			got = append(got, c.OpPos.location()+" op")
		}
		return true
	})
	want := []string{
		"1:3 not (a and proc.name in (x, y))",
		"1:9 a and proc.name in (x, y)", "1:9 a",
		"2:2 proc.name in (x, y)", "2:13 op", "2:2 proc.name",
		"2:16 (x, y)", "2:18 x", "2:22 y",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestDepth holds the limit where the parser of falcosecurity/libs has it.
func TestDepth(t *testing.T) {
	nested := func(n int) string { return strings.Repeat("(", n) + "a" + strings.Repeat(")", n) }
	// Before the macro: or, and, not, check; five more for each parenthesis.
	if _, err := Parse(nested(19)); err != nil {
		t.Errorf("19 parentheses: %v", err)
	}
	if _, err := Parse(nested(20)); err == nil || !strings.Contains(err.Error(), "limit 100") {
		t.Errorf("20 parentheses: %v, want an error", err)
	}
	if _, err := ParseDepth(nested(199), 1000); err != nil {
		t.Errorf("199 parentheses: %v", err)
	}
	if _, err := ParseDepth(nested(1e6), 1000); err == nil {
		t.Error("a million parentheses: want an error")
	}
}

func TestParseOperand(t *testing.T) {
	for src, want := range map[string]int{
		"proc.name rest":            9,
		"proc.name.":                9,
		"proc.aname[2]|":            13,
		"tolower(proc.name)x":       18,
		"toupper( fd.name )[1], %d": 21,
	} {
		x, n, err := ParseOperand(src)
		if err != nil || n != want {
			t.Errorf("%q: %v, %d bytes, %v; want %d", src, x, n, err, want)
		}
	}
	for _, src := range []string{"", "proc", " proc.name", "tolower(", "val(a.b)"} {
		if x, _, err := ParseOperand(src); err == nil {
			t.Errorf("%q: %v, want an error", src, x)
		}
	}
}

func TestParseOp(t *testing.T) {
	for s, want := range map[string]string{
		"=": "= ", "==": "= ", "in": "in ", "startswith oneof": "startswith oneof", "== allof": "= allof",
		"in oneof": "", ">= anyof": "", "exists": "exists ", "exists oneof": "", "": "", "like": "", "= oneof": "= oneof", "=  oneof": "",
	} {
		op, mod, ok := ParseOp(s)
		if got := op.String() + " " + mod.String(); ok != (want != "") || ok && got != want {
			t.Errorf("%q: %q, %t; want %q", s, got, ok, want)
		}
	}
}

func TestRewrite(t *testing.T) {
	e, err := Parse("(a or b) and c and not (d and a)")
	if err != nil {
		t.Fatal(err)
	}
	before := e.String()
	x := &Exists{Left: &Field{Name: "x.y"}}
	got := Rewrite(e, func(e Expr) Expr {
		if m, ok := e.(*Macro); ok && m.Name == "a" {
			return x
		}
		return e
	})
	if want := "(x.y exists or b) and c and not (d and x.y exists)"; got.String() != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if e.String() != before {
		t.Errorf("the old tree was changed to %s", e)
	}
	if got.(*And).Children[1] != e.(*And).Children[1] {
		t.Error("an unchanged node was copied")
	}
	if same := Rewrite(e, func(e Expr) Expr { return e }); same != e {
		t.Error("an unchanged tree was copied")
	}
}
