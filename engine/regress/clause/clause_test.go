package clause

import (
	"fmt"
	"strings"
	"testing"

	"falcoreplay/engine"
	"falcoreplay/replay"
	"falcoreplay/rules"
	"falcoreplay/scap"
	"falcoreplay/scap/event"
)

// trace compiles rules, which are called a, b and so on.
func trace(t *testing.T, conditions ...string) *engine.Trace {
	t.Helper()
	var file strings.Builder
	file.WriteString("- macro: cats\n  condition: (proc.name = cat or proc.name = tac)\n")
	for i, c := range conditions {
		fmt.Fprintf(&file, "- rule: %c\n  desc: d\n  condition: >\n    %s\n  output: o\n  priority: INFO\n", 'a'+i, c)
	}
	set, result := rules.Load([]rules.File{{Name: "r", Data: []byte(file.String())}}, rules.Options{KnownField: engine.CheckField, Check: engine.CheckRule})
	if err := result.Err(); err != nil {
		t.Fatal(err)
	}
	tr, problems := engine.NewTrace(set, engine.Options{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return tr
}

// visit shows kills by processes of the names to a visitor.
func visit(t *testing.T, v interface {
	Begin(*replay.Host)
	Event() error
}, names ...string) {
	t.Helper()
	snapshot := &scap.Snapshot{}
	for i, n := range names {
		snapshot.Threads = append(snapshot.Threads, scap.Thread{TID: int64(10 + i), PID: int64(10 + i), PTID: 1, Comm: n, Exe: "/bin/" + n, Cwd: "/"})
	}
	host := replay.New(snapshot)
	v.Begin(host)
	for i := range names {
		host.Apply(&event.Event{Num: uint64(i + 1), TS: uint64(1e18 + i), TID: int64(10 + i), Type: event.SyscallKillX})
		if err := v.Event(); err != nil {
			t.Fatal(err)
		}
	}
}

// show is what was found for a rule, an event a line.
func show(f Found) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %d %d %v\n", f.Fitting, f.Matched, f.Shadowed, f.Types)
	for _, m := range f.Misses {
		fmt.Fprintf(&b, "%d/%d %s", m.Event.Num, m.Distance, m.Shadow)
		for i := range m.InTheWay {
			fmt.Fprintf(&b, " | %s | %s | %s", m.InTheWay[i].Wanted(), m.InTheWay[i].Saw(), m.InTheWay[i].Macro)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestNearest(t *testing.T) {
	for _, c := range []struct{ condition, want string }{
		{"evt.type = kill and proc.name = dog", "3 0 0 [kill]\n3/1  | proc.name = dog | proc.name is \"dot\" | \n"},
		{"evt.type = kill and cats", "3 1 0 [kill]\n2/1  | proc.name = cat or proc.name = tac | proc.name is \"cow\" | cats\n"},
		{"evt.type = kill and not cats", "3 2 0 [kill]\n1/1  | not proc.name = cat | proc.name is \"cat\" | cats\n"},
		{"evt.type = kill and not (proc.name startswith ca and proc.pid > 0)",
			"3 2 0 [kill]\n1/1  | not (proc.name startswith ca and proc.pid > 0) | proc.name is \"cat\", proc.pid is \"10\" | \n"},
		{"evt.type = kill and proc.tty exists and proc.aname exists and proc.name = x",
			"3 0 0 [kill]\n1/2  | proc.aname exists | proc.aname is absent |  | proc.name = x | proc.name is \"cat\" | \n"},
		{"evt.type = open and proc.name = cat", "0 0 0 [open]\n"},
	} {
		n := NewNearest(trace(t, c.condition), []string{"a", "none"}, 2, engine.First)
		visit(t, n, "cat", "cow", "dot")
		f, ok := n.Of("a")
		if got := show(f); !ok || got != c.want {
			t.Errorf("%s\ngot  %swant %s", c.condition, got, c.want)
		}
		if _, ok := n.Of("none"); ok {
			t.Error("a rule that is not there was found")
		}
	}
}

func TestShadow(t *testing.T) {
	tr := trace(t, "evt.type = kill and cats", "evt.type = kill and proc.name = cat")
	for matching, want := range map[engine.Matching]string{
		engine.First: "1 1 1 [kill]\n1/0 a\n",
		engine.All:   "1 1 0 [kill]\n",
	} {
		n := NewNearest(tr, []string{"b"}, 2, matching)
		visit(t, n, "cat")
		if f, _ := n.Of("b"); show(f) != want {
			t.Errorf("matching %v: %s", matching, show(f))
		}
	}
	c := NewCounter(tr)
	visit(t, c, "cat", "tac", "dog")
	o := NewCounter(tr)
	visit(t, o, "cat")
	c.Add(o)
	if a, b := c.Rules[0], c.Rules[1]; a.Matched != 3 || a.Reported != 3 || b.Matched != 2 || b.Reported != 0 || b.Fitting != 4 || c.Events != 4 {
		t.Errorf("%+v", c)
	}
}

// treeOf is a visitor that takes the tree of rule a.
type treeOf struct {
	trace *engine.Trace
	host  *replay.Host
	tree  *Node
}

func (v *treeOf) Begin(h *replay.Host) { v.host = h }
func (v *treeOf) Event() error {
	tr := v.trace.NewTracer(v.host)
	tr.Begin()
	v.tree = Tree(tr, v.trace.Rule("a"))
	return nil
}

func TestTree(t *testing.T) {
	v := &treeOf{trace: trace(t, "evt.type = kill and (cats or proc.pid > 100) and not proc.name in (a, b, c, d, e, f) and proc.name = x")}
	visit(t, v, "tac")
	const want = `FALSE all of
true    evt.type = kill                                       evt.type is "kill"
true    one of
true      cats: one of                                        macro, r:2
false       proc.name = cat                                   proc.name is "tac"
true        proc.name = tac                                   proc.name is "tac"
false     proc.pid > 100   (not reached)                      proc.pid is "10"
true    not proc.name in (a, b, c, d, and 2 more)             proc.name is "tac"
FALSE   proc.name = x                                         proc.name is "tac"`
	if got := strings.Join(v.tree.Lines(true), "\n"); got != want {
		t.Errorf("got\n%s", got)
	}
	const brief = `FALSE all of
true    evt.type = kill                                       evt.type is "kill"
true    cats or proc.pid > 100                                proc.name is "tac", proc.pid is "10"
true    not proc.name in (a, b, c, d, and 2 more)             proc.name is "tac"
FALSE   proc.name = x                                         proc.name is "tac"`
	if got := strings.Join(v.tree.Lines(false), "\n"); got != brief {
		t.Errorf("got\n%s", got)
	}
	if r := v.tree.Reasons(); len(r) != 1 || r[0].Text != "proc.name = x" {
		t.Errorf("reasons: %v", r)
	}
}

func TestUntil(t *testing.T) {
	found := 0
	u := &Until{Num: 2, Found: func(h *replay.Host) error {
		found++
		list := Ancestry(h)
		if len(list) != 1 || list[0].Name != "cow" || list[0].PID != 11 || list[0].Container != "host" && list[0].Container != "" {
			t.Errorf("%+v", list)
		}
		if e := Describe(h, "c"); e.String() != "event 2 at 01:46:40.000000001: kill by cow (11)" || e.Capture != "c" {
			t.Errorf("%s", e.String())
		}
		return nil
	}}
	visit(t, u, "cat", "cow", "dog")
	if _, ok := u.Of(); found != 1 || ok {
		t.Errorf("found %d times", found)
	}
}

func TestLikeness(t *testing.T) {
	for _, c := range []struct {
		value, constant string
		want            int
	}{
		{"x", "", 0}, {"/dev/shm/x", "/dev/shm/", within}, {"-c /dev/shm/x", "/dev/shm/", within},
		{"abc", "abd", alike * 2 / 3}, {"abc", "xyz", 0}, {"a", "abcd", alike / 4},
	} {
		if got := likeness(c.value, c.constant); got != c.want {
			t.Errorf("%q and %q: %d", c.value, c.constant, got)
		}
	}
}

func TestShort(t *testing.T) {
	long := strings.Repeat("ä", maxText)
	if s := short(long); len(s) > maxText+3 || !strings.HasSuffix(s, "ä...") {
		t.Errorf("%q", s)
	}
}
