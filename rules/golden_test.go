package rules_test

import (
	"errors"
	"flag"
	"fmt"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"falcoreplay/internal/golden"
	"falcoreplay/rules"
	"falcoreplay/rules/syntax"
)

var update = flag.Bool("update", false, "write what the tests got as what they want")

// TestGolden loads the cases in testdata/*.txtar. A case is a folder: its
// files are loaded in their order, and its file `want` is what came out, all
// diagnostics and then the rules.
func TestGolden(t *testing.T) {
	golden.Run(t, "testdata/*.txtar", *update, func(_ *testing.T, cases []txtar.File) string {
		files := make([]rules.File, len(cases))
		for i, f := range cases {
			files[i] = rules.File{Name: f.Name, Data: f.Data}
		}
		return loadAndDump(files)
	})
}

// loadAndDump loads with a catalogue in which fields that begin with `no.` are
// not known.
func loadAndDump(files []rules.File) string {
	set, result := rules.Load(files, rules.Options{
		KnownField: func(f *syntax.Field) error {
			if strings.HasPrefix(f.Name, "no.") {
				return errors.New("there is no field " + f.Name)
			}
			return nil
		},
		Check: func(r *rules.Rule) []rules.Problem {
			if i := strings.Index(r.Output, "%no."); i >= 0 {
				return []rules.Problem{{Code: rules.ErrCompileOutput, Pos: r.OutputPosAt(i), Message: "there is no such field", Unknown: true}}
			}
			return nil
		},
	})
	var b strings.Builder
	b.WriteString(result.Text(rules.SeverityNotice))
	if set == nil {
		return b.String()
	}
	for _, r := range set.Rules {
		fmt.Fprintf(&b, "rule: %s\n  condition: %s\n  output: %q\n  priority: %s\n", r.Name, r.Expr, r.Output, r.Priority)
		fmt.Fprintf(&b, "  at: %d:%d condition %d:%d output %d:%d\n", r.Pos.Line, r.Pos.Column,
			r.ConditionPos.Line, r.ConditionPos.Column, r.OutputPos.Line, r.OutputPos.Column)
		for _, x := range r.Exceptions {
			fmt.Fprintf(&b, "  exception: %s %q %q single=%t values=%d\n", x.Name, x.Fields, x.Ops, x.Single, x.Values)
		}
		var flags []string
		flag := func(name string, is bool) {
			if is {
				flags = append(flags, name)
			}
		}
		flag("disabled", !r.Enabled)
		flag("no-warn-evttypes", !r.WarnEventTypes)
		flag("skip-if-unknown", r.SkipIfUnknownFilter)
		flag("capture", r.Capture)
		flag(fmt.Sprintf("%dms", r.CaptureDurationMS), r.CaptureDurationMS > 0)
		flag("tags="+strings.Join(r.Tags, ","), len(r.Tags) > 0)
		flag("desc="+r.Desc, r.Desc != "d")
		if len(flags) > 0 {
			fmt.Fprintf(&b, "  %s\n", strings.Join(flags, " "))
		}
	}
	if set.RequiredEngineVersion != "" {
		fmt.Fprintf(&b, "engine: %s\n", set.RequiredEngineVersion)
	}
	for _, g := range set.RequiredPlugins {
		fmt.Fprintf(&b, "plugins: %v\n", g)
	}
	return b.String()
}
