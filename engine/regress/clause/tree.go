package clause

import (
	"fmt"
	"strings"

	"falcoreplay/engine"
	"falcoreplay/rules/syntax"
)

// Node is a clause of a condition as it came out on one event, with its parts.
type Node struct {
	Seen
	// Kind is and, or, not, macro or check.
	Kind string
	// Reached is false if what stands before it decided already, so that its
	// verdict, which it has all the same, had no part.
	Reached bool
	// Decides tells that the clause is among the reasons why the whole came out
	// as it did.
	Decides bool
	Parts   []*Node
}

// Tree evaluates a rule on the current event of a tracer, which has begun it,
// and returns the whole condition.
func Tree(t *engine.Tracer, r *engine.TracedRule) *Node {
	whole := make([]engine.Verdict, len(r.Clauses))
	short := make([]engine.Verdict, len(r.Clauses))
	t.Evaluate(r, whole, true)
	t.Evaluate(r, short, false)
	b := builder{t, r, whole, short}
	root := b.node(0)
	root.decide()
	return root
}

// Kind tells what a clause is: and, or, not, macro or check.
func Kind(e syntax.Expr) string {
	switch e.(type) {
	case *syntax.And:
		return "and"
	case *syntax.Or:
		return "or"
	case *syntax.Not:
		return "not"
	case *syntax.Macro:
		return "macro"
	}
	return "check"
}

type builder struct {
	t     *engine.Tracer
	r     *engine.TracedRule
	whole []engine.Verdict
	short []engine.Verdict
}

func (b *builder) node(at int) *Node {
	c := &b.r.Clauses[at]
	n := &Node{Seen: see(b.t, b.r, at, b.whole), Kind: Kind(c.Expr), Reached: b.short[at] != engine.Unreached}
	if n.Kind == "macro" {
		n.Pos = b.r.Clauses[c.Parts[0]].Expr.Position() // where it is defined
	}
	for _, p := range c.Parts {
		n.Parts = append(n.Parts, b.node(p))
	}
	return n
}

// decide marks what made the node come out as it did: of an `and` that is true
// all parts, of one that is false the first that is, and so on.
func (n *Node) decide() {
	n.Decides = true
	all := n.Kind == "and" && n.Verdict == engine.True || n.Kind == "or" && n.Verdict == engine.False ||
		n.Kind == "not" || n.Kind == "macro"
	for _, p := range n.Parts {
		if all || p.Verdict == n.Verdict {
			p.decide()
			if !all {
				return
			}
		}
	}
}

// Reasons are the comparisons that decide, in the order of the text.
func (n *Node) Reasons() []*Node {
	if !n.Decides {
		return nil
	}
	if n.Kind == "check" {
		return []*Node{n}
	}
	var list []*Node
	for _, p := range n.Parts {
		list = append(list, p.Reasons()...)
	}
	return list
}

// Lines show the tree, a clause a line. What did not decide is not gone into,
// nor is what a negation that holds is about, unless full is set.
func (n *Node) Lines(full bool) []string {
	var lines []string
	n.lines(&lines, 0, "", full)
	return lines
}

// word is the verdict, in capital letters if the clause decides.
func (n *Node) word() string {
	switch {
	case n.Verdict == engine.True && n.Decides:
		return "TRUE "
	case n.Verdict == engine.True:
		return "true "
	case n.Decides:
		return "FALSE"
	}
	return "false"
}

func (n *Node) lines(lines *[]string, depth int, before string, full bool) {
	open := full || n.Decides
	if n.Kind == "not" && len(n.Parts) == 1 {
		child := n.Parts[0]
		if child.Kind == "check" || !full && (!n.Decides || n.Verdict == engine.True) {
			*lines = append(*lines, n.line(depth, before+"not "+child.Text, child.Saw()))
			return
		}
		child.under(n, lines, depth, before+"not ", full)
		return
	}
	if n.Kind == "check" || !open {
		*lines = append(*lines, n.line(depth, before+n.Text, n.Saw()))
		return
	}
	n.under(n, lines, depth, before, full)
}

// joins are the words for clauses of several parts.
var joins = map[string]string{"and": "all of", "or": "one of", "not": "not"}

// under shows a clause of several parts. The verdict is that of top, which is
// the clause itself or its negation on the same line; so is what a macro stands
// for.
func (n *Node) under(top *Node, lines *[]string, depth int, before string, full bool) {
	seen := ""
	if n.Kind == "macro" {
		child := n.Parts[0]
		if before += n.Text; joins[child.Kind] == "" || child.Kind == "not" && child.Parts[0].Kind == "check" {
			*lines = append(*lines, top.line(depth, before+": "+child.Text, child.Saw()))
			return
		}
		n, seen, before = child, n.place(), before+": "
	}
	*lines = append(*lines, top.line(depth, before+joins[n.Kind], seen))
	for _, p := range n.Parts {
		p.lines(lines, depth+1, "", full)
	}
}

// place is where the clause stands.
func (n *Node) place() string { return fmt.Sprintf("macro, %s:%d", n.Pos.File, n.Pos.Line) }

// line is one line of the tree. Clauses are indented by their depth, and what
// was seen stands under a common edge where there is room.
func (n *Node) line(depth int, text, seen string) string {
	const edge = 60
	s := n.word() + " " + strings.Repeat("  ", depth) + text
	if !n.Reached {
		s += "   (not reached)"
	}
	if seen == "" {
		return s
	}
	return fmt.Sprintf("%-*s  %s", edge, s, seen)
}

// maxItems limits how many constants of a list are shown.
const maxItems = 4

// Text is a clause as it is written, lists of many constants cut.
func Text(e syntax.Expr) string { return short(brief(e)) }

func brief(e syntax.Expr) string {
	switch e := e.(type) {
	case *syntax.And:
		return briefAll(e.Children, " and ")
	case *syntax.Or:
		return briefAll(e.Children, " or ")
	case *syntax.Not:
		if k := Kind(e.Child); k == "and" || k == "or" {
			return "not (" + brief(e.Child) + ")"
		}
		return "not " + brief(e.Child)
	case *syntax.Check:
		if list, ok := e.Right.(*syntax.List); ok && len(list.Values) > maxItems+1 {
			cut := *e
			cut.Right = &syntax.List{Pos: list.Pos, Values: list.Values[:maxItems]}
			return fmt.Sprintf("%s, and %d more)", strings.TrimSuffix(cut.String(), ")"), len(list.Values)-maxItems)
		}
	}
	return e.String()
}

func briefAll(list []syntax.Expr, join string) string {
	parts := make([]string, len(list))
	for i, e := range list {
		if parts[i] = brief(e); Kind(e) == "and" || Kind(e) == "or" {
			parts[i] = "(" + parts[i] + ")"
		}
	}
	return strings.Join(parts, join)
}
