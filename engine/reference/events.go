package reference

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"falcoreplay/engine"
	"falcoreplay/internal/output"
	"falcoreplay/scap/event"
)

// Event describes a type of events.
type Event struct {
	// Name is what evt.type shows.
	Name string `json:"name"`
	// Number is that of the type in captures, and Code its name in Falco's
	// sources without PPME_.
	Number int    `json:"number"`
	Code   string `json:"code"`
	// Dir is "<" for the end of a system call and ">" for its beginning.
	Dir      string  `json:"dir"`
	Category string  `json:"category"`
	Source   string  `json:"source"`
	Old      bool    `json:"old"` // replaced by another type
	HasFD    bool    `json:"has_fd"`
	Params   []Param `json:"params"`
}

// Param describes a parameter of an event.
type Param struct {
	Name string `json:"name"`
	Type string `json:"type"`
	// Values are the names of its values or flags.
	Values []string `json:"values"`
}

// sourceNames are the names of the sources.
var sourceNames = map[event.Source]string{
	event.SourceNone: "none", event.SourceSyscall: "syscall", event.SourceTracepoint: "tracepoint",
	event.SourcePlugin: "plugin", event.SourceMeta: "meta", event.SourceIter: "iterator",
}

// Events lists the event types, and the system calls that are recorded without
// parameters of their own, sorted. Captures hold ends of system calls only,
// and what old ones hold is converted: the rest is listed with Options.All.
// Options.Only has names, categories, sources, and globs of names; each must fit
// an event or a system call.
func Events(o Options) (events []Event, generic []string, err error) {
	fits := make([]bool, len(o.Only))
	wanted := func(name, category, source string) bool {
		yes := len(o.Only) == 0
		for i, s := range o.Only {
			if s == category || s == source || engine.MatchGlob(s, name) {
				yes, fits[i] = true, true
			}
		}
		return yes
	}
	for t := event.Type(0); t < event.NumTypes; t++ {
		info := event.Lookup(t)
		old := info.Flags&(event.FlagOldVersion|event.FlagUnused) != 0
		begins := !info.Exit && (info.Source == event.SourceSyscall || info.Source == event.SourceNone)
		if info.Name == "NA" || !o.All && (old || begins) {
			continue
		}
		category := strings.ToLower(info.Category.String())
		if info.Category.IsIO() {
			category = "io"
		}
		if !wanted(info.Name, category, sourceNames[info.Source]) {
			continue
		}
		e := Event{Name: info.Name, Number: int(t), Code: info.Code, Dir: ">", Category: category, Source: sourceNames[info.Source],
			Old: old, HasFD: info.Flags&(event.FlagCreatesFD|event.FlagUsesFD|event.FlagDestroysFD) != 0, Params: []Param{}}
		if info.Exit {
			e.Dir = "<"
		}
		for i := range info.Params {
			e.Params = append(e.Params, describeParam(&info.Params[i]))
		}
		events = append(events, e)
	}
	slices.SortStableFunc(events, func(a, b Event) int { return strings.Compare(a.Name, b.Name) })
	for _, s := range event.Syscalls() {
		if s.Generic && wanted(s.Name, "generic", "syscall") {
			generic = append(generic, s.Name)
		}
	}
	for i, fit := range fits {
		if !fit {
			return nil, nil, fmt.Errorf("no event, category or source fits %q", o.Only[i])
		}
	}
	return events, generic, nil
}

func describeParam(p *event.Param) Param {
	out := Param{Name: p.Name, Type: engine.TypeName(p.Type), Values: []string{}}
	if p.Symbols != nil {
		for _, s := range p.Symbols.Symbols {
			out.Values = append(out.Values, s.Name)
		}
	}
	return out
}

// params is the list of parameters as text.
func (e *Event) params() string {
	list := make([]string, len(e.Params))
	for i, p := range e.Params {
		list[i] = p.Type + " " + p.Name
	}
	return strings.Join(list, ", ")
}

// genericText heads the system calls without a type of their own.
const genericText = "system calls without parameters of their own"

// WriteEvents writes the event types in one of Formats.
func WriteEvents(w io.Writer, format string, o Options) error {
	events, generic, err := Events(o)
	if err != nil {
		return err
	}
	if o.NamesOnly {
		return writeNames(w, events, generic)
	}
	switch format {
	case "json":
		if events == nil {
			events = []Event{}
		}
		if generic == nil {
			generic = []string{}
		}
		return output.JSON(w, struct {
			Events  []Event  `json:"events"`
			Generic []string `json:"generic"`
		}{events, generic})
	case "text":
		rows := make([][]string, len(events))
		for i := range events {
			e := &events[i]
			rows[i] = []string{e.Dir + " " + e.Name + "(" + e.params() + ")"}
		}
		if err := table(w, "", rows); err != nil || len(generic) == 0 {
			return err
		}
		if len(events) > 0 {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		_, err := fmt.Fprintf(w, "%s:\n%s", genericText, wrap(strings.Join(generic, ", "), 78))
		return err
	case "markdown":
		rows := [][]string{{"event", "category", "parameters"}}
		for i := range events {
			e := &events[i]
			rows = append(rows, []string{"`" + e.Dir + " " + e.Name + "`", e.Category, e.params()})
		}
		if len(events) > 0 {
			if err := markdownTable(w, rows); err != nil {
				return err
			}
		}
		if len(generic) == 0 {
			return nil
		}
		_, err := fmt.Fprintf(w, "\n%s%s:\n%s", strings.ToUpper(genericText[:1]), genericText[1:], wrap("`"+strings.Join(generic, "`, `")+"`", 78))
		return err
	}
	return output.UnknownFormat(format, Formats())
}

func writeNames(w io.Writer, events []Event, generic []string) error {
	names := slices.Clone(generic)
	for _, e := range events {
		names = append(names, e.Name)
	}
	slices.Sort(names)
	for _, n := range slices.Compact(names) {
		if _, err := fmt.Fprintln(w, n); err != nil {
			return err
		}
	}
	return nil
}

// wrap breaks a text at blanks into indented lines.
func wrap(text string, width int) string {
	var b strings.Builder
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width-2 {
			b.WriteString("  " + line + "\n")
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	if line != "" {
		b.WriteString("  " + line + "\n")
	}
	return b.String()
}
