// Package suite reads test suites: what has to hold of the alerts that rules
// give for captures. It knows the form of a suite, and how one alert is held
// against what is expected; it opens no file and runs no rules.
//
// Suites are a public interface; docs/testing.md describes every key. Package
// engine/regress imports it.
package suite

import (
	"falcoreplay/engine"
)

// Suite is one suite file. Paths in it are as they are written: relative ones
// start from the file's directory.
type Suite struct {
	// Path is the name under which the suite was read.
	Path string
	// Rules are the rule files and directories of cases that name none; nil is
	// the bundled rules.
	Rules []string
	Cases []*Case
}

// Case is a set of captures and rules with what has to hold of them.
type Case struct {
	Name string
	Pos  Pos
	// Captures are paths or globs; there may be none if only the loading of
	// rules is looked at.
	Captures []Text
	// Rules are rule files and directories; nil is those of the suite.
	Rules []string
	// Disable and Enable are globs of rule names; a rule that both fit is
	// enabled.
	Disable, Enable []Text
	Matching        engine.Matching

	Expect []Expectation
	// Sequence are alerts that come in this order, whatever lies between them.
	Sequence []Expectation
	// Exhaustive is set if there is no alert but those that Expect and Sequence
	// name.
	Exhaustive bool
	// Snapshot is a file with all alerts, "" for none.
	Snapshot    string
	SnapshotPos Pos
}

// Looks tells whether the case looks at alerts, for which it needs captures.
func (c *Case) Looks() bool {
	for i := range c.Expect {
		if k := c.Expect[i].Kind; k == Fires || k == Never {
			return true
		}
	}
	return len(c.Sequence) > 0 || c.Exhaustive || c.Snapshot != ""
}

// Pos is a place in a suite file, from 1.
type Pos struct{ Line, Column int }

// Text is a text with its place.
type Text struct {
	Text string
	Pos  Pos
}

// Kind is what an expectation is about.
type Kind uint8

// The kinds of expectations.
const (
	Fires   Kind = iota // alerts of a rule
	Never               // no alert of a rule
	Error               // an error in the rule files
	Warning             // a warning about the rule files
)

// key is what an expectation of the kind begins with in a suite.
func (k Kind) key() string { return [...]string{"rule", "never", "error", "warning"}[k] }

// Expectation is one thing that has to hold.
type Expectation struct {
	Kind Kind
	Pos  Pos
	// Name is the name of a rule, or the code of an error or warning.
	Name string
	// Min and Max are how many alerts there have to be; Max is -1 for any
	// number.
	Min, Max int
	// Match are conditions that an alert has to meet to be counted.
	Match []Condition
	// Message are conditions on the text of an error or warning.
	Message []Test
}

// FieldNames are the fields that the conditions of the suites' cases look at,
// each once, in no order.
func (c *Case) FieldNames(add func(name string)) {
	for _, list := range [][]Expectation{c.Expect, c.Sequence} {
		for i := range list {
			for _, m := range list[i].Match {
				if m.kind == aboutField {
					add(m.Key)
				}
			}
		}
	}
}
