package regress

import (
	"fmt"
	"slices"
	"strings"

	"falcoreplay/engine/regress/clause"
	"falcoreplay/engine/run"
)

// wantNear has the nearest events of a rule added to a failure, or the reason
// why there can be none.
func (j *judging) wantNear(rule string, failure int) {
	if _, why := j.choice.rule(rule); why != "" {
		f := &j.failures[failure]
		f.Detail = append(f.Detail, why)
		return
	}
	if j.nearAt[rule] == nil {
		j.missing = append(j.missing, rule)
	}
	j.nearAt[rule] = append(j.nearAt[rule], failure)
}

// near adds the events that came nearest to the rules that did not fire.
func (j *judging) near() {
	if len(j.missing) == 0 || j.code >= BadCapture {
		return
	}
	n := clause.NewNearest(j.choice.look(), j.missing, maxNear, j.test.Matching)
	for _, q := range j.passes {
		n.Capture = q.capture
		in, err := j.files.Open(q.capture)
		if err == nil {
			_, err = run.Events(in, q.capture, n, run.Options{})
			in.Close()
		}
		if err != nil { // it was good a moment ago
			j.code = BadCapture
			j.fail(j.test.Pos.Line, nil, "%v", plainPathError(err))
			return
		}
	}
	for _, rule := range j.missing {
		f, _ := n.Of(rule)
		lines := nearLines(&f, j.from)
		for _, at := range j.nearAt[rule] {
			j.failures[at].Detail = slices.Concat(j.failures[at].Detail, lines)
		}
	}
}

// nearLines show the events that came nearest to a rule.
func nearLines(f *clause.Found, from func(capture string) string) []string {
	switch {
	case f.Fitting == 0 && f.Types == nil:
		return []string{"no event is of a type that the rule looks at"}
	case f.Fitting == 0:
		return []string{"no event is of a type that the rule looks at: " + strings.Join(f.Types, ", ")}
	case len(f.Misses) == 0:
		return []string{"every event of the types that the rule looks at was reported"}
	}
	var lines []string
	for i := range f.Misses {
		m := &f.Misses[i]
		lines = append(lines, fmt.Sprintf("nearest event: %s%s", from(m.Event.Capture), m.Event.String()))
		if m.Shadow != "" {
			lines = append(lines, fmt.Sprintf("  it matches, but rule %q comes first and matches, too, and only the first is reported", m.Shadow))
		}
		for k := range m.InTheWay {
			lines = append(lines, inTheWay(&m.InTheWay[k])...)
		}
	}
	return lines
}

// inTheWay is what kept an event from matching, and what it saw.
func inTheWay(s *clause.Seen) []string {
	where := fmt.Sprintf("%s:%d", s.Pos.File, s.Pos.Line)
	if s.Macro != "" {
		where += ", macro " + s.Macro
	}
	return []string{
		fmt.Sprintf("  does not hold: %s  (%s)", s.Wanted(), where),
		"    " + s.Saw(),
	}
}
