// Package reference tells what conditions and outputs may name: the fields, and
// the event types with their parameters, as text, JSON and Markdown.
//
// It holds no facts: those of fields are in engine/field, those of events in
// scap/event. Commands import it.
package reference

import (
	"fmt"
	"io"
	"strings"
)

// Formats are the names of the formats, the default first.
func Formats() []string { return []string{"text", "json", "markdown"} }

// Options changes what is listed. The zero value is ready for use.
type Options struct {
	// Only chooses what is listed: see the functions. Nothing chooses all.
	Only []string
	// All lists also what is not for use any more, or of no use in captures.
	All bool
	// NamesOnly lists nothing but names, a line each, whatever the format.
	NamesOnly bool
}

// table writes rows of a text with columns of equal width but for the last.
func table(w io.Writer, indent string, rows [][]string) error {
	var width []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(width) {
				width = append(width, 0)
			}
			width[i] = max(width[i], len(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		line := indent
		for i, cell := range row {
			if i == len(row)-1 {
				line += cell
			} else {
				line += fmt.Sprintf("%-*s  ", width[i], cell)
			}
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// markdownTable writes rows as a table, the first as its head.
func markdownTable(w io.Writer, rows [][]string) error {
	var b strings.Builder
	for i, row := range rows {
		for j, cell := range row {
			row[j] = strings.ReplaceAll(cell, "|", `\|`)
		}
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
		if i == 0 {
			b.WriteString(strings.Repeat("| --- ", len(row)) + "|\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
