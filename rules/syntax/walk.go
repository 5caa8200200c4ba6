package syntax

import "slices"

// Walk calls f for the node and all that is under it, parents first and in the
// order of the text. If f returns false, what is under its node is left out.
func Walk(n Node, f func(Node) bool) {
	if n == nil || !f(n) {
		return
	}
	switch n := n.(type) {
	case *And:
		for _, c := range n.Children {
			Walk(c, f)
		}
	case *Or:
		for _, c := range n.Children {
			Walk(c, f)
		}
	case *Not:
		Walk(n.Child, f)
	case *Check:
		Walk(n.Left, f)
		Walk(n.Right, f)
	case *Exists:
		Walk(n.Left, f)
	case *Transformer:
		for _, a := range n.Args {
			Walk(a, f)
		}
	case *TransformerList:
		for _, a := range n.Items {
			Walk(a, f)
		}
	case *List:
		for _, v := range n.Values {
			Walk(v, f)
		}
	case *Macro, *Field, *Value:
	}
}

// Rewrite returns the expression with each of its expressions replaced by
// what f returns for it, children first; operands are left as they are. Nodes
// without a changed child are shared with the old tree, which is not changed.
func Rewrite(e Expr, f func(Expr) Expr) Expr {
	switch n := e.(type) {
	case *And:
		if c, changed := rewriteAll(n.Children, f); changed {
			e = &And{n.Pos, c}
		}
	case *Or:
		if c, changed := rewriteAll(n.Children, f); changed {
			e = &Or{n.Pos, c}
		}
	case *Not:
		if c := Rewrite(n.Child, f); c != n.Child {
			e = &Not{n.Pos, c}
		}
	case *Macro, *Check, *Exists:
	}
	return f(e)
}

func rewriteAll(children []Expr, f func(Expr) Expr) (out []Expr, changed bool) {
	out = children
	for i, c := range children {
		r := Rewrite(c, f)
		if r == c {
			continue
		}
		if !changed {
			out, changed = slices.Clone(children), true
		}
		out[i] = r
	}
	return out, changed
}

// Relocate returns a copy of the expression whose positions are what f makes
// of the old ones.
func Relocate(e Expr, f func(Pos) Pos) Expr {
	switch n := e.(type) {
	case *And:
		return &And{f(n.Pos), relocateAll(n.Children, f)}
	case *Or:
		return &Or{f(n.Pos), relocateAll(n.Children, f)}
	case *Not:
		return &Not{f(n.Pos), Relocate(n.Child, f)}
	case *Macro:
		return &Macro{f(n.Pos), n.Name}
	case *Check:
		return &Check{f(n.Pos), relocateOperand(n.Left, f), n.Op, f(n.OpPos), n.Mod, relocateOperand(n.Right, f)}
	case *Exists:
		return &Exists{f(n.Pos), relocateOperand(n.Left, f)}
	}
	return e
}

func relocateAll(children []Expr, f func(Pos) Pos) []Expr {
	out := make([]Expr, len(children))
	for i, c := range children {
		out[i] = Relocate(c, f)
	}
	return out
}

func relocateOperand(x Operand, f func(Pos) Pos) Operand {
	switch n := x.(type) {
	case *Field:
		return &Field{f(n.Pos), n.Name, n.Arg, n.HasArg}
	case *Value:
		return &Value{f(n.Pos), n.Text}
	case *List:
		values := make([]*Value, len(n.Values))
		for i, v := range n.Values {
			values[i] = &Value{f(v.Pos), v.Text}
		}
		return &List{f(n.Pos), values}
	case *Transformer:
		return &Transformer{f(n.Pos), n.Name, relocateOperands(n.Args, f), n.Arg, n.HasArg}
	case *TransformerList:
		return &TransformerList{f(n.Pos), relocateOperands(n.Items, f)}
	}
	return x
}

func relocateOperands(xs []Operand, f func(Pos) Pos) []Operand {
	out := make([]Operand, len(xs))
	for i, x := range xs {
		out[i] = relocateOperand(x, f)
	}
	return out
}

// Equal tells whether two trees are the same but for positions.
func Equal(a, b Node) bool {
	if a == b { // they share much of it
		return true
	}
	switch a := a.(type) {
	case *And:
		b, ok := b.(*And)
		return ok && slices.EqualFunc(a.Children, b.Children, equalNodes)
	case *Or:
		b, ok := b.(*Or)
		return ok && slices.EqualFunc(a.Children, b.Children, equalNodes)
	case *Not:
		b, ok := b.(*Not)
		return ok && Equal(a.Child, b.Child)
	case *Macro:
		b, ok := b.(*Macro)
		return ok && a.Name == b.Name
	case *Check:
		b, ok := b.(*Check)
		return ok && a.Op == b.Op && a.Mod == b.Mod && Equal(a.Left, b.Left) && Equal(a.Right, b.Right)
	case *Exists:
		b, ok := b.(*Exists)
		return ok && Equal(a.Left, b.Left)
	case *Field:
		b, ok := b.(*Field)
		return ok && a.Name == b.Name && a.HasArg == b.HasArg && a.Arg == b.Arg
	case *Transformer:
		b, ok := b.(*Transformer)
		return ok && a.Name == b.Name && a.HasArg == b.HasArg && a.Arg == b.Arg && slices.EqualFunc(a.Args, b.Args, equalNodes)
	case *TransformerList:
		b, ok := b.(*TransformerList)
		return ok && slices.EqualFunc(a.Items, b.Items, equalNodes)
	case *Value:
		b, ok := b.(*Value)
		return ok && a.Text == b.Text
	case *List:
		b, ok := b.(*List)
		return ok && slices.EqualFunc(a.Values, b.Values, equalNodes)
	}
	return false
}

func equalNodes[T Node](a, b T) bool { return Equal(a, b) }
