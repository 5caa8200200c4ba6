package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"falcoreplay/engine"
	"falcoreplay/engine/reference"
	"falcoreplay/engine/report"
	"falcoreplay/internal/rulefile"
	"falcoreplay/rules"
)

const eventsText = `Prints the events of captures, a line each: all of them, or those that match a
condition in Falco's language. The condition may name the macros and lists of
rule files that are given with -r.

With --schema it needs no capture and lists the types of events with their
parameters: all, or those of the names, categories and sources given. Captures
hold the ends of system calls, which are listed; beginnings and old types, which
are converted, are listed with --all.`

const eventsExamples = `  falcoanalyze events trace.scap
  falcoanalyze events -f 'evt.type = execve and proc.pname = nginx' trace.scap
  falcoanalyze events -r falco_rules.yaml -f 'open_write and container' trace.scap
  falcoanalyze events -n 10 -p '%evt.time %proc.cmdline %fd.name' trace.scap
  falcoanalyze events --schema 'open*' connect`

// eventLine is how events are printed, as sysdig prints them but for the
// direction, which is always the same.
const eventLine = "%evt.num %evt.time %evt.cpu %proc.name (%thread.tid) %evt.type %evt.args"

// eventSettings are the flags of events.
type eventSettings struct {
	list              listSettings
	schema            bool
	rules             []string
	condition, format string
	count             uint64
	tz                string
}

func eventsCommand(s *streams) *cobra.Command {
	var set eventSettings
	cmd := &cobra.Command{
		Use:     "events [flags] CAPTURE...\n  falcoanalyze events --schema [flags] [NAME|CATEGORY|SOURCE]...",
		Short:   "Print the events of captures, or list the types of events",
		Long:    eventsText,
		Example: eventsExamples,
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if set.schema {
				set.list.opts.Only = args
				return listError(reference.WriteEvents(s.out, set.list.output, set.list.opts))
			}
			if set.list.opts.NamesOnly || set.list.opts.All {
				return usageError("--names-only and --all go with --schema")
			}
			return set.print(s, args)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&set.condition, "filter", "f", "", "only events that match the `condition`")
	f.StringVarP(&set.format, "print", "p", eventLine, "what to print of an event: an `output` as in a rule")
	f.Uint64VarP(&set.count, "count", "n", 0, "end after so `many` events")
	f.StringArrayVarP(&set.rules, "rules", "r", nil, "rule `file` or directory with macros and lists, or bundled; may be repeated")
	f.StringVar(&set.tz, "tz", "UTC", "time `zone` of times in text, such as Europe/Berlin")
	f.BoolVar(&set.schema, "schema", false, "list the types of events with their parameters")
	f.StringVarP(&set.list.output, "output", "o", report.Names()[0],
		"`format` of events: "+orList(report.Names())+"; of the list also markdown")
	f.BoolVarP(&set.list.opts.NamesOnly, "names-only", "N", false, "with --schema: names only, a line each")
	f.BoolVar(&set.list.opts.All, "all", false, "with --schema: also beginnings of system calls, and old types")
	return cmd
}

// print prints the events of captures.
func (set *eventSettings) print(s *streams, captures []string) error {
	var errs []string
	format, err := report.LookupEvents(set.list.output)
	if err != nil {
		errs = append(errs, "--output: "+err.Error())
	}
	location, err := time.LoadLocation(set.tz)
	if err != nil || set.tz == "Local" {
		errs = append(errs, fmt.Sprintf("--tz: %q is no time zone; try UTC or Europe/Berlin", set.tz))
	}
	if len(captures) == 0 {
		errs = append(errs, "no capture given (see falcoanalyze events --help)")
	}
	if len(errs) > 0 {
		return usageError("%s", strings.Join(errs, "\nfalcoanalyze: "))
	}
	eng, err := set.engine(s, engine.Options{Location: location, NoFields: !format.NeedsFields})
	if err != nil {
		return err
	}
	a := analysis{streams: s, engine: eng, writer: &countedWriter{format.New(s.out), set.count}}
	if err := a.captures(captures); err != nil && !errors.Is(err, errEnough) {
		return err
	}
	if a.damaged {
		return &exitError{code: exitCapture}
	}
	return nil
}

// filterName is what the rule is called that stands for the filter.
const filterName = "command line"

// engine makes an engine with one rule: the filter, and what is printed.
func (set *eventSettings) engine(s *streams, opts engine.Options) (*engine.Engine, error) {
	condition := set.condition
	if condition == "" {
		condition = "evt.num > 0"
	}
	files, err := rulefile.Read(set.rules)
	if err != nil {
		return nil, usageError("%v", err)
	}
	// The last file is the command line, so that its mistakes are shown as
	// those of rules are.
	text := fmt.Sprintf("- condition:\n    %s\n  output:\n    %s\n  rule: %s\n  desc: events\n  priority: INFO\n  warn_evttypes: false\n",
		quoteYAML(condition), quoteYAML(set.format), filterName)
	files = append(files, rules.File{Name: filterName, Data: []byte(text)})
	checker := engine.NewChecker()
	loaded, result := rules.Load(files, rules.Options{KnownField: engine.CheckField, Check: checker.Check})
	if err := result.Err(); err != nil {
		fmt.Fprintln(s.err, err)
		return nil, usageError("the condition, the output or the rules are wrong")
	}
	opts.Keep = func(r *rules.Rule) bool { return r.Name == filterName }
	eng, problems := checker.New(loaded, opts)
	if len(problems) > 0 {
		return nil, usageError("%s", problems[0].Message)
	}
	return eng, nil
}

// quoteYAML writes a string as a scalar of YAML in quotes, on one line.
func quoteYAML(s string) string {
	if !strings.ContainsAny(s, "'\n\r\t\x00") {
		return "'" + s + "'" // which keeps columns
	}
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings can be marshalled
	}
	return string(b)
}

// errEnough ends a run after the events that were asked for.
var errEnough = errors.New("enough events")

// countedWriter writes no more than so many events; 0 is no limit.
type countedWriter struct {
	report.Writer
	left uint64
}

func (w *countedWriter) Alert(a *engine.Alert) error {
	if err := w.Writer.Alert(a); err != nil || w.left == 0 {
		return err
	}
	if w.left--; w.left == 0 {
		return errEnough
	}
	return nil
}
