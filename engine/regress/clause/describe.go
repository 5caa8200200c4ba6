package clause

import (
	"strconv"
	"strings"
	"time"

	"falcoreplay/engine"
	"falcoreplay/replay"
	"falcoreplay/rules/syntax"
)

// Event is an event for messages. It holds copies only.
type Event struct {
	Capture string
	// Num is the number of the event, as evt.num has it.
	Num    uint64
	TimeNS uint64
	// Type is the name of the event's type or system call.
	Type string
	// Process and PID tell who made it; Process is "" where nobody is known.
	Process string
	PID     int64
	// About is the name of the file descriptor that the event is about, or "".
	About string
}

// Describe takes down the current event of a host.
func Describe(h *replay.Host, capture string) Event {
	ev := h.Current.Event
	e := Event{Capture: capture, Num: ev.Num, TimeNS: ev.TS, Type: ev.Info().Name, PID: -1}
	if t := h.Current.Thread; t != nil {
		e.Process, e.PID = strings.Clone(t.Comm), int64(t.PID)
	}
	if f := h.Current.FD; f != nil {
		e.About = strings.Clone(f.Name)
	}
	return e
}

// Time is the time of the event in UTC.
func (e *Event) Time() time.Time { return time.Unix(0, int64(e.TimeNS)).UTC() }

// String is like `event 12 at 08:52:31.871204113: openat by cat (12) on /etc/shadow`.
func (e *Event) String() string {
	var b strings.Builder
	b.WriteString("event " + strconv.FormatUint(e.Num, 10) + " at " + e.Time().Format("15:04:05.000000000") + ": " + e.Type)
	if e.Process != "" {
		b.WriteString(" by " + printable(e.Process) + " (" + strconv.FormatInt(e.PID, 10) + ")")
	}
	if e.About != "" {
		b.WriteString(" on " + printable(e.About))
	}
	return b.String()
}

// Seen is a clause with what it came to on an event.
type Seen struct {
	Verdict engine.Verdict
	// Text is the clause as it is written.
	Text string
	// Macro is the name of the innermost macro that the clause stands in, "" if
	// it stands in the rule itself.
	Macro string
	Pos   syntax.Pos
	// Left and Right are the values that a comparison looked at, "" if there is
	// none; LeftName and RightName are what they are called, "" if the clause
	// is no comparison or compares with a constant.
	Left, Right         string
	LeftName, RightName string
	LeftThere           bool
}

// maxText limits how much of a value and a clause is shown, in bytes.
const maxText = 160

// see takes down a clause and its values.
func see(t *engine.Tracer, r *engine.TracedRule, at int, v engine.Verdict) Seen {
	c := &r.Clauses[at]
	s := Seen{Verdict: v, Text: short(c.Expr.String()), Pos: c.Expr.Position()}
	for p := c.Parent; p >= 0; p = r.Clauses[p].Parent {
		if m, ok := r.Clauses[p].Expr.(*syntax.Macro); ok {
			s.Macro = m.Name
			break
		}
	}
	switch e := c.Expr.(type) {
	case *syntax.Check:
		s.LeftName = e.Left.String()
		if x, ok := e.Right.(*syntax.Transformer); ok {
			s.RightName = x.String()
		}
	case *syntax.Exists:
		s.LeftName = e.Left.String()
	default:
		return s
	}
	var buf []byte
	buf, s.LeftThere = t.AppendLeft(c, nil)
	s.Left = short(string(buf))
	buf, _ = t.AppendRight(c, nil)
	s.Right = short(string(buf))
	return s
}

// Negated is the clause as it stands in the way: with `not` before it if it is
// true and should not be.
func (s *Seen) Negated() string {
	if s.Verdict == engine.True {
		return "not " + s.Text
	}
	return s.Text
}

// Values is what the comparison saw, like `proc.name is "cat"`.
func (s *Seen) Values() string {
	if s.LeftName == "" {
		return ""
	}
	text := s.LeftName + " is absent"
	if s.LeftThere {
		text = s.LeftName + " is " + quote(s.Left)
	}
	if s.RightName != "" {
		text += ", " + s.RightName + " is " + quote(s.Right)
	}
	return text
}

// quote puts a value in quotes, control characters escaped.
func quote(s string) string { return syntax.Quote(s) }

// short cuts a text that is too long to be read.
func short(s string) string {
	if len(s) <= maxText {
		return s
	}
	end := maxText
	for end > 0 && s[end]&0xc0 == 0x80 {
		end--
	}
	return s[:end] + "..."
}

// printable is a text without control characters, for terminals.
func printable(s string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c >= 0x7f && c < 0xa0 {
			return '\ufffd'
		}
		return c
	}, s)
}
