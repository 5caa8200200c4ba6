package engine_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"falcoreplay/engine"
	"falcoreplay/rules"
	"falcoreplay/rules/syntax"
)

// logicFields are fields with operators that suit them and constants that
// they have in captures, or nearly.
var logicFields = []struct{ names, ops, values string }{
	{"proc.name proc.pname proc.aname proc.aname[1] fd.filename tolower(proc.name)", "= != startswith endswith contains icontains glob iglob regex < >=", "sh bash cat python3 PYTHON3 b s '' '*a*' c?t passwd"},
	{"fd.name fd.directory evt.arg.name fs.path.name fs.path.target proc.exepath proc.cmdline basename(fd.name) evt.arg.path",
		"= != startswith endswith contains icontains glob", "/etc /etc/ /etc/passwd /etc/shadow shadow /tmp /usr/bin/bash '' /dev/null '/etc/*'"},
	{"fd.num evt.rawres proc.pid evt.num evt.count proc.ppid user.uid len(fd.name) len(proc.name) evt.buflen evt.rawarg.res",
		"= != < <= > >=", "0 1 2 3 4 5 10 100 1000"},
	{"fd.sport fd.cport fd.port fd.lport", "= != < <= > >=", "0 22 53 80 443 65535"},
	{"fd.sip fd.cip fd.ip", "= !=", "127.0.0.1 1.1.1.1 10.0.0.1"},
	{"fd.snet fd.net", "= !=", "127.0.0.0/8 10.0.0.0/8"},
	{"evt.is_open_read evt.is_open_write evt.failed", "= !=", "true false"},
	{"evt.type", "= !=", "open openat execve close connect read write clone clone3 sync getuid"},
	{"evt.dir", "= !=", "< >"},
	{"fd.type fd.typechar evt.category evt.res", "= !=", "file ipv4 unix f 4 u SUCCESS ENOENT net process"},
}

// randomCheck makes a comparison.
func randomCheck(r *rand.Rand) string {
	f := logicFields[r.IntN(len(logicFields))]
	pick := func(s string) string { w := strings.Fields(s); return w[r.IntN(len(w))] }
	name := pick(f.names)
	list := func() string {
		items := make([]string, r.IntN(4))
		for i := range items {
			items[i] = pick(f.values)
		}
		return "(" + strings.Join(items, ", ") + ")"
	}
	switch r.IntN(8) {
	case 0:
		if !strings.Contains(name, "(") {
			return name + " exists"
		}
	case 1:
		return name + " in " + list()
	case 2:
		return name + " " + pick(f.ops) + " " + pick("oneof anyof allof") + " " + list()
	}
	return name + " " + pick(f.ops) + " " + pick(f.values)
}

// randomCondition combines comparisons, mostly few of many fields, so that
// they often contradict each other.
func randomCondition(r *rand.Rand, checks []string, depth int) string {
	if depth == 0 || r.IntN(5) == 0 {
		return checks[r.IntN(len(checks))]
	}
	if r.IntN(4) == 0 {
		return "not (" + randomCondition(r, checks, depth-1) + ")"
	}
	op := []string{" and ", " and ", " or "}[r.IntN(3)]
	s := ""
	for i := range 2 + r.IntN(3) {
		if i > 0 {
			s += op
		}
		s += "(" + randomCondition(r, checks, depth-1) + ")"
	}
	return s
}

// TestLogicOnCaptures holds that what is called impossible does not happen: no
// event of a capture matches a condition that is called never true, and every
// event of its types one whose opposite is.
func TestLogicOnCaptures(t *testing.T) {
	n := 1600
	if testing.Short() {
		n = 400
	}
	r := rand.New(rand.NewPCG(3, 4))
	l := engine.NewLogic()
	set := &rules.Set{}
	never := make(map[string]bool)
	counts := make(map[bool]int)
	for len(set.Rules) < n {
		checks := make([]string, 2+r.IntN(4))
		for i := range checks {
			checks[i] = randomCheck(r)
			if i > 0 && r.IntN(2) == 0 { // the same field again
				checks[i] = firstWord(checks[i-1]) + checks[i][len(firstWord(checks[i])):]
			}
		}
		condition := randomCondition(r, checks, 3)
		e, err := syntax.Parse(condition)
		if err != nil {
			continue
		}
		for _, c := range []syntax.Expr{e, &syntax.Not{Pos: e.Position(), Child: e}} {
			rule := &rules.Rule{Name: fmt.Sprint(len(set.Rules)) + ": " + c.String(), Expr: c, Output: "o", Source: "syscall", Enabled: true}
			if hasError(engine.CheckRule(rule)) {
				break
			}
			cond, ok := l.Cond(c)
			if !ok {
				t.Fatalf("%s: an error that CheckRule does not see", c)
			}
			set.Rules = append(set.Rules, rule)
			never[rule.Name] = l.Never(cond, engine.RuleTypes(c))
			counts[never[rule.Name]]++
		}
	}
	t.Logf("%d can be true, %d cannot", counts[false], counts[true])
	if counts[true] < n/20 || counts[false] < n/20 {
		t.Error("too few of one kind to mean anything")
	}
	eng, problems := engine.New(set, engine.Unindexed(engine.Options{Matching: engine.All, NoFields: true}))
	if len(problems) > 0 {
		t.Fatal(problems[0].Message)
	}
	wrong, matched := 0, make(map[string]bool)
	captures, _ := filepath.Glob("../testdata/*.scap")
	for _, capture := range captures {
		analyse(t, eng, capture, func(a *engine.Alert) {
			matched[a.Rule.Name] = true
			if never[a.Rule.Name] && wrong < 10 {
				wrong++
				t.Errorf("%s event %d: matches what is never true: %s", filepath.Base(capture), a.EventNum, a.Rule.Name)
			}
		})
	}
	t.Logf("%d match an event", len(matched))
}

func hasError(problems []rules.Problem) bool {
	for _, p := range problems {
		if p.Severity == rules.SeverityError {
			return true
		}
	}
	return false
}

func firstWord(s string) string { return s[:strings.IndexByte(s, ' ')] }
