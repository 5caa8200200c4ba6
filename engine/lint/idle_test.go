package lint

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"falcoreplay/engine"
	"falcoreplay/engine/run"
	"falcoreplay/rules"
	"falcoreplay/rules/syntax"
	"falcoreplay/scap"
)

// idleChecks are comparisons of few fields, which often exclude each other.
var idleChecks = []string{
	"evt.type = openat", "evt.type = read", "evt.type in (execve, openat)", "evt.type in (close, read, write)",
	"fd.name startswith /etc", "fd.name = /etc/passwd", "fd.name endswith .so.6", "fd.name exists",
	"fd.num > 2", "fd.num < 4", "fd.num = 3", "proc.name = sh", "proc.name in (sh, bash)", "proc.name startswith b",
	"evt.arg.flags contains O_CREAT", "evt.rawres < 0", "evt.rawres >= 0",
}

func idleCondition(r *rand.Rand, depth int) string {
	if depth == 0 || r.IntN(5) == 0 {
		return idleChecks[r.IntN(len(idleChecks))]
	}
	if r.IntN(4) == 0 {
		return "not (" + idleCondition(r, depth-1) + ")"
	}
	op := []string{" and ", " or "}[r.IntN(2)]
	return "(" + idleCondition(r, depth-1) + op + idleCondition(r, depth-1) + ")"
}

// TestIdleParts holds that parts of random conditions which are called idle are
// so: a condition without them matches the same events of a capture.
func TestIdleParts(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var text strings.Builder
	const n = 400
	for i := range n {
		fmt.Fprintf(&text, "- rule: \"%d\"\n  desc: d\n  condition: \"%s\"\n  output: o\n  priority: INFO\n  warn_evttypes: false\n", i, idleCondition(r, 4))
	}
	set, result := rules.Load([]rules.File{{Name: "r.yaml", Data: []byte(text.String())}},
		rules.Options{KnownField: engine.CheckField, Check: engine.CheckRule})
	if err := result.Err(); err != nil {
		t.Fatal(err)
	}
	c := newChecker(Options{}, set, result)
	all := &rules.Set{}
	parts := 0
	for _, f := range c.rules {
		if f.never {
			continue
		}
		for i, p := range c.idle(f.Expr) {
			parts++
			value := neverExpr()
			if p.always {
				value = &syntax.Not{Child: value}
			}
			changed := *f.Rule
			changed.Name = fmt.Sprintf("%s/%d: %s", f.Name, i, p.expr)
			changed.Expr = replaceExpr(f.Expr, p.expr, value)
			all.Rules = append(all.Rules, &changed)
		}
		all.Rules = append(all.Rules, f.Rule)
	}
	if parts < n/10 {
		t.Errorf("only %d parts", parts)
	}
	eng, problems := engine.New(all, engine.Options{Matching: engine.All, NoFields: true})
	if len(problems) > 0 {
		t.Fatal(problems[0].Message)
	}
	capture, err := os.Open(filepath.Join("..", "..", "testdata", "falco-attacks.scap"))
	if err != nil {
		t.Fatal(err)
	}
	defer capture.Close()
	matches := make(map[string]string)
	if _, err := run.Capture(capture, "attacks", eng, scap.Options{}, func(a *engine.Alert) error {
		matches[a.Rule.Name] += fmt.Sprint(a.EventNum, " ")
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	matched := 0
	for _, rule := range all.Rules {
		name, _, changed := strings.Cut(rule.Name, "/")
		if !changed {
			continue
		}
		if matches[name] != "" {
			matched++
		}
		if matches[name] != matches[rule.Name] {
			t.Errorf("%s\nis not the same as\n%s", rule.Expr, rule.Name)
		}
	}
	t.Logf("%d parts are idle, in rules of which %d match", parts, matched)
	if matched == 0 {
		t.Error("no rule matches")
	}
}

// neverExpr is an expression that is never true.
func neverExpr() syntax.Expr {
	e, err := syntax.Parse("evt.num = 0")
	if err != nil {
		panic(err)
	}
	return e
}

// replaceExpr replaces one node.
func replaceExpr(e, old, by syntax.Expr) syntax.Expr {
	return syntax.Rewrite(e, func(x syntax.Expr) syntax.Expr {
		if x == old {
			return by
		}
		return x
	})
}
