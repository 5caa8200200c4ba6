package suite

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"time"

	"falcoreplay/engine"
)

// Condition is what has to hold of one property of an alert.
type Condition struct {
	// Key is a field, or one of priority, tags, output, host and time.
	Key   string
	Pos   Pos
	Tests []Test

	kind  about
	after time.Time // of time: from here on
	until time.Time // and before this
	text  string    // of time: as it is written
}

// about is what a condition looks at.
type about uint8

const (
	aboutField about = iota
	aboutPriority
	aboutTags
	aboutOutput
	aboutHost
	aboutTime
)

// properties are the keys that are no fields.
var properties = map[string]about{
	"priority": aboutPriority, "tags": aboutTags, "output": aboutOutput, "host": aboutHost, "time": aboutTime,
}

// Test is a comparison with a text.
type Test struct {
	op     op
	values []string // of equals: one of these; of the others: one value
	re     *regexp.Regexp
	number *big.Rat
	exists bool
}

type op uint8

const (
	equals op = iota
	contains
	startsWith
	endsWith
	glob
	matches
	greater
	less
	atLeast
	atMost
	exists
)

// opNames are the operators as they are written; equals has no name.
var opNames = [...]string{
	contains: "contains", startsWith: "startswith", endsWith: "endswith", glob: "glob", matches: "regex",
	greater: "gt", less: "lt", atLeast: "ge", atMost: "le", exists: "exists",
}

// Lookup finds the value of a field among those that an alert has.
type Lookup func(name string) engine.Shown

// Holds tells whether the condition holds of an alert.
func (c *Condition) Holds(a *engine.Alert, lookup Lookup) bool {
	if c.kind == aboutTime {
		t := time.Unix(0, int64(a.TimeNS))
		return (c.after.IsZero() || !t.Before(c.after)) && (c.until.IsZero() || t.Before(c.until))
	}
	if c.kind == aboutTags {
		return c.tags(a.Rule.Tags)
	}
	s := c.value(a, lookup)
	for i := range c.Tests {
		if !c.Tests[i].holds(s) {
			return false
		}
	}
	return true
}

// tags tells whether an alert has all the tags that are named, and for each
// other test one that passes it.
func (c *Condition) tags(tags []string) bool {
	for i := range c.Tests {
		t := &c.Tests[i]
		if t.op == exists {
			if t.exists != (len(tags) > 0) {
				return false
			}
			continue
		}
		if t.op == equals {
			for _, v := range t.values {
				if !slices.Contains(tags, v) {
					return false
				}
			}
			continue
		}
		if !slices.ContainsFunc(tags, func(tag string) bool { return t.holds(engine.Shown{Text: tag, Present: true}) }) {
			return false
		}
	}
	return true
}

func (c *Condition) value(a *engine.Alert, lookup Lookup) engine.Shown {
	text := ""
	switch c.kind {
	case aboutField:
		return lookup(c.Key)
	case aboutPriority:
		text = a.Rule.Priority.String()
	case aboutOutput:
		text = a.Message
	case aboutHost:
		text = a.Host
	}
	return engine.Shown{Text: text, Present: text != ""}
}

// Value is what an alert shows for the property, for messages.
func (c *Condition) Value(a *engine.Alert, lookup Lookup) string {
	switch c.kind {
	case aboutTime:
		return time.Unix(0, int64(a.TimeNS)).UTC().Format(time.RFC3339Nano)
	case aboutTags:
		return fmt.Sprintf("%q", a.Rule.Tags)
	}
	s := c.value(a, lookup)
	if !s.Present {
		return "absent"
	}
	return fmt.Sprintf("%q", s.Text)
}

// String is the condition for messages.
func (c *Condition) String() string {
	if c.kind == aboutTime {
		return c.Key + " " + c.text
	}
	parts := make([]string, len(c.Tests))
	for i := range c.Tests {
		if t := &c.Tests[i]; c.kind == aboutTags && t.op == equals {
			parts[i] = fmt.Sprintf("tags include %q", t.values)
			continue
		}
		parts[i] = c.Key + " " + c.Tests[i].String()
	}
	return strings.Join(parts, " and ")
}

// Holds tells whether a text passes the test.
func (t *Test) Holds(text string) bool { return t.holds(engine.Shown{Text: text, Present: true}) }

func (t *Test) holds(s engine.Shown) bool {
	if t.op == exists {
		return s.Present == t.exists
	}
	if !s.Present {
		return false
	}
	switch t.op {
	case equals:
		return slices.Contains(t.values, s.Text)
	case contains:
		return strings.Contains(s.Text, t.values[0])
	case startsWith:
		return strings.HasPrefix(s.Text, t.values[0])
	case endsWith:
		return strings.HasSuffix(s.Text, t.values[0])
	case glob:
		return engine.MatchGlob(t.values[0], s.Text)
	case matches:
		return t.re.MatchString(s.Text)
	}
	n := number(s.Text)
	if n == nil {
		return false
	}
	switch c := n.Cmp(t.number); t.op {
	case greater:
		return c > 0
	case less:
		return c < 0
	case atLeast:
		return c >= 0
	default:
		return c <= 0
	}
}

// number reads a decimal number, nil if the text is none. Exponents, which make
// short texts huge numbers, are none.
func number(text string) *big.Rat {
	if len(text) > 64 || strings.Trim(text, "+-.0123456789") != "" {
		return nil
	}
	n, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil
	}
	return n
}

// String is the test for messages.
func (t *Test) String() string {
	switch {
	case t.op == exists && t.exists:
		return "exists"
	case t.op == exists:
		return "does not exist"
	case t.op == equals && len(t.values) == 1:
		return fmt.Sprintf("is %q", t.values[0])
	case t.op == equals:
		return fmt.Sprintf("is one of %q", t.values)
	case t.number != nil:
		return opNames[t.op] + " " + t.values[0]
	}
	return fmt.Sprintf("%s %q", opNames[t.op], t.values[0])
}

// Fits tells whether an alert is one that the expectation names: of its rule
// and with all conditions holding.
func (e *Expectation) Fits(a *engine.Alert, lookup Lookup) bool {
	return a.Rule.Name == e.Name && len(e.Wrong(a, lookup)) == 0
}

// Wrong are the conditions that do not hold of an alert.
func (e *Expectation) Wrong(a *engine.Alert, lookup Lookup) []*Condition {
	var wrong []*Condition
	for i := range e.Match {
		if !e.Match[i].Holds(a, lookup) {
			wrong = append(wrong, &e.Match[i])
		}
	}
	return wrong
}
