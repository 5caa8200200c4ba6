package lint

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"falcoreplay/engine"
	"falcoreplay/engine/field"
	"falcoreplay/rules"
	"falcoreplay/rules/syntax"
	"falcoreplay/scap/event"
)

// neverTrue tells that a rule's condition can never be true, and why.
func (c *checker) neverTrue(r *ruleFacts) {
	core := c.core(conjuncts(r.Expr), r.types)
	pos := r.ConditionPos
	if last := core[len(core)-1].Position(); c.in(rules.KindRule, last) {
		pos = last
	}
	c.add(NeverTrue, pos, "rule", r.Name, "the condition can never be true: %s", c.reason(core, r.types))
}

// conjuncts are the expressions that must all be true for one to be.
func conjuncts(e syntax.Expr) (list []syntax.Expr) {
	and, ok := e.(*syntax.And)
	if !ok {
		return []syntax.Expr{e}
	}
	for _, k := range and.Children {
		list = append(list, conjuncts(k)...)
	}
	return list
}

// core leaves out what a conjunction does not need to be never true.
func (c *checker) core(list []syntax.Expr, types engine.TypeSet) []syntax.Expr {
	for i := 0; i < len(list) && len(list) > 1; {
		rest := slices.Delete(slices.Clone(list), i, i+1)
		if c.logic.Never(c.all(rest), types) {
			list = rest
		} else {
			i++
		}
	}
	return list
}

func (c *checker) all(list []syntax.Expr) engine.Cond {
	conds := make([]engine.Cond, len(list))
	for i, e := range list {
		conds[i], _ = c.logic.Cond(e)
	}
	return c.logic.And(conds...)
}

// maxShown is how many parts of a conjunction are shown, and maxText how much
// of one, in bytes.
const (
	maxShown = 4
	maxText  = 60
)

// reason says why a conjunction, none of whose parts can be left out, is never
// true.
func (c *checker) reason(core []syntax.Expr, types engine.TypeSet) string {
	for i, e := range core {
		name := fieldOf(e)
		if name == nil {
			continue
		}
		rest := c.logic.Possible(c.all(slices.Delete(slices.Clone(core), i, i+1)), types)
		if f, err := field.Resolve(name.Name, name.Arg, name.HasArg); err == nil && !carried(f, rest) {
			return fmt.Sprintf("%s is not in events of %s", f.Name, names(rest))
		}
	}
	if len(core) == 1 {
		if check, ok := core[0].(*syntax.Check); ok && isEmptyList(check.Right) {
			return fmt.Sprintf("the list in %s is empty", quote(core[0]))
		}
		return quote(core[0]) + " is never true"
	}
	var shown []string
	for _, e := range core[:min(len(core), maxShown)] {
		shown = append(shown, quote(e))
	}
	if len(core) > maxShown {
		shown = append(shown, fmt.Sprintf("%d more", len(core)-maxShown))
	}
	last := len(shown) - 1
	return strings.Join(shown[:last], ", ") + " and " + shown[last] + " exclude each other"
}

// quote shows an expression, cut if it is long, without what terminals obey.
func quote(e syntax.Expr) string {
	s := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return utf8.RuneError
		}
		return r
	}, e.String())
	if len(s) > maxText {
		cut := maxText
		for cut > 0 && s[cut]&0xc0 == 0x80 {
			cut--
		}
		s = s[:cut] + "..."
	}
	return "`" + s + "`"
}

// fieldOf is the field that a comparison compares, nil for anything else.
func fieldOf(e syntax.Expr) *syntax.Field {
	var left syntax.Operand
	switch e := e.(type) {
	case *syntax.Check:
		left = e.Left
	case *syntax.Exists:
		left = e.Left
	}
	for {
		t, ok := left.(*syntax.Transformer)
		if !ok || len(t.Args) != 1 {
			break
		}
		left = t.Args[0]
	}
	f, _ := left.(*syntax.Field)
	return f
}

func isEmptyList(x syntax.Operand) bool {
	list, ok := x.(*syntax.List)
	return ok && len(list.Values) == 0
}

// carried tells whether events of one of the types may have a field.
func carried(f *field.Field, types engine.TypeSet) (yes bool) {
	types.All(func(t event.Type) bool {
		yes = f.Carried(t)
		return !yes
	})
	return yes
}

// maxNames is how many names of event types a message has.
const maxNames = 5

