// Package clause looks into conditions: how near an event came to matching a
// rule and which comparisons stood in the way, what each part of a condition
// came to, and how often. It takes verdicts from engine.Trace and judges
// nothing itself. Package engine/regress imports it.
package clause

import (
	"falcoreplay/engine"
	"falcoreplay/rules/syntax"
)

// far is a distance that nothing bridges.
const far = 1 << 30

// distances are, for each clause of a rule on one event, how many comparisons
// would have to come out the other way for it to be true, or false.
type distances struct {
	toTrue, toFalse []int
}

func newDistances(r *engine.TracedRule) *distances {
	return &distances{make([]int, len(r.Clauses)), make([]int, len(r.Clauses))}
}

// measure fills in the distances. The verdicts are those of the whole
// condition, with no clause unreached.
func (d *distances) measure(clauses []engine.Clause, verdicts []engine.Verdict) {
	for i := len(clauses) - 1; i >= 0; i-- { // parts come after their wholes
		c := &clauses[i]
		switch c.Expr.(type) {
		case *syntax.And:
			d.toTrue[i], d.toFalse[i] = sum(d.toTrue, c.Parts), least(d.toFalse, c.Parts)
		case *syntax.Or:
			d.toTrue[i], d.toFalse[i] = least(d.toTrue, c.Parts), sum(d.toFalse, c.Parts)
		case *syntax.Not:
			d.toTrue[i], d.toFalse[i] = d.toFalse[c.Parts[0]], d.toTrue[c.Parts[0]]
		case *syntax.Macro:
			d.toTrue[i], d.toFalse[i] = d.toTrue[c.Parts[0]], d.toFalse[c.Parts[0]]
		default:
			d.toTrue[i], d.toFalse[i] = 0, 1
			if verdicts[i] != engine.True {
				d.toTrue[i], d.toFalse[i] = 1, 0
			}
		}
	}
}

func sum(d []int, parts []int) (n int) {
	for _, p := range parts {
		n = min(n+d[p], far)
	}
	return n
}

func least(d []int, parts []int) int {
	n := far
	for _, p := range parts {
		n = min(n, d[p])
	}
	return n
}

// inTheWay are the comparisons that would have to come out the other way for
// the condition to be true: the fewest. Where there is a choice of several, it
// is the clause that holds them.
func (d *distances) inTheWay(clauses []engine.Clause) []int {
	var list []int
	var walk func(at int, want bool)
	walk = func(at int, want bool) {
		c := &clauses[at]
		dist := d.toTrue
		if !want {
			dist = d.toFalse
		}
		if dist[at] == 0 {
			return
		}
		all := want
		switch c.Expr.(type) {
		case *syntax.Not:
			walk(c.Parts[0], !want)
			return
		case *syntax.Macro:
			walk(c.Parts[0], want)
			return
		case *syntax.Or:
			all = !want
		case *syntax.And:
		default:
			list = append(list, at)
			return
		}
		var near []int
		for _, p := range c.Parts {
			if all || dist[p] == dist[at] {
				near = append(near, p)
			}
		}
		if !all && len(near) > 1 {
			list = append(list, at)
			return
		}
		for _, p := range near {
			walk(p, want)
		}
	}
	walk(0, true)
	return list
}
