package engine_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"falcoreplay/engine"
	"falcoreplay/engine/explain"
	"falcoreplay/engine/field"
	"falcoreplay/engine/run"
	"falcoreplay/internal/testenv"
	"falcoreplay/replay"
	"falcoreplay/rules"
	"falcoreplay/rules/syntax"
	"falcoreplay/scap"
	"falcoreplay/scap/event"
)

func bundled(t *testing.T) *rules.Set {
	t.Helper()
	set, result := rules.Load(rules.Bundled(), rules.Options{KnownField: engine.CheckField, Check: engine.CheckRule})
	if err := result.Err(); err != nil {
		t.Fatal(err)
	}
	return set
}

// tracing holds a trace against the plain evaluator, comparison by comparison.
type tracing struct {
	t        *testing.T
	trace    *engine.Trace
	host     *replay.Host
	tracer   *engine.Tracer
	plain    field.Context
	matches  []string
	compared int
}

func (v *tracing) Wants(event.Type) bool { return true }

func (v *tracing) Begin(host *replay.Host) {
	v.host, v.tracer, v.plain.Host = host, v.trace.NewTracer(host), host
}

func (v *tracing) Event() error {
	v.tracer.Begin()
	ev := v.host.Current.Event
	for i := range v.trace.Rules {
		r := &v.trace.Rules[i]
		if !r.Fits(ev.Type) {
			continue
		}
		whole, short := make([]engine.Verdict, len(r.Clauses)), make([]engine.Verdict, len(r.Clauses))
		yes := v.tracer.Evaluate(r, whole, true)
		if v.tracer.Evaluate(r, short, false) != yes {
			v.t.Fatalf("event %d: rule %q differs from itself", ev.Num, r.Rule.Name)
		}
		for k := range short {
			if short[k] != engine.Unreached && short[k] != whole[k] {
				v.t.Fatalf("event %d: rule %q: %s differs from itself", ev.Num, r.Rule.Name, r.Clauses[k].Expr)
			}
		}
		if yes {
			v.matches = append(v.matches, fmt.Sprint(ev.Num, r.Rule.Name))
		}
		if ev.Num%16 == 0 || yes {
			if err := v.compare(r, whole, yes); err != nil {
				return err
			}
		}
	}
	return nil
}

func (v *tracing) compare(r *engine.TracedRule, whole []engine.Verdict, yes bool) error {
	verdict, err := explain.Condition(r.Rule.Expr, &v.plain)
	if err != nil {
		return err
	}
	plain := make(map[syntax.Expr]bool)
	var walk func(n *explain.Verdict)
	walk = func(n *explain.Verdict) {
		plain[n.Expr] = n.True
		for i := range n.Parts {
			walk(&n.Parts[i])
		}
	}
	walk(&verdict)
	if verdict.True != yes {
		v.t.Errorf("event %d: rule %q: %v, plainly %v", v.host.Current.Event.Num, r.Rule.Name, yes, verdict.True)
	}
	for k := range r.Clauses {
		c := &r.Clauses[k]
		if want, ok := plain[c.Expr]; ok {
			v.compared++
			if (whole[k] == engine.True) != want {
				v.t.Errorf("event %d: rule %q: %s: %v, plainly %v", v.host.Current.Event.Num, r.Rule.Name, c.Expr, whole[k] == engine.True, want)
			}
		} else if len(c.Parts) == 0 {
			v.t.Fatalf("rule %q: %s is not in the condition that is evaluated", r.Rule.Name, c.Expr)
		}
	}
	return nil
}

func TestTrace(t *testing.T) {
	compareTrace(t, bundled(t), "../testdata/falco-attacks.scap", "../testdata/falco-containers.scap")
}

func TestTraceStock(t *testing.T) {
	captures := filepath.Join(testenv.Shared(t), "captures")
	var files []rules.File
	for _, path := range testenv.StockRules(t) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, rules.File{Name: path, Data: data})
	}
	set, result := rules.Load(files, rules.Options{KnownField: engine.CheckField, Check: engine.CheckRule})
	if err := result.Err(); err != nil {
		t.Fatal(err)
	}
	compareTrace(t, set, filepath.Join(captures, "falco-attacks.scap"), filepath.Join(captures, "falco-allsys.scap"))
}

