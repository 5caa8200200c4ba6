package regress

import (
	"fmt"
	"io"
	"strings"

	"falcoreplay/engine"
	"falcoreplay/engine/regress/clause"
	"falcoreplay/internal/output"
	"falcoreplay/rules"
	"falcoreplay/rules/syntax"
)

// ExplainFormats are the names of the formats of explanations, the default
// first.
func ExplainFormats() []string { return []string{"text", "json"} }

// Write writes the explanation in a format of ExplainFormats. full shows all of
// the condition, also what did not decide.
func (x *EventExplanation) Write(w io.Writer, format string, full bool) error {
	switch format {
	case "text":
		_, err := io.WriteString(w, x.text(full))
		return err
	case "json":
		return output.JSON(w, x.document())
	}
	return output.UnknownFormat(format, ExplainFormats())
}

func ruleLine(r *rules.Rule) string {
	return fmt.Sprintf("rule %q (%s:%d)", r.Name, r.Pos.File, r.Pos.Line)
}

func (x *EventExplanation) text(full bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", x.Event.String())
	if x.Rule == nil {
		b.WriteString("No rule matches the event. --rule NAME tells why a rule does not.\n\n")
	} else {
		x.verdict(&b, full)
	}
	x.around(&b)
	return b.String()
}

// verdict tells what the rule made of the event.
func (x *EventExplanation) verdict(b *strings.Builder, full bool) {
	fmt.Fprintf(b, "%s ", ruleLine(x.Rule))
	switch {
	case !x.Fits:
		fmt.Fprintf(b, "is not looked at for events of type %s.\nIf it were, this would be its condition:\n\n", x.Event.Type)
	case x.Alert == nil:
		b.WriteString("does not match.\n")
	case x.Reported():
		b.WriteString("matches, and is reported:\n")
	case x.Disabled:
		b.WriteString("matches, but is disabled in its file.\n")
	default:
		fmt.Fprintf(b, "matches, but rule %q comes before it and matches, too.\nOnly the first one is reported, unless --rule-matching all is given.\n", x.Matching[0].Name)
	}
	if x.Alert != nil {
		fmt.Fprintf(b, "  %s\n", cut(string(x.Alert.AppendText(nil))))
	}
	if x.Fits && x.Alert == nil {
		b.WriteString("\nThis is why:\n")
		for _, n := range x.Tree.Reasons() {
			for _, l := range inTheWay(&n.Seen) {
				b.WriteString(l + "\n")
			}
		}
	}
	b.WriteString("\nThe condition, with what it saw; capital letters decide:\n")
	for _, l := range x.Tree.Lines(full) {
		b.WriteString("  " + l + "\n")
	}
	b.WriteByte('\n')
}

// around tells what else there is to know of the event.
func (x *EventExplanation) around(b *strings.Builder) {
	var others []string
	for _, r := range x.Matching {
		if r != x.Rule {
			others = append(others, ruleLine(r))
		}
	}
	if others != nil {
		what := "Other rules that match this event"
		if x.First && x.Reported() {
			what = "Rules that match this event as well, and are not reported because this one comes first"
		}
		fmt.Fprintf(b, "%s:\n  %s\n\n", what, strings.Join(others, "\n  "))
	}
	if len(x.Ancestry) > 0 {
		b.WriteString("The process, and below it its parent and so on:\n")
		for i := range x.Ancestry {
			fmt.Fprintf(b, "  %s\n", processLine(&x.Ancestry[i]))
		}
		b.WriteByte('\n')
	}
	if h := x.History; h != nil {
		fmt.Fprintf(b, "File descriptor %d of the process, what happened to it up to here:\n", h.Num)
		if h.Omitted > 0 {
			fmt.Fprintf(b, "  (%d earlier events)\n", h.Omitted)
		}
		for i := range h.Events {
			fmt.Fprintf(b, "  %s\n", h.Events[i].String())
		}
	}
}

func processLine(p *clause.Process) string {
	user := p.User
	if user == "" {
		user = fmt.Sprint(p.UID)
	}
	s := fmt.Sprintf("%d %s, user %s", p.PID, clean(p.Name), clean(user))
	if p.Container != "" && p.Container != "host" {
		s += ", container " + clean(p.Container)
	}
	if p.Exe != "" {
		s += ", " + clean(p.Exe)
	}
	return s + ": " + cut(clean(p.Command))
}

