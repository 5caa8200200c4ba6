package compare

import (
	"fmt"
	"strings"
	"testing"
)

func alert(rule string, second int, priority, file string) string {
	return fmt.Sprintf(`{"hostname":"box","message":"read %s","output":"x: %s read %s","output_fields":{"fd.name":%q},`+
		`"priority":%q,"rule":%q,"source":"syscall","tags":["t"],"time":"2001-09-09T01:46:%02d.000000000Z"}`,
		file, priority, file, file, priority, rule, second)
}

func read(t *testing.T, lines ...string) []Alert {
	t.Helper()
	list, err := Read(strings.NewReader(strings.Join(lines, "\n\n")), "x")
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestAlerts(t *testing.T) {
	from := read(t, alert("A", 1, "Error", "/a"), alert("A", 2, "Error", "/b"), alert("B", 2, "Error", "/b"),
		alert("C", 3, "Error", "/1"), alert("C", 3, "Error", "/2"))
	to := read(t, alert("A", 2, "Notice", "/b"), alert("D", 2, "Error", "/b"), alert("A", 9, "Error", "/a"),
		alert("C", 3, "Error", "/2"), alert("C", 3, "Error", "/3"))
	d := Alerts(from, to)
	var b strings.Builder
	for _, r := range d.Rules {
		fmt.Fprintf(&b, "%s same %d\n", r.Rule, r.Same)
		for _, a := range r.Added {
			fmt.Fprintf(&b, " + %s %s\n", a.Time[17:19], a.Message)
		}
		for _, a := range r.Removed {
			fmt.Fprintf(&b, " - %s %s\n", a.Time[17:19], a.Message)
		}
		for _, a := range r.Altered {
			fmt.Fprintf(&b, " ~ %s %q\n", a.To.Time[17:19], a.Changes)
		}
	}
	const want = `A same 0
 + 09 read /a
 - 01 read /a
 ~ 02 [{"priority" "Error" "Notice"}]
B same 0
 - 02 read /b
C same 1
 ~ 03 [{"fd.name" "\"/1\"" "\"/3\""} {"output" "read /1" "read /3"}]
D same 0
 + 02 read /b
`
	if got := b.String(); got != want || d.Same != 1 {
		t.Errorf("same %d\n%s", d.Same, got)
	}
	if d := Alerts(from, from); !d.Empty() || d.Same != len(from) {
		t.Errorf("a list and itself: %+v", d)
	}
	if d := Alerts(nil, nil); !d.Empty() {
		t.Error("nothing and nothing are different")
	}
}

func TestReadErrors(t *testing.T) {
	for text, want := range map[string]string{
		"{}":                          "x:1: not an alert in JSON: rule or time is missing",
		alert("A", 1, "", "") + "\n[": "x:2: not an alert in JSON",
		`{"rules":"a"}`:               `unknown field "rules"`,
	} {
		if _, err := Read(strings.NewReader(text), "x"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
