// Package randcond makes random conditions over the values that fields have in
// captures, for tests that compare two ways of evaluating them. Most suit the
// types of their fields; whoever uses them leaves out those that do not.
package randcond

import (
	"math/rand/v2"
	"slices"
	"strings"

	"falcoreplay/engine/field"
	"falcoreplay/rules/syntax"
	"falcoreplay/scap/event"
)

// Generator makes conditions. What it makes depends on the random numbers and
// on what it has learnt only.
type Generator struct {
	rand   *rand.Rand
	fields []*known
}

// known is a field and values that it had.
type known struct {
	name   *syntax.Field
	field  *field.Field
	values []field.Value
	seen   int
}

// maxValues is how many values of a field are kept.
const maxValues = 40

// arguments are what fields with arguments are tried with, a blank between.
var arguments = map[string]string{
	"evt.arg":                     "[0] [1] [2] [3] .res .fd .name .flags .path .data .size .pid .mode",
	"evt.rawarg":                  ".res .fd .flags .size .name .data .mode .pid .cmd",
	"evt.type.is":                 ".open .openat .close .setns",
	"evt.abspath":                 ".src .dst",
	"evt.around":                  "[1404996934793590564]",
	"proc.aname":                  "[0] [1] [2] [9]",
	"proc.apid":                   "[1] [3]",
	"proc.aexe":                   "[1] [2]",
	"proc.aexepath":               "[1]",
	"proc.acmdline":               "[1] [2]",
	"proc.aargs":                  "[1]",
	"proc.aenv":                   "[1] [PATH]",
	"proc.args":                   "[0] [1] [7]",
	"proc.env":                    "[PATH] [HOME] [0]",
	"thread.cgroup":               ".cpu .memory .pids",
	"fd.types":                    "[0] [3]",
	"container.mount":             "[0] [/tmp] [/*]",
	"container.mount.source":      "[0] [/tmp]",
	"container.mount.dest":        "[0] [/*]",
	"container.mount.mode":        "[0]",
	"container.mount.rdwr":        "[0]",
	"container.mount.propagation": "[0]",
	"container.label":             "[maintainer] [app]",
	"k8s.pod.label":               "[app]",
}

// stateful are fields whose value depends on when they were read before.
var stateful = []string{"thread.cpu", "thread.cpu.user", "thread.cpu.system"}

// New returns a generator that knows every field.
func New(r *rand.Rand) *Generator {
	g := &Generator{rand: r}
	for _, d := range field.Catalogue() {
		if slices.Contains(stateful, d.Name) {
			continue
		}
		if d.Arg.Need != field.ArgRequired {
			g.add(&syntax.Field{Name: d.Name})
		}
		for _, a := range strings.Fields(arguments[d.Name]) {
			if dotted, ok := strings.CutPrefix(a, "."); ok {
				g.add(&syntax.Field{Name: d.Name + "." + dotted})
			} else {
				g.add(&syntax.Field{Name: d.Name, Arg: a[1 : len(a)-1], HasArg: true})
			}
		}
	}
	return g
}

func (g *Generator) add(name *syntax.Field) {
	if f, err := field.Resolve(name.Name, name.Arg, name.HasArg); err == nil {
		g.fields = append(g.fields, &known{name: name, field: f})
	}
}

// Learn takes the values of all fields in the current event.
func (g *Generator) Learn(c *field.Context) {
	c.Reset()
	for _, k := range g.fields {
		values, ok := k.field.Candidates(c, nil)
		if !ok {
			continue
		}
		for _, v := range values {
			k.seen++
			v.S = strings.Clone(v.S[:min(len(v.S), 120)])
			if slices.Contains(k.values, v) {
				continue
			}
			if len(k.values) < maxValues {
				k.values = append(k.values, v)
			} else if i := g.rand.IntN(k.seen); i < maxValues {
				k.values[i] = v
			}
		}
	}
}

// Condition makes a condition of at most some levels of and, or and not.
func (g *Generator) Condition(depth int) syntax.Expr {
	if depth <= 0 || g.one(3) {
		return g.check()
	}
	switch g.rand.IntN(5) {
	case 0:
		return &syntax.Not{Child: g.Condition(depth - 1)}
	case 1, 2:
		return &syntax.And{Children: g.conditions(depth)}
	default:
		return &syntax.Or{Children: g.conditions(depth)}
	}
}

func (g *Generator) conditions(depth int) []syntax.Expr {
	list := make([]syntax.Expr, 2+g.rand.IntN(3))
	for i := range list {
		list[i] = g.Condition(depth - 1)
	}
	return list
}

// one is true one time in n.
func (g *Generator) one(n int) bool { return g.rand.IntN(n) == 0 }