// names are the names of event types, for a message. Types whose events bring
// their names with them fit any condition and are left out if there are others.
func names(types engine.TypeSet) string {
	var list []string
	types.All(func(t event.Type) bool {
		named := t != event.AsynceventE && t != event.GenericE && t != event.GenericX
		if n := event.Lookup(t).Name; named && !slices.Contains(list, n) {
			list = append(list, n)
		}
		return true
	})
	switch {
	case len(list) == 0:
		return "that kind"
	case len(list) > maxNames:
		return fmt.Sprintf("%s and %d more types", strings.Join(list[:maxNames], ", "), len(list)-maxNames)
	}
	return strings.Join(list, ", ")
}

// alwaysTrue tells that a rule's condition is true for every event.
func (c *checker) alwaysTrue(r *ruleFacts) {
	if c.logic.Never(c.logic.Not(r.cond), engine.AllTypes()) {
		c.add(AlwaysTrue, r.ConditionPos, "rule", r.Name, "the condition is true for every event")
	}
}

// parts looks for parts of a rule's own condition that can never be true where
// they stand, or always are.
func (c *checker) parts(r *ruleFacts) {
	own, _ := splitExceptions(r.Rule)
	// Not only for the types that the rule is evaluated on: the part may be
	// what leaves the others out.
	types := engine.AllTypes()
	for _, p := range c.idle(c.open(own)) {
		if p.always {
			c.add(AlwaysTrue, p.expr.Position(), "rule", r.Name, "%s is always true", quote(p.expr))
			continue
		}
		effect := "can never be true here"
		if p.excludes {
			effect = "never excludes anything here"
		}
		core := c.core(append(p.context, conjuncts(p.expr)...), types)
		c.add(PartNeverTrue, p.expr.Position(), "rule", r.Name, "%s %s: %s", quote(p.expr), effect, c.reason(core, types))
	}
}

// part is a part of a condition.
type part struct {
	expr     syntax.Expr
	context  []syntax.Expr // what holds where its value matters
	excludes bool          // the rule matches less the more the part does
	always   bool          // it is always true, else never
}

// idle are the parts of a rule's own condition whose value never changes where
// it matters.
func (c *checker) idle(e syntax.Expr) []part {
	w := partWalk{c: c, root: e}
	w.walk(part{expr: e})
	return w.found
}

type partWalk struct {
	c     *checker
	root  syntax.Expr
	found []part
}

func (w *partWalk) walk(p part) {
	c := w.c
	cond, ok := c.logic.Cond(p.expr)
	if !ok || !c.in(rules.KindRule, p.expr.Position()) {
		return
	}
	if p.expr != w.root {
		never := c.logic.Never(c.logic.And(c.all(p.context), cond), engine.AllTypes())
		p.always = !never && c.logic.Never(c.logic.Not(cond), engine.AllTypes())
		if never || p.always {
			w.found = append(w.found, p)
			return
		}
	}
	switch e := p.expr.(type) {
	case *syntax.Not:
		w.walk(part{expr: e.Child, context: p.context, excludes: !p.excludes})
	case *syntax.Or:
		for _, k := range e.Children {
			w.walk(part{expr: k, context: p.context, excludes: p.excludes})
		}
	case *syntax.And:
		// A child matters only where the others are true.
		for i, k := range e.Children {
			inner := slices.Clone(p.context)
			for j, o := range e.Children {
				if j != i {
					inner = append(inner, conjuncts(o)...)
				}
			}
			w.walk(part{expr: k, context: inner, excludes: p.excludes})
		}
	}
}

// open puts something that may be true or not in the place of what is meant to
// be filled in: comparisons with empty lists, and what a macro or evt.num makes
// never true. Many rules come with such places.
func (c *checker) open(e syntax.Expr) syntax.Expr {
	return syntax.Rewrite(e, func(e syntax.Expr) syntax.Expr {
		check, ok := e.(*syntax.Check)
		if !ok {
			return e
		}
		f := fieldOf(check)
		place := isEmptyList(check.Right) || f != nil && f.Name == "evt.num"
		if !place && !c.in(rules.KindRule, check.Pos) {
			cond, _ := c.logic.Cond(check)
			place = c.logic.Never(cond, engine.AllTypes())
		}
		if !place {
			return e
		}
		c.places++
		return &syntax.Exists{Pos: check.Pos, Left: &syntax.Field{
			Pos: check.Pos, Name: "proc.env", Arg: fmt.Sprint("FALCOREPLAY_", c.places), HasArg: true,
		}}
	})
}

// isOpen tells whether an expression has places in it that are meant to be
// filled in.
func (c *checker) isOpen(e syntax.Expr) bool { return c.open(e) != e }
