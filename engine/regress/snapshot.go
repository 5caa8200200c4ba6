package regress

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"falcoreplay/engine/regress/compare"
)

// snapshot compares all alerts with a baseline, or takes them for one.
func (j *judging) snapshot() {
	var now bytes.Buffer
	alerts := make([]compare.Alert, 0, len(j.alerts))
	line := j.test.SnapshotPos.Line
	for _, a := range j.alerts {
		c, err := compare.Of(a.Alert, "")
		if err != nil {
			j.fail(line, nil, "snapshot: %v", err)
			return
		}
		now.WriteString(c.JSON)
		now.WriteByte('\n')
		alerts = append(alerts, c)
	}
	if j.update {
		if j.code < BadCapture { // what a damaged capture gives is no baseline
			j.baseline = now.Bytes()
			if j.baseline == nil {
				j.baseline = []byte{}
			}
		}
		return
	}
	path := beside(j.suite.Path, j.test.Snapshot)
	data, err := j.files.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		j.fail(line, nil, "snapshot: there is no file %s; --update writes it", path)
		return
	}
	var before []compare.Alert
	if err == nil {
		before, err = compare.Read(bytes.NewReader(data), path)
	}
	if err != nil {
		j.fail(line, nil, "snapshot: %v", err)
		j.code = max(j.code, BadSetup)
		return
	}
	d := compare.Alerts(before, alerts)
	if d.Empty() {
		return
	}
	var added, removed, altered int
	var lines []string
	for i := range d.Rules {
		r := &d.Rules[i]
		added, removed, altered = added+len(r.Added), removed+len(r.Removed), altered+len(r.Altered)
		lines = append(lines, ruleLines(r, maxShown)...)
	}
	lines = append(lines, "--update takes what is there now for the baseline")
	j.fail(line, lines, "snapshot: %d added, %d removed, %d altered since %s", added, removed, altered, j.test.Snapshot)
}

// ruleLines show what is different in the alerts of a rule, at most limit of
// each kind.
func ruleLines(r *compare.RuleDiff, limit int) []string {
	lines := []string{fmt.Sprintf("rule %q", r.Rule)}
	list := func(sign string, alerts []compare.Alert) {
		for i := range alerts {
			if i == limit {
				lines = append(lines, fmt.Sprintf("  %s and %d more", sign, len(alerts)-i))
				break
			}
			lines = append(lines, "  "+sign+" "+alertLine(&alerts[i]))
		}
	}
	list("+", r.Added)
	list("-", r.Removed)
	for i := range r.Altered {
		a := &r.Altered[i]
		if i == limit {
			lines = append(lines, fmt.Sprintf("  ~ and %d more", len(r.Altered)-i))
			break
		}
		lines = append(lines, "  ~ "+alertLine(&a.To))
		for _, c := range a.Changes {
			lines = append(lines, fmt.Sprintf("      %s: %s -> %s", c.What, shown(c.From), shown(c.To)))
		}
	}
	return lines
}

// alertLine shows an alert on a line.
func alertLine(a *compare.Alert) string {
	where := ""
	if a.Capture != "" {
		where = a.Capture + ": "
	}
	if a.Event != 0 {
		where += fmt.Sprintf("event %d, ", a.Event)
	}
	text := strings.TrimSuffix(strings.TrimPrefix(a.Time[strings.IndexByte(a.Time, 'T')+1:], "T"), "Z") + ": " + a.Priority + " " + clean(a.Message)
	return where + cut(text)
}

// cut is a text without what is too long to be read.
func cut(s string) string {
	if len(s) > maxMessage {
		return strings.ToValidUTF8(s[:maxMessage], "") + "..."
	}
	return s
}

// clean is a text without control characters, for terminals.
func clean(s string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c >= 0x7f && c < 0xa0 {
			return ' '
		}
		return c
	}, s)
}

// shown is a value of a change.
func shown(s string) string {
	if s == "" {
		return "nothing"
	}
	return cut(clean(s))
}
