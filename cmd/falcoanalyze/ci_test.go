package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// action is what the test needs of action.yml.
type action struct {
	Inputs map[string]struct{ Description, Default string }
	Runs   struct {
		Steps []struct {
			Name, If, Shell, Run string
			Env                  map[string]string
		}
	}
}

// TestAction runs the steps of the action that need no GitHub.
func TestAction(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("needs bash")
	}
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("needs git")
	}
	data, err := os.ReadFile("../../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	var a action
	if err := yaml.Unmarshal(data, &a); err != nil {
		t.Fatal(err)
	}
	docs, err := os.ReadFile("../../docs/testing.md")
	if err != nil {
		t.Fatal(err)
	}
	for name := range a.Inputs {
		if !strings.Contains(string(docs), "| `"+name+"` |") {
			t.Errorf("docs/testing.md does not describe the input %s", name)
		}
	}
	steps := make(map[string]string)
	for _, s := range a.Runs.Steps {
		steps[s.Name] = s.Run
		for _, value := range s.Env {
			name, ok := strings.CutPrefix(strings.TrimSuffix(value, " }}"), "${{ inputs.")
			if _, known := a.Inputs[name]; ok && !known {
				t.Errorf("step %s: there is no input %s", s.Name, name)
			}
		}
	}
	if steps["test"] == "" || steps["diff"] == "" {
		t.Fatalf("steps: %v", steps)
	}
	script := `
env HOME=$WORK
exec git init -q .
exec git add rules
exec git -c user.name=a -c user.email=a@b commit -qm one
exec git rev-parse HEAD
cp stdout base
cp changed.yaml rules/r.yaml
env RULES=rules/
env CAPTURES=captures/falco-att*.scap
env GITHUB_STEP_SUMMARY=$WORK/summary.md
exec sh -c 'BASE=$(cat base) exec bash --noprofile --norc -eo pipefail diff.sh'
grep '^### Alerts: 0 added, 0 removed, 1 altered, 0 the same$' summary.md
env SUITES=tests/
env ARGUMENTS='-v --require-tests'
exec bash --noprofile --norc -eo pipefail test.sh
stdout '^ok     tests/s.yaml:3: one'
cp wrong.yaml rules/r.yaml
! exec bash --noprofile --norc -eo pipefail test.sh
stdout '^::error file=tests/s.yaml,line=3,title=one::'
-- rules/r.yaml --
- rule: Memory
  desc: A program is run from memory.
  condition: evt.type = execve and proc.is_exe_from_memfd = true
  output: from memory
  priority: ERROR
-- changed.yaml --
- rule: Memory
  desc: A program is run from memory.
  condition: evt.type = execve and proc.is_exe_from_memfd = true
  output: from memory
  priority: CRITICAL
-- wrong.yaml --
- rule: Memory
  desc: A program is run from memory.
  condition: evt.type = execve and proc.name = nothing
  output: from memory
  priority: CRITICAL
-- tests/s.yaml --
rules: ../rules/
cases:
  - {name: one, captures: ../captures/falco-attacks.scap, expect: [{rule: Memory}]}
`
	for name, run := range map[string]string{"diff": steps["diff"], "test": steps["test"]} {
		script += fmt.Sprintf("-- %s.sh --\n%s", name, run)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "action.txtar"), []byte(script), 0o666); err != nil {
		t.Fatal(err)
	}
	scripts(t, dir, "")
}

// TestHook holds the hook for pre-commit against the command line.
func TestHook(t *testing.T) {
	data, err := os.ReadFile("../../.pre-commit-hooks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var hooks []struct{ ID, Entry, Language string }
	if err := yaml.Unmarshal(data, &hooks); err != nil || len(hooks) != 1 {
		t.Fatalf("%v %v", hooks, err)
	}
	docs, err := os.ReadFile("../../docs/testing.md")
	if err != nil {
		t.Fatal(err)
	}
	if hooks[0].Entry != "falcoanalyze test" || !strings.Contains(string(docs), "- id: "+hooks[0].ID) {
		t.Errorf("%+v", hooks[0])
	}
}
