package engine_test

import (
	"reflect"
	"testing"

	"falcoreplay/engine"
	"falcoreplay/rules"
)

// TestChecker holds that what is wrong with a rule is told as if it were the
// only one, also where rules share what is wrong, and that the rules are
// complete.
func TestChecker(t *testing.T) {
	const head = `
- macro: unknown_field
  condition: (proc.nme = x or proc.pid = 1)
- macro: bad_number
  condition: proc.pid = one
- macro: warned
  condition: (evt.type = open and fd.name = proc.name)
- macro: nested
  condition: (proc.name = y and bad_number)
- macro: fine
  condition: (evt.type = open and proc.name in (a, b))
`
	conditions := []string{
		"fine", "unknown_field", "unknown_field and fine", "warned", "warned and fine", "warned or warned",
		"fd.name = proc.name", "not fd.name = proc.name", "nested", "not nested", "bad_number and nested",
		"evt.type = open and proc.pid = one", "proc.pid = one", "evt.type = nothing", "fine and evt.type = nothing",
		"tolower(evt.type) = x", "fine and not fine", "fd.name regex '('", "fine and fd.name regex '('", "proc.nme = x",
		"evt.num > 0", "fine and warned and proc.pid = 1",
	}
	text := head
	for i, c := range conditions {
		for _, output := range []string{"%proc.name", "%proc.nme"} {
			text += "- rule: r" + string(rune('a'+i)) + output + "\n  desc: d\n  condition: \"" + c + "\"\n  output: \"" + output + "\"\n  priority: INFO\n"
		}
	}
	files := []rules.File{{Name: "wrong.yaml", Data: []byte(text)}}
	for _, files := range [][]rules.File{files, append(rules.Bundled(), files...), rules.Bundled()} {
		checker := engine.NewChecker()
		set, result := rules.Load(files, rules.Options{Check: func(r *rules.Rule) []rules.Problem {
			got, want := checker.Check(r), engine.CheckRule(r)
			if len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %s\ngot  %v\nwant %v", r.Name, r.Condition, got, want)
			}
			return want
		}})
		if set == nil {
			if result.Count(rules.SeverityError) < len(conditions) {
				t.Errorf("only %d errors", result.Count(rules.SeverityError))
			}
			continue
		}
		e, problems := checker.New(set, engine.Options{})
		plain, _ := engine.New(set, engine.Options{})
		if len(problems) > 0 || len(e.Rules()) == 0 || !reflect.DeepEqual(e.Rules(), plain.Rules()) {
			t.Errorf("%v, and %d rules of %d", problems, len(e.Rules()), len(plain.Rules()))
		}
	}
}