// Write writes the explanation in a format of ExplainFormats.
func (x *RuleExplanation) Write(w io.Writer, format string) error {
	switch format {
	case "text":
		_, err := io.WriteString(w, x.text())
		return err
	case "json":
		return output.JSON(w, x.document())
	}
	return output.UnknownFormat(format, ExplainFormats())
}

func (x *RuleExplanation) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", ruleLine(x.Rule))
	if x.Disabled {
		b.WriteString("is disabled in its file; this is what would come of it if it were not.\n")
	}
	c := &x.Count
	fmt.Fprintf(&b, "\n%8d  events\n%8d  of the types that it looks at%s\n%8d  match\n", x.Events, c.Fitting, typeList(x.Near.Types), c.Matched)
	if x.Near.Shadowed > 0 {
		fmt.Fprintf(&b, "%8d  of these are reported by another rule that comes before it\n", x.Near.Shadowed)
	}
	if c.Fitting > 0 {
		b.WriteString("\nThe condition, from left to right: how often a clause was reached, and how often it was true\n")
		b.WriteString(" reached      true\n")
		for _, l := range countLines(c) {
			b.WriteString(l + "\n")
		}
	}
	if len(x.Near.Misses) > 0 {
		b.WriteString("\nThe events that came nearest without being reported, each for another reason:\n")
		for _, l := range nearLines(&x.Near, func(c string) string { return c + ": " }) {
			b.WriteString("  " + strings.TrimPrefix(l, "nearest event: ") + "\n")
		}
		b.WriteString("--event NUMBER shows the whole condition on one of them.\n")
	}
	return b.String()
}

func typeList(types []string) string {
	if types == nil {
		return ""
	}
	return ": " + strings.Join(types, ", ")
}

// countLines show a condition with counts, a clause a line.
func countLines(c *clause.RuleCount) []string {
	var lines []string
	var walk func(at, depth int)
	walk = func(at, depth int) {
		n := &c.Rule.Clauses[at]
		line := func(text string) {
			lines = append(lines, fmt.Sprintf("%8d  %8d  %s%s", c.True[at]+c.False[at], c.True[at], strings.Repeat("  ", depth), text))
		}
		switch e := n.Expr.(type) {
		case *syntax.And:
			line("all of")
		case *syntax.Or:
			line("one of")
		case *syntax.Not:
			child := &c.Rule.Clauses[n.Parts[0]]
			if len(child.Parts) == 0 || c.False[at] == 0 { // nothing was excluded
				line(clause.Text(e))
				return
			}
			line("not")
		case *syntax.Macro:
			line(e.Name + "  (macro)")
		default:
			line(clause.Text(n.Expr))
		}
		if c.True[at]+c.False[at] == 0 {
			return
		}
		for _, p := range n.Parts {
			walk(p, depth+1)
		}
	}
	walk(0, 0)
	return lines
}

type treeDocument struct {
	Verdict bool           `json:"verdict"`
	Kind    string         `json:"kind"`
	Text    string         `json:"text"`
	File    string         `json:"file"`
	Line    int            `json:"line"`
	Reached bool           `json:"reached"`
	Decides bool           `json:"decides"`
	Values  []valueValue   `json:"values,omitempty"`
	Parts   []treeDocument `json:"parts,omitempty"`
}

type valueValue struct {
	Operand string  `json:"operand"`
	Text    *string `json:"text"` // null if it is absent
}

func values(list []clause.Value) []valueValue {
	var out []valueValue
	for i := range list {
		v := valueValue{Operand: list[i].Operand}
		if list[i].There {
			v.Text = &list[i].Text
		}
		out = append(out, v)
	}
	return out
}

func tree(n *clause.Node) treeDocument {
	d := treeDocument{Verdict: n.Verdict == engine.True, Kind: n.Kind, Text: n.Text, File: n.Pos.File, Line: n.Pos.Line, Reached: n.Reached, Decides: n.Decides}
	if n.Kind == "check" {
		d.Values = values(n.Values)
	}
	for _, p := range n.Parts {
		d.Parts = append(d.Parts, tree(p))
	}
	return d
}