// check makes a comparison.
func (g *Generator) check() syntax.Expr {
	l := g.operand(2)
	if g.one(12) {
		return &syntax.Exists{Left: l.operand}
	}
	c := &syntax.Check{Left: l.operand, Op: g.operator(l)}
	if g.one(8) && c.Op != syntax.OpPMatch && c.Op != syntax.OpRegex {
		if c.Right = g.rightField(l); c.Right != nil {
			return c
		}
	}
	if c.Op.TakesMod() && g.one(4) {
		c.Mod = syntax.ModOneOf + syntax.Mod(g.rand.IntN(3))
	}
	if c.Op.TakesList() || c.Mod != syntax.ModNone {
		list := &syntax.List{}
		for range g.rand.IntN(5) {
			list.Values = append(list.Values, &syntax.Value{Text: g.constant(c.Op, l)})
		}
		c.Right = list
		return c
	}
	c.Right = &syntax.Value{Text: g.constant(c.Op, l)}
	return c
}

// rightField makes what a check compares with instead of constants: something
// of the same type. It is nil if none was found.
func (g *Generator) rightField(l operand) syntax.Operand {
	for range 200 {
		r := g.operand(1)
		if r.typ != l.typ || r.list != l.list || g.one(20) {
			continue
		}
		if f, ok := r.operand.(*syntax.Field); ok {
			return &syntax.Transformer{Name: "val", Args: []syntax.Operand{f}}
		}
		return r.operand
	}
	return nil
}

// operand is something that has values.
type operand struct {
	operand syntax.Operand
	typ     event.ParamType
	list    bool
	values  []field.Value // that it or what is in it had
}

func (o operand) isText() bool {
	return o.typ == event.PTCharBuf || o.typ == event.PTFSPath || o.typ == event.PTFSRelPath
}

// field chooses a field, mostly one that had values.
func (g *Generator) field() operand {
	k := g.fields[g.rand.IntN(len(g.fields))]
	for range 4 {
		if len(k.values) > 0 {
			break
		}
		k = g.fields[g.rand.IntN(len(g.fields))]
	}
	return operand{k.name, k.field.Type, k.field.List, k.values}
}

// operand chooses a field, in transformers now and then.
func (g *Generator) operand(depth int) operand {
	if depth <= 0 || !g.one(5) {
		return g.field()
	}
	switch g.rand.IntN(6) {
	case 0:
		return g.several("concat", depth)
	case 1:
		return g.several("join", depth)
	case 2:
		return g.several("getopt", depth)
	}
	o := g.operand(depth - 1)
	for try := 0; !o.isText() && try < 10; try++ {
		o = g.operand(depth - 1)
	}
	name := []string{"tolower", "toupper", "basename", "b64", "len"}[g.rand.IntN(5)]
	if name == "len" {
		o.typ, o.list, o.values = event.PTUint64, false, []field.Value{{N: uint64(g.rand.IntN(20))}}
	}
	o.operand = &syntax.Transformer{Name: name, Args: []syntax.Operand{o.operand}}
	return o
}

// several makes a transformer of several arguments.
func (g *Generator) several(name string, depth int) operand {
	t := &syntax.Transformer{Name: name}
	o := operand{operand: t, typ: event.PTCharBuf}
	switch name {
	case "concat":
		for range 2 + g.rand.IntN(2) {
			a := g.text(depth)
			t.Args, o.values = append(t.Args, a.operand), append(o.values, a.values...)
		}
	case "join":
		l := g.list(depth)
		t.Args = []syntax.Operand{&syntax.Value{Text: []string{"", ",", " ", "/"}[g.rand.IntN(4)]}, l.operand}
		o.values = l.values
	case "getopt":
		l := g.list(depth)
		t.Args = []syntax.Operand{l.operand, &syntax.Value{Text: []string{"", "ab:c", ":e:n:xv", "abcdefghij:"}[g.rand.IntN(4)]}}
		o.values = []field.Value{{S: "a"}, {S: "?"}, {S: "x"}}
		if o.list = g.one(2); !o.list {
			t.Arg, t.HasArg = []string{"a", "b", "e", "n"}[g.rand.IntN(4)], true
		}
	}
	return o
}

// text makes an operand that is a single text.
func (g *Generator) text(depth int) operand {
	if g.one(3) {
		return operand{operand: &syntax.Value{Text: []string{"", "-", "a", "/etc/passwd", "5"}[g.rand.IntN(5)]}, typ: event.PTCharBuf}
	}
	for range 50 {
		if o := g.operand(depth - 1); o.typ == event.PTCharBuf && !o.list {
			return o
		}
	}
	return operand{operand: &syntax.Field{Name: "proc.name"}, typ: event.PTCharBuf}
}

// list makes a list of texts.
func (g *Generator) list(depth int) operand {
	if g.one(6) {
		return operand{operand: &syntax.Field{Name: "fd.types"}, typ: event.PTCharBuf, list: true}
	}
	l := &syntax.TransformerList{}
	o := operand{operand: l, typ: event.PTCharBuf, list: true}
	for range g.rand.IntN(4) {
		a := operand{operand: &syntax.Value{Text: []string{"-a", "-b", "--long", "-xvn", "x"}[g.rand.IntN(5)]}}
		if g.one(2) {
			if a = g.operand(depth - 1); a.list {
				continue
			}
		}
		l.Items, o.values = append(l.Items, a.operand), append(o.values, a.values...)
	}
	return o
}
