package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // for --tz where the system has no time zones

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"falcoreplay/engine"
	"falcoreplay/engine/report"
	"falcoreplay/engine/run"
	"falcoreplay/internal/rulefile"
	"falcoreplay/rules"
)

// settings are the flags of an analysis.
type settings struct {
	rules                 []string
	output                string
	quiet, profile        bool
	keep, disable, tags   []string
	priority, failOn      string
	matching, tz          string
	keepPriority, failPri rules.Priority
}

const usageText = `Replays captures through Falco rules and prints the alerts.

A CAPTURE is a scap file of any age, plain or compressed with gzip or zstd, as
falcorec, Falco, sysdig and Stratoshark write them; "-" is standard input, and
a directory is all files below it that are named like captures: *.scap, with a
number or .gz or .zst behind it. Several are analysed side by side and reported
in their order, files of a rotated set in that in which they were written.`

const examples = `  falcoanalyze trace.scap                         the bundled rules
  falcoanalyze -r falco_rules.yaml trace.scap     Falco's own
  falcoanalyze -r bundled -r local.yaml trace.scap
  falcoanalyze -r rules.d -o json captures/ > alerts.jsonl
  falcoanalyze -r my.yaml --rule 'My *' --fail-on warning trace.scap
  ssh host sudo falcorec -w - | falcoanalyze -`

func analyzeCommand(s *streams) *cobra.Command {
	var set settings
	cmd := &cobra.Command{
		Use:           "falcoanalyze [flags] CAPTURE...",
		Short:         "Replay captures through Falco rules",
		Long:          usageText,
		Example:       examples,
		Args:          cobra.ArbitraryArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, captures []string) error {
			return analyze(s, &set, captures)
		},
	}
	set.flags(cmd.Flags())
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError("%v (see %s --help)", err, cmd.CommandPath())
	})
	cmd.CompletionOptions.DisableDefaultCmd = true
	cmd.AddCommand(testCommand(s), diffCommand(s), explainCommand(s), coverageCommand(s), lintCommand(s), eventsCommand(s), fieldsCommand(s))
	return cmd
}

func (set *settings) flags(f *pflag.FlagSet) {
	f.SortFlags = false
	f.StringArrayVarP(&set.rules, "rules", "r", nil, "rule `file` or directory, or bundled for the bundled rules;\nmay be repeated, later ones change earlier ones (default: bundled)")
	f.StringVarP(&set.output, "output", "o", report.Names()[0], "`format` of alerts: "+strings.Join(report.Names(), " or "))
	f.BoolVarP(&set.quiet, "quiet", "q", false, "no summary and no warnings on standard error; errors are always shown")
	f.StringArrayVar(&set.keep, "rule", nil, "only rules whose name fits the `glob`, also if the files disable them; may be repeated")
	f.StringArrayVar(&set.disable, "disable", nil, "without rules whose name fits the `glob`; may be repeated")
	f.StringArrayVar(&set.tags, "tag", nil, "only rules with the `tag`; may be repeated, one is enough")
	f.StringVar(&set.priority, "priority", "", "only rules of this `priority` or a worse one")
	f.StringVar(&set.matching, "rule-matching", "first", "of the rules that match an event, report the `first` or all")
	f.StringVar(&set.failOn, "fail-on", "", "exit with code 1 after an alert of this `priority` or a worse one")
	f.BoolVar(&set.profile, "profile", false, "show on standard error what rules, comparisons and event types cost")
	f.StringVar(&set.tz, "tz", "UTC", "time `zone` of times in text, such as Europe/Berlin")
}

// analyze runs all captures through the rules.
func analyze(s *streams, set *settings, captures []string) error {
	format, opts, err := set.check(captures)
	if err != nil {
		return err
	}
	eng, err := set.load(s, opts)
	if err != nil {
		return err
	}
	a := analysis{streams: s, engine: eng, writer: format.New(s.out), failOn: set.failPri, fails: set.failOn != ""}
	if set.profile {
		start := time.Now()
		a.profile = eng.NewProfile(func() int64 { return int64(time.Since(start)) })
	}
	if err := a.writer.Begin(); err != nil {
		return outputError(err)
	}
	if err := a.captures(captures); err != nil {
		return err
	}
	if err := a.writer.End(&a.summary); err != nil {
		return outputError(err)
	}
	if !set.quiet {
		if err := s.out.Flush(); err != nil {
			return outputError(err)
		}
		fmt.Fprint(s.err, a.summary.Text())
	}
	if a.profile != nil {
		fmt.Fprint(s.err, report.ProfileText(a.profile))
	}
	switch {
	case a.damaged:
		return &exitError{code: exitCapture}
	case a.failed:
		return &exitError{code: exitFindings}
	}
	return nil
}

func outputError(err error) error { return fmt.Errorf("standard output: %w", err) }