type eventDocument struct {
	Capture string `json:"capture"`
	Event   uint64 `json:"event"`
	Time    string `json:"time"`
	Type    string `json:"type"`
	Process string `json:"process"`
	PID     int64  `json:"pid"`
	About   string `json:"about"`
}

func eventOf(e *clause.Event) eventDocument {
	return eventDocument{e.Capture, e.Num, e.Time().Format("2006-01-02T15:04:05.000000000Z"), e.Type, e.Process, e.PID, e.About}
}

func (x *EventExplanation) document() any {
	type process struct {
		PID       int64  `json:"pid"`
		Name      string `json:"name"`
		Exe       string `json:"exe"`
		Command   string `json:"command"`
		User      string `json:"user"`
		UID       uint32 `json:"uid"`
		Container string `json:"container"`
	}
	doc := struct {
		Event    eventDocument   `json:"event"`
		Rule     string          `json:"rule"`
		Matches  bool            `json:"matches"`
		Reported bool            `json:"reported"`
		Matching []string        `json:"matching"`
		Tree     *treeDocument   `json:"tree"`
		Ancestry []process       `json:"ancestry"`
		History  []eventDocument `json:"history"`
	}{Event: eventOf(&x.Event), Matches: x.Alert != nil, Reported: x.Reported(), Matching: []string{}, Ancestry: []process{}, History: []eventDocument{}}
	if x.Rule != nil {
		doc.Rule = x.Rule.Name
		t := tree(x.Tree)
		doc.Tree = &t
	}
	for _, r := range x.Matching {
		doc.Matching = append(doc.Matching, r.Name)
	}
	for _, p := range x.Ancestry {
		doc.Ancestry = append(doc.Ancestry, process(p))
	}
	if x.History != nil {
		for i := range x.History.Events {
			doc.History = append(doc.History, eventOf(&x.History.Events[i]))
		}
	}
	return doc
}

func (x *RuleExplanation) document() any {
	type reason struct {
		Text   string       `json:"text"`
		File   string       `json:"file"`
		Line   int          `json:"line"`
		Values []valueValue `json:"values"`
	}
	type miss struct {
		Event  eventDocument `json:"event"`
		Shadow string        `json:"shadow,omitempty"`
		False  []reason      `json:"false"`
	}
	doc := struct {
		Rule     string           `json:"rule"`
		Events   uint64           `json:"events"`
		Fitting  uint64           `json:"fitting"`
		Matched  uint64           `json:"matched"`
		Shadowed uint64           `json:"shadowed"`
		Clauses  []clauseDocument `json:"clauses"`
		Near     []miss           `json:"near"`
	}{x.Rule.Name, x.Events, x.Count.Fitting, x.Count.Matched, x.Near.Shadowed, clauses(&x.Count), []miss{}}
	for i := range x.Near.Misses {
		m := &x.Near.Misses[i]
		out := miss{Event: eventOf(&m.Event), Shadow: m.Shadow, False: []reason{}}
		for k := range m.InTheWay {
			s := &m.InTheWay[k]
			out.False = append(out.False, reason{s.Wanted(), s.Pos.File, s.Pos.Line, values(s.Values)})
		}
		doc.Near = append(doc.Near, out)
	}
	return doc
}

// clauseDocument is a clause with its counts.
type clauseDocument struct {
	Kind  string `json:"kind"`
	Text  string `json:"text"`
	File  string `json:"file"`
	Line  int    `json:"line"`
	True  uint64 `json:"true"`
	False uint64 `json:"false"`
	// Parent is the place of the clause that it is a part of, -1 of the whole.
	Parent int `json:"parent"`
}

func clauses(c *clause.RuleCount) []clauseDocument {
	list := make([]clauseDocument, len(c.Rule.Clauses))
	for i := range list {
		n := &c.Rule.Clauses[i]
		pos := n.Expr.Position()
		list[i] = clauseDocument{clause.Kind(n.Expr), clause.Text(n.Expr), pos.File, pos.Line, c.True[i], c.False[i], n.Parent}
	}
	return list
}
