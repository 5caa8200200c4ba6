package main

import (
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"falcoreplay/engine"
	"falcoreplay/engine/regress"
)

// diffSettings are the flags of diff.
type diffSettings struct {
	from, to         []string
	output, matching string
	fail             bool
	limit, workers   int
}

func diffCommand(s *streams) *cobra.Command {
	var set diffSettings
	cmd := &cobra.Command{
		Use:   "diff --from OLD --to NEW CAPTURE...",
		Short: "Compare two versions of rules on captures",
		Long: `Takes captures through two versions of rules and shows which alerts the change
adds (+), removes (-) and alters (~), by rule, with what of the rule was
changed. Rules that were changed without any effect on the captures are listed,
and so are those that were not changed and still give other alerts.

OLD and NEW are rule files or directories, "bundled" for the bundled rules, or
those of a git revision: git:REVISION:PATH, where PATH is from the top of the
repository, or from here if it begins with "./".

Exit codes: 0 done, 1 alerts differ and --fail-on-diff is given, 2 rules are
wrong, 3 a capture could not be read.`,
		Example: `  falcoanalyze diff --from old.yaml --to new.yaml *.scap
  falcoanalyze diff --from git:main:rules/ --to rules/ captures/*.scap
  falcoanalyze diff --from git:HEAD~1:./rules.yaml --to rules.yaml -o markdown *.scap > comment.md`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return set.run(s, args) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringArrayVar(&set.from, "from", nil, "old `rules`; may be repeated, later files change earlier ones")
	f.StringArrayVar(&set.to, "to", nil, "new `rules`; may be repeated")
	f.StringVarP(&set.output, "output", "o", "text", "`format`: "+strings.Join(regress.DiffFormats(), ", "))
	f.IntVar(&set.limit, "limit", 10, "how many alerts of a rule and a kind are shown, 0 for all; JSON has all")
	f.BoolVar(&set.fail, "fail-on-diff", false, "exit with code 1 if an alert is different")
	f.StringVar(&set.matching, "rule-matching", "first", "of the rules that match an event, report the `first` or all")
	f.IntVarP(&set.workers, "workers", "j", runtime.NumCPU(), "`number` of captures looked at side by side")
	return cmd
}

func (set *diffSettings) run(s *streams, captures []string) error {
	var errs []string
	bad := func(format string, args ...any) { errs = append(errs, fmt.Sprintf(format, args...)) }
	if len(set.from) == 0 || len(set.to) == 0 {
		bad("diff needs --from and --to, the old and the new rules")
	}
	matching, err := engine.ParseMatching(set.matching)
	if err != nil {
		bad("--rule-matching: %v", err)
	}
	if err := (&regress.RulesDiff{}).Write(io.Discard, set.output, 0); err != nil {
		bad("--output: %v", err)
	}
	if set.workers < 1 {
		bad("--workers: %d is less than 1", set.workers)
	}
	if set.limit < 0 {
		bad("--limit: %d is less than 0", set.limit)
	}
	if len(captures) == 0 {
		bad("no capture given (see falcoanalyze diff --help)")
	}
	if len(errs) > 0 {
		return usageError("%s", strings.Join(errs, "\nfalcoanalyze: "))
	}
	d, err := regress.CompareRules(orderCaptures(captures), regress.DiffOptions{
		Files: &osFiles{}, From: set.from, To: set.to, Workers: set.workers, Matching: matching,
	})
	if err != nil {
		return usageError("%v", err)
	}
	if err := d.Write(s.out, set.output, set.limit); err != nil {
		return outputError(err)
	}
	if err := damageError(s, d.Damage); err != nil {
		return err
	}
	if set.fail && d.Differs() {
		return &exitError{code: exitFindings}
	}
	return nil
}
