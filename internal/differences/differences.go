// Package differences reads the list of where this program answers otherwise
// than Falco (docs/differences.yaml): the comparison with Falco's answers takes
// from it what may differ, and the documentation shows it.
//
// It knows neither captures nor rules; it is for the checks and generators of
// this repository, not for the programs.
package differences

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"

	"gopkg.in/yaml.v3"
)

// List is the whole list, in the order of the file.
type List struct {
	Intro    string
	Sections []Section
}

// Section is a table of differences of one kind.
type Section struct {
	Intro   string
	Kept    bool     // Falco's answers are kept here, odd as they are
	Columns []string // headings: of what, falco, ours and why; why may be left out
	Entries []Entry
}

// Entry is one difference. The texts are Markdown.
type Entry struct {
	ID    string   // unique
	About []string // names of fields, operators, transformers and codes of messages
	What  string   // what differs: a field, a form of condition, a rule file
	Falco string   // Falco's answer
	Ours  string   // our answer or, where Falco's is kept, what one would expect
	Why   string
	// Cells is what may differ in alerts. An entry without any is about what
	// the reference alerts do not show.
	Cells []Cells
}

// Cells are cells of alerts that may differ.
type Cells struct {
	Fields   []string // names as in output_fields; with a * at the end, all that begin so
	Captures []string // names without extension; none is all
	// Falco and Ours are what the answers have to look like, as JSON, the whole
	// of it. An empty one is anything.
	Falco, Ours Pattern
	// Reordered asks that the answers are lists of the same values.
	Reordered bool
	// When asks that other cells of Falco's alert look like something.
	When map[string]Pattern
}

// Pattern is a regular expression that fits the whole of a text. The zero value
// fits every text.
type Pattern struct{ re *regexp.Regexp }

// UnmarshalYAML implements yaml.Unmarshaler.
func (p *Pattern) UnmarshalYAML(n *yaml.Node) error {
	re, err := regexp.Compile(`\A(?s:` + n.Value + `)\z`)
	if err != nil {
		return fmt.Errorf("line %d: %w", n.Line, err)
	}
	p.re = re
	return nil
}

// Fits tells whether the pattern fits a text.
func (p Pattern) Fits(text []byte) bool { return p.re == nil || p.re.Match(text) }

// Open reads a list from a file. The error tells everything that is wrong.
func Open(name string) (*List, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	l, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return l, nil
}

// Parse reads a list.
func Parse(data []byte) (*List, error) {
	var l List
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&l); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return &l, l.check()
}

// check tells what a list lacks or has twice.
func (l *List) check() error {
	var errs []error
	ids := make(map[string]bool)
	for _, s := range l.Sections {
		if len(s.Columns) < 3 || len(s.Columns) > 4 {
			errs = append(errs, fmt.Errorf("a section has %d columns, expected 3 or 4", len(s.Columns)))
		}
		for _, e := range s.Entries {
			switch {
			case e.ID == "":
				errs = append(errs, fmt.Errorf("the entry about %s has no id", e.What))
			case ids[e.ID]:
				errs = append(errs, fmt.Errorf("two entries have the id %s", e.ID))
			case e.What == "" || e.Falco == "":
				errs = append(errs, fmt.Errorf("entry %s does not say what differs and what Falco answers", e.ID))
			case e.Why != "" && len(s.Columns) < 4:
				errs = append(errs, fmt.Errorf("entry %s has a reason, for which its section has no column", e.ID))
			}
			ids[e.ID] = true
			for _, c := range e.Cells {
				if len(c.Fields) == 0 {
					errs = append(errs, fmt.Errorf("entry %s has cells of no field", e.ID))
				}
			}
		}
	}
	return errors.Join(errs...)
}
