package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestDocs runs the examples of documents: blocks of YAML with a name are files,
// and blocks of console are commands with what they print, where a line of three
// dots stands for any lines at the end.
func TestDocs(t *testing.T) {
	dir := t.TempDir()
	for _, doc := range []struct {
		name     string
		commands int // at least
	}{{"testing", 7}, {"rules", 3}} {
		script, commands := docScript(t, "../../docs/"+doc.name+".md")
		if commands < doc.commands {
			t.Fatalf("only %d commands found in %s.md", commands, doc.name)
		}
		if err := os.WriteFile(filepath.Join(dir, doc.name+".txtar"), []byte(script), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	captures, err := filepath.Abs("../../testdata")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			for _, name := range []string{"attacks", "containers"} {
				if err := os.Symlink(filepath.Join(captures, "falco-"+name+".scap"), filepath.Join(env.WorkDir, name+".scap")); err != nil {
					return err
				}
			}
			return nil
		},
	})
}

// TestReadme runs the first command of the README, whose alerts follow it, cut
// short.
func TestReadme(t *testing.T) {
	data, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var command string
	var shown []string
	for line := range strings.Lines(string(data)) {
		text, ok := strings.CutPrefix(strings.TrimRight(line, "\n"), "    ")
		switch {
		case ok && command == "":
			command = text
		case ok && strings.HasPrefix(text, "go "):
			t.Fatalf("no alerts are shown after %q", command)
		case ok:
			shown = append(shown, strings.TrimSuffix(text, "…"))
		}
		if !ok && len(shown) > 0 {
			break
		}
	}
	capture, ok := strings.CutPrefix(command, "go run ./cmd/falcoanalyze ")
	if !ok {
		t.Fatalf("the first command is %q", command)
	}
	var out, messages bytes.Buffer
	if code := program([]string{"-q", "../../" + capture}, strings.NewReader(""), &out, &messages); code != 0 {
		t.Fatalf("exit code %d: %s", code, &messages)
	}
	alerts := slices.Collect(strings.Lines(out.String()))
	if len(alerts) != len(shown) {
		t.Fatalf("%d alerts are shown, there are %d", len(shown), len(alerts))
	}
	for i, alert := range alerts {
		if !strings.HasPrefix(alert, shown[i]) {
			t.Errorf("shown is %s\nand it says %s", shown[i], alert)
		}
	}
}

// docScript makes a script of the blocks of a document.
func docScript(t *testing.T, path string) (script string, commands int) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var run, files strings.Builder
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		info, ok := strings.CutPrefix(lines.Text(), "```")
		if !ok {
			continue
		}
		var body []string
		for n++; lines.Scan() && lines.Text() != "```"; n++ {
			body = append(body, lines.Text())
		}
		language, rest, _ := strings.Cut(info, " ")
		switch {
		case language == "yaml" && rest != "":
			fmt.Fprintf(&files, "-- %s --\n%s\n", rest, strings.Join(body, "\n"))
		case language == "console":
			command, ok := strings.CutPrefix(body[0], "$ ")
			if !ok {
				t.Fatalf("%s:%d: no command", path, n)
			}
			commands++
			not := ""
			if rest == "exit=1" {
				not = "! "
			}
			want := body[1:]
			open := len(want) > 0 && want[len(want)-1] == "..."
			if open {
				want = want[:len(want)-1]
			}
			fmt.Fprintf(&run, "# %s, the block that ends in line %d\n%sexec %s\n", path, n, not, strings.ReplaceAll(command, `"`, "'"))
			fmt.Fprintf(&files, "-- want%d --\n%s\n", commands, strings.Join(want, "\n"))
			if open {
				fmt.Fprintf(&run, "cp stdout got\nexec head -n %d got\n", len(want))
			}
			fmt.Fprintf(&run, "cmp stdout want%d\n", commands)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return run.String() + files.String(), commands
}
