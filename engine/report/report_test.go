package report

import (
	"errors"
	"strings"
	"testing"

	"falcoreplay/engine"
	"falcoreplay/rules"
)

func alert(rule string, p rules.Priority) *engine.Alert {
	return &engine.Alert{
		Rule:   &rules.Rule{Name: rule, Priority: p, Source: "syscall", Tags: []string{"t"}},
		TimeNS: 1e18, Host: "box", Message: "a\n\"b\"", Fields: []engine.Field{{Name: "proc.name", JSON: `"x"`}},
	}
}

func TestFormats(t *testing.T) {
	want := map[string]string{
		"text": `01:46:40.000000000: Error a\n\"b\"` + "\n",
		"json": `{"hostname":"box","message":"a\n\"b\"","output":"2001-09-09T01:46:40.000000000+0000: Error a\n\"b\"",` +
			`"output_fields":{"evt.time.iso8601":1000000000000000000,"proc.name":"x"},"priority":"Error","rule":"r",` +
			`"source":"syscall","tags":["t"],"time":"2001-09-09T01:46:40.000000000Z"}` + "\n",
	}
	for _, name := range Names() {
		f, err := Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		w := f.New(&b)
		err = errors.Join(w.Begin(), w.Alert(alert("r", rules.Error)), w.Alert(alert("r", rules.Error)), w.End(&Summary{}))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := b.String(); got != want[name]+want[name] {
			t.Errorf("%s:\n%s", name, got)
		}
	}
	if _, err := Lookup("xml"); err == nil || !strings.Contains(err.Error(), "text, json") {
		t.Errorf("unknown format: %v", err)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteError(t *testing.T) {
	f, _ := Lookup("text")
	if err := f.New(full{}).Alert(alert("r", rules.Error)); err == nil {
		t.Error("no error")
	}
}

func TestSummary(t *testing.T) {
	a, b := Summary{Captures: 1, Events: 10}, Summary{Captures: 1, Events: 5}
	a.Add(alert("one", rules.Error))
	b.Add(alert("two", rules.Notice))
	b.Add(alert("two", rules.Notice))
	b.Add(alert("three", rules.Notice))
	a.AddLoss("events lost", 2)
	b.AddLoss("events lost", 3)
	b.AddLoss("blocks passed over", 0)
	a.Merge(&b)
	const want = "2 captures, 15 events, 4 alerts\n" +
		"       1  Error          one\n" +
		"       2  Notice         two\n" +
		"       1  Notice         three\n" +
		"       5  events lost\n"
	if got := a.Text(); got != want {
		t.Errorf("got\n%s", got)
	}
}
