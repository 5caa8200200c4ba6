package engine

import (
	"strconv"
	"time"

	"falcoreplay/rules"
)

// Alert is a rule's match of an event. It holds copies only.
type Alert struct {
	Rule *rules.Rule
	// EventNum is the event's number in its run, from 1.
	EventNum uint64
	// TimeNS is the event's time in nanoseconds since the epoch.
	TimeNS uint64
	// Host is the name of the recorded host, empty if the capture does not
	// hold it.
	Host string
	// Message is the rule's output with its fields filled in. It may hold any
	// bytes.
	Message string
	// Fields are the fields that the output names, sorted by name, each once.
	// They are nil if Options.NoFields is set.
	Fields []Field
	// Also are the fields of Options.Also, in that order.
	Also []Shown

	location *time.Location
}

// Field is a field of an alert.
type Field struct {
	Name string
	// JSON is the value as JSON, null if it is absent.
	JSON string
}

// Shown is the value of a field as an output shows it.
type Shown struct {
	// Text is empty if the field is absent.
	Text    string
	Present bool
}

// AppendText appends the alert as Falco's text output shows it, without a line
// end: time of day, priority and message, with control characters escaped as
// in JSON.
func (a *Alert) AppendText(dst []byte) []byte {
	dst = a.when().AppendFormat(dst, "15:04:05.000000000")
	dst = append(dst, ": "...)
	dst = append(dst, a.Rule.Priority.String()...)
	dst = append(dst, ' ')
	return appendEscaped(dst, a.Message)
}

// AppendMessage appends the message alone, with control characters escaped as
// in JSON.
func (a *Alert) AppendMessage(dst []byte) []byte { return appendEscaped(dst, a.Message) }

// AppendFields appends the fields alone as a JSON object, with the time of the
// event among them.
func (a *Alert) AppendFields(dst []byte) []byte {
	return append(a.appendFields(append(dst, '{')), '}')
}

// AppendJSON appends the alert as Falco's JSON output shows it, without a line
// end. Times are in UTC, whatever Options.Location is.
func (a *Alert) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"hostname":`...)
	dst = appendJSONString(dst, a.Host)
	dst = append(dst, `,"message":"`...)
	start := len(dst)
	dst = appendEscaped(dst, a.Message)
	end := len(dst)
	dst = append(dst, `","output":"`...)
	dst = a.when().UTC().AppendFormat(dst, "2006-01-02T15:04:05.000000000-0700")
	dst = append(dst, ": "...)
	dst = append(dst, a.Rule.Priority.String()...)
	dst = append(dst, ' ')
	dst = append(dst, dst[start:end]...)
	dst = append(dst, `","output_fields":{`...)
	dst = a.appendFields(dst)
	dst = append(dst, `},"priority":`...)
	dst = appendJSONString(dst, a.Rule.Priority.String())
	dst = append(dst, `,"rule":`...)
	dst = appendJSONString(dst, a.Rule.Name)
	dst = append(dst, `,"source":`...)
	dst = appendJSONString(dst, a.Rule.Source)
	dst = append(dst, `,"tags":[`...)
	for i, tag := range a.Rule.Tags {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendJSONString(dst, tag)
	}
	dst = append(dst, `],"time":"`...)
	dst = a.when().UTC().AppendFormat(dst, "2006-01-02T15:04:05.000000000Z")
	return append(dst, `"}`...)
}

// timeField is the field that every alert has, for its prefix.
const timeField = "evt.time.iso8601"

// appendFields appends the fields, among them the one of the prefix.
func (a *Alert) appendFields(dst []byte) []byte {
	done := false
	sep := ""
	put := func(name, json string) {
		dst = append(dst, sep...)
		sep = ","
		dst = appendJSONString(dst, name)
		dst = append(dst, ':')
		dst = append(dst, json...)
	}
	ownTime := func() {
		done = true
		put(timeField, strconv.FormatUint(a.TimeNS, 10))
	}
	for _, f := range a.Fields {
		if !done && f.Name >= timeField {
			ownTime()
		}
		if f.Name != timeField {
			put(f.Name, f.JSON)
		}
	}
	if !done {
		ownTime()
	}
	return dst
}

// Time is the event's time in the zone of Options.Location.
func (a *Alert) Time() time.Time { return a.when() }

func (a *Alert) when() time.Time {
	t := time.Unix(int64(a.TimeNS/1e9), int64(a.TimeNS%1e9))
	if a.location == nil {
		return t.UTC()
	}
	return t.In(a.location)
}
