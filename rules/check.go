package rules

import (
	"slices"
	"strings"

	"falcoreplay/rules/syntax"
)

// resolved is a rule as it was after one of the files.
type resolved struct {
	rule *Rule
	item string
}

// asked is a rule that the callbacks are asked about.
type asked struct {
	resolved
	problems []Problem // once done is closed
	done     chan struct{}
}

// questionsAhead is how many rules may wait for the callbacks.
const questionsAhead = 64

// answer has the callbacks look at the rules that they are asked about, one after
// another, beside the loader.
func (l *loader) answer() {
	for a := range l.questions {
		if l.opts.Check != nil {
			a.problems = l.opts.Check(a.rule)
		}
		if l.opts.KnownField != nil && a.rule.Expr != nil {
			walkFields(a.rule.Expr, func(f *syntax.Field) {
				if err := l.opts.KnownField(f); err != nil {
					a.problems = append(a.problems, Problem{Pos: f.Pos, Message: err.Error(), Unknown: true})
				}
			})
		}
		close(a.done)
	}
}

// ask asks the callbacks about a rule.
func (l *loader) ask(r resolved) *asked {
	a := &asked{resolved: r, done: make(chan struct{})}
	l.questions <- a
	return a
}

// checkLater asks the callbacks about a rule, if it is still so after the last
// file. As checks are dear, a rule that is the same after the next file is only
// checked then.
func (l *loader) checkLater(r *ruleInfo, rule *Rule) *asked {
	now := resolved{rule, r.at.item}
	if before, ok := l.resolved[r.name]; ok &&
		(before.rule.Output != rule.Output || !syntax.Equal(before.rule.Expr, rule.Expr)) {
		l.check(before)
	}
	if l.final {
		return l.ask(now)
	}
	l.resolved[r.name] = now
	return nil
}

// checkBefore asks the callbacks about a rule as it was after the file before,
// if there is none to take its place.
func (l *loader) checkBefore(r *ruleInfo) {
	if before, ok := l.resolved[r.name]; ok {
		l.check(before)
		delete(l.resolved, r.name)
	}
}

// check asks the callbacks about a rule that a later file changed, which is only
// checked for errors.
func (l *loader) check(r resolved) fate {
	a := l.ask(r)
	<-a.done
	return l.reportProblems(r, a.problems, false)
}

// checkOutput asks the callback about the output of a rule whose condition is
// not resolved, and tells whether the rule is not skipped for that.
func (l *loader) checkOutput(rule *Rule, item string) bool {
	return l.check(resolved{rule: rule, item: item}) != isSkippedForOutput
}

// fate is what becomes of a rule.
type fate uint8

const (
	stays fate = iota
	isWrong
	isSkipped          // for an unknown field or event type
	isSkippedForOutput // the same, and the condition is not looked at
)

// fateOf tells what becomes of a rule with problems. As in Falco, which stops
// at the first error, that one decides whether a rule is skipped, and those of
// the output come first (compile_rule_infos in rule_loader_compiler.cpp).
func fateOf(rule *Rule, problems []Problem) fate {
	var first *Problem
	for i := range problems {
		p := &problems[i]
		if p.Severity == SeverityError && (first == nil || p.Code == ErrCompileOutput && first.Code != ErrCompileOutput) {
			first = p
		}
	}
	switch {
	case first == nil:
		return stays
	case first.Unknown && rule.SkipIfUnknownFilter && first.Code == ErrCompileOutput:
		return isSkippedForOutput
	case first.Unknown && rule.SkipIfUnknownFilter:
		return isSkipped
	}
	return isWrong
}

// reportProblems reports what is wrong with a rule, errors only if it is not
// the last time.
func (l *loader) reportProblems(r resolved, problems []Problem, last bool) fate {
	fate := fateOf(r.rule, problems)
	for _, p := range problems {
		d := Diagnostic{Severity: p.Severity, Code: p.Code, Pos: p.Pos, Item: r.item, Message: p.Message}
		if d.Code == "" {
			d.Code = ErrCompileCondition
		}
		if !d.Pos.IsValid() {
			d.Pos = r.rule.Pos
		}
		if src := l.result.sources[d.Pos.File]; src != nil {
			d.order = src.order
		}
		switch {
		case fate == isSkipped || fate == isSkippedForOutput:
			if p.Severity == SeverityError && p.Unknown {
				d.Severity, d.Code = SeverityWarning, WarnUnknownFilter
				l.report(&d)
			}
		case d.Severity == SeverityError || last:
			l.report(&d)
		}
	}
	return fate
}

// conditionWarnings warns of what is deprecated or unsafe in a condition: the
// left-hand sides, as filter_warning_resolver.cpp looks at.
func (l *loader) conditionWarnings(r *ruleInfo, e syntax.Expr) {
	warned := make(map[string]bool)
	syntax.Walk(e, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Exists:
			l.deprecated(r, n.Left, warned)
			return false
		case *syntax.Check:
			l.deprecated(r, n.Left, warned)
			l.unsafeNA(r, n)
			return false
		}
		return true
	})
}

// deprecated warns of deprecated fields, of each once.
func (l *loader) deprecated(r *ruleInfo, left syntax.Operand, warned map[string]bool) {
	walkFields(left, func(f *syntax.Field) {
		if slices.Contains(deprecatedFields, f.Name) && !warned[f.Name] {
			warned[f.Name] = true
			p := l.placeOf(r, f.Pos)
			if f.Name == "evt.dir" {
				l.warn(p, WarnDeprecatedItem, "field %q is deprecated: there are only exit events, so it is always '<'", f.Name)
			} else {
				l.warn(p, WarnDeprecatedItem, "field %q is deprecated: there are only exit events, so it is never there", f.Name)
			}
		}
	})
}

// unsafeNA warns of comparisons of some fields with <NA>, which is how they
// print when they are absent.
func (l *loader) unsafeNA(r *ruleInfo, c *syntax.Check) {
	if c.Op != syntax.OpEq && c.Op != syntax.OpNe && !c.Op.TakesList() || c.Mod != syntax.ModNone {
		return
	}
	unsafe := false
	walkFields(c.Left, func(f *syntax.Field) {
		unsafe = strings.HasPrefix(f.Name, "ka.") || strings.HasPrefix(f.Name, "jevt.")
	})
	if !unsafe {
		return
	}
	syntax.Walk(c.Right, func(n syntax.Node) bool {
		if v, ok := n.(*syntax.Value); ok && v.Text == "<NA>" {
			l.warn(l.placeOf(r, v.Pos), WarnUnsafeNACheck, "comparing with <NA> is not safe, use 'exists'")
		}
		return true
	})
}

// outputWarnings warns of deprecated fields in an output. As in Falco, a name
// counts wherever it stands, also as a part of a longer one.
func (l *loader) outputWarnings(r *ruleInfo, output text) {
	for _, name := range deprecatedFields {
		if i := strings.Index(output.s, name); i >= 0 {
			l.warn(r.at.in(output, i), WarnDeprecatedItem, "field %q in the output is deprecated", name)
		}
	}
}

// placeOf is the place of a position, in the rule.
func (l *loader) placeOf(r *ruleInfo, pos syntax.Pos) place {
	if src := l.result.sources[pos.File]; src != nil {
		return r.at.atOffset(src, pos.Offset)
	}
	return r.at
}
