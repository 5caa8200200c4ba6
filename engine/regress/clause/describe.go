package clause

import (
	"slices"
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
	if e.Process != "" && e.PID >= 0 {
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
	// Values are what the comparisons in it looked at, each operand once; of
	// those that compare with constants only the left-hand sides.
	Values []Value

	several bool // it is an `and` or an `or`
}

// Value is what an operand of a comparison gave.
type Value struct {
	Operand string
	Text    string
	// There is false if the operand is absent, which makes every comparison
	// with it false.
	There bool
}

// String is like `proc.name is "cat"`.
func (v *Value) String() string {
	if !v.There {
		return v.Operand + " is absent"
	}
	return v.Operand + " is " + syntax.Quote(v.Text)
}

// maxText limits how much of a value and a clause is shown, in bytes.
const maxText = 300

// maxValues limits how many operands of a clause are shown.
const maxValues = 4

// see takes down a clause with the values of all comparisons in it.
func see(t *engine.Tracer, r *engine.TracedRule, at int, verdicts []engine.Verdict) Seen {
	s := seeClause(r, at, verdicts)
	var walk func(at int)
	walk = func(at int) {
		s.addValues(t, &r.Clauses[at])
		for _, p := range r.Clauses[at].Parts {
			walk(p)
		}
	}
	walk(at)
	return s
}

// seeWrong is see with the values of those comparisons only that made the
// clause come out as it did.
func seeWrong(t *engine.Tracer, r *engine.TracedRule, at int, verdicts []engine.Verdict) Seen {
	s := seeClause(r, at, verdicts)
	wrong(r, at, verdicts, func(at int) { s.addValues(t, &r.Clauses[at]) })
	return s
}

func seeClause(r *engine.TracedRule, at int, verdicts []engine.Verdict) Seen {
	c := &r.Clauses[at]
	kind := Kind(c.Expr)
	s := Seen{Verdict: verdicts[at], Text: Text(c.Expr), Pos: c.Expr.Position(), several: kind == "and" || kind == "or"}
	for p := c.Parent; p >= 0; p = r.Clauses[p].Parent {
		if m, ok := r.Clauses[p].Expr.(*syntax.Macro); ok {
			s.Macro = m.Name
			break
		}
	}
	return s
}

func (s *Seen) addValues(t *engine.Tracer, c *engine.Clause) {
	switch e := c.Expr.(type) {
	case *syntax.Check:
		s.add(e.Left, c, t.AppendLeft)
		if _, ok := e.Right.(*syntax.Transformer); ok {
			s.add(e.Right, c, t.AppendRight)
		}
	case *syntax.Exists:
		s.add(e.Left, c, t.AppendLeft)
	}
}

func (s *Seen) add(x syntax.Operand, c *engine.Clause, value func(*engine.Clause, []byte) ([]byte, bool)) {
	name := x.String()
	if len(s.Values) == maxValues || slices.ContainsFunc(s.Values, func(v Value) bool { return v.Operand == name }) {
		return
	}
	text, there := value(c, nil)
	s.Values = append(s.Values, Value{name, short(string(text)), there})
}

// Wanted is the clause as it would have to be: with "not" before it if it is
// true and should not be.
func (s *Seen) Wanted() string {
	if s.Verdict != engine.True {
		return s.Text
	}
	if s.several {
		return "not (" + s.Text + ")"
	}
	return "not " + s.Text
}

// Saw is what the comparisons saw, like `proc.name is "cat", fd.name is absent`.
func (s *Seen) Saw() string {
	parts := make([]string, len(s.Values))
	for i := range s.Values {
		parts[i] = s.Values[i].String()
	}
	return strings.Join(parts, ", ")
}

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
