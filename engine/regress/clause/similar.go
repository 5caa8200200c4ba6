package clause

import (
	"strings"

	"falcoreplay/engine"
	"falcoreplay/rules/syntax"
)

// The similarities of what a comparison saw and what it would have to see.
const (
	// excluded: an exclusion applies, so that all that the rule looks for is
	// there.
	excluded = 100
	// within: the text is in the value, at another place.
	within = 90
	// alike is that of texts which are alike to the last byte; less for others.
	alike = 80
)

// maxConstants limits how many constants of a comparison are looked at.
const maxConstants = 64

// similarity tells how like the values of a clause that stands in the way are
// to what they would have to be: of several comparisons, that of the one that
// is most like it.
func similarity(t *engine.Tracer, r *engine.TracedRule, at int, verdicts []engine.Verdict) int {
	best := 0
	wrong(r, at, verdicts, func(at int) { best = max(best, similar(t, &r.Clauses[at], verdicts[at])) })
	return best
}

// wrong calls f for the comparisons in a clause that are the other way than
// they would have to be for the clause to come out the other way.
func wrong(r *engine.TracedRule, at int, verdicts []engine.Verdict, f func(at int)) {
	var walk func(at int, want engine.Verdict)
	walk = func(at int, want engine.Verdict) {
		c := &r.Clauses[at]
		if _, ok := c.Expr.(*syntax.Not); ok {
			want = opposite(want)
		}
		for _, p := range c.Parts {
			walk(p, want)
		}
		if len(c.Parts) == 0 && verdicts[at] != want {
			f(at)
		}
	}
	walk(at, opposite(verdicts[at]))
}

func opposite(v engine.Verdict) engine.Verdict {
	if v == engine.True {
		return engine.False
	}
	return engine.True
}

// similar is the similarity of one comparison.
func similar(t *engine.Tracer, c *engine.Clause, v engine.Verdict) int {
	if v == engine.True {
		return excluded
	}
	check, ok := c.Expr.(*syntax.Check)
	if !ok {
		return 0
	}
	value, there := t.AppendLeft(c, nil)
	if !there || len(value) == 0 {
		return 0
	}
	best := 0
	switch right := check.Right.(type) {
	case *syntax.Value:
		best = likeness(string(value), right.Text)
	case *syntax.List:
		for _, v := range right.Values[:min(len(right.Values), maxConstants)] {
			best = max(best, likeness(string(value), v.Text))
		}
	}
	return best
}

// likeness tells how like a value is to a constant.
func likeness(value, constant string) int {
	if constant == "" {
		return 0
	}
	if strings.Contains(value, constant) {
		return within
	}
	n := 0
	for n < len(value) && n < len(constant) && value[n] == constant[n] {
		n++
	}
	return alike * n / max(len(value), len(constant))
}
