package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"falcoreplay/engine"
	"falcoreplay/engine/regress"
	"falcoreplay/internal/output"
)

// explainSettings are the flags of explain.
type explainSettings struct {
	rules                  []string
	rule, output, matching string
	event                  uint64
	full                   bool
	workers                int
}

func explainCommand(s *streams) *cobra.Command {
	var set explainSettings
	cmd := &cobra.Command{
		Use:   "explain {--event N | --rule NAME} CAPTURE...",
		Short: "Explain why a rule matches an event, or does not",
		Long: `Tells why a rule matches an event or does not.

With --event, the condition is shown as a tree with the values that the fields
had and what each clause came to, which other rules match the event, the process
that made it with its ancestors, and what happened to the file descriptor that
it is about. Without --rule it is about the first rule that matches the event.
The number of an event is what the field evt.num shows.

With --rule alone, it is told how many events reached each clause of the
condition, and which events came nearest to being reported.`,
		Example: `  falcoanalyze explain --event 11919 trace.scap
  falcoanalyze explain --event 11919 --rule 'My rule' -r my_rules.yaml trace.scap
  falcoanalyze explain --rule 'My rule' -r my_rules.yaml *.scap`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return set.run(s, args) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringArrayVarP(&set.rules, "rules", "r", nil, "rule `file` or directory, or bundled; may be repeated (default: bundled)")
	f.Uint64Var(&set.event, "event", 0, "the `number` of an event, from 1")
	f.StringVar(&set.rule, "rule", "", "the `name` of a rule, also one that is disabled")
	f.BoolVar(&set.full, "full", false, "show all of the condition, also what did not decide")
	f.StringVarP(&set.output, "output", "o", "text", "`format`: "+strings.Join(regress.ExplainFormats(), " or "))
	f.StringVar(&set.matching, "rule-matching", "first", "of the rules that match an event, report the `first` or all")
	f.IntVarP(&set.workers, "workers", "j", runtime.NumCPU(), "`number` of captures looked at side by side")
	return cmd
}

func (set *explainSettings) run(s *streams, captures []string) error {
	var errs []string
	bad := func(format string, args ...any) { errs = append(errs, fmt.Sprintf(format, args...)) }
	matching, err := engine.ParseMatching(set.matching)
	if err != nil {
		bad("--rule-matching: %v", err)
	}
	if !slices.Contains(regress.ExplainFormats(), set.output) {
		bad("--output: %v", output.UnknownFormat(set.output, regress.ExplainFormats()))
	}
	if set.workers < 1 {
		bad("--workers: %d is less than 1", set.workers)
	}
	switch {
	case set.event == 0 && set.rule == "":
		bad("explain needs --event, --rule or both")
	case len(captures) == 0:
		bad("no capture given (see falcoanalyze explain --help)")
	case set.event != 0 && len(captures) > 1:
		bad("an event is one of one capture; %d are given", len(captures))
	}
	if len(errs) > 0 {
		return usageError("%s", strings.Join(errs, "\nfalcoanalyze: "))
	}
	x, err := regress.NewExplainer(set.rule, regress.ExplainOptions{
		Files: &osFiles{}, Rules: set.rules, Workers: set.workers, Matching: matching,
	})
	if err != nil {
		return usageError("%v", err)
	}
	if set.event != 0 {
		e, err := x.Event(captures[0], set.event, set.rule)
		if err != nil {
			return &exitError{exitCapture, err.Error()}
		}
		if err := e.Write(s.out, set.output, set.full); err != nil {
			return outputError(err)
		}
		return nil
	}
	e := x.Rule(orderCaptures(captures), set.rule)
	if err := e.Write(s.out, set.output); err != nil {
		return outputError(err)
	}
	return damageError(s, e.Damage)
}

// damageError tells which captures could not be read; nil if all could.
func damageError(s *streams, damage []error) error {
	for _, err := range damage {
		fmt.Fprintf(s.err, "falcoanalyze: %v\n", err)
	}
	if damage == nil {
		return nil
	}
	return &exitError{code: exitCapture}
}
