// Package explain evaluates one condition on one event the plain way: the tree
// is walked as it is written, every part of it is evaluated, every field is
// extracted where it stands, every constant is read when it is compared. It
// tells what each part came to and what each check saw.
//
// It is slow. Package engine, which is not, has to give the same verdicts: the
// two share the fields' extractors and nothing else, and a test holds random
// conditions against both.
//
// It may be imported by engine/regress and the commands. The reference is
// falcosecurity/libs at 48dfd53, userspace/libsinsp: sinsp_filtercheck.cpp
// (compare_rhs and what it calls), filter_compare.cpp, value_parser.cpp, and
// what each part cites.
package explain

import (
	"fmt"

	"falcoreplay/engine/field"
	"falcoreplay/rules/syntax"
	"falcoreplay/scap/event"
)

// Verdict is a node of a condition with what it came to.
type Verdict struct {
	Expr syntax.Expr
	True bool
	// Parts are the verdicts of And, Or and Not, in the order of the text. All
	// of them are evaluated, also where the first ones decide.
	Parts []Verdict
	// Left is what a check compared, and Right what it compared that with if
	// that is a field or a transformer; else nil.
	Left, Right *Seen
}

// Seen is what an operand of a check gave.
type Seen struct {
	Operand syntax.Operand
	Type    event.ParamType
	Format  event.PrintFormat
	List    bool
	// Present is false if there is no value: no comparison with it is true.
	Present bool
	// Values are one or, of a list, any number. Of fields that are compared by
	// several values (field.MultiKind) they are those. They are valid until the
	// next call of Condition with the same Context, and no longer than the
	// event.
	Values []field.Value

	base     event.ParamType // the type before any transformer of one argument
	resolved *field.Field    // if the operand is a field
}

// Condition evaluates a condition on the current event of the context's host.
// The error says what cannot be compiled either: an unknown field, a macro that
// is not resolved, types that do not suit. It resets the context.
func Condition(e syntax.Expr, c *field.Context) (Verdict, error) {
	c.Reset()
	return verdict(e, c)
}

func verdict(e syntax.Expr, c *field.Context) (Verdict, error) {
	v := Verdict{Expr: e}
	var parts []syntax.Expr
	switch e := e.(type) {
	case *syntax.And:
		parts, v.True = e.Children, true
	case *syntax.Or:
		parts = e.Children
	case *syntax.Not:
		parts = []syntax.Expr{e.Child}
	case *syntax.Exists:
		return v, v.exists(e, c)
	case *syntax.Check:
		return v, v.check(e, c)
	default:
		return v, fmt.Errorf("%s is not defined", e)
	}
	for _, p := range parts {
		part, err := verdict(p, c)
		if err != nil {
			return v, err
		}
		v.Parts = append(v.Parts, part)
		switch e.(type) {
		case *syntax.And:
			v.True = v.True && part.True
		case *syntax.Or:
			v.True = v.True || part.True
		case *syntax.Not:
			v.True = !part.True
		}
	}
	return v, nil
}

func (v *Verdict) exists(e *syntax.Exists, c *field.Context) error {
	left, err := see(e.Left, c, true)
	if err != nil {
		return err
	}
	v.Left, v.True = left, left.Present
	if !left.several() {
		return nil
	}
	switch left.resolved.Multi() {
	case field.MultiAround:
		v.True, err = around(left.Values[0].N, nil, c)
		return err
	case field.MultiName:
		v.True = field.HasFD(c)
	case field.MultiAncestors, field.MultiRaw:
		v.True = left.Present && len(left.Values) > 0
	}
	return nil
}

func (v *Verdict) check(e *syntax.Check, c *field.Context) (err error) {
	if v.Left, err = see(e.Left, c, true); err != nil {
		return err
	}
	if t, ok := e.Right.(*syntax.Transformer); ok {
		if v.Right, err = see(t, c, false); err != nil {
			return err
		}
		v.True, err = compareSeen(e.Op, v.Left, v.Right)
		return err
	}
	texts, err := constants(e)
	if err != nil {
		return err
	}
	switch {
	case v.Left.several():
		v.True, err = compareSeveral(e.Op, v.Left, texts, c)
	case !v.Left.Present:
	case v.Left.List:
		v.True, err = compareList(e.Op, v.Left, texts)
	case len(v.Left.Values) > 0:
		v.True, err = compareOne(e.Op, e.Mod, v.Left.Type, v.Left.Values[0], texts)
	}
	return err
}

// constants are the texts of a check's right-hand side.
func constants(e *syntax.Check) (texts []string, err error) {
	switch r := e.Right.(type) {
	case *syntax.Value:
		return []string{r.Text}, nil
	case *syntax.List:
		for _, x := range r.Values {
			texts = append(texts, x.Text)
		}
		return texts, nil
	}
	return nil, fmt.Errorf("%s cannot be compared with %s", e.Left, e.Right)
}
