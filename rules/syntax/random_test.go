package syntax

import (
	"math/rand"
	"testing"
)

// TestRoundTrip prints random trees and reads them back.
func TestRoundTrip(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for range 20000 {
		e := randomExpr(r, 4)
		s := e.String()
		back, err := Parse(s)
		if err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		if !Equal(e, back) {
			t.Fatalf("%s: read back as %s", s, back)
		}
		if !Equal(e, Relocate(e, func(Pos) Pos { return Pos{} })) {
			t.Fatalf("%s: changed by Relocate", s)
		}
	}
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.Intn(len(of))] }

func randomExpr(r *rand.Rand, depth int) Expr {
	kind := r.Intn(6)
	if depth == 0 {
		kind = 3 + r.Intn(3)
	}
	switch kind {
	case 0, 1:
		var children []Expr
		for range 2 + r.Intn(3) {
			children = append(children, randomExpr(r, depth-1))
		}
		if kind == 0 {
			return &And{Children: children}
		}
		return &Or{Children: children}
	case 2:
		return &Not{Child: randomExpr(r, depth-1)}
	case 3:
		return &Macro{Name: pick(r, "a", "not", "and", "or", "nota", "m_1", "exists", "oneof")}
	case 4:
		return &Exists{Left: randomLeft(r, 2)}
	}
	c := &Check{Left: randomLeft(r, 2), Op: OpEq + Op(r.Intn(int(OpPMatch)))}
	if c.Op.TakesMod() && r.Intn(3) == 0 {
		c.Mod = ModOneOf + Mod(r.Intn(3))
	}
	switch {
	case r.Intn(5) == 0 && c.Mod == ModNone:
		if c.Right = randomLeft(r, 2); r.Intn(2) == 0 || isField(c.Right) {
			c.Right = &Transformer{Name: "val", Args: []Operand{randomField(r)}}
		}
	case c.Op.TakesNumber():
		c.Right = &Value{Text: randomNumber(r)}
	case c.Op.TakesList() || c.Mod != ModNone:
		l := &List{Values: []*Value{}}
		for range r.Intn(4) {
			l.Values = append(l.Values, &Value{Text: randomText(r)})
		}
		if c.Right = l; r.Intn(4) == 0 {
			c.Right = &Value{Text: pick(r, "names", "oneof", "val", "in")}
		}
	default:
		c.Right = &Value{Text: randomText(r)}
	}
	return c
}

func isField(x Operand) bool { _, ok := x.(*Field); return ok }

func randomField(r *rand.Rand) *Field {
	f := &Field{Name: pick(r, "proc.name", "not.a", "fd.sip.name", "and.x")}
	if r.Intn(3) == 0 {
		f.HasArg, f.Arg = true, randomText(r)
	}
	return f
}

func randomLeft(r *rand.Rand, depth int) Operand {
	if depth == 0 || r.Intn(2) == 0 {
		return randomField(r)
	}
	t := &Transformer{Name: pick(r, transformers[:]...)}
	for range 1 + r.Intn(3) {
		t.Args = append(t.Args, randomArg(r, depth-1, true))
	}
	if r.Intn(4) == 0 {
		t.HasArg, t.Arg = true, randomText(r)
	}
	return t
}

func randomArg(r *rand.Rand, depth int, list bool) Operand {
	switch r.Intn(4) {
	case 0:
		return &Value{Text: randomNumber(r)}
	case 1:
		return &Value{Text: randomText(r)}
	case 2:
		if list {
			l := &TransformerList{}
			for range r.Intn(3) {
				l.Items = append(l.Items, randomArg(r, depth, false))
			}
			return l
		}
	}
	return randomLeft(r, depth)
}

func randomNumber(r *rand.Rand) string {
	return pick(r, "0", "-1", "+7.", "3.25", "1e+5", "0xfF", "12.5E-3", "00")
}

func randomText(r *rand.Rand) string {
	b := make([]byte, r.Intn(6))
	for i := range b {
		b[i] = pick[byte](r, 'a', '7', '-', '/', ' ', '\t', '\n', '\b', '\\', '"', '\'', '(', ')', '=', ',', '[', ']', 0, 1, 0x7f, 0xc3, 0xa9, 0xff, '\v')
	}
	return string(b)
}

// FuzzParse holds that any input gives a tree or an error but not both, that
// errors lie in the input, and that printed trees read back as they were.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"", "a", "not a and (b or c)", "evt.type in (open, openat) and fd.name startswith /etc",
		`proc.env["A\x41"] = oneof ('a b', "c\"")`, "fd.num < 0x10 or len(proc.args) >= val(fd.num)",
		`join("-", (proc.name, "x")) = y`, "((((", `a.b = "\`, "a.b in (", "not not not", "a.b = oneof and",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		e, err := Parse(src)
		if err != nil {
			se, ok := err.(*Error)
			if !ok || e != nil {
				t.Fatalf("%q: %v with %v", src, err, e)
			}
			if p := se.Pos; p.Offset < 0 || p.Offset > len(src) || p.Line < 1 || p.Column < 1 {
				t.Fatalf("%q: error at %+v", src, p)
			}
			return
		}
		s := e.String()
		back, err := ParseDepth(s, 2*DefaultMaxDepth) // printing may add parentheses
		if err != nil || !Equal(e, back) {
			t.Fatalf("%q: printed as %q, read back as %v, %v", src, s, back, err)
		}
		Walk(e, func(n Node) bool {
			if p := n.Position(); p.Offset < 0 || p.Offset >= len(src) {
				t.Fatalf("%q: %s at %+v", src, n, p)
			}
			return true
		})
	})
}
