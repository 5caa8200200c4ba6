package regress

import (
	"fmt"
	"slices"
	"strings"

	"falcoreplay/rules"
	"falcoreplay/rules/syntax"
)

// edit is what was changed in the text of a rule, or of what it uses.
type edit struct {
	// own are the parts of the rule itself: condition, output, priority, tags,
	// exceptions, enabled, description; or added or removed.
	own []string
	// through are the macros and lists that it uses and that are different,
	// like `macro "open_read"`.
	through []string
}

// edits compares the texts of two sets of rules, rule by rule.
type edits struct {
	from, to map[string]*rules.Rule
	macros   map[string]bool // that are different
	lists    map[string]bool
	written  map[string]*rules.Macro // macros of the new rules, else of the old ones
	items    map[string][]string     // the same of lists
}

func newEdits(from, to *rules.Set) *edits {
	e := &edits{
		from: make(map[string]*rules.Rule), to: make(map[string]*rules.Rule),
		macros: make(map[string]bool), lists: make(map[string]bool),
		written: make(map[string]*rules.Macro), items: make(map[string][]string),
	}
	for _, r := range from.Rules {
		e.from[r.Name] = r
	}
	for _, r := range to.Rules {
		e.to[r.Name] = r
	}
	for _, m := range from.Macros {
		e.macros[m.Name] = true
		e.written[m.Name] = m
	}
	for _, m := range to.Macros {
		old := e.written[m.Name]
		e.macros[m.Name] = old == nil || words(old.Condition) != words(m.Condition)
		e.written[m.Name] = m
	}
	for _, l := range from.Lists {
		e.lists[l.Name] = true
		e.items[l.Name] = l.Items
	}
	for _, l := range to.Lists {
		old, ok := e.items[l.Name]
		e.lists[l.Name] = !ok || !slices.Equal(old, l.Items)
		e.items[l.Name] = l.Items
	}
	return e
}

// words is a text with all white space made the same.
func words(s string) string { return strings.Join(strings.Fields(s), " ") }

// of tells what was changed of a rule.
func (e *edits) of(name string) edit {
	from, to := e.from[name], e.to[name]
	switch {
	case from == nil:
		return edit{own: []string{"added"}}
	case to == nil:
		return edit{own: []string{"removed"}}
	}
	var d edit
	put := func(what string, different bool) {
		if different {
			d.own = append(d.own, what)
		}
	}
	put("condition", words(from.Condition) != words(to.Condition))
	put("exceptions", exceptionText(from) != exceptionText(to))
	put("output", from.Output != to.Output)
	put("priority", from.Priority != to.Priority)
	put("tags", !slices.Equal(from.Tags, to.Tags))
	put("enabled", from.Enabled != to.Enabled)
	put("description", words(from.Desc) != words(to.Desc))
	if from.Expr.String() != to.Expr.String() {
		d.through = e.through(to)
	}
	return d
}

// exceptionText is what the exceptions of a rule come to. They are the parts of
// the written condition that stand where an exception does.
func exceptionText(r *rules.Rule) string {
	var b strings.Builder
	for _, x := range r.Exceptions {
		fmt.Fprintf(&b, "%s %q %q\n", x.Name, x.Fields, x.Ops)
	}
	if and, ok := r.Written.(*syntax.And); ok {
		for _, part := range and.Children {
			if isException(r, part) {
				b.WriteString(part.String())
			}
		}
	}
	return b.String()
}

// isException tells whether a part of a rule's written condition was made from
// one of its exceptions.
func isException(r *rules.Rule, part syntax.Expr) bool {
	return slices.ContainsFunc(r.Exceptions, func(x rules.Exception) bool { return x.Pos == part.Position() })
}

// through are the macros and lists that a rule uses and that are different.
func (e *edits) through(r *rules.Rule) []string {
	var out []string
	seen := make(map[string]bool)
	var in func(text string)
	in = func(text string) {
		for _, w := range names(text) {
			if seen[w] {
				continue
			}
			seen[w] = true
			if e.lists[w] {
				out = append(out, fmt.Sprintf("list %q", w))
			}
			if e.macros[w] {
				out = append(out, fmt.Sprintf("macro %q", w))
			}
			for _, item := range e.items[w] {
				in(item)
			}
			if m := e.written[w]; m != nil {
				in(m.Condition)
			}
		}
	}
	in(r.Condition)
	return out
}

// names are the words of a text that may name a macro or a list.
func names(text string) []string {
	return strings.FieldsFunc(text, func(c rune) bool {
		return !(c == '_' || c == '-' || c == '.' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z')
	})
}
