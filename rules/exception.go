package rules

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"

	"falcoreplay/rules/syntax"
)

// exceptionInfo is one exception of a rule as it is written.
type exceptionInfo struct {
	name   string
	fields entry
	comps  entry
	values []entry
	at     place
}

// entry is a string or a sequence of entries.
type entry struct {
	list  bool
	item  text
	items []entry
}

func (e entry) valid() bool {
	if e.list {
		return len(e.items) > 0
	}
	return e.item.s != ""
}

// maxEntryDepth limits how deep the values of an exception may be nested. The
// format has use for two.
const maxEntryDepth = 8

// exceptions reads the rule's exceptions. If they are appended, fields may be
// missing.
func (it *item) exceptions(appending bool) ([]exceptionInfo, *Diagnostic) {
	v, _ := lookup(it.node, "exceptions")
	if v == nil || isNull(v) {
		return nil, nil
	}
	if !isSequence(v) {
		return nil, it.invalid(v, "the value of \"exceptions\" must be a sequence")
	}
	var out []exceptionInfo
	for _, n := range v.Content {
		n = deref(n)
		if !isMap(n) {
			return nil, it.invalid(n, "an exception must be a mapping")
		}
		x, d := it.sub(n).exception(appending)
		if d != nil {
			return nil, d
		}
		for _, other := range out {
			if other.name == x.name {
				it.l.warn(x.at, WarnExceptionNameNotUnique, "exception %q is there twice", x.name)
			}
		}
		out = append(out, x)
	}
	return out, nil
}

// exception reads one exception.
func (it *item) exception(appending bool) (x exceptionInfo, d *Diagnostic) {
	name, d := it.scalar("name", required)
	if d != nil {
		return x, d
	}
	x = exceptionInfo{name: name.Value, at: it.at}
	if fields, _ := lookup(it.node, "fields"); fields != nil {
		if x.fields, d = it.entry(fields, 0); d != nil {
			return x, d
		}
	} else if !appending {
		return x, it.at.problem(ErrYAMLValidate, "exception %q: the key \"fields\" is missing", x.name)
	}
	if comps, _ := lookup(it.node, "comps"); comps != nil {
		if x.comps, d = it.entry(comps, 0); d != nil {
			return x, d
		}
	}
	values, _ := lookup(it.node, "values")
	switch {
	case values == nil && appending:
		it.l.warn(x.at, WarnAppendNoValues, "exception %q is changed, but has no values", x.name)
	case values == nil:
	case !isSequence(values):
		return x, it.invalid(values, "the value of \"values\" must be a sequence")
	default:
		for _, n := range values.Content {
			e, d := it.entry(deref(n), 0)
			if d != nil {
				return x, d
			}
			x.values = append(x.values, e)
		}
	}
	return x, nil
}

// entry reads a string or a sequence. Null and mappings give an entry that is
// empty, as in Falco.
func (it *item) entry(n *yaml.Node, depth int) (e entry, d *Diagnostic) {
	switch {
	case depth > maxEntryDepth:
		return e, it.invalid(n, "the values of an exception are nested too deeply")
	case isScalar(n):
		if n.Value == "" {
			return e, it.invalid(n, "a string of an exception must not be empty")
		}
		e.item = it.doc.text(n)
	case isSequence(n):
		e.list = true
		for _, c := range n.Content {
			sub, d := it.entry(deref(c), depth+1)
			if d != nil {
				return e, d
			}
			e.items = append(e.items, sub)
		}
		if !it.l.spend(len(n.Content)) {
			return e, it.place(n).problem(ErrLimit, "the files expand to too much: limit %d bytes", maxTotalBytes)
		}
	}
	return e, nil
}

// checkException fills in the comps that are not there, and tells what is
// wrong. Fields are only checked if the rule's source is known.
func (l *loader) checkException(x *exceptionInfo, known bool) *Diagnostic {
	if x.fields.list {
		if !x.comps.valid() {
			x.comps = entry{list: true}
			for range x.fields.items {
				x.comps.items = append(x.comps.items, entry{item: fixedText("=", x.at.src, x.at.off)})
			}
		}
		if len(x.fields.items) != len(x.comps.items) {
			return x.at.problem(ErrValidate, "fields and comps of exception %q must have the same length, not %d and %d", x.name, len(x.fields.items), len(x.comps.items))
		}
		for i := range x.comps.items {
			c := &x.comps.items[i]
			c.item = c.item.trim()
			if _, _, ok := syntax.ParseOp(c.item.s); !ok {
				return x.at.in(c.item, 0).problem(ErrValidate, "%q is not an operator", c.item.s)
			}
		}
		for _, f := range x.fields.items {
			if d := l.checkExceptionField(x, f.item, known); d != nil {
				return d
			}
		}
		return nil
	}
	if !x.comps.valid() {
		x.comps = entry{item: fixedText("in", x.at.src, x.at.off)}
	}
	if x.comps.list {
		return x.at.problem(ErrValidate, "exception %q has one field, and so can have one operator in \"comps\", not a sequence", x.name)
	}
	x.comps.item = x.comps.item.trim()
	op, mod, ok := syntax.ParseOp(x.comps.item.s)
	if !ok || !op.TakesList() && mod == syntax.ModNone {
		return x.at.in(x.comps.item, 0).problem(ErrValidate,
			"exception %q has one field: its operator must be in, pmatch, intersects, or another with oneof, anyof or allof, not %q", x.name, x.comps.item.s)
	}
	return l.checkExceptionField(x, x.fields.item, known)
}

