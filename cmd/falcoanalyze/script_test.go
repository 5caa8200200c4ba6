package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"falcoanalyze": main})
}

// TestScripts runs the command lines of testdata/script. CAPTURES is the
// directory with the project's captures.
func TestScripts(t *testing.T) {
	captures, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("CAPTURES", captures+"/../../testdata")
			return nil
		},
	})
}