// check reports everything that is wrong with the flags.
func (set *settings) check(captures []string) (report.Format, engine.Options, error) {
	var errs []string
	bad := func(format string, args ...any) { errs = append(errs, fmt.Sprintf(format, args...)) }
	format, err := report.Lookup(set.output)
	if err != nil {
		bad("--output: %v", err)
	}
	opts := engine.Options{NoFields: !format.NeedsFields}
	if opts.Matching, err = engine.ParseMatching(set.matching); err != nil {
		bad("--rule-matching: %v", err)
	}
	if opts.Location, err = time.LoadLocation(set.tz); err != nil || set.tz == "Local" {
		bad("--tz: %q is no time zone; try UTC or Europe/Berlin", set.tz)
	}
	priority := func(flag, name string, p *rules.Priority) {
		var ok bool
		if *p, ok = rules.ParsePriority(name); !ok && name != "" {
			bad("--%s: %q is no priority; they are emergency, alert, critical, error, warning, notice, informational and debug", flag, name)
		}
	}
	priority("priority", set.priority, &set.keepPriority)
	priority("fail-on", set.failOn, &set.failPri)
	if len(captures) == 0 {
		bad("no capture given (see falcoanalyze --help)")
	}
	if n := len(slices.DeleteFunc(slices.Clone(captures), func(c string) bool { return c != "-" })); n > 1 {
		bad("standard input (-) is given %d times", n)
	}
	if len(errs) > 0 {
		return format, opts, usageError("%s", strings.Join(errs, "\nfalcoanalyze: "))
	}
	return format, opts, nil
}

// load reads and compiles the rules.
func (set *settings) load(s *streams, opts engine.Options) (*engine.Engine, error) {
	paths := set.rules
	if len(paths) == 0 {
		paths = []string{rules.BundledName}
	}
	files, err := rulefile.Read(paths)
	if err != nil {
		return nil, usageError("%v", err)
	}
	checker := engine.NewChecker()
	loaded, result := rules.Load(files, rules.Options{KnownField: engine.CheckField, Check: checker.Check})
	if err := result.Err(); err != nil {
		fmt.Fprintln(s.err, err)
		return nil, usageError("%d errors in the rules", result.Count(rules.SeverityError))
	}
	if !set.quiet {
		fmt.Fprint(s.err, result.Text(rules.SeverityNotice))
	}
	if err := set.choose(loaded, &opts); err != nil {
		return nil, err
	}
	eng, problems := checker.New(loaded, opts)
	if len(problems) > 0 {
		return nil, usageError("%s: %s", problems[0].Pos.File, problems[0].Message)
	}
	return eng, nil
}

// choose has the engine keep the rules that the flags choose. Who names a rule
// wants it even if a file disables it; a flag that chooses nothing is a
// mistake.
func (set *settings) choose(loaded *rules.Set, opts *engine.Options) error {
	for _, glob := range slices.Concat(set.keep, set.disable) {
		if !slices.ContainsFunc(loaded.Rules, func(r *rules.Rule) bool { return engine.MatchGlob(glob, r.Name) }) {
			return usageError("no rule's name fits %q", glob)
		}
	}
	for _, tag := range set.tags {
		if !slices.ContainsFunc(loaded.Rules, func(r *rules.Rule) bool { return slices.Contains(r.Tags, tag) }) {
			return usageError("no rule has the tag %q", tag)
		}
	}
	fits := func(globs []string, r *rules.Rule) bool {
		return slices.ContainsFunc(globs, func(g string) bool { return engine.MatchGlob(g, r.Name) })
	}
	opts.Keep = func(r *rules.Rule) bool {
		return (r.Enabled && len(set.keep) == 0 || fits(set.keep, r)) &&
			!fits(set.disable, r) &&
			(len(set.tags) == 0 || slices.ContainsFunc(set.tags, func(t string) bool { return slices.Contains(r.Tags, t) })) &&
			(set.priority == "" || r.Priority <= set.keepPriority)
	}
	return nil
}

// analysis is what a run has found so far.
type analysis struct {
	*streams
	engine  *engine.Engine
	writer  report.Writer
	summary report.Summary
	failOn  rules.Priority
	fails   bool
	profile *engine.Profile
	failed  bool // there was an alert to fail on
	damaged bool // a capture could not be read whole
}

func (a *analysis) damage(err error) {
	a.damaged = true
	fmt.Fprintf(a.err, "falcoanalyze: %v\n", plainError(err))
}

// count adds what a capture held to the summary.
func (a *analysis) count(r *run.Result) {
	s, c := &a.summary, &r.Capture
	s.Captures++
	s.Events += c.Events
	s.AddLoss("unknown blocks passed over", c.UnknownBlocks)
	s.AddLoss("events of unknown types passed over", c.UnknownEvents)
	s.AddLoss("malformed events passed over", c.Malformed)
	s.AddLoss("exit events that do not fit their enter events", c.Conversion.Mismatched)
	s.AddLoss("events of old types that have no form today", c.Conversion.Unconvertible)
	s.AddLoss("marks of events that the recorder lost", c.DropEvents)
	if r.Totals != nil {
		s.AddLoss("events that the recorder lost", r.Totals.Lost)
	}
	s.AddLoss("damaged chunks", c.LostChunks)
	s.AddLoss("events in damaged chunks", c.LostEvents)
	s.AddLoss("container descriptions that could not be read", r.State.BadContainers)
	s.AddLoss("threads over the limit", r.State.ThreadsDropped)
}
