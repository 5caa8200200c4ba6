package engine

import (
	"math/rand/v2"
	"testing"

	"falcoreplay/rules"
	"falcoreplay/rules/syntax"
	"falcoreplay/scap/event"
)

// combine puts conditions whose values are known together at random.
func combine(r *rand.Rand, depth int) (condition string, value bool) {
	if depth == 0 || r.IntN(4) == 0 {
		c := conditionTable[r.IntN(len(conditionTable))]
		return c.condition, c.want
	}
	switch r.IntN(5) {
	case 0:
		c, v := combine(r, depth-1)
		return "not (" + c + ")", !v
	case 1, 2:
		condition, value = combine(r, depth-1)
		condition = "(" + condition + ")"
		for range 1 + r.IntN(3) {
			c, v := combine(r, depth-1)
			condition, value = condition+" and ("+c+")", value && v
		}
		return condition, value
	default:
		condition, value = combine(r, depth-1)
		condition = "(" + condition + ")"
		for range 1 + r.IntN(3) {
			c, v := combine(r, depth-1)
			condition, value = condition+" or ("+c+")", value || v
		}
		return condition, value
	}
}

// TestRandomConditions compares conditions as they are compiled, simplified
// and shared with what their parts come to.
func TestRandomConditions(t *testing.T) {
	host := testHost(t, event.SyscallKillX)
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		var conditions []string
		var want []bool
		for range 40 {
			c, v := combine(r, 5)
			conditions, want = append(conditions, c), append(want, v)
		}
		set := ruleSet(t, "-", conditions...)
		for _, opts := range []Options{{Matching: All}, {Matching: All, unindexed: true}} {
			e, problems := New(set, opts)
			if len(problems) > 0 {
				t.Fatal(problems[0].Message)
			}
			got := make(map[*rules.Rule]bool)
			e.NewEvaluator(host).Process(func(a *Alert) { got[a.Rule] = true })
			for i, rule := range set.Rules {
				if got[rule] != want[i] {
					t.Fatalf("%s: %v (unindexed %v)", conditions[i], got[rule], opts.unindexed)
				}
			}
		}
	}
}

func FuzzRule(f *testing.F) {
	for _, c := range conditionTable {
		f.Add(c.condition, "%proc.name %fd.name")
	}
	f.Add("evt.arg[0] = x and evt.rawarg.fd > 3", "*%evt.args %10evt.buffer %container.info")
	f.Add("proc.aname pmatch (a*) or fd.snet in (10.0.0.0/8)", "%%")
	f.Add("getopt(proc.args, proc.name)[x] in (a)", "%join(\",\", (proc.name, evt.num))")
	host := testHost(f, event.SyscallKillX)
	f.Fuzz(func(t *testing.T, condition, output string) {
		e, err := syntax.Parse(condition)
		if err != nil {
			return
		}
		rule := &rules.Rule{Name: "r", Expr: e, Output: output, Source: "syscall", Enabled: true}
		engine, problems := New(&rules.Set{Rules: []*rules.Rule{rule}}, Options{})
		if (len(engine.rules) == 0) != (len(problems) > 0) {
			t.Errorf("%d rules and %d problems", len(engine.rules), len(problems))
		}
		engine.NewEvaluator(host).Process(func(a *Alert) {
			a.AppendJSON(a.AppendText(nil))
		})
	})
}
