package engine

import (
	"errors"
	"fmt"

	"falcoreplay/engine/field"
	"falcoreplay/rules"
	"falcoreplay/rules/syntax"
)

// CheckField tells why there is no such field. It has the form of
// rules.Options.KnownField.
func CheckField(f *syntax.Field) error {
	_, err := field.Resolve(f.Name, f.Arg, f.HasArg)
	return err
}

// ParseField finds a field by its name with its argument, such as
// proc.aname[2].
func ParseField(text string) (*field.Field, error) {
	x, n, err := syntax.ParseOperand(text)
	f, ok := x.(*syntax.Field)
	if err != nil || n != len(text) || !ok {
		return nil, unknownError{fmt.Errorf("%q is not a field", text)}
	}
	return field.Resolve(f.Name, f.Arg, f.HasArg)
}

// maxTypes is how many event types a condition may fit before a warning says
// that it is slow (falcosecurity/falco at 1307474,
// userspace/engine/rule_loader_compiler.cpp, compile_rule_infos).
const maxTypes = 100

// CheckRule compiles a rule, and tells everything that is wrong with its
// condition, if it has one, and its output. It has the form of
// rules.Options.Check.
func CheckRule(r *rules.Rule) []rules.Problem {
	c := newCompiler()
	if r.Expr == nil {
		c.template(r)
		return c.problems
	}
	compiled := c.rule(r)
	types := eventTypes(compiled.rule.Expr)
	if n := types.count(); n > maxTypes && r.WarnEventTypes {
		c.problems = append(c.problems, rules.Problem{
			Severity: rules.SeverityWarning, Code: rules.WarnNoEventType, Pos: r.Pos,
			Message: fmt.Sprintf("the condition fits %d event types, which makes it slow: compare evt.type", n),
		})
	}
	return c.problems
}

// unknownError is an error that is only an unknown field or event type, for
// which a rule with skip-if-unknown-filter is left out.
type unknownError struct{ error }

func isUnknown(err error) bool {
	var u unknownError
	var f *field.UnknownError
	return errors.As(err, &u) || errors.As(err, &f)
}
