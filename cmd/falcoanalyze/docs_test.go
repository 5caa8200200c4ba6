package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestDocs runs the examples of docs/testing.md: blocks of YAML with a name are
// files, and blocks of console are commands with what they print, where a line
// of three dots stands for any lines at the end.
func TestDocs(t *testing.T) {
	script, commands := docScript(t, "../../docs/testing.md")
	if commands < 7 {
		t.Fatalf("only %d commands found", commands)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "docs.txtar"), []byte(script), 0o666); err != nil {
		t.Fatal(err)
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
