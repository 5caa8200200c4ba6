package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"

	"falcoreplay/internal/output"
)

// Status is how a test case ended.
type Status uint8

// The ways in which a test case ends.
const (
	Passed Status = iota
	Failed        // something does not hold
	Broken        // it could not be tried, or not wholly
)

// String returns "passed", "failed" or "broken".
func (s Status) String() string { return [...]string{"passed", "failed", "broken"}[s] }

// CaseResult is what a test case came to.
type CaseResult struct {
	Suite string
	Line  int
	Name  string
	// Status is Passed if there are no Failures.
	Status   Status
	Captures int
	Events   uint64
	Alerts   int
	Failures []Failure
	// Notes are what is to be said of a case that passed.
	Notes []string
}

// Failure is one thing that is not as it has to be.
type Failure struct {
	// Line is where the suite asks for it, from 1.
	Line int
	// What is one line.
	What string
	// Detail helps to mend it, in lines.
	Detail []string
}

// TestTotals is what all cases come to.
type TestTotals struct {
	Passed, Failed, Broken int
	// Rules is how many rules the suites use, and Untested those of them that
	// no case expects an alert of, in the order of the files.
	Rules    int
	Untested []string
	// Required tells that Untested has to be empty.
	Required bool
	// OtherShards is how many cases were left to others.
	OtherShards int
}

// Add counts a case.
func (s *TestTotals) Add(c *CaseResult) {
	*[...]*int{&s.Passed, &s.Failed, &s.Broken}[c.Status]++
}

// TestWriter writes the results of tests. Case is called for each case, in
// order, and End last.
type TestWriter interface {
	Case(c *CaseResult) error
	End(s *TestTotals) error
}

// testFormats are all there are, the default first.
var testFormats = []struct {
	name string
	open func(w io.Writer, all bool) TestWriter
}{
	{"text", func(w io.Writer, all bool) TestWriter { return &textTests{w: w, all: all} }},
	{"json", func(w io.Writer, _ bool) TestWriter { return &jsonTests{w: w} }},
	{"junit", func(w io.Writer, _ bool) TestWriter { return &junitTests{w: w} }},
	{"github", func(w io.Writer, all bool) TestWriter { return &githubTests{textTests{w: w, all: all}} }},
}

// TestFormatNames are the names of the formats of test results, the default first.
func TestFormatNames() []string {
	names := make([]string, len(testFormats))
	for i, f := range testFormats {
		names[i] = f.name
	}
	return names
}

// NewTestWriter returns a writer of a format. Cases that passed are only
// mentioned if all is set, where the format is for people.
func NewTestWriter(format string, w io.Writer, all bool) (TestWriter, error) {
	for _, f := range testFormats {
		if f.name == format {
			return f.open(w, all), nil
		}
	}
	return nil, output.UnknownFormat(format, TestFormatNames())
}

// textTests is for people.
type textTests struct {
	w   io.Writer
	all bool
}

var statusWords = [...]string{Passed: "ok    ", Failed: "FAIL  ", Broken: "BROKEN"}

