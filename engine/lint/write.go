package lint

import (
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"falcoreplay/internal/output"
	"falcoreplay/rules"
)

// Formats are the names of the formats of Write, the default first.
func Formats() []string { return []string{"text", "json", "sarif"} }

// Write writes the report in one of Formats: as text with the lines it is
// about, as one JSON object, or as a SARIF log of version 2.1.0.
func (r *Report) Write(w io.Writer, format string) error {
	switch format {
	case "text":
		_, err := io.WriteString(w, r.text())
		return err
	case "json":
		return output.JSON(w, r.json())
	case "sarif":
		return output.JSON(w, r.sarif())
	}
	return output.UnknownFormat(format, Formats())
}

func (r *Report) text() string {
	var b strings.Builder
	for i := range r.Diagnostics {
		b.WriteString(r.loaded.Show(&r.Diagnostics[i]))
	}
	return b.String()
}

// Summary is one line with how much was found.
func (r *Report) Summary() string {
	s := fmt.Sprintf("%s, %s, %s", output.Count(r.Count(rules.SeverityError), "error"),
		output.Count(r.Count(rules.SeverityWarning), "warning"), output.Count(r.Count(rules.SeverityNotice), "notice"))
	if r.Silenced > 0 {
		s += fmt.Sprintf(", %d ignored by comments", r.Silenced)
	}
	if r.Omitted > 0 {
		s += fmt.Sprintf(", %d left out", r.Omitted)
	}
	return s
}

// The JSON form, which docs/lint.md describes.
type (
	jsonReport struct {
		Findings []jsonFinding `json:"findings"`
		Errors   int           `json:"errors"`
		Warnings int           `json:"warnings"`
		Notices  int           `json:"notices"`
		Ignored  int           `json:"ignored"`
	}
	jsonFinding struct {
		Severity string `json:"severity"`
		Code     string `json:"code"`
		File     string `json:"file"`
		Line     int    `json:"line"`
		Column   int    `json:"column"`
		Offset   int    `json:"offset"`
		Item     string `json:"item"`
		Message  string `json:"message"`
	}
)

func (r *Report) json() *jsonReport {
	out := &jsonReport{Findings: []jsonFinding{}, Errors: r.Count(rules.SeverityError),
		Warnings: r.Count(rules.SeverityWarning), Notices: r.Count(rules.SeverityNotice), Ignored: r.Silenced}
	for i := range r.Diagnostics {
		d := &r.Diagnostics[i]
		out.Findings = append(out.Findings, jsonFinding{d.Severity.String(), string(d.Code),
			d.Pos.File, d.Pos.Line, d.Pos.Column, d.Pos.Offset, d.Item, d.Message})
	}
	return out
}

// A SARIF log, as far as it is used (OASIS, Static Analysis Results Interchange
// Format 2.1.0).
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool struct {
			Driver struct {
				Name  string      `json:"name"`
				Rules []sarifRule `json:"rules"`
			} `json:"driver"`
		} `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifRule struct {
		ID    string    `json:"id"`
		Short sarifText `json:"shortDescription"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifLocation struct {
		Physical struct {
			Artifact struct {
				URI string `json:"uri"`
			} `json:"artifactLocation"`
			Region struct {
				Line   int `json:"startLine"`
				Column int `json:"startColumn"`
			} `json:"region"`
		} `json:"physicalLocation"`
	}
)

// sarifLevels are the levels of the severities.
var sarifLevels = [...]string{rules.SeverityError: "error", rules.SeverityWarning: "warning", rules.SeverityNotice: "note"}

func (r *Report) sarif() *sarifLog {
	run := sarifRun{ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	run.Tool.Driver.Name = "falcoanalyze lint"
	for _, c := range codes {
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{string(c.Code), sarifText{c.Title}})
	}
	for i := range r.Diagnostics {
		d := &r.Diagnostics[i]
		text := d.Message
		if d.Item != "" {
			text = d.Item + ": " + text
		}
		var at sarifLocation
		at.Physical.Artifact.URI = (&url.URL{Path: filepath.ToSlash(d.Pos.File)}).String()
		at.Physical.Region.Line = d.Pos.Line
		at.Physical.Region.Column = r.runeColumn(d)
		run.Results = append(run.Results, sarifResult{string(d.Code), sarifLevels[d.Severity], sarifText{text}, []sarifLocation{at}})
	}
	return &sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}}
}

// runeColumn is the column of a diagnostic in characters.
func (r *Report) runeColumn(d *rules.Diagnostic) int {
	source := r.loaded.Source(d.Pos.File)
	start := d.Pos.Offset - (d.Pos.Column - 1)
	if start < 0 || d.Pos.Offset > len(source) {
		return d.Pos.Column
	}
	return len([]rune(source[start:d.Pos.Offset])) + 1
}
