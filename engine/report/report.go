// Package report writes alerts: each format is a row of one table. It judges
// nothing and reads nothing; commands and package engine/regress import it.
package report

import (
	"io"

	"falcoreplay/engine"
	"falcoreplay/internal/output"
)

// Writer writes alerts in one format. Begin comes first and End last, also if
// there are no alerts.
type Writer interface {
	Begin() error
	Alert(a *engine.Alert) error
	End(s *Summary) error
}

// Format is a way of writing alerts.
type Format struct {
	Name string
	// NeedsFields tells that the values of output fields are shown, so that
	// engine.Options.NoFields must not be set.
	NeedsFields bool

	open func(w io.Writer) Writer
}

// formats are all there are, the default first.
var formats = []Format{
	{"text", false, lineWriter((*engine.Alert).AppendText)},
	{"json", true, lineWriter((*engine.Alert).AppendJSON)},
}

// eventFormats are for alerts that stand for events: what is said of the rule
// is left out.
var eventFormats = []Format{
	{"text", false, lineWriter((*engine.Alert).AppendMessage)},
	{"json", true, lineWriter((*engine.Alert).AppendFields)},
}

// Names are the names of the formats, the default first. Those of LookupEvents
// are the same.
func Names() []string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = f.Name
	}
	return names
}

// Lookup finds a format by its name.
func Lookup(name string) (Format, error) { return lookup(formats, name) }

// LookupEvents finds a format for events by its name.
func LookupEvents(name string) (Format, error) { return lookup(eventFormats, name) }

func lookup(formats []Format, name string) (Format, error) {
	for _, f := range formats {
		if f.Name == name {
			return f, nil
		}
	}
	return Format{}, output.UnknownFormat(name, Names())
}

// New returns a writer of the format. It does not buffer: each alert is one
// Write.
func (f Format) New(w io.Writer) Writer { return f.open(w) }

// lines writes each alert on a line.
type lines struct {
	w      io.Writer
	append func(*engine.Alert, []byte) []byte
	buf    []byte
}

func lineWriter(append func(*engine.Alert, []byte) []byte) func(io.Writer) Writer {
	return func(w io.Writer) Writer { return &lines{w: w, append: append} }
}

func (l *lines) Begin() error       { return nil }
func (l *lines) End(*Summary) error { return nil }

func (l *lines) Alert(a *engine.Alert) error {
	l.buf = append(l.append(a, l.buf[:0]), '\n')
	_, err := l.w.Write(l.buf)
	return err
}