// compareTrace compares a trace with the plain evaluator, and with the engine.
func compareTrace(t *testing.T, set *rules.Set, captures ...string) {
	t.Helper()
	for _, capture := range captures {
		data, err := os.ReadFile(capture)
		if err != nil {
			t.Fatal(err)
		}
		trace, problems := engine.NewTrace(set, engine.Options{})
		eng, more := engine.New(set, engine.Options{Matching: engine.All})
		if len(problems)+len(more) > 0 {
			t.Fatal(problems, more)
		}
		v := &tracing{t: t, trace: trace}
		if _, err := run.Events(bytes.NewReader(data), capture, v, run.Options{}); err != nil {
			t.Fatal(err)
		}
		if v.compared < 1000 {
			t.Errorf("%s: only %d comparisons were compared", capture, v.compared)
		}
		var want []string
		p := eng.NewProfile(func() int64 { return 0 })
		for _, profiled := range []bool{false, true} {
			want = nil
			emit := func(a *engine.Alert) error {
				want = append(want, fmt.Sprint(a.EventNum, a.Rule.Name))
				return nil
			}
			if profiled {
				_, err = run.Profiled(bytes.NewReader(data), capture, eng, p, run.Options{}, emit)
			} else {
				_, err = run.Capture(bytes.NewReader(data), capture, eng, run.Options{}, emit)
			}
			if err != nil {
				t.Fatal(err)
			}
			if fmt.Sprint(v.matches) != fmt.Sprint(want) {
				t.Errorf("%s (profiled %v): got\n%v\nwant\n%v", capture, profiled, v.matches, want)
			}
		}
		var matches uint64
		for _, r := range p.Rules() {
			matches += r.Matches
		}
		if matches != uint64(len(want)) {
			t.Errorf("%s: %d matches in the profile, %d alerts", capture, matches, len(want))
		}
		if len(p.Checks()) == 0 || !slices.ContainsFunc(p.Types(), func(t engine.TypeProfile) bool { return t.Timed() > 0 }) {
			t.Error("nothing was timed")
		}
	}
}

// TestTraceParts holds how macros and values are shown.
func TestTraceParts(t *testing.T) {
	const file = `
- list: readers
  items: [cat, less]
- macro: opened
  condition: (evt.type = openat and fd.num >= 0)
- macro: alias
  condition: opened
- rule: Read
  desc: d
  condition: alias and not proc.name in (readers) and proc.aname exists
  exceptions: [{name: tmp, fields: [fd.directory], comps: [=], values: [[/tmp]]}]
  output: o
  priority: INFO
`
	set, result := rules.Load([]rules.File{{Name: "r", Data: []byte(file)}}, rules.Options{KnownField: engine.CheckField, Check: engine.CheckRule})
	if err := result.Err(); err != nil {
		t.Fatal(err)
	}
	trace, problems := engine.NewTrace(set, engine.Options{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if trace.Rule("other") != nil {
		t.Error("there is a rule that is not")
	}
	r := trace.Rule("Read")
	got := ""
	for i, c := range r.Clauses {
		got += fmt.Sprintf("%d<%d %T %d\n", i, c.Parent, c.Expr, c.Expr.Position().Line)
	}
	const want = `0<-1 *syntax.And 10
1<0 *syntax.And 10
2<1 *syntax.Macro 10
3<2 *syntax.Macro 7
4<3 *syntax.And 5
5<4 *syntax.Check 5
6<4 *syntax.Check 5
7<1 *syntax.Not 10
8<7 *syntax.Check 10
9<1 *syntax.Exists 10
10<0 *syntax.Not 11
11<10 *syntax.Check 11
`
	if got != want {
		t.Errorf("got\n%s", got)
	}
	if !r.Fits(event.AsynceventE) || r.Names(event.AsynceventE) || !r.Names(event.SyscallOpenatX) {
		t.Error("event types")
	}
	for at := range r.Clauses {
		if r.Given(at) != (at == 5) {
			t.Errorf("clause %d: given is %v", at, r.Given(at))
		}
	}
	host := replay.New(&scap.Snapshot{Threads: []scap.Thread{{TID: 7, PID: 7, PTID: 1, Comm: "cat"}}})
	host.Apply(&event.Event{Num: 5, TS: 1e18, TID: 7, Type: event.SyscallOpenatX})
	tracer := trace.NewTracer(host)
	tracer.Begin()
	if text, ok := tracer.AppendLeft(&r.Clauses[8], nil); string(text) != "cat" || !ok {
		t.Errorf("proc.name: %q %v", text, ok)
	}
	if text, ok := tracer.AppendLeft(&r.Clauses[9], nil); len(text) != 0 || ok {
		t.Errorf("proc.aname: %q %v", text, ok)
	}
	if text, ok := tracer.AppendLeft(&r.Clauses[0], nil); len(text) != 0 || ok {
		t.Errorf("a conjunction: %q %v", text, ok)
	}
	if a := tracer.Alert(r); a.Rule.Name != "Read" || a.EventNum != 5 {
		t.Errorf("alert: %+v", a)
	}
}

func TestTiming(t *testing.T) {
	set := bundled(t)
	e, _ := engine.New(set, engine.Options{})
	clock := int64(0)
	p := e.NewProfile(func() int64 { clock += 10; return clock })
	if len(p.Checks()) != 0 || len(p.Types()) != 0 || len(p.Rules()) != len(set.Rules) {
		t.Error("an empty profile is not empty")
	}
}
