package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"falcoreplay/engine/regress"
	"falcoreplay/engine/regress/suite"
	"falcoreplay/engine/report"
	"falcoreplay/rules"
)

// testSettings are the flags of test.
type testSettings struct {
	rules                               []string
	output, shard                       string
	update, initial, watch, all, demand bool
	workers                             int
}

func testCommand(s *streams) *cobra.Command {
	var set testSettings
	cmd := &cobra.Command{
		Use:   "test [flags] SUITE...",
		Short: "Test rules on captures",
		Long: `Runs test suites: what has to hold of the alerts that rules give for captures.

A SUITE is a YAML file, or a directory with such files. It names captures and
rules, and which rules have to fire on them, how often and with which values,
which have to be silent, and in which order. docs/testing.md describes it all.

Where something does not hold, the nearest alerts are shown and, where a rule
did not fire, the events that came nearest with what was false there.

Exit codes: 0 all holds, 1 something does not, 2 suites or rules are wrong,
3 a capture could not be read.`,
		Example: `  falcoanalyze test --init attack.scap > attack.yaml   a first suite from what fires now
  falcoanalyze test tests/                             all suites of a directory
  falcoanalyze test -r new_rules.yaml attack.yaml      the same suite, other rules
  falcoanalyze test --update tests/                    take what fires now for the baseline
  falcoanalyze test --watch attack.yaml                again whenever a file changes
  falcoanalyze test -o junit --shard 1/4 tests/ > 1.xml`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return set.run(s, args) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringArrayVarP(&set.rules, "rules", "r", nil, "rule `file` or directory instead of those that suites name (those of single\ncases stay); may be repeated")
	f.StringVarP(&set.output, "output", "o", "text", "`format` of results: "+strings.Join(report.TestFormatNames(), ", "))
	f.BoolVarP(&set.all, "verbose", "v", false, "show the cases that passed, too")
	f.BoolVar(&set.update, "update", false, "write snapshots instead of comparing them")
	f.BoolVar(&set.initial, "init", false, "write a suite that expects what fires now on the captures that are given\ninstead of suites")
	f.StringVar(&set.shard, "shard", "", "only `I/N` of the cases, for machines that share them, such as 1/4")
	f.BoolVar(&set.demand, "require-tests", false, "fail if there are rules of which no case expects an alert")
	f.BoolVar(&set.watch, "watch", false, "run again whenever a suite, a rule file or a capture changes")
	f.IntVarP(&set.workers, "workers", "j", runtime.NumCPU(), "`number` of captures looked at side by side")
	return cmd
}

func (set *testSettings) run(s *streams, args []string) error {
	if len(args) == 0 {
		return usageError("no suite given (see falcoanalyze test --help)")
	}
	if set.workers < 1 {
		return usageError("--workers: %d is less than 1", set.workers)
	}
	if set.initial {
		return set.init(s, args)
	}
	var shard regress.Shard
	if set.shard != "" {
		var err error
		if shard, err = regress.ParseShard(set.shard); err != nil {
			return usageError("--shard: %v", err)
		}
	}
	if _, err := report.NewTestWriter(set.output, s.out, set.all); err != nil {
		return usageError("--output: %v", err)
	}
	if !set.watch {
		return set.once(s, args, shard, &osFiles{})
	}
	return set.again(s, args, shard)
}

// init writes a first suite.
func (set *testSettings) init(s *streams, captures []string) error {
	data, err := regress.Init(captures, regress.InitOptions{Files: &osFiles{}, Rules: set.rules, Workers: set.workers})
	if err != nil {
		return usageError("%v", err)
	}
	_, err = s.out.Write(data)
	return err
}

// once runs the suites.
func (set *testSettings) once(s *streams, args []string, shard regress.Shard, files *osFiles) error {
	suites, err := readSuites(files, args)
	if err != nil {
		return usageError("%v", err)
	}
	w, err := report.NewTestWriter(set.output, s.out, set.all)
	if err != nil {
		return err
	}
	totals, trouble, err := regress.Test(suites, regress.TestOptions{
		Files: files, Workers: set.workers, Rules: set.rules, Update: set.update, RequireTests: set.demand, Shard: shard,
	}, func(c *report.CaseResult) error {
		if err := w.Case(c); err != nil {
			return outputError(err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := w.End(&totals); err != nil {
		return outputError(err)
	}
	return troubleError(trouble)
}

// troubleError is the error with the exit code for what went wrong, of which
// all has been said.
func troubleError(t regress.Trouble) error {
	switch t {
	case regress.NoTrouble:
		return nil
	case regress.Failures:
		return &exitError{code: exitFindings}
	case regress.BadCapture:
		return &exitError{code: exitCapture}
	}
	return &exitError{code: exitUsage}
}

// watchInterval is how often files are looked at.
const watchInterval = 300 * time.Millisecond

// again runs the suites whenever something changes, until it is interrupted.
func (set *testSettings) again(s *streams, args []string, shard regress.Shard) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	for {
		files := &osFiles{}
		err := set.once(s, args, shard, files)
		var exit *exitError
		if err != nil && !errors.As(err, &exit) {
			return err
		}
		if exit != nil && exit.text != "" {
			fmt.Fprintln(s.err, "falcoanalyze: "+exit.text)
			exit = &exitError{code: exit.code}
		}
		for _, a := range args {
			files.note(a)
		}
		if err := s.out.Flush(); err != nil {
			return outputError(err)
		}
		changed, ok := waitForChange(ctx, files)
		if !ok {
			if exit != nil {
				return exit
			}
			return nil
		}
		fmt.Fprintf(s.out, "\n%s changed\n", changed)
	}
}

// waitForChange returns the file that changed, false if it was interrupted.
func waitForChange(ctx context.Context, files *osFiles) (string, bool) {
	tick := time.NewTicker(watchInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return "", false
		case <-tick.C:
		}
		if path, ok := files.changed(); ok {
			return path, true
		}
	}
}

// readSuites reads the suites that are named, and those in directories. The
// error has all that is wrong with them.
func readSuites(files *osFiles, args []string) ([]*suite.Suite, error) {
	var paths []string
	for _, a := range args {
		names, err := inDirectory(a)
		if err != nil {
			return nil, err
		}
		paths = append(paths, names...)
	}
	var suites []*suite.Suite
	var errs []error
	for i, path := range paths {
		if slices.Contains(paths[:i], path) {
			continue
		}
		data, err := files.Read(path)
		if err != nil {
			errs = append(errs, plainError(err))
			continue
		}
		s, err := suite.Parse(path, data)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		suites = append(suites, s)
	}
	return suites, errors.Join(errs...)
}

// inDirectory returns the YAML files of a directory, or the path itself.
func inDirectory(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return []string{path}, nil // reading it tells what is wrong
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	if names = rules.SelectFiles(names); len(names) == 0 {
		return nil, fmt.Errorf("no *.yaml or *.yml file in directory %s", path)
	}
	for i := range names {
		names[i] = filepath.Join(path, names[i])
	}
	return names, nil
}
