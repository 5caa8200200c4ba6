package regress

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"

	"falcoreplay/engine/regress/clause"
	"falcoreplay/internal/output"
)

// CoverageFormats are the names of the formats of coverage, the default first.
func CoverageFormats() []string { return []string{"text", "json", "html"} }

// Write writes the coverage in a format of CoverageFormats.
func (c *Coverage) Write(w io.Writer, format string) error {
	switch format {
	case "text":
		_, err := io.WriteString(w, c.text())
		return err
	case "json":
		return output.JSON(w, c.document())
	case "html":
		return c.html(w)
	}
	return output.UnknownFormat(format, CoverageFormats())
}

// summary is what it comes to, in a line.
func (c *Coverage) summary() string {
	all, matched, comparisons, both := c.Totals()
	return fmt.Sprintf("%d of %d rules matched; %d of %d comparisons came out both ways (%s)", matched, all, both, comparisons, percent(both, comparisons))
}

func percent(n, of int) string {
	if of == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(of))
}

func (c *Coverage) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%8s  %8s  %9s\n", "events", "matched", "both ways")
	for i := range c.Rules {
		r := &c.Rules[i]
		fmt.Fprintf(&b, "%8d  %8d  %9s  %s\n", r.Count.Fitting, r.Count.Matched, fmt.Sprintf("%d/%d", r.Both(), r.Comparisons), r.Rule.Name)
		for _, l := range r.notes() {
			fmt.Fprintf(&b, "%31s  %s\n", "", l)
		}
	}
	fmt.Fprintf(&b, "\n%s\n", c.summary())
	return b.String()
}

// notes tell what was not used of a rule.
func (r *RuleCoverage) notes() []string {
	if r.Count.Fitting == 0 {
		return []string{"never evaluated: there is no event of the types that it looks at"}
	}
	var lines []string
	for _, at := range r.OneSided {
		word := "always true"
		if r.Count.True[at] == 0 {
			word = "always false"
		}
		lines = append(lines, fmt.Sprintf("%s (%d): %s", word, r.Count.True[at]+r.Count.False[at], r.clause(at)))
	}
	for _, at := range r.Unreached {
		lines = append(lines, "never reached: "+r.clause(at))
	}
	for _, x := range r.Unused {
		lines = append(lines, fmt.Sprintf("exception %q never applied  (%s:%d)", x.Name, x.Pos.File, x.Pos.Line))
	}
	return lines
}

// clause shows a clause with its place.
func (r *RuleCoverage) clause(at int) string {
	e := r.Count.Rule.Clauses[at].Expr
	pos := e.Position()
	return fmt.Sprintf("%s  (%s:%d)", clause.Text(e), pos.File, pos.Line)
}

func (c *Coverage) document() any {
	type exception struct {
		Name string `json:"name"`
		File string `json:"file"`
		Line int    `json:"line"`
	}
	type rule struct {
		Rule        string           `json:"rule"`
		File        string           `json:"file"`
		Line        int              `json:"line"`
		Fitting     uint64           `json:"fitting"`
		Matched     uint64           `json:"matched"`
		Reported    uint64           `json:"reported"`
		Comparisons int              `json:"comparisons"`
		BothWays    int              `json:"both_ways"`
		Unused      []exception      `json:"unused_exceptions"`
		Clauses     []clauseDocument `json:"clauses"`
	}
	all, matched, comparisons, both := c.Totals()
	doc := struct {
		Captures    int    `json:"captures"`
		Events      uint64 `json:"events"`
		RuleCount   int    `json:"rule_count"`
		Matched     int    `json:"matched"`
		Comparisons int    `json:"comparisons"`
		BothWays    int    `json:"both_ways"`
		Rules       []rule `json:"rules"`
	}{c.Captures, c.Events, all, matched, comparisons, both, []rule{}}
	for i := range c.Rules {
		r := &c.Rules[i]
		out := rule{
			r.Rule.Name, r.Rule.Pos.File, r.Rule.Pos.Line, r.Count.Fitting, r.Count.Matched, r.Count.Reported, r.Comparisons, r.Both(),
			[]exception{}, clauses(&r.Count),
		}
		for _, x := range r.Unused {
			out.Unused = append(out.Unused, exception{x.Name, x.Pos.File, x.Pos.Line})
		}
		doc.Rules = append(doc.Rules, out)
	}
	return doc
}

//go:embed coverage.html
var coverageHTML string

// htmlClause is a line of a condition in the page.
type htmlClause struct {
	Class       string // both, true, false or none, by how it came out
	Kind, Text  string
	Place       string
	True, False uint64
	Parts       []htmlClause
}

type htmlRule struct {
	*RuleCoverage
	Share     string
	Condition htmlClause
	Notes     []string
}

func (c *Coverage) html(w io.Writer) error {
	t, err := template.New("coverage").Parse(coverageHTML)
	if err != nil {
		return err
	}
	page := struct {
		Summary  string
		Captures int
		Events   uint64
		Rules    []htmlRule
	}{c.summary(), c.Captures, c.Events, nil}
	for i := range c.Rules {
		r := &c.Rules[i]
		page.Rules = append(page.Rules, htmlRule{r, percent(r.Both(), r.Comparisons), r.htmlClause(0), r.notes()})
	}
	return t.Execute(w, page)
}

func (r *RuleCoverage) htmlClause(at int) htmlClause {
	c := &r.Count.Rule.Clauses[at]
	pos := c.Expr.Position()
	h := htmlClause{
		Class: "both", Kind: clause.Kind(c.Expr), Text: clause.Text(c.Expr), Place: fmt.Sprintf("%s:%d", pos.File, pos.Line),
		True: r.Count.True[at], False: r.Count.False[at],
	}
	switch {
	case r.Count.Rule.Given(at):
	case h.True+h.False == 0:
		h.Class = "none"
	case h.True == 0:
		h.Class = "false"
	case h.False == 0:
		h.Class = "true"
	}
	for _, p := range c.Parts {
		h.Parts = append(h.Parts, r.htmlClause(p))
	}
	return h
}
