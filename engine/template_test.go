package engine

import (
	"strings"
	"testing"

	"falcoreplay/rules"
	"falcoreplay/scap/event"
)

// load is a rule file of one rule.
func load(condition, output string) (*rules.Set, *rules.Result) {
	file := "- rule: r\n  desc: d\n  priority: NOTICE\n  condition: " + condition + "\n  output: " + quoteYAML(output) + "\n"
	return rules.Load([]rules.File{{Name: "r.yaml", Data: []byte(file)}},
		rules.Options{KnownField: CheckField, Check: CheckRule})
}

func quoteYAML(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func TestMessages(t *testing.T) {
	host := testHost(t, event.SyscallKillX)
	for _, c := range []struct{ output, message, fields string }{
		{"plain", "plain", ""},
		{"*plain", "plain", ""},
		{"%proc.name", "cat", "proc.name"},
		{"a %proc.name.", "a cat.", "proc.name"},
		{"%proc.nameX %proc.pid:", "catX 7:", "proc.name proc.pid"},
		{"(%proc.name)%proc.pid%proc.pid", "(cat)77", "proc.name proc.pid"},
		{"%fd.name|%proc.name", "<NA>|cat", "fd.name proc.name"},
		{"%5proc.name|%2proc.name|", "cat  |ca|", "proc.name"},
		{"%toupper(proc.name) %basename(proc.exepath)", "CAT cat", "proc.exepath proc.name"},
		{"%len(proc.name)", "<NA>", "proc.name"}, // as in Falco, which has no format for it
		{"%concat(proc.name, \"x\")", "catx", "proc.name"},
		{"%proc.aname[2] %evt.type", "<NA> kill", "evt.type proc.aname[2]"},
		{"x %container.info y", "x  y", ""},
		{"%evt.num", "5", "evt.num"},
	} {
		set := ruleSet(t, c.output, "evt.type = kill")
		e, problems := New(set, Options{})
		if len(problems) > 0 {
			t.Errorf("%q: %s", c.output, problems[0].Message)
			continue
		}
		var got *Alert
		e.NewEvaluator(host).Process(func(a *Alert) { got = a })
		var names []string
		for _, f := range got.Fields {
			names = append(names, f.Name)
		}
		if got.Message != c.message || strings.Join(names, " ") != c.fields {
			t.Errorf("%q: %q with %v", c.output, got.Message, names)
		}
	}
}

func TestAlertForms(t *testing.T) {
	host := testHost(t, event.SyscallKillX)
	e, _ := New(ruleSet(t, "\"%proc.name\" %proc.pid %fd.name", "evt.type = kill"), Options{})
	var a *Alert
	e.NewEvaluator(host).Process(func(x *Alert) { a = x })
	if got, want := string(a.AppendText(nil)), `01:46:40.000000042: Notice \"cat\" 7 <NA>`; got != want {
		t.Errorf("text:\n%s, want\n%s", got, want)
	}
	want := `{"hostname":"box","message":"\"cat\" 7 <NA>","output":"2001-09-09T01:46:40.000000042+0000: Notice \"cat\" 7 <NA>",` +
		`"output_fields":{"evt.time.iso8601":1000000000000000042,"fd.name":null,"proc.name":"cat","proc.pid":7},` +
		`"priority":"Notice","rule":"a","source":"syscall","tags":["x","y"],"time":"2001-09-09T01:46:40.000000042Z"}`
	if got := string(a.AppendJSON(nil)); got != want {
		t.Errorf("JSON:\n%s, want\n%s", got, want)
	}
}

func TestBadOutputs(t *testing.T) {
	for _, c := range []struct {
		output string
		column int
	}{
		{"a %nosuch.field b", 0},
		{"a %", 0},
		{"100% of it", 0},
		{"%%proc.name", 0},
		{"%proc.name[", 0}, // the longest beginning that is a field is taken
		{"%9", 0},
		{"%99999proc.name", 0},
		{"%toupper(proc.pid)", 0},
		{"%nosuch(proc.name)", 0},
	} {
		_, result := load("evt.type=open", c.output)
		text := result.Text(rules.SeverityError)
		if c.output == "%proc.name[" {
			if text != "" {
				t.Errorf("%q: %s", c.output, text)
			}
			continue
		}
		if !strings.Contains(text, string(rules.ErrCompileOutput)) {
			t.Errorf("%q: %q", c.output, text)
		}
	}
}
