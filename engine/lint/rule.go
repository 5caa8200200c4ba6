package lint

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"falcoreplay/engine"
	"falcoreplay/rules"
	"falcoreplay/rules/syntax"
)

// splitExceptions takes the parts that exceptions added to a condition off it:
// they are its last ones, one for each exception that has values.
func splitExceptions(r *rules.Rule) (own syntax.Expr, exceptions []syntax.Expr) {
	n := 0
	for _, x := range r.Exceptions {
		if x.Values > 0 {
			n++
		}
	}
	and, ok := r.Expr.(*syntax.And)
	if n == 0 || !ok || len(and.Children) <= n {
		return r.Expr, nil
	}
	at := len(and.Children) - n
	for _, k := range and.Children[at:] {
		not, ok := k.(*syntax.Not)
		if !ok {
			return r.Expr, nil
		}
		exceptions = append(exceptions, not.Child)
	}
	if at == 1 {
		return and.Children[0], exceptions
	}
	return &syntax.And{Pos: and.Pos, Children: and.Children[:at]}, exceptions
}

// exceptions looks for exceptions, and values of them, that never exclude
// anything: what they are about does not match anyway, or another exception
// before excludes it.
func (c *checker) exceptions(r *ruleFacts) {
	own, list := splitExceptions(r.Rule)
	context := conjuncts(c.open(own))
	before := []syntax.Expr(nil)
	next := 0
	for _, x := range r.Exceptions {
		if x.Values == 0 || next == len(list) {
			continue
		}
		e := list[next]
		next++
		if !c.isOpen(e) {
			what := fmt.Sprintf("exception %q", x.Name)
			if !c.excludesNothing(r, what, x.Pos, context, before, e) {
				for _, v := range alternatives(e) {
					if !c.in(rules.KindRule, v.Position()) {
						continue // a list's, which other rules use, too
					}
					c.excludesNothing(r, fmt.Sprintf("%s of exception %q", quote(v), x.Name), c.valuePos(v), context, before, v)
				}
			}
		}
		before = append(before, &syntax.Not{Pos: e.Position(), Child: c.open(e)})
	}
}

// excludesNothing tells whether an exception, or a value of one, never excludes
// anything, and keeps the finding. It looks at all event types, for an exception
// may be what leaves some out.
func (c *checker) excludesNothing(r *ruleFacts, what string, pos syntax.Pos, context, before []syntax.Expr, e syntax.Expr) bool {
	types := engine.AllTypes()
	alone := append(slices.Clone(context), conjuncts(e)...)
	if c.logic.Never(c.all(alone), types) {
		core := c.core(alone, types)
		c.add(ExceptionUnused, pos, "rule", r.Name, "%s never excludes anything: %s", what, c.reason(core, types))
		return true
	}
	if len(before) > 0 && c.logic.Never(c.all(append(alone, before...)), types) {
		c.add(ExceptionUnused, pos, "rule", r.Name, "%s never excludes anything: the exceptions before do already", what)
		return true
	}
	return false
}

// valuePos is where the first constant of an exception's value is written.
func (c *checker) valuePos(e syntax.Expr) syntax.Pos {
	pos := syntax.Pos{}
	syntax.Walk(e, func(n syntax.Node) bool {
		if v, ok := n.(*syntax.Value); ok && !pos.IsValid() && c.in(rules.KindRule, v.Pos) {
			pos = v.Pos
		}
		return !pos.IsValid()
	})
	if !pos.IsValid() {
		return e.Position()
	}
	return pos
}

// alternatives are the expressions of which one must be true for another to
// be, if there are several: those of a disjunction, or of a comparison with a
// list.
func alternatives(e syntax.Expr) (list []syntax.Expr) {
	switch e := e.(type) {
	case *syntax.Or:
		return e.Children
	case *syntax.Check:
		values, ok := e.Right.(*syntax.List)
		if !ok || e.Op != syntax.OpIn || len(values.Values) < 2 {
			return nil
		}
		for _, v := range values.Values {
			one := *e
			one.Pos, one.Right = v.Pos, &syntax.List{Pos: v.Pos, Values: []*syntax.Value{v}}
			list = append(list, &one)
		}
	}
	return list
}

// shadowed looks for a rule before the i-th that matches whatever it matches.
func (c *checker) shadowed(i int) {
	r := c.rules[i]
	if !r.Enabled || c.opts.Matching != engine.First {
		return
	}
	for _, before := range c.rules[:i] {
		if !before.Enabled || before.never || before.large || before.Source != r.Source || !r.fits.Within(before.types) {
			continue
		}
		if c.logic.Never(c.logic.And(r.cond, c.logic.Not(before.cond)), r.types) {
			c.add(Shadowed, r.Pos, "rule", r.Name, "it never alerts: rule %q (%s:%d) comes first and matches all that it matches",
				before.Name, before.Pos.File, before.Pos.Line)
			return
		}
	}
}

// output looks for fields of a rule's output that the events it matches do not
// have.
func (c *checker) output(r *ruleFacts) {
	for _, f := range engine.OutputFields(r.Rule) {
		if !carried(f, r.fits) {
			c.add(OutputAbsent, fieldPos(r.Rule, f.Name), "rule", r.Name,
				"the output names %s, which is not in events of %s", f.Name, names(r.fits))
		}
	}
}

// fieldPos is where the output names a field.
func fieldPos(r *rules.Rule, name string) syntax.Pos {
	for at := 0; ; {
		i := strings.Index(r.Output[at:], name)
		if i < 0 {
			return r.OutputPos
		}
		at += i
		end := at + len(name)
		if end == len(r.Output) || !isNameByte(r.Output[end]) || r.Output[end] == '.' {
			return r.OutputPosAt(at)
		}
		at = end
	}
}

func isNameByte(b byte) bool {
	return b == '.' || b == '_' || b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z'
}

// technique is a tag that names a technique of MITRE's ATT&CK.
var technique = regexp.MustCompile(`^T\d{4}(\.\d{3})?$`)

// tags looks for rules without tags, and without a technique among them.
func (c *checker) tags(r *ruleFacts) {
	switch {
	case len(r.Tags) == 0:
		c.add(NoTags, r.Pos, "rule", r.Name, "the rule has no tags")
	case !slices.ContainsFunc(r.Tags, technique.MatchString):
		c.add(NoTechnique, r.Pos, "rule", r.Name, "no tag names a MITRE ATT&CK technique, such as T1059")
	}
}

// valuesTwice looks for values that stand twice in a list of an item's own.
func (c *checker) valuesTwice(e syntax.Expr, kind rules.Kind, what, name string) {
	syntax.Walk(e, func(n syntax.Node) bool {
		check, ok := n.(*syntax.Check)
		if !ok {
			return true
		}
		if list, ok := check.Right.(*syntax.List); ok {
			c.twice(slices.DeleteFunc(slices.Clone(list.Values), func(v *syntax.Value) bool { return !c.in(kind, v.Pos) }), what, name)
		}
		return false
	})
}

// twice looks for values that are there twice.
func (c *checker) twice(values []*syntax.Value, what, name string) {
	first := make(map[string]syntax.Pos)
	for _, v := range values {
		p, ok := first[v.Text]
		if !ok {
			first[v.Text] = v.Pos
			continue
		}
		if p == v.Pos {
			continue // a list that was put in at several places
		}
		where := fmt.Sprintf("line %d", p.Line)
		if p.File != v.Pos.File {
			where = fmt.Sprintf("%s:%d", p.File, p.Line)
		}
		c.add(DuplicateItem, v.Pos, what, name, "%q is in the list already, in %s", v.Text, where)
	}
}
