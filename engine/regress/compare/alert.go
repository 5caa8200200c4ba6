// Package compare finds what is different between two lists of alerts: which
// are there in one only, and of those in both what changed. It knows nothing
// of how alerts came about. Package engine/regress imports it.
package compare

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"falcoreplay/engine"
)

// Alert is an alert as it is compared.
type Alert struct {
	// Capture is the capture that the alert is from, "" if it does not matter.
	Capture string
	// Event is the number of the event, 0 if it is not known.
	Event uint64
	// Time is as in the JSON form, in UTC.
	Time                         string
	Rule, Priority, Source, Host string
	Message                      string
	Tags                         []string
	// Fields are values as JSON, by the name of the field.
	Fields map[string]string
	// JSON is the alert in the JSON form.
	JSON string
}

// Of takes an alert of an engine. It needs the fields that
// engine.Options.NoFields leaves out.
func Of(a *engine.Alert, capture string) (Alert, error) {
	out, err := Parse(a.AppendJSON(nil))
	out.Capture, out.Event = capture, a.EventNum
	return out, err
}

// Parse reads an alert in the JSON form.
func Parse(data []byte) (Alert, error) {
	var form struct {
		Hostname, Message, Priority, Rule, Source, Time string
		Output                                          string
		OutputFields                                    map[string]json.RawMessage `json:"output_fields"`
		Tags                                            []string
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&form); err != nil {
		return Alert{}, fmt.Errorf("not an alert in JSON: %w", err)
	}
	if form.Rule == "" || form.Time == "" {
		return Alert{}, fmt.Errorf("not an alert in JSON: rule or time is missing")
	}
	a := Alert{
		Time: form.Time, Rule: form.Rule, Priority: form.Priority, Source: form.Source, Host: form.Hostname,
		Message: form.Message, Tags: form.Tags, Fields: make(map[string]string, len(form.OutputFields)), JSON: string(data),
	}
	for name, value := range form.OutputFields {
		a.Fields[name] = string(value)
	}
	return a, nil
}

// maxLineBytes limits an alert in a file.
const maxLineBytes = 16 << 20

// Read reads alerts in the JSON form, one a line. name is for messages.
func Read(r io.Reader, name string) ([]Alert, error) {
	var list []Alert
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLineBytes)
	for n := 1; lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		a, err := Parse(lines.Bytes())
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
		list = append(list, a)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return list, nil
}

// Change is a property of an alert that is different.
type Change struct {
	// What is the property: priority, output, tags, source, host or a field.
	What string
	// From and To are its values, "" where there is none.
	From, To string
}

// changes tells what is different between two alerts of one rule and event.
func changes(a, b *Alert) []Change {
	var list []Change
	put := func(what, from, to string) {
		if from != to {
			list = append(list, Change{what, from, to})
		}
	}
	put("priority", a.Priority, b.Priority)
	put("source", a.Source, b.Source)
	put("host", a.Host, b.Host)
	put("tags", strings.Join(a.Tags, ", "), strings.Join(b.Tags, ", "))
	names := slices.Collect(maps.Keys(a.Fields))
	for name := range b.Fields {
		if _, ok := a.Fields[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		put(name, a.Fields[name], b.Fields[name])
	}
	put("output", a.Message, b.Message)
	return list
}
