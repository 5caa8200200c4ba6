package regress

import (
	"fmt"
	"slices"
	"strings"

	"falcoreplay/engine"
	"falcoreplay/engine/regress/suite"
	"falcoreplay/engine/report"
	"falcoreplay/rules"
)

// found is an alert of a case, with the capture that it is from.
type found struct {
	*engine.Alert
	capture string
}

// judging is a case that is held against its alerts.
type judging struct {
	*caseRun
	files    Files
	update   bool
	alerts   []found
	claimed  []bool   // alerts that an expectation names
	missing  []string // rules that did not fire as they should, for which a near event is sought
	failures []report.Failure
	nearAt   map[string][]int // where in failures the near events of a rule go
}

// judge tells whether what a case expects holds, and ends it.
func (p *plan) judge(c *caseRun) {
	defer close(c.done)
	j := &judging{caseRun: c, files: p.opts.Files, update: p.opts.Update, nearAt: make(map[string][]int)}
	j.all()
	for _, q := range c.passes {
		if q.users.Add(-1) == 0 {
			q.alerts = nil
		}
	}
	sortFailures(j.failures)
	c.result.Failures = j.failures
	switch {
	case c.code >= BadCapture:
		c.result.Status = report.Broken
	case len(j.failures) > 0:
		c.result.Status, c.code = report.Failed, Failures
	}
}

func (j *judging) fail(line int, detail []string, format string, args ...any) {
	j.failures = append(j.failures, report.Failure{Line: line, What: fmt.Sprintf(format, args...), Detail: detail})
}

func (j *judging) all() {
	if len(j.setup) > 0 {
		j.failures, j.code = j.setup, BadSetup
		return
	}
	if !j.rulesLoad() || !j.named() || !j.test.Looks() {
		return
	}
	j.gather()
	for i := range j.test.Expect {
		if e := &j.test.Expect[i]; e.Kind == suite.Fires || e.Kind == suite.Never {
			j.count(e)
		}
	}
	j.sequence()
	if j.test.Exhaustive {
		j.exhaustive()
	}
	if j.test.Snapshot != "" {
		j.snapshot()
	}
	j.near()
}

// rulesLoad holds what was found when the rules were loaded against what is
// expected of that. It returns false if there are no rules to go on with.
func (j *judging) rulesLoad() bool {
	set, result, err := j.choice.rules.load()
	if err != nil {
		j.fail(j.test.Pos.Line, nil, "%v", err)
		j.code = BadSetup
		return false
	}
	var expected []string
	for i := range j.test.Expect {
		e := &j.test.Expect[i]
		switch e.Kind {
		case suite.Error:
			expected = append(expected, e.Name)
			j.diagnosed(e, result, rules.SeverityError, "error")
		case suite.Warning:
			j.diagnosed(e, result, rules.SeverityWarning, "warning")
		}
	}
	var others []string
	for i := range result.Diagnostics {
		if d := &result.Diagnostics[i]; d.Severity == rules.SeverityError && !slices.Contains(expected, string(d.Code)) {
			others = append(others, d.Error())
		}
	}
	if len(others) > 0 {
		j.fail(j.test.Pos.Line, capped(others), "the rules do not load")
		if expected == nil {
			j.code = BadSetup
		}
	}
	return set != nil
}

// diagnosed looks for an error or warning.
func (j *judging) diagnosed(e *suite.Expectation, result *rules.Result, worst rules.Severity, what string) {
	var same, all []string
	for i := range result.Diagnostics {
		d := &result.Diagnostics[i]
		if (d.Severity == rules.SeverityError) != (worst == rules.SeverityError) {
			continue
		}
		all = append(all, d.Error())
		if string(d.Code) != e.Name {
			continue
		}
		text := d.Message
		if d.Item != "" {
			text = d.Item + ": " + text
		}
		holds := true
		for k := range e.Message {
			holds = holds && e.Message[k].Holds(text)
		}
		if holds {
			return
		}
		same = append(same, d.Error())
	}
	about := ""
	for k := range e.Message {
		about += " whose message " + e.Message[k].String()
	}
	detail := []string{fmt.Sprintf("the rules load without any %s", what)}
	if len(same) > 0 {
		detail = capped(same)
	} else if len(all) > 0 {
		detail = capped(all)
	}
	j.fail(e.Pos.Line, detail, "no %s %s%s", what, e.Name, about)
}

