package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"falcoreplay/engine"
	"falcoreplay/engine/lint"
	"falcoreplay/internal/rulefile"
	"falcoreplay/rules"
)

const lintText = `Looks for mistakes in rule files without a capture: for what keeps them from
loading, for what Falco warns of, and for what loads and does not do what it
seems to, such as conditions that can never be true and rules that another one
shadows. docs/lint.md says what each code means.

The files are loaded together and in order, as with -r: a later one may change
an earlier one. Findings go to standard output.

A comment silences what stands on its line or the next, or in the rule, macro
or list that begins there:

  # falcoreplay:ignore CODE[,CODE...] REASON

Exit codes: 0 the rules can be loaded; 1 with --strict, there is a warning or a
finding; 2 the rules cannot be loaded, or the command line is wrong.`

const lintExamples = `  falcoanalyze lint my_rules.yaml
  falcoanalyze lint --strict falco_rules.yaml rules.d
  falcoanalyze lint --enable FR_NO_TAGS,FR_NO_TECHNIQUE my_rules.yaml
  falcoanalyze lint -o sarif rules.d > lint.sarif`

// lintSettings are the flags of lint.
type lintSettings struct {
	output, matching string
	strict, quiet    bool
	enable, disable  []string
}

func lintCommand(s *streams) *cobra.Command {
	var set lintSettings
	cmd := &cobra.Command{
		Use:     "lint [flags] FILE|DIRECTORY|bundled...",
		Short:   "Look for mistakes in rule files",
		Long:    lintText,
		Example: lintExamples,
		Args:    cobra.ArbitraryArgs,
		RunE:    func(_ *cobra.Command, paths []string) error { return set.run(s, paths) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&set.output, "output", "o", lint.Formats()[0], "`format` of findings: "+orList(lint.Formats()))
	f.BoolVar(&set.strict, "strict", false, "exit with code 1 if there is a warning or a finding")
	f.StringSliceVar(&set.enable, "enable", nil, "also look for the `code`, which is off by default: "+orList(offCodes()))
	f.StringSliceVar(&set.disable, "disable", nil, "leave out warnings and findings of the `code`")
	f.StringVar(&set.matching, "rule-matching", "first", "how many rules an event matches, `first` or all: only with first one shadows another")
	f.BoolVarP(&set.quiet, "quiet", "q", false, "no summary on standard error")
	return cmd
}

// orList puts words together as "a, b or c".
func orList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

func offCodes() (list []string) {
	for _, c := range lint.Codes() {
		if c.Off {
			list = append(list, string(c.Code))
		}
	}
	return list
}

func (set *lintSettings) run(s *streams, paths []string) error {
	var errs []string
	opts := lint.Options{Enable: codesOf(set.enable), Disable: codesOf(set.disable)}
	if err := opts.Validate(); err != nil {
		errs = append(errs, err.Error())
	}
	var err error
	if opts.Matching, err = engine.ParseMatching(set.matching); err != nil {
		errs = append(errs, "--rule-matching: "+err.Error())
	}
	if !slices.Contains(lint.Formats(), set.output) {
		errs = append(errs, fmt.Sprintf("--output: unknown format %q, expected %s", set.output, orList(lint.Formats())))
	}
	if len(paths) == 0 {
		errs = append(errs, "no rule file given (see falcoanalyze lint --help)")
	}
	if len(errs) > 0 {
		return usageError("%s", strings.Join(errs, "\nfalcoanalyze: "))
	}
	files, err := rulefile.Read(paths)
	if err != nil {
		return usageError("%v", err)
	}
	report := lint.Check(files, opts)
	if err := report.Write(s.out, set.output); err != nil {
		return outputError(err)
	}
	if !set.quiet {
		if err := s.out.Flush(); err != nil {
			return outputError(err)
		}
		fmt.Fprintln(s.err, report.Summary())
	}
	switch {
	case report.Count(rules.SeverityError) > 0:
		return &exitError{code: exitUsage}
	case set.strict && report.Count(rules.SeverityWarning) > 0:
		return &exitError{code: exitFindings}
	}
	return nil
}

func codesOf(names []string) []rules.Code {
	codes := make([]rules.Code, len(names))
	for i, n := range names {
		codes[i] = rules.Code(strings.ToUpper(n))
	}
	return codes
}
