// Package regress tests and compares rules on captures: suites of test cases,
// two versions of rules beside each other, explanations of single alerts, and
// what of the rules was used. It knows neither flags nor terminals, and reads
// files through its caller.
//
// Captures and cases are looked at side by side; results are the same, byte
// for byte, whatever the number of workers. Commands import it. Parts of it
// that stand alone are packages of their own: suite (the form of a suite),
// compare (lists of alerts), clause (the parts of conditions).
package regress

import (
	"io"
	"path/filepath"
	"sync"
	"sync/atomic"

	"falcoreplay/engine"
	"falcoreplay/rules"
)

// Files is where captures, rules and baselines are.
type Files interface {
	// Open opens a capture.
	Open(path string) (io.ReadCloser, error)
	// Glob returns the files that a pattern fits, as filepath.Glob does, in the
	// order in which they are to be looked at.
	Glob(pattern string) ([]string, error)
	// Rules reads rule files and those of directories.
	Rules(paths []string) ([]rules.File, error)
	// Read and Write are for baselines. The error of Read is fs.ErrNotExist if
	// there is no such file.
	Read(path string) ([]byte, error)
	Write(path string, data []byte) error
}

// maxDiagnostics is how many errors and how many warnings of rules a case may
// look for.
const maxDiagnostics = 10_000

// ruleSet is rule files, loaded when they are first needed.
type ruleSet struct {
	files  Files
	paths  []string // nil for the bundled rules
	loaded sync.Once
	set    *rules.Set
	result *rules.Result
	err    error // the files could not be read
}

// load returns the rules, nil if there are errors in them; those are in the
// result.
func (s *ruleSet) load() (*rules.Set, *rules.Result, error) {
	s.loaded.Do(func() {
		files := rules.Bundled()
		if s.paths != nil {
			if files, s.err = readRules(s.files, s.paths); s.err != nil {
				return
			}
		}
		s.set, s.result = rules.Load(files, rules.Options{
			KnownField: engine.CheckField, Check: engine.CheckRule, MaxDiagnostics: maxDiagnostics,
		})
	})
	return s.set, s.result, s.err
}

// readRules reads rule files, among which the bundled ones may be named.
func readRules(files Files, paths []string) ([]rules.File, error) {
	var list []rules.File
	for _, p := range paths {
		if p == rules.BundledName {
			list = append(list, rules.Bundled()...)
			continue
		}
		f, err := files.Rules([]string{p})
		if err != nil {
			return nil, err
		}
		list = append(list, f...)
	}
	return list, nil
}

// beside is a path of a suite, which is relative to the suite's directory.
func beside(suitePath, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(suitePath), path)
}

// each calls f with the numbers from 0 to n-1, in their order, from so many
// goroutines, and returns when all calls have.
func each(workers, n int, f func(i int)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range max(1, min(workers, n)) {
		all.Go(func() {
			for i := int(next.Add(1) - 1); i < n; i = int(next.Add(1) - 1) {
				f(i)
			}
		})
	}
	all.Wait()
}
