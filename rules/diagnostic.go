package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"falcoreplay/rules/syntax"
)

// Severity is how bad a diagnostic is.
type Severity uint8

// The severities, worst first.
const (
	// SeverityError: the rules are not loaded.
	SeverityError Severity = iota
	// SeverityWarning: they are, but probably not as was meant.
	SeverityWarning
	// SeverityNotice: something was left out, as it should be.
	SeverityNotice
)

// String returns "error", "warning" or "notice".
func (s Severity) String() string {
	switch s {
	case SeverityError:
		return "error"
	case SeverityWarning:
		return "warning"
	}
	return "notice"
}

// Diagnostic is one problem in the rule files.
type Diagnostic struct {
	Severity Severity
	Code     Code
	// Pos is where the problem is, also within folded and quoted strings.
	// For what comes from a list or a macro it is there.
	Pos syntax.Pos
	// Item names what has the problem, like `rule "a"`; it may be empty.
	Item string
	// Message is one line, in lower case.
	Message string

	order int // of the file
}

// Error returns the diagnostic on one line.
func (d *Diagnostic) Error() string {
	var b strings.Builder
	if d.Pos.IsValid() {
		fmt.Fprintf(&b, "%s:%d:%d: ", d.Pos.File, d.Pos.Line, d.Pos.Column)
	}
	fmt.Fprintf(&b, "%s: ", d.Severity)
	if d.Item != "" {
		fmt.Fprintf(&b, "%s: ", d.Item)
	}
	fmt.Fprintf(&b, "%s [%s]", d.Message, d.Code)
	return b.String()
}

// DefaultMaxDiagnostics is how many diagnostics of each severity a Result
// keeps: more than anyone reads at a time.
const DefaultMaxDiagnostics = 100

// Result is what Load has to say about the files.
type Result struct {
	// Diagnostics are in the order of the files and of the places in them.
	Diagnostics []Diagnostic
	// Omitted counts, by severity, the diagnostics that were left out because
	// there were too many.
	Omitted [SeverityNotice + 1]int

	sources map[string]*source
}

// Count returns how many diagnostics of a severity there were, with those
// that were left out.
func (r *Result) Count(s Severity) int {
	n := r.Omitted[s]
	for _, d := range r.Diagnostics {
		if d.Severity == s {
			n++
		}
	}
	return n
}

// Err returns nil if there was no error, and else an error with all of them
// as Text shows them.
func (r *Result) Err() error {
	if r.Count(SeverityError) == 0 {
		return nil
	}
	return &loadError{r}
}

type loadError struct{ result *Result }

func (e *loadError) Error() string {
	return strings.TrimSuffix(e.result.Text(SeverityError), "\n")
}

// ItemAt returns where the item of a file begins that holds the position, and
// what kind of item it is; the zero Pos if there is none.
func (r *Result) ItemAt(p syntax.Pos) (start syntax.Pos, kind Kind) {
	src := r.sources[p.File]
	if src == nil {
		return syntax.Pos{}, KindOther
	}
	span := src.itemAt(p.Offset)
	if span == nil {
		return syntax.Pos{}, KindOther
	}
	return src.pos(span.off), span.kind
}

// Source returns the contents of a file of the load, as positions count them.
func (r *Result) Source(file string) string {
	if src := r.sources[file]; src != nil {
		return src.data
	}
	return ""
}

// Text shows the diagnostics at least as bad as the severity, each with the
// line it is about and a caret under the place:
//
//	rules.yaml:3:24: error: rule "a": expected ... [LOAD_ERR_COMPILE_CONDITION]
//	  condition: evt.type is open
//	                      ^
func (r *Result) Text(worst Severity) string {
	var b strings.Builder
	for i := range r.Diagnostics {
		if d := &r.Diagnostics[i]; d.Severity <= worst {
			b.WriteString(r.Show(d))
		}
	}
	for s := SeverityError; s <= worst; s++ {
		if n := r.Omitted[s]; n > 0 {
			fmt.Fprintf(&b, "and %d more of severity %s\n", n, s)
		}
	}
	return b.String()
}

// Show returns a diagnostic with its line and a caret under the place.
func (r *Result) Show(d *Diagnostic) string { return d.Error() + "\n" + r.Snippet(d.Pos) }

// snippetWidth is how much of a long line is shown, in bytes before and behind
// the caret.
const snippetWidth = 70

// Snippet returns the line of a position and another with a caret under it;
// nothing if the position is in no file of the load.
func (r *Result) Snippet(p syntax.Pos) string {
	src := r.sources[p.File]
	if src == nil || !p.IsValid() || p.Line > len(src.lines) {
		return ""
	}
	line := src.data[src.lines[p.Line-1]:]
	if i := strings.IndexByte(line, '\n'); i >= 0 {
		line = line[:i]
	}
	line = strings.TrimRight(line, "\r")
	at := min(max(p.Column-1, 0), len(line))
	before, behind := line[:at], line[at:]
	if len(before) > snippetWidth {
		i := len(before) - snippetWidth
		for i < len(before) && !utf8.RuneStart(before[i]) {
			i++
		}
		before = "..." + before[i:]
	}
	if len(behind) > snippetWidth {
		i := snippetWidth
		for i > 0 && !utf8.RuneStart(behind[i]) {
			i--
		}
		behind = behind[:i] + "..."
	}
	// Under each character goes a space, and under a tab a tab, so that the
	// caret is where the tab puts the text.
	pad := strings.Map(func(c rune) rune {
		if c == '\t' {
			return c
		}
		return ' '
	}, before)
	return "  " + printable(before+behind) + "\n  " + pad + "^\n"
}

// printable replaces control characters, for what is shown goes to terminals.
func printable(s string) string {
	return strings.Map(func(c rune) rune {
		if c != '\t' && (c < ' ' || c >= 0x7f && c < 0xa0) {
			return utf8.RuneError
		}
		return c
	}, s)
}

// finish sorts the diagnostics, drops those said twice, and caps the rest.
func (r *Result) finish(limit int) {
	slices.SortStableFunc(r.Diagnostics, func(a, b Diagnostic) int {
		return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.Pos.Offset, b.Pos.Offset),
			cmp.Compare(a.Severity, b.Severity))
	})
	type key struct {
		order, off int
		code       Code
		item, msg  string
	}
	seen := make(map[key]bool)
	var n [SeverityNotice + 1]int
	kept := r.Diagnostics[:0]
	for _, d := range r.Diagnostics {
		k := key{d.order, d.Pos.Offset, d.Code, d.Item, d.Message}
		if seen[k] {
			continue
		}
		seen[k] = true
		if n[d.Severity]++; n[d.Severity] > limit {
			r.Omitted[d.Severity]++
			continue
		}
		kept = append(kept, d)
	}
	r.Diagnostics = kept
}
