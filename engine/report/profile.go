package report

import (
	"fmt"
	"strings"

	"falcoreplay/engine"
	"falcoreplay/scap/event"
)

// maxProfiled is how many rules, comparisons and types a profile shows.
const maxProfiled = 15

// maxProfiledText limits how much of a comparison is shown, in bytes.
const maxProfiledText = 100

// ProfileText is a profile for people, in lines. It differs from run to run, as
// times do.
func ProfileText(p *engine.Profile) string {
	var b strings.Builder
	rules := p.Rules()
	total := 0.0
	for i := range rules {
		total += rules[i].EstimatedNS()
	}
	fmt.Fprintf(&b, "\nrules took about %.1f ms, as timed on one event in %d\n\n", total/1e6, p.SampleEvery())
	fmt.Fprintf(&b, "%7s  %9s  %11s  %9s  %s\n", "share", "ns each", "evaluations", "matches", "rule")
	for i := range rules[:min(len(rules), maxProfiled)] {
		r := &rules[i]
		fmt.Fprintf(&b, "%6.1f%%  %9s  %11d  %9d  %s\n", share(r.EstimatedNS(), total), each(&r.Timing), r.Evaluations, r.Matches, r.Rule.Name)
	}
	more(&b, len(rules))
	checks := p.Checks()
	all := 0.0
	for i := range checks {
		all += checks[i].EstimatedNS()
	}
	fmt.Fprintf(&b, "\n%7s  %9s  %11s  %s\n", "share", "ns each", "timed", "comparison")
	for i := range checks[:min(len(checks), maxProfiled)] {
		c := &checks[i]
		text := c.Text
		if len(text) > maxProfiledText {
			text = strings.ToValidUTF8(text[:maxProfiledText], "") + "..."
		}
		fmt.Fprintf(&b, "%6.1f%%  %9s  %11d  %s\n", share(c.EstimatedNS(), all), each(&c.Timing), c.Timed(), text)
	}
	more(&b, len(checks))
	types := p.Types()
	all = 0
	for i := range types {
		all += types[i].EstimatedNS()
	}
	fmt.Fprintf(&b, "\n%7s  %9s  %11s  %s\n", "share", "ns each", "events", "event type")
	for i := range types[:min(len(types), maxProfiled)] {
		t := &types[i]
		fmt.Fprintf(&b, "%6.1f%%  %9s  %11d  %s\n", share(t.EstimatedNS(), all), each(&t.Timing), t.Events, event.Lookup(t.Type).Name)
	}
	more(&b, len(types))
	return b.String()
}

func share(part, of float64) float64 {
	if of == 0 {
		return 0
	}
	return 100 * part / of
}

func each(t *engine.Timing) string {
	if t.Timed() == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f", t.EachNS())
}

func more(b *strings.Builder, n int) {
	if n > maxProfiled {
		fmt.Fprintf(b, "%7s  and %d more\n", "", n-maxProfiled)
	}
}
