package regress

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"falcoreplay/engine/regress/compare"
	"falcoreplay/internal/output"
)

// DiffFormats are the names of the formats of a RulesDiff, the default first.
func DiffFormats() []string { return []string{"text", "json", "markdown"} }

// Write writes the differences in a format of DiffFormats. Of each rule at most
// limit alerts of each kind are shown, all if it is 0; JSON has all.
func (d *RulesDiff) Write(w io.Writer, format string, limit int) error {
	if limit == 0 {
		limit = 1 << 30
	}
	switch format {
	case "text":
		_, err := io.WriteString(w, d.text(limit))
		return err
	case "markdown":
		_, err := io.WriteString(w, d.markdown(limit))
		return err
	case "json":
		return output.JSON(w, d.document())
	}
	return output.UnknownFormat(format, DiffFormats())
}

// behaving are the rules with different alerts, and quiet those that are
// different in text only.
func (d *RulesDiff) split() (behaving, quiet []*RuleChange) {
	for i := range d.Rules {
		if c := &d.Rules[i]; c.Behaves() {
			behaving = append(behaving, c)
		} else {
			quiet = append(quiet, c)
		}
	}
	return behaving, quiet
}

// why tells what makes a rule's alerts different, as far as texts tell.
func (c *RuleChange) why() string {
	parts := slices.Concat(c.Text, c.Through)
	switch {
	case len(parts) == 0:
		return "neither the rule nor what it uses was changed; with one alert an event, rules that come before it decide which is reported"
	case slices.Equal(parts, []string{"added"}):
		return "the rule is new"
	case slices.Equal(parts, []string{"removed"}):
		return "the rule is gone"
	case len(c.Text) == 0:
		return "what it uses was changed: " + strings.Join(parts, ", ")
	}
	return "changed: " + strings.Join(parts, ", ")
}

func (d *RulesDiff) summary() string {
	added, removed, altered := d.Count()
	return fmt.Sprintf("%d added, %d removed, %d altered, %d the same", added, removed, altered, d.Same)
}

func (d *RulesDiff) text(limit int) string {
	var b strings.Builder
	behaving, quiet := d.split()
	for _, c := range behaving {
		lines := ruleLines(c.Alerts, limit)
		fmt.Fprintf(&b, "%s\n  (%s)\n", lines[0], c.why())
		for _, l := range lines[1:] {
			b.WriteString(l + "\n")
		}
		b.WriteByte('\n')
	}
	if len(quiet) > 0 {
		b.WriteString("changed without effect on these captures:\n")
		for _, c := range quiet {
			fmt.Fprintf(&b, "  rule %q (%s)\n", c.Rule, strings.TrimPrefix(c.why(), "changed: "))
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "alerts: %s\n", d.summary())
	return b.String()
}

func (d *RulesDiff) markdown(limit int) string {
	var b strings.Builder
	behaving, quiet := d.split()
	fmt.Fprintf(&b, "### Alerts: %s\n\n", d.summary())
	if len(behaving) > 0 {
		b.WriteString("| rule | added | removed | altered | the same | why |\n| --- | ---: | ---: | ---: | ---: | --- |\n")
		for _, c := range behaving {
			a := c.Alerts
			fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %s |\n", cell(c.Rule), len(a.Added), len(a.Removed), len(a.Altered), a.Same, cell(c.why()))
		}
		b.WriteByte('\n')
	}
	for _, c := range behaving {
		fmt.Fprintf(&b, "<details><summary>%s</summary>\n\n", cell(c.Rule))
		fence := "```"
		text := strings.Join(ruleLines(c.Alerts, limit)[1:], "\n")
		for strings.Contains(text, fence) {
			fence += "`"
		}
		fmt.Fprintf(&b, "%sdiff\n%s\n%s\n\n</details>\n\n", fence, unindent(text), fence)
	}
	if len(quiet) > 0 {
		b.WriteString("Changed without effect on these captures:\n\n")
		for _, c := range quiet {
			fmt.Fprintf(&b, "- %s (%s)\n", cell(c.Rule), cell(strings.TrimPrefix(c.why(), "changed: ")))
		}
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// unindent moves the signs of a difference to the beginning of the line, where
// a renderer looks for them.
func unindent(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimPrefix(strings.Replace(lines[i], "  ~ ", "  ! ", 1), "  ")
	}
	return strings.Join(lines, "\n")
}

// cell is a text as it may stand in a table.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", ">", "&gt;", "&", "&amp;", "*", `\*`, "_", `\_`, "`", "\\`", "[", `\[`).Replace(clean(s))
}

type diffDocument struct {
	Captures int        `json:"captures"`
	Events   uint64     `json:"events"`
	Added    int        `json:"added"`
	Removed  int        `json:"removed"`
	Altered  int        `json:"altered"`
	Same     int        `json:"same"`
	Rules    []diffRule `json:"rules"`
}

type diffRule struct {
	Rule    string        `json:"rule"`
	Text    []string      `json:"text"`
	Through []string      `json:"through"`
	Same    int           `json:"same"`
	Added   []diffAlert   `json:"added"`
	Removed []diffAlert   `json:"removed"`
	Altered []diffAltered `json:"altered"`
}

type diffAlert struct {
	Capture string          `json:"capture"`
	Event   uint64          `json:"event"`
	Alert   json.RawMessage `json:"alert"`
}

type diffAltered struct {
	From    diffAlert    `json:"from"`
	To      diffAlert    `json:"to"`
	Changes []diffChange `json:"changes"`
}

type diffChange struct {
	What string `json:"what"`
	From string `json:"from"`
	To   string `json:"to"`
}

func (d *RulesDiff) document() diffDocument {
	doc := diffDocument{Captures: d.Captures, Events: d.Events, Same: d.Same, Rules: []diffRule{}}
	doc.Added, doc.Removed, doc.Altered = d.Count()
	one := func(a *compare.Alert) diffAlert { return diffAlert{a.Capture, a.Event, json.RawMessage(a.JSON)} }
	for i := range d.Rules {
		c := &d.Rules[i]
		r := diffRule{
			Rule: c.Rule, Text: slices.Concat([]string{}, c.Text), Through: slices.Concat([]string{}, c.Through),
			Added: []diffAlert{}, Removed: []diffAlert{}, Altered: []diffAltered{},
		}
		if a := c.Alerts; a != nil {
			r.Same = a.Same
			for i := range a.Added {
				r.Added = append(r.Added, one(&a.Added[i]))
			}
			for i := range a.Removed {
				r.Removed = append(r.Removed, one(&a.Removed[i]))
			}
			for i := range a.Altered {
				x := diffAltered{From: one(&a.Altered[i].From), To: one(&a.Altered[i].To)}
				for _, ch := range a.Altered[i].Changes {
					x.Changes = append(x.Changes, diffChange(ch))
				}
				r.Altered = append(r.Altered, x)
			}
		}
		doc.Rules = append(doc.Rules, r)
	}
	return doc
}
