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
	return append(c.problems, typesWarning(&compiled)...)
}

// typesWarning warns of a condition that fits too many event types.
func typesWarning(r *compiledRule) []rules.Problem {
	n := r.fits.count()
	if n <= maxTypes || !r.rule.WarnEventTypes {
		return nil
	}
	return []rules.Problem{{
		Severity: rules.SeverityWarning, Code: rules.WarnNoEventType, Pos: r.rule.Pos,
		Message: fmt.Sprintf("the condition fits %d event types, which makes it slow: compare evt.type", n),
	}}
}

// Checker checks rules while they are loaded, and makes an Engine of them
// without compiling them once more. It is for one load, and not for concurrent
// use.
type Checker struct {
	c    *compiler
	good map[*rules.Rule]compiledRule // those with which nothing is wrong
}

// NewChecker returns a Checker that has seen no rules.
func NewChecker() *Checker {
	return &Checker{c: newCompiler(), good: make(map[*rules.Rule]compiledRule)}
}

// Check is CheckRule.
func (k *Checker) Check(r *rules.Rule) []rules.Problem {
	if r.Expr == nil {
		return CheckRule(r)
	}
	compiled, good := k.c.goodRule(r)
	if !good {
		return CheckRule(r) // by itself, as it is told of each rule what is wrong
	}
	k.good[r] = compiled
	return typesWarning(&compiled)
}

// goodRule compiles a rule. It is good if nothing is wrong with it; else
// c.problems lacks what was found in another rule before.
func (c *compiler) goodRule(r *rules.Rule) (compiled compiledRule, good bool) {
	c.problems, c.doubt = nil, false
	compiled = c.rule(r)
	return compiled, len(c.problems) == 0 && !c.doubt
}

// New is the function New. It is the last thing that is asked of the Checker.
func (k *Checker) New(set *rules.Set, opts Options) (*Engine, []rules.Problem) {
	return newEngine(k, set, opts)
}

// Load reads rule files and makes an Engine of their rules. The error says all
// that is wrong with them; warnings are left out.
func Load(files []rules.File, opts Options) (*Engine, error) {
	k := NewChecker()
	set, result := rules.Load(files, rules.Options{KnownField: CheckField, Check: k.Check})
	if err := result.Err(); err != nil {
		return nil, err
	}
	eng, problems := k.New(set, opts)
	if len(problems) > 0 {
		return nil, fmt.Errorf("%s: %s", problems[0].Pos.File, problems[0].Message)
	}
	return eng, nil
}

// unknownError is an error that is only an unknown field or event type, for
// which a rule with skip-if-unknown-filter is left out.
type unknownError struct{ error }

func isUnknown(err error) bool {
	var u unknownError
	var f *field.UnknownError
	return errors.As(err, &u) || errors.As(err, &f)
}
