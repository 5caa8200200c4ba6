package main

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"falcoreplay/internal/testenv"
)

var update = flag.Bool("update", false, "rewrite the expected outputs in scripts")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"falcoanalyze": main})
}

// scripts runs the command lines of a directory. CAPTURES is the directory with
// the project's captures, also under the name captures where a script runs, and
// shared is the reference data if it is there.
func scripts(t *testing.T, dir, shared string) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	captures := filepath.Join(here, "..", "..", "testdata")
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		RequireExplicitExec: true,
		UpdateScripts:       *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("CAPTURES", captures)
			if shared != "" {
				if err := os.Symlink(shared, filepath.Join(env.WorkDir, "shared")); err != nil {
					return err
				}
			}
			return os.Symlink(captures, filepath.Join(env.WorkDir, "captures"))
		},
	})
}

func TestScripts(t *testing.T) { scripts(t, "testdata/script", "") }

// TestSharedScripts runs what needs the stock rules and the reference captures.
func TestSharedScripts(t *testing.T) {
	shared, err := filepath.Abs(testenv.Shared(t))
	if err != nil {
		t.Fatal(err)
	}
	scripts(t, "testdata/shared", shared)
}