// named tells whether all rules that the case names are there.
func (j *judging) named() bool {
	ok := true
	miss := func(line int, format string, args ...any) {
		ok = false
		j.code = BadSetup
		j.fail(line, nil, format, args...)
	}
	set, _, _ := j.choice.rules.load()
	for _, list := range [][]suite.Text{j.test.Disable, j.test.Enable} {
		for _, g := range list {
			if !slices.ContainsFunc(set.Rules, func(r *rules.Rule) bool { return engine.MatchGlob(g.Text, r.Name) }) {
				miss(g.Pos.Line, "no rule's name fits %q", g.Text)
			}
		}
	}
	for _, list := range [][]suite.Expectation{j.test.Expect, j.test.Sequence} {
		for i := range list {
			if e := &list[i]; e.Kind == suite.Fires || e.Kind == suite.Never {
				if r, why := j.choice.rule(e.Name); r == nil {
					miss(e.Pos.Line, "%s", why)
				}
			}
		}
	}
	return ok
}

// gather puts the alerts of the captures together.
func (j *judging) gather() {
	for _, q := range j.passes {
		j.result.Captures++
		j.result.Events += q.events
		if q.err != nil {
			j.code = max(j.code, BadCapture)
			j.fail(j.test.Pos.Line, nil, "%v", q.err)
		}
		for _, a := range q.alerts {
			j.alerts = append(j.alerts, found{a, q.capture})
		}
	}
	j.result.Alerts = len(j.alerts)
	j.claimed = make([]bool, len(j.alerts))
}

// count holds the number of alerts of a rule against what is expected.
func (j *judging) count(e *suite.Expectation) {
	var fit, others []int
	for i, a := range j.alerts {
		if a.Rule.Name != e.Name {
			continue
		}
		if e.Fits(a.Alert, j.choice.lookup(a.Alert)) {
			fit = append(fit, i)
			j.claimed[i] = j.claimed[i] || e.Kind == suite.Fires
		} else {
			others = append(others, i)
		}
	}
	n := len(fit)
	switch {
	case n < e.Min:
		at := len(j.failures)
		j.fail(e.Pos.Line, j.others(e, others), "rule %q%s: %s, expected %s", e.Name, with(e), alerts(n), wanted(e))
		if len(others) == 0 {
			j.wantNear(e.Name, at)
		}
	case e.Max >= 0 && n > e.Max:
		var list []string
		for _, i := range fit {
			list = append(list, j.line(i))
		}
		j.fail(e.Pos.Line, capped(list), "rule %q%s: %s, expected %s", e.Name, with(e), alerts(n), wanted(e))
	}
}

func alerts(n int) string {
	switch n {
	case 0:
		return "no alert"
	case 1:
		return "1 alert"
	}
	return fmt.Sprintf("%d alerts", n)
}

// wanted is how many alerts are expected.
func wanted(e *suite.Expectation) string {
	switch {
	case e.Max == 0:
		return "none"
	case e.Max < 0:
		return fmt.Sprintf("at least %d", e.Min)
	case e.Min == e.Max:
		return fmt.Sprint(e.Min)
	}
	return fmt.Sprintf("%d to %d", e.Min, e.Max)
}

// with is what is expected of the alerts.
func with(e *suite.Expectation) string {
	var parts []string
	for i := range e.Match {
		parts = append(parts, e.Match[i].String())
	}
	if parts == nil {
		return ""
	}
	return " where " + cut(strings.Join(parts, " and "))
}

// maxShown is how many alerts and messages are shown with a failure.
const maxShown = 5

