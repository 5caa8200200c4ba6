// Package lint finds mistakes in rule files that Falco loads all the same:
// conditions that can never be true, rules that another one shadows, exceptions
// that never exclude anything.
//
// A finding holds whatever the events: where something is in doubt, nothing is
// said. Lines in a rule file can silence findings; see Check.
//
// It reads no files and evaluates no events. It imports the engine, whose Logic
// does the reasoning; commands import it.
package lint

import (
	"cmp"
	"fmt"
	"slices"

	"falcoreplay/engine"
	"falcoreplay/rules"
	"falcoreplay/rules/syntax"
)

// Options changes what is looked for. The zero value is ready for use.
type Options struct {
	// Enable and Disable are codes to look for although they are off by
	// default, or not to look for. Disable also leaves out Falco's warnings.
	Enable, Disable []rules.Code
	// Matching is how many rules an event may match: only with First, the
	// default, does one rule shadow another.
	Matching engine.Matching
}

// Validate tells which codes of the options there are not.
func (o *Options) Validate() error {
	for _, code := range slices.Concat(o.Enable, o.Disable) {
		if Lookup(code) == nil {
			return fmt.Errorf("there is no code %s", code)
		}
	}
	return nil
}

// wants tells whether a code is looked for.
func (o *Options) wants(code rules.Code) bool {
	c := Lookup(code)
	return !slices.Contains(o.Disable, code) && (c == nil || !c.Off || slices.Contains(o.Enable, code))
}

// Report is what was found.
type Report struct {
	// Diagnostics are the loader's errors and warnings and the findings, in
	// the order of the files and of the places in them.
	Diagnostics []rules.Diagnostic
	// Silenced counts what lines in the files silenced.
	Silenced int
	// Omitted counts diagnostics of the loader that it did not keep.
	Omitted int

	loaded *rules.Result
}

// Count returns how many diagnostics there are of a severity.
func (r *Report) Count(s rules.Severity) (n int) {
	for i := range r.Diagnostics {
		if r.Diagnostics[i].Severity == s {
			n++
		}
	}
	return n
}

// Check loads rule files, in order, and looks for mistakes in them. If they
// cannot be loaded, it tells the errors only.
//
// A comment silences warnings and findings of the codes that it names:
//
//	# falcoreplay:ignore CODE[,CODE...] REASON
//
// On a line of its own it is about the next line that is no comment, else about
// its own line. If that line begins a rule, a macro, a list or another item, it
// is about all of the item.
func Check(files []rules.File, opts Options) *Report {
	set, result := rules.Load(files, rules.Options{
		KnownField: engine.CheckField, Check: engine.CheckRule, MaxDiagnostics: maxLoaded,
	})
	r := &Report{Diagnostics: result.Diagnostics, loaded: result}
	for _, n := range result.Omitted {
		r.Omitted += n
	}
	r.Diagnostics = slices.DeleteFunc(r.Diagnostics, func(d rules.Diagnostic) bool {
		return d.Severity != rules.SeverityError && !opts.wants(d.Code)
	})
	if set != nil {
		c := newChecker(opts, set, result)
		c.check()
		r.Diagnostics = append(r.Diagnostics, c.found...)
	}
	order := make(map[string]int, len(files))
	for i, f := range files {
		order[f.Name] = i
	}
	r.silence(files, &opts, set != nil)
	slices.SortStableFunc(r.Diagnostics, func(a, b rules.Diagnostic) int {
		return cmp.Or(cmp.Compare(order[a.Pos.File], order[b.Pos.File]), cmp.Compare(a.Pos.Offset, b.Pos.Offset),
			cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.Code, b.Code))
	})
	return r
}

// maxLoaded is how many of the loader's diagnostics are kept, of each severity.
const maxLoaded = 10000

// checker looks for findings in one set of rules.
type checker struct {
	opts   Options
	set    *rules.Set
	result *rules.Result
	logic  *engine.Logic
	rules  []*ruleFacts
	found  []rules.Diagnostic
	places int // of open, so far
}

// ruleFacts is what is known of a rule.
type ruleFacts struct {
	*rules.Rule
	cond  engine.Cond
	types engine.TypeSet // that it is evaluated on
	fits  engine.TypeSet // that it may match
	never bool
	large bool // too large to reason about
}

// maxChecks is how many comparisons a condition may have to be reasoned about;
// the stock rules have up to 248.
const maxChecks = 500

// isLarge tells whether a condition has more comparisons than maxChecks.
func isLarge(e syntax.Expr) bool {
	n := 0
	syntax.Walk(e, func(x syntax.Node) bool {
		switch x.(type) {
		case *syntax.Check, *syntax.Exists:
			n++
			return false
		}
		return n <= maxChecks
	})
	return n > maxChecks
}

func newChecker(opts Options, set *rules.Set, result *rules.Result) *checker {
	c := &checker{opts: opts, set: set, result: result, logic: engine.NewLogic()}
	for _, r := range set.Rules {
		if isLarge(r.Expr) {
			c.rules = append(c.rules, &ruleFacts{Rule: r, large: true})
			continue
		}
		cond, ok := c.logic.Cond(r.Expr)
		if !ok {
			continue // it has an error, which is told already
		}
		f := &ruleFacts{Rule: r, cond: cond, types: engine.RuleTypes(r.Expr)}
		f.fits = c.logic.Possible(cond, f.types)
		f.never = f.fits.Empty()
		c.rules = append(c.rules, f)
	}
	return c
}

func (c *checker) check() {
	for i, r := range c.rules {
		switch {
		case r.large:
		case r.never:
			c.neverTrue(r)
		default:
			c.alwaysTrue(r)
			c.parts(r)
			c.exceptions(r)
			c.output(r)
			c.shadowed(i)
		}
		c.tags(r)
		c.valuesTwice(r.Expr, rules.KindRule, "rule", r.Name)
	}
	for _, m := range c.set.Macros {
		c.valuesTwice(m.Expr, rules.KindMacro, "macro", m.Name)
	}
	for _, l := range c.set.Lists {
		c.twice(l.Written, "list", l.Name)
	}
}

// add keeps a finding, if it is looked for and was not told yet.
func (c *checker) add(code rules.Code, pos syntax.Pos, kind, name, format string, args ...any) {
	if !c.opts.wants(code) {
		return
	}
	d := rules.Diagnostic{Severity: rules.SeverityWarning, Code: code, Pos: pos,
		Item: fmt.Sprintf("%s %q", kind, name), Message: fmt.Sprintf(format, args...)}
	for _, f := range c.found {
		if f.Code == code && f.Pos == pos {
			return
		}
	}
	c.found = append(c.found, d)
}

// in tells whether a position is in an item of a kind.
func (c *checker) in(kind rules.Kind, pos syntax.Pos) bool {
	_, k := c.result.ItemAt(pos)
	return k == kind
}
