package syntax

import (
	"strings"
	"unicode/utf8"
)

// String prints the conjunction, with parentheses around what binds as loosely.
func (e *And) String() string { return joinExprs(e.Children, " and ") }

// String prints the disjunction.
func (e *Or) String() string { return joinExprs(e.Children, " or ") }

// String prints the negation.
func (e *Not) String() string {
	s := e.Child.String()
	switch e.Child.(type) {
	case *Check, *Exists, *Macro:
		return "not " + s
	}
	return "not (" + s + ")"
}

// String prints the macro's name.
func (e *Macro) String() string {
	if e.Name == "not" { // a macro may have this name, but not stand before a blank
		return "(not)"
	}
	return e.Name
}

// String prints the check.
func (e *Check) String() string {
	var b strings.Builder
	b.WriteString(e.Left.String())
	b.WriteByte(' ')
	b.WriteString(e.Op.String())
	b.WriteByte(' ')
	if e.Mod != ModNone {
		b.WriteString(e.Mod.String())
		b.WriteByte(' ')
	}
	v, ok := e.Right.(*Value)
	switch {
	case !ok:
		b.WriteString(e.Right.String())
	case e.Op.TakesNumber() && lenNumber(v.Text) == len(v.Text),
		(e.Op.TakesList() || e.Mod != ModNone) && lenIdentifier(v.Text) == len(v.Text):
		b.WriteString(v.Text)
	case v.Text == "oneof" || v.Text == "anyof" || v.Text == "allof":
		b.WriteString(Quote(v.Text))
	default:
		b.WriteString(v.String())
	}
	return b.String()
}

// String prints the check for existence.
func (e *Exists) String() string { return e.Left.String() + " exists" }

// String prints the field with its argument.
func (x *Field) String() string { return x.Name + bracket(x.Arg, x.HasArg) }

// String prints the transformer with its arguments.
func (x *Transformer) String() string {
	return x.Name + "(" + joinArgs(x.Args) + ")" + bracket(x.Arg, x.HasArg)
}

// String prints the list with parentheses.
func (x *TransformerList) String() string { return "(" + joinArgs(x.Items) + ")" }

// String prints the value, in quotes only where it needs them.
func (x *Value) String() string {
	// A backspace is a blank before a value, though not in it.
	if x.Text != "" && lenBareString(x.Text) == len(x.Text) && x.Text[0] != '\b' {
		return x.Text
	}
	return Quote(x.Text)
}

// String prints the list with parentheses.
func (x *List) String() string {
	var b strings.Builder
	b.WriteByte('(')
	for i, v := range x.Values {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(v.String())
	}
	b.WriteByte(')')
	return b.String()
}

func joinExprs(children []Expr, word string) string {
	var b strings.Builder
	for i, c := range children {
		if i > 0 {
			b.WriteString(word)
		}
		switch c.(type) {
		case *And, *Or:
			b.WriteByte('(')
			b.WriteString(c.String())
			b.WriteByte(')')
		default:
			b.WriteString(c.String())
		}
	}
	return b.String()
}

// joinArgs prints the arguments of a transformer, where values are in quotes
// unless they are numbers.
func joinArgs(args []Operand) string {
	var b strings.Builder
	for i, a := range args {
		if i > 0 {
			b.WriteString(", ")
		}
		v, ok := a.(*Value)
		switch {
		case !ok:
			b.WriteString(a.String())
		case v.Text != "" && lenNumber(v.Text) == len(v.Text):
			b.WriteString(v.Text)
		default:
			b.WriteString(Quote(v.Text))
		}
	}
	return b.String()
}

func bracket(arg string, has bool) string {
	switch {
	case !has:
		return ""
	case arg != "" && lenBareArg(arg) == len(arg):
		return "[" + arg + "]"
	}
	return "[" + Quote(arg) + "]"
}

// Quote returns the text as a quoted string of the condition language, in
// valid UTF-8 and on one line.
func Quote(text string) string {
	const digits = "0123456789abcdef"
	b := make([]byte, 0, len(text)+2)
	b = append(b, '"')
	for i := 0; i < len(text); {
		c := text[i]
		if c >= utf8.RuneSelf {
			if r, n := utf8.DecodeRuneInString(text[i:]); r != utf8.RuneError || n > 1 {
				b = append(b, text[i:i+n]...)
				i += n
				continue
			}
		}
		switch {
		case c == '\b':
			b = append(b, `\b`...)
		case c == '\f':
			b = append(b, `\f`...)
		case c == '\n':
			b = append(b, `\n`...)
		case c == '\r':
			b = append(b, `\r`...)
		case c == '\t':
			b = append(b, `\t`...)
		case c == '"':
			b = append(b, `\"`...)
		case c == '\\' && i+1 < len(text):
			b = append(b, `\\`...)
		case c < ' ' || c == '\\' || c >= 0x7f:
			// The last backslash too: `\\"` would not end the string.
			b = append(b, '\\', 'x', digits[c>>4], digits[c&15])
		default:
			b = append(b, c)
		}
		i++
	}
	return string(append(b, '"'))
}
