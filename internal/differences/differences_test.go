package differences

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const list = `
intro: "# Differences"
sections:
  - intro: Cells
    columns: [what, Falco, ours, why]
    entries:
      - id: name
        what: "` + "`a|b`" + `"
        falco: empty
        why: because
        cells:
          - fields: [a, x.*]
            captures: [one]
            falco: '""'
            ours: '".+"'
            when: {t: '"open"'}
      - id: order
        what: order
        falco: mixed
        cells:
          - fields: [l]
            reordered: true
`

func TestAllowing(t *testing.T) {
	l, err := Parse([]byte(list))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		capture, field, falco, ours, typ, want string
	}{
		{"one", "a", `""`, `"y"`, `"open"`, "name"},
		{"one", "x.y", `""`, `"y"`, `"open"`, "name"},
		{"two", "a", `""`, `"y"`, `"open"`, ""},   // another capture
		{"one", "ab", `""`, `"y"`, `"open"`, ""},  // another field
		{"one", "a", `"z"`, `"y"`, `"open"`, ""},  // another answer of Falco's
		{"one", "a", `""`, `null`, `"open"`, ""},  // another answer of ours
		{"one", "a", `""`, `"y"`, `"openat"`, ""}, // another event
		{"one", "l", `[1,2,2]`, `[2,1,2]`, "", "order"},
		{"one", "l", `[1,2,2]`, `[2,1,1]`, "", ""},
		{"one", "l", `[1,2]`, `null`, "", ""},
		{"one", "l", `[1,2]`, ``, "", ""}, // no cell
	} {
		falco := Alert{c.field: json.RawMessage(c.falco), "t": json.RawMessage(c.typ)}
		ours := Alert{c.field: json.RawMessage(c.ours)}
		if c.ours == "" {
			ours = Alert{}
		}
		got := ""
		if e := l.Allowing(c.capture, c.field, falco, ours); e != nil {
			got = e.ID
		}
		if got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	section := "sections: [{columns: [a, b, c], entries: ["
	for _, text := range []string{
		"sections: [{columns: [a]}]",
		section + "{what: w, falco: f}]}]",
		section + "{id: i, what: w, falco: f}, {id: i, what: w, falco: f}]}]",
		section + "{id: i, what: w}]}]",
		section + "{id: i, what: w, falco: f, why: y}]}]",
		section + "{id: i, what: w, falco: f, cells: [{}]}]}]",
		section + "{id: i, what: w, falco: f, cells: [{fields: [a], ours: '('}]}]}]",
		"unknown: 1",
	} {
		if _, err := Parse([]byte(text)); err == nil {
			t.Errorf("accepted: %s", text)
		}
	}
}

func TestMarkdown(t *testing.T) {
	l, err := Parse([]byte(list))
	if err != nil {
		t.Fatal(err)
	}
	want := "| what | Falco | ours | why |\n| --- | --- | --- | --- |\n| `a\\|b` | empty | | because |\n| order | mixed | | |\n"
	if got := string(l.Markdown("x.yaml")); !strings.HasSuffix(got, want) {
		t.Errorf("have\n%s\nwant at the end\n%s", got, want)
	}
}

// TestList holds that the list is right and its document is of it.
func TestList(t *testing.T) {
	l, err := Open(filepath.Join("..", "..", "docs", "differences.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join("..", "..", "docs", "differences.md"))
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(l.Markdown("differences.yaml")) {
		t.Error("docs/differences.md is not made of docs/differences.yaml: run make generate")
	}
}