func (t *textTests) Case(c *CaseResult) error {
	if c.Status == Passed && !t.all && len(c.Notes) == 0 {
		return nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s:%d: %s", statusWords[c.Status], c.Suite, c.Line, c.Name)
	if c.Status == Passed {
		fmt.Fprintf(&b, " (%s in %s)", output.Count(uint64(c.Alerts), "alert"), output.Count(c.Events, "event"))
	}
	b.WriteByte('\n')
	for _, f := range c.Failures {
		fmt.Fprintf(&b, "       line %d: %s\n", f.Line, f.What)
		for _, d := range f.Detail {
			fmt.Fprintf(&b, "         %s\n", d)
		}
	}
	for _, n := range c.Notes {
		fmt.Fprintf(&b, "       %s\n", n)
	}
	_, err := io.WriteString(t.w, b.String())
	return err
}

func (t *textTests) End(s *TestTotals) error {
	_, err := io.WriteString(t.w, s.text(t.all || s.Required))
	return err
}

// maxUntested is how many rules without tests are named where nobody asked for
// them.
const maxUntested = 10

func (s *TestTotals) text(all bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d passed", output.Count(uint64(s.Passed+s.Failed+s.Broken), "case"), s.Passed)
	if s.Failed > 0 {
		fmt.Fprintf(&b, ", %d failed", s.Failed)
	}
	if s.Broken > 0 {
		fmt.Fprintf(&b, ", %d broken", s.Broken)
	}
	if s.OtherShards > 0 {
		fmt.Fprintf(&b, "; %d left to other shards", s.OtherShards)
	}
	b.WriteByte('\n')
	if s.Rules > 0 {
		fmt.Fprintf(&b, "%d of %s tested\n", s.Rules-len(s.Untested), output.Count(uint64(s.Rules), "rule"))
	}
	for i, name := range s.Untested {
		if i == maxUntested && !all {
			fmt.Fprintf(&b, "       and %d more; -v names them\n", len(s.Untested)-i)
			break
		}
		fmt.Fprintf(&b, "       no case expects an alert of rule %q\n", name)
	}
	return b.String()
}

// githubTests is text with the commands by which GitHub shows errors beside the
// lines that they are about
// (docs.github.com, Workflow commands for GitHub Actions).
type githubTests struct{ textTests }

func (t *githubTests) Case(c *CaseResult) error {
	if err := t.textTests.Case(c); err != nil {
		return err
	}
	for _, f := range c.Failures {
		text := c.Name + ": " + f.What
		for _, d := range f.Detail {
			text += "\n" + d
		}
		if _, err := fmt.Fprintf(t.w, "::error file=%s,line=%d,title=%s::%s\n", githubProperty(c.Suite), f.Line,
			githubProperty(c.Name), githubData(text)); err != nil {
			return err
		}
	}
	return nil
}

func (t *githubTests) End(s *TestTotals) error {
	if err := t.textTests.End(s); err != nil {
		return err
	}
	level := "notice"
	if s.Required {
		level = "error"
	}
	for _, name := range s.Untested {
		if _, err := fmt.Fprintf(t.w, "::%s title=rule without a test::no case expects an alert of rule %s\n", level, githubData(fmt.Sprintf("%q", name))); err != nil {
			return err
		}
	}
	return nil
}

func githubData(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

func githubProperty(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(githubData(s))
}

// jsonTests is one JSON document.
type jsonTests struct {
	w     io.Writer
	cases []jsonCase
}

type jsonCase struct {
	Suite    string        `json:"suite"`
	Line     int           `json:"line"`
	Name     string        `json:"name"`
	Status   string        `json:"status"`
	Captures int           `json:"captures"`
	Events   uint64        `json:"events"`
	Alerts   int           `json:"alerts"`
	Failures []jsonFailure `json:"failures"`
	Notes    []string      `json:"notes,omitempty"`
}

type jsonFailure struct {
	Line   int      `json:"line"`
	What   string   `json:"what"`
	Detail []string `json:"detail"`
}

func (j *jsonTests) Case(c *CaseResult) error {
	out := jsonCase{c.Suite, c.Line, c.Name, c.Status.String(), c.Captures, c.Events, c.Alerts, []jsonFailure{}, c.Notes}
	for _, f := range c.Failures {
		out.Failures = append(out.Failures, jsonFailure{f.Line, f.What, slices.Concat([]string{}, f.Detail)})
	}
	j.cases = append(j.cases, out)
	return nil
}

func (j *jsonTests) End(s *TestTotals) error {
	return output.JSON(j.w, struct {
		Passed   int        `json:"passed"`
		Failed   int        `json:"failed"`
		Broken   int        `json:"broken"`
		Rules    int        `json:"rules"`
		Untested []string   `json:"untested"`
		Cases    []jsonCase `json:"cases"`
	}{s.Passed, s.Failed, s.Broken, s.Rules, slices.Concat([]string{}, s.Untested), slices.Concat([]jsonCase{}, j.cases)})
}

// junitTests is the XML that CI systems read. It has no times, so that the same
// results are the same bytes.
type junitTests struct {
	w      io.Writer
	suites []junitSuite
}

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string         `xml:"name,attr"`
	Class   string         `xml:"classname,attr"`
	File    string         `xml:"file,attr"`
	Line    int            `xml:"line,attr"`
	Failure []junitFailure `xml:"failure"`
	Error   []junitFailure `xml:"error"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

func (j *junitTests) Case(c *CaseResult) error {
	if n := len(j.suites); n == 0 || j.suites[n-1].Name != c.Suite {
		j.suites = append(j.suites, junitSuite{Name: c.Suite})
	}
	s := &j.suites[len(j.suites)-1]
	s.Tests++
	out := junitCase{Name: c.Name, Class: c.Suite, File: c.Suite, Line: c.Line}
	var list []junitFailure
	for _, f := range c.Failures {
		text := fmt.Sprintf("%s:%d: %s\n", c.Suite, f.Line, f.What)
		for _, d := range f.Detail {
			text += "  " + d + "\n"
		}
		list = append(list, junitFailure{f.What, text})
	}
	switch c.Status {
	case Failed:
		s.Failures++
		out.Failure = list
	case Broken:
		s.Errors++
		out.Error = list
	}
	s.Cases = append(s.Cases, out)
	return nil
}

func (j *junitTests) End(s *TestTotals) error {
	if len(s.Untested) > 0 && s.Required {
		suite := junitSuite{Name: "rules without a test", Tests: len(s.Untested), Failures: len(s.Untested)}
		for _, name := range s.Untested {
			suite.Cases = append(suite.Cases, junitCase{Name: name, Class: suite.Name, Failure: []junitFailure{{Message: "no case expects an alert of the rule"}}})
		}
		j.suites = append(j.suites, suite)
	}
	doc := junitSuites{Name: "falcoanalyze test", Suites: j.suites}
	for _, s := range j.suites {
		doc.Tests, doc.Failures, doc.Errors = doc.Tests+s.Tests, doc.Failures+s.Failures, doc.Errors+s.Errors
	}
	if _, err := io.WriteString(j.w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(j.w)
	enc.Indent("", "  ")
	if err := enc.Encode(doc); err != nil {
		return err
	}
	_, err := io.WriteString(j.w, "\n")
	return err
}
