package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"falcoreplay/engine"
	"falcoreplay/engine/regress"
	"falcoreplay/internal/output"
	"falcoreplay/rules"
)

// coverageSettings are the flags of coverage.
type coverageSettings struct {
	rules, keep []string
	output      string
	workers     int
}

func coverageCommand(s *streams) *cobra.Command {
	var set coverageSettings
	cmd := &cobra.Command{
		Use:   "coverage [flags] {CAPTURE... | SUITE...}",
		Short: "Show how much of the rules captures make use of",
		Long: `Counts, for each rule and each comparison in its condition, how often it was
evaluated and how it came out: which rules never matched, which comparisons
never made a difference, which exceptions never applied.

Conditions are evaluated from left to right, every rule on every event of the
types that it looks at. The comparisons that say which types these are cannot
come out false, and are not counted. Given suites (files that end in .yaml or
.yml, or directories of them), it counts on their captures with the rules of
their cases.`,
		Example: `  falcoanalyze coverage -r my_rules.yaml *.scap
  falcoanalyze coverage tests/attacks.yaml
  falcoanalyze coverage -o html tests/ > coverage.html`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return set.run(s, args) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringArrayVarP(&set.rules, "rules", "r", nil, "rule `file` or directory, or bundled; may be repeated (default: bundled,\nor those that suites name)")
	f.StringArrayVar(&set.keep, "rule", nil, "only rules whose name fits the `glob`; may be repeated")
	f.StringVarP(&set.output, "output", "o", "text", "`format`: "+strings.Join(regress.CoverageFormats(), ", "))
	f.IntVarP(&set.workers, "workers", "j", runtime.NumCPU(), "`number` of captures looked at side by side")
	return cmd
}

// isSuite tells suites from captures.
func isSuite(path string) bool {
	info, err := os.Stat(path)
	return strings.HasSuffix(path, ".yaml") || strings.HasSuffix(path, ".yml") || err == nil && info.IsDir()
}

func (set *coverageSettings) run(s *streams, args []string) error {
	var errs []string
	bad := func(format string, args ...any) { errs = append(errs, fmt.Sprintf(format, args...)) }
	if !slices.Contains(regress.CoverageFormats(), set.output) {
		bad("--output: %v", output.UnknownFormat(set.output, regress.CoverageFormats()))
	}
	if set.workers < 1 {
		bad("--workers: %d is less than 1", set.workers)
	}
	if len(args) == 0 {
		bad("no capture and no suite given (see falcoanalyze coverage --help)")
	}
	suites := slices.ContainsFunc(args, isSuite)
	if suites && slices.ContainsFunc(args, func(a string) bool { return !isSuite(a) }) {
		bad("give captures or suites, not both")
	}
	if len(errs) > 0 {
		return usageError("%s", strings.Join(errs, "\nfalcoanalyze: "))
	}
	files := &osFiles{}
	opts := regress.CoverageOptions{Files: files, Rules: set.rules, Workers: set.workers}
	if set.keep != nil {
		opts.Keep = func(r *rules.Rule) bool {
			return slices.ContainsFunc(set.keep, func(g string) bool { return engine.MatchGlob(g, r.Name) })
		}
	}
	c, err := set.count(args, suites, files, opts)
	if err != nil {
		return usageError("%v", err)
	}
	if set.keep != nil && len(c.Rules) == 0 {
		return usageError("no rule's name fits %q", set.keep)
	}
	if err := c.Write(s.out, set.output); err != nil {
		return outputError(err)
	}
	return damageError(s, c.Damage)
}

func (set *coverageSettings) count(args []string, suites bool, files *osFiles, opts regress.CoverageOptions) (*regress.Coverage, error) {
	if !suites {
		return regress.Cover(orderCaptures(args), opts)
	}
	list, err := readSuites(files, args)
	if err != nil {
		return nil, err
	}
	return regress.CoverSuites(list, opts)
}