// checkExceptionField tells whether the field of an exception is one.
func (l *loader) checkExceptionField(x *exceptionInfo, f text, known bool) *Diagnostic {
	if !known {
		return nil
	}
	p := x.at.in(f, 0)
	operand, n, err := syntax.ParseOperand(f.s)
	if err != nil || n != len(f.s) {
		return p.problem(ErrValidate, "%q is not a field", f.s)
	}
	var d *Diagnostic
	walkFields(operand, func(field *syntax.Field) {
		if l.opts.KnownField == nil || d != nil {
			return
		}
		if err := l.opts.KnownField(field); err != nil {
			d = p.problem(ErrValidate, "%v", err)
		}
	})
	return d
}

// withExceptions returns a rule's condition with its exceptions, as text: each
// becomes `and not` with a comparison for each value. It follows
// build_rule_exception_infos in rule_loader_compiler.cpp to the letter, for
// the lists in values are only put in later.
func withExceptions(r *ruleInfo) (text, *Diagnostic) {
	if len(r.exceptions) == 0 {
		return r.cond, nil
	}
	var b textBuilder
	b.addNear("(", r.cond, 0)
	b.add(r.cond)
	b.addNear(")", r.cond, len(r.cond.s))
	for i := range r.exceptions {
		x := &r.exceptions[i]
		var d *Diagnostic
		if len(x.values) == 0 {
			continue
		}
		b.addFixed(" and not (", x.at.src, x.at.off)
		if x.fields.list {
			d = x.tuples(&b)
		} else {
			d = x.singles(&b)
		}
		if d != nil {
			return text{}, d
		}
		b.addFixed(")", x.at.src, x.at.off)
	}
	return b.text(), nil
}

// singles writes the comparison of the one field with all values.
func (x *exceptionInfo) singles(b *textBuilder) *Diagnostic {
	b.add(x.fields.item)
	b.addFixed(" ", x.at.src, x.at.off)
	b.add(x.comps.item)
	b.addFixed(" (", x.at.src, x.at.off)
	for i, v := range x.values {
		if v.list {
			return x.at.problem(ErrValidate, "exception %q has one field: its values must be strings, not sequences", x.name)
		}
		if i > 0 {
			b.addFixed(", ", x.at.src, x.at.off)
		}
		b.add(quoteItem(v.item))
	}
	b.addFixed(")", x.at.src, x.at.off)
	return nil
}

// tuples writes, for each value, the comparisons of all fields with its parts.
func (x *exceptionInfo) tuples(b *textBuilder) *Diagnostic {
	fixed := func(s string) { b.addFixed(s, x.at.src, x.at.off) }
	for i, v := range x.values {
		if len(v.items) != len(x.fields.items) {
			return x.at.problem(ErrValidate, "value %d of exception %q must be a sequence as long as its fields, %d, %s", i+1, x.name, len(x.fields.items), countItems(v))
		}
		if i > 0 {
			fixed(" or ")
		}
		fixed("(")
		for k, f := range x.fields.items {
			if k > 0 {
				fixed(" and ")
			}
			fixed(" ")
			b.add(f.item)
			fixed(" ")
			comp := x.comps.items[k].item
			b.add(comp)
			fixed(" ")
			switch part := v.items[k]; {
			case part.list:
				fixed("(")
				for j, e := range part.items {
					if j > 0 {
						fixed(", ")
					}
					b.add(quoteItem(e.item))
				}
				fixed(")")
			case takesList(comp.s):
				if !strings.HasPrefix(part.item.s, "(") {
					fixed("(")
					b.add(part.item)
					fixed(")")
				} else {
					b.add(part.item)
				}
			default:
				b.add(quoteItem(part.item))
			}
		}
		fixed(")")
	}
	return nil
}

// countItems says how long a value is, which is not as it must be.
func countItems(e entry) string {
	if !e.list {
		return "and not a string"
	}
	return fmt.Sprintf("not %d", len(e.items))
}

// takesList tells whether what follows the operator is a list.
func takesList(op string) bool {
	o, mod, _ := syntax.ParseOp(op)
	return o.TakesList() || mod != syntax.ModNone
}

// quoteItem puts an item with a space in it in quotes, unless it begins with
// one; quotes in it are left as they are, as in Falco.
func quoteItem(t text) text {
	if !strings.Contains(t.s, " ") || t.s[0] == '"' || t.s[0] == '\'' {
		return t
	}
	var b textBuilder
	b.addNear(`"`, t, 0)
	b.add(t)
	b.addNear(`"`, t, len(t.s))
	return b.text()
}
