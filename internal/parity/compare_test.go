package main

import (
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// write puts a file into a folder, compressed if its name says so.
func write(t *testing.T, dir, name, text string) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if !strings.HasSuffix(name, ".gz") {
		_, err = f.WriteString(text)
	} else {
		z := gzip.NewWriter(f)
		if _, err = z.Write([]byte(text)); err == nil {
			err = z.Close()
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

const listText = `
sections:
  - columns: [what, Falco, ours]
    entries:
      - {id: b, what: b, falco: f, cells: [{fields: [x.b], falco: "1"}]}
`

func TestCheck(t *testing.T) {
	const falco = `{"rule":"r","time":"t","output_fields":{"evt.num":7,"x.a":1,"x.b":1}}` + "\n"
	const verdicts = `{"r":[7]}`
	for _, c := range []struct {
		name, ours, matches, want string
	}{
		{"allowed", strings.Replace(falco, `"x.b":1`, `"x.b":2`, 1), "", ""},
		{"the same", falco, verdicts, "entry b allows cells that do not differ"},
		{"another cell", strings.NewReplacer(`"x.b":1`, `"x.b":2`, `"x.a":1`, `"x.a":"1"`).Replace(falco), verdicts, "event 7: x.a is 1, ours \"1\""},
		{"a cell less", strings.NewReplacer(`"x.b":1`, `"x.b":2`, `"x.a":1,`, ``).Replace(falco), verdicts, "event 7: x.a is 1, ours "},
		{"an alert less", "", verdicts, "alert 1"},
		{"an alert more", strings.Repeat(strings.Replace(falco, `"x.b":1`, `"x.b":2`, 1), 2), verdicts, "alert 2"},
		{"another verdict", strings.Replace(falco, `"x.b":1`, `"x.b":2`, 1), `{"r":[8]}`, "event 8: condition r has another verdict"},
	} {
		t.Run(c.name, func(t *testing.T) {
			golden, ours := t.TempDir(), t.TempDir()
			write(t, golden, "list.yaml", listText)
			write(t, golden, "x.probe.jsonl.gz", falco)
			write(t, golden, "accepted.yaml", "- rule: r\n  condition: x.b = 1\n")
			write(t, golden, "x.json.gz", verdicts)
			write(t, ours, "x.probe.jsonl", c.ours)
			matched := ""
			if c.matches != "" {
				matched = falco
			}
			if c.matches != "" && c.matches != verdicts {
				write(t, golden, "x.json.gz", c.matches)
			}
			write(t, ours, "x.conditions.jsonl", matched)
			err := check(filepath.Join(golden, "list.yaml"), golden, golden, ours)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}
