package suite

import (
	"strings"
	"testing"

	"falcoreplay/engine"
	"falcoreplay/rules"
)

const good = `
rules: bundled
captures: ["*.scap"]
matching: all
cases:
  - name: one
    disable: "*"
    enable: [Shadow, Log*]
    expect:
      - rule: Shadow
        count: 2
        match:
          proc.name: [cat, less]
          proc.pid: {gt: 1, le: 12}
          fd.name: {startswith: /etc/, endswith: dow, contains: shad, glob: "/*", regex: "^/e"}
          proc.tty: {exists: false}
          priority: warning
          tags: [x, y]
          output: {contains: read}
          host: box
          time: {from: 2001-09-09T01:46:40Z, until: "2001-09-09T01:46:41Z"}
      - rule: Log
        count: {min: 1}
      - never: Other
    sequence: [Shadow, {rule: Log, match: {evt.type: openat}}]
    exhaustive: true
    snapshot: one.jsonl
  - name: two
    captures: []
    rules: [bad.yaml]
    expect:
      - error: LOAD_ERR_VALIDATE
        message: {contains: macro}
`

func TestParse(t *testing.T) {
	s, err := Parse("s.yaml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	one, two := s.Cases[0], s.Cases[1]
	if one.Pos.Line != 6 || one.Matching != engine.All || len(one.Captures) != 1 || len(one.Enable) != 2 ||
		len(one.Expect) != 3 || len(one.Sequence) != 2 || !one.Exhaustive || one.Snapshot != "one.jsonl" || !one.Looks() {
		t.Errorf("case one: %+v", one)
	}
	if e := one.Expect[1]; e.Min != 1 || e.Max != -1 {
		t.Errorf("count: %+v", e)
	}
	if len(two.Captures) != 0 || two.Looks() || two.Expect[0].Kind != Error || two.Rules[0] != "bad.yaml" {
		t.Errorf("case two: %+v", two)
	}
	names := make(map[string]bool)
	one.FieldNames(func(n string) { names[n] = true })
	if len(names) != 5 || !names["fd.name"] {
		t.Errorf("fields: %v", names)
	}
}

func alert() (*engine.Alert, Lookup) {
	a := &engine.Alert{
		Rule:   &rules.Rule{Name: "Shadow", Priority: rules.Warning, Tags: []string{"x", "y", "z"}},
		TimeNS: 1e18, Host: "box", Message: "read by cat",
	}
	values := map[string]string{"proc.name": "cat", "proc.pid": "12", "fd.name": "/etc/shadow"}
	return a, func(name string) engine.Shown {
		v, ok := values[name]
		return engine.Shown{Text: v, Present: ok}
	}
}

func TestHolds(t *testing.T) {
	s, err := Parse("s.yaml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	a, lookup := alert()
	e := &s.Cases[0].Expect[0]
	for _, c := range e.Wrong(a, lookup) {
		t.Errorf("%s does not hold of %s", c, c.Value(a, lookup))
	}
	if !e.Fits(a, lookup) {
		t.Error("does not fit")
	}
	for condition, want := range map[string]string{
		"proc.name: dog":                        `proc.name is "dog"`,
		"proc.name: [dog, cow]":                 `proc.name is one of ["dog" "cow"]`,
		"proc.pid: {gt: 12}":                    `proc.pid gt 12`,
		"proc.pid: {lt: 12}":                    `proc.pid lt 12`,
		"proc.pid: {ge: 12.5}":                  `proc.pid ge 12.5`,
		"proc.pid: {le: -1}":                    `proc.pid le -1`,
		"proc.name: {gt: 1}":                    `proc.name gt 1`,
		"fd.name: {contains: x}":                `fd.name contains "x"`,
		"fd.name: {startswith: etc}":            `fd.name startswith "etc"`,
		"fd.name: {endswith: etc}":              `fd.name endswith "etc"`,
		"fd.name: {glob: '/etc'}":               `fd.name glob "/etc"`,
		"fd.name: {regex: '^etc'}":              `fd.name regex "^etc"`,
		"fd.name: {exists: false}":              `fd.name does not exist`,
		"proc.tty: {exists: true}":              `proc.tty exists`,
		"proc.tty: x":                           `proc.tty is "x"`,
		"priority: [error, critical]":           `priority is one of ["Error" "Critical"]`,
		"tags: [x, w]":                          `tags include ["x" "w"]`,
		"tags: {startswith: w}":                 `tags startswith "w"`,
		"output: {endswith: dog}":               `output endswith "dog"`,
		"host: other":                           `host is "other"`,
		"time: {from: 2001-09-09T01:46:40.1Z}":  `time from 2001-09-09T01:46:40.1Z`,
		"time: {until: 2001-09-09T01:46:40Z}":   `time until 2001-09-09T01:46:40Z`,
		"fd.name: {startswith: /, endswith: x}": `fd.name startswith "/" and fd.name endswith "x"`,
	} {
		s, err := Parse("s.yaml", []byte("cases: [{name: n, captures: c, expect: [{rule: r, match: {"+condition+"}}]}]"))
		if err != nil {
			t.Errorf("%s: %v", condition, err)
			continue
		}
		c := &s.Cases[0].Expect[0].Match[0]
		if c.Holds(a, lookup) {
			t.Errorf("%s holds of %s", condition, c.Value(a, lookup))
		}
		if got := c.String(); got != want {
			t.Errorf("%s: %s", condition, got)
		}
	}
}

func TestErrors(t *testing.T) {
	inCase := func(s string) string { return "cases:\n - name: n\n   captures: c\n   expect: [{rule: r}]\n   " + s }
	inMatch := func(s string) string { return inCase("sequence: [{rule: r, match: {" + s + "}}]") }
	for _, c := range []struct{ suite, want string }{
		{"", "s.yaml:1:1: the suite is empty"},
		{"- a", "s.yaml:1:1: a suite is a mapping"},
		{"a: [", "s.yaml:1:1: not YAML: did not find"},
		{"cases: []", "s.yaml:1:8: the suite has no cases"},
		{"rules: x", "s.yaml:1:1: the suite has no cases"},
		{"case: []", `s.yaml:1:1: a suite has no key "case", did you mean "cases"?`},
		{"cases: []\n---\na: b", "a second one begins"},
		{"cases: [{captures: c, expect: [{rule: r}]}]", "the case has no name"},
		{"cases: [{name: n, captures: c}]", `case "n" expects nothing`},
		{"cases: [{name: n, expect: [{rule: r}]}]", `case "n" has no captures`},
		{"cases: [{name: n, captures: c, exhaustive: true}, {name: n, captures: c, exhaustive: true}]", `s.yaml:1:51: there is a case "n" already, in line 1`},
		{inCase("expects: []"), `s.yaml:5:4: a case has no key "expects", did you mean "expect"?`},
		{inCase("expect: []"), `s.yaml:5:4: the key "expect" is there twice`},
		{inCase("captures:"), `the key "captures" is there twice`},
		{inCase("snapshot:"), `"snapshot" has no value`},
		{inCase("exhaustive: maybe"), "exhaustive is true or false"},
		{inCase("matching: some"), `matching is first or all, not "some"`},
		{inCase("sequence: {}"), "sequence is a sequence"},
		{inCase("sequence: [{match: {}}]"), "a step of a sequence names a rule"},
		{inCase("rules: [[]]"), "rules is a text"},
		{inCase("rules: ['']"), "rules is empty"},
		{inCase("rules: []"), "rules names no file"},
		{inMatch("fd.namee: x"), `there is no field fd.namee, did you mean "fd.name"?`},
		{inMatch("fd.name: ~"), "for a field that is absent write {exists: false}"},
		{inMatch("fd.name: <NA>"), "write {exists: false}"},
		{inMatch("fd.name: []"), "never true"},
		{inMatch("fd.name: {}"), "the condition on fd.name is empty"},
		{inMatch("fd.name: {start: x}"), `the condition on fd.name has no key "start"; there are contains,`},
		{inMatch("fd.name: {regex: '('}"), "regex: error parsing regexp"},
		{inMatch("fd.num: {gt: x}"), `gt: "x" is not a number`},
		{inMatch("fd.num: {gt: 1e9}"), `gt: "1e9" is not a number`},
		{inMatch("fd.num: {exists: x}"), "exists: the value is true or false"},
		{inMatch("fd.num: {gt: [1]}"), "gt: the value is one text or number"},
		{inMatch("priority: worst"), `"worst" is no priority`},
		{inMatch("priority: {gt: 1}"), "priority is compared with names only"},
		{inMatch("time: {from: noon}"), "from is a time like"},
		{inMatch("time: {}"), "time needs from, until or both"},
		{inMatch("time: {from: 2001-01-01T00:00:00Z, until: 2001-01-01T00:00:00Z}"), "until is not after from"},
	} {
		_, err := Parse("s.yaml", []byte(c.suite))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\ngot  %v\nwant %s", c.suite, err, c.want)
		}
	}
	expectation := func(s string) string { return "cases: [{name: n, captures: c, expect: [{" + s + "}]}]" }
	for s, want := range map[string]string{
		"count: 1":                                "an expectation begins with rule, never, error or warning",
		"rule: r, never: q":                       "an expectation is about one thing, not about rule and never at once",
		"rule: r, count: -1":                      "count is a number from 0",
		"rule: r, count: x":                       "count is a number from 0",
		"rule: r, count: {}":                      "count is a number, or a mapping",
		"rule: r, count: {min: 3, max: 2}":        "max is less than min",
		"never: r, count: 1":                      "count goes with rule, not with never",
		"rule: r, message: {contains: x}":         "message goes with error and warning",
		"warning: LOAD_NO_EVTTYPES":               `no warning with the code "LOAD_NO_EVTTYPES", did you mean "LOAD_NO_EVTTYPE"?`,
		"error: E":                                `there is no error with the code "E"; there are LOAD_ERR`,
		"error: LOAD_ERR_LIMIT, match: {}":        "match goes with rule and never",
		"error: LOAD_ERR_LIMIT, message: {gt: 1}": `has no key "gt"`,
	} {
		_, err := Parse("s.yaml", []byte(expectation(s)))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\ngot  %v\nwant %s", s, err, want)
		}
	}
	if _, err := Parse("s.yaml", []byte("a: &a\n b: *a\ncases: *a")); err == nil {
		t.Error("an alias of itself is accepted")
	}
}

func TestManyErrors(t *testing.T) {
	_, err := Parse("s.yaml", []byte("cases: [x]\n"+strings.Repeat("k: 1\n", 1)+func() string {
		var b strings.Builder
		for i := range 100 {
			b.WriteString(strings.Repeat("k", i+2) + ": 1\n")
		}
		return b.String()
	}()))
	if err == nil || !strings.HasSuffix(err.Error(), "s.yaml: and 52 more") {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(good)
	f.Add("a: &a\n b: *a\ncases: *a")
	f.Add("cases: [{name: n, captures: c, expect: [{rule: r, match: {fd.num: {gt: 1}}}]}]")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse("s.yaml", []byte(text))
		if (s == nil) == (err == nil) {
			t.Error("a suite and an error, or neither")
		}
		if s == nil {
			return
		}
		a, lookup := alert()
		for _, c := range s.Cases {
			for i := range c.Expect {
				for _, w := range c.Expect[i].Wrong(a, lookup) {
					_ = w.String() + w.Value(a, lookup)
				}
			}
		}
	})
}