// capped is a list without what nobody would read.
func capped(list []string) []string {
	if len(list) <= maxShown {
		return list
	}
	return append(list[:maxShown:maxShown], fmt.Sprintf("and %d more", len(list)-maxShown))
}

// others shows the alerts of the rule that are not meant, those first that are
// nearest, with what is wrong with them.
func (j *judging) others(e *suite.Expectation, list []int) []string {
	wrong := make(map[int][]*suite.Condition)
	for _, i := range list {
		wrong[i] = e.Wrong(j.alerts[i].Alert, j.choice.lookup(j.alerts[i].Alert))
	}
	slices.SortStableFunc(list, func(a, b int) int { return len(wrong[a]) - len(wrong[b]) })
	var lines []string
	for n, i := range list {
		if n == maxNear {
			lines = append(lines, fmt.Sprintf("and %d more", len(list)-n))
			break
		}
		a := j.alerts[i].Alert
		lines = append(lines, "nearest alert: "+j.line(i))
		for _, c := range wrong[i] {
			lines = append(lines, fmt.Sprintf("  expected %s; it is %s", c, cut(c.Value(a, j.choice.lookup(a)))))
		}
	}
	return lines
}

// maxNear is how many alerts and events are shown that came near.
const maxNear = 2

// maxMessage limits how much of an alert is shown, in bytes.
const maxMessage = 200

// line shows an alert on a line.
func (j *judging) line(i int) string {
	a := j.alerts[i]
	return fmt.Sprintf("%sevent %d, %s", j.from(a.capture), a.EventNum, cut(string(a.AppendText(nil))))
}

// from names a capture if the case has several.
func (j *judging) from(capture string) string {
	if len(j.passes) < 2 {
		return ""
	}
	return capture + ": "
}

// sequence looks for alerts in their order.
func (j *judging) sequence() {
	steps := j.test.Sequence
	at, last := 0, -1
	for s := range steps {
		e := &steps[s]
		next := slices.IndexFunc(j.alerts[at:], func(a found) bool { return e.Fits(a.Alert, j.choice.lookup(a.Alert)) })
		if next < 0 {
			j.brokenOff(s, last)
			return
		}
		last = at + next
		j.claimed[last] = true
		at = last + 1
	}
}

// brokenOff tells at which step a sequence ends, and what there is instead.
func (j *judging) brokenOff(s, last int) {
	e := &j.test.Sequence[s]
	var lines []string
	if last >= 0 {
		lines = append(lines, fmt.Sprintf("step %d is %s", s, j.line(last)))
	}
	var before, others []int
	for i, a := range j.alerts {
		if a.Rule.Name != e.Name {
			continue
		}
		if e.Fits(a.Alert, j.choice.lookup(a.Alert)) {
			before = append(before, i)
		} else if i > last {
			others = append(others, i)
		}
	}
	for n, i := range before {
		if n == maxNear {
			lines = append(lines, fmt.Sprintf("and %d more before it", len(before)-n))
			break
		}
		lines = append(lines, "comes before it: "+j.line(i))
	}
	lines = append(lines, j.others(e, others)...)
	after := ""
	if s > 0 {
		after = " after the steps before"
	}
	at := len(j.failures)
	j.fail(e.Pos.Line, lines, "sequence: step %d of %d, rule %q%s, is not there%s", s+1, len(j.test.Sequence), e.Name, with(e), after)
	if len(before)+len(others) == 0 {
		j.wantNear(e.Name, at)
	}
}

// exhaustive looks for alerts that nothing names.
func (j *judging) exhaustive() {
	var lines []string
	for i := range j.alerts {
		if !j.claimed[i] {
			lines = append(lines, fmt.Sprintf("rule %q: %s", j.alerts[i].Rule.Name, j.line(i)))
		}
	}
	if len(lines) > 0 {
		j.fail(j.test.Pos.Line, capped(lines), "exhaustive: %s that nothing in the case expects", alerts(len(lines)))
	}
}
