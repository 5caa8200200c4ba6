package engine

import (
	"strings"
	"testing"

	"falcoreplay/replay"
	"falcoreplay/rules"
	"falcoreplay/rules/syntax"
	"falcoreplay/scap"
	"falcoreplay/scap/event"
)

// testHost is a host with one process, cat, and an event of its.
func testHost(t testing.TB, typ event.Type) *replay.Host {
	t.Helper()
	host := replay.New(&scap.Snapshot{
		Machine: scap.Machine{Hostname: "box", BootTime: 1e18},
		Threads: []scap.Thread{{TID: 7, PID: 7, PTID: 1, Comm: "cat", Exe: "/bin/cat", ExePath: "/bin/cat",
			Args: "-n\x00/etc/Passwd\x00", Cwd: "/", VTID: 7, VPID: 7}},
	})
	host.Apply(&event.Event{Num: 5, TS: 1e18 + 42, TID: 7, Type: typ})
	return host
}

// ruleSet makes rules of conditions, whose outputs are all the same.
func ruleSet(t testing.TB, output string, conditions ...string) *rules.Set {
	t.Helper()
	set := &rules.Set{}
	for i, c := range conditions {
		e, err := syntax.Parse(c)
		if err != nil {
			t.Fatalf("%s: %v", c, err)
		}
		set.Rules = append(set.Rules, &rules.Rule{
			Name: string(rune('a' + i)), Expr: e, Output: output, Priority: rules.Notice, Source: "syscall", Enabled: true,
			Tags: []string{"x", "y"},
		})
	}
	return set
}

// matches are the names of the rules that an event matches.
func matches(t testing.TB, set *rules.Set, opts Options, host *replay.Host) string {
	t.Helper()
	e, problems := New(set, opts)
	for _, p := range problems {
		t.Fatal(p.Message)
	}
	var names []string
	e.NewEvaluator(host).Process(func(a *Alert) { names = append(names, a.Rule.Name) })
	return strings.Join(names, "")
}

// conditionTable has conditions with what they are for testHost.
var conditionTable = []struct {
	condition string
	want      bool
}{
	{"proc.name = cat", true},
	{"proc.name == 'cat'", true},
	{"proc.name != cat", false},
	{"not proc.name = cat", false},
	{"proc.name in (dog, cat)", true},
	{"proc.name exists", true},
	{"proc.pid = 7", true},
	{"proc.pid > 6 and proc.pid < 8", true},
	{"proc.pid in (6, 8)", false},
	{"evt.type = kill", true},
	{"evt.type in (close, kill)", true},
	{"evt.type = close", false},
	{"not evt.type = close", true},
	{"evt.type exists", true},
	{"evt.num = 5", true},

	// What is absent makes a check false, and its negation true.
	{"fd.name = x", false},
	{"fd.name != x", false},
	{"not fd.name = x", true},
	{"not fd.name != x", true},
	{"fd.name exists", false},
	{"not fd.name exists", true},
	{"fd.name in ()", false},
	{"not fd.name in (x)", true},
	{"fd.name startswith ''", false},
	{"tolower(fd.name) = x", false},
	{"len(fd.name) = 0", false},
	{"concat(proc.name, fd.name) exists", false},
	{"proc.name = val(fd.name)", false},
	{"not proc.name = val(fd.name)", true},
	{"fd.name != anyof (x, y)", false},
	{"fd.ip = 1.2.3.4", false},
	{"fd.ip != 1.2.3.4", false},
	{"fd.port exists", false},

	{"toupper(proc.name) = CAT", true},
	{"toupper(proc.name) in (CAT)", true},
	{"tolower(toupper(proc.name)) = cat", true},
	{"basename(proc.exepath) = cat", true},
	{"len(proc.name) = 3", true},
	{"len(toupper(proc.name)) = 3", true},
	{"concat(proc.name, \"-\", \"x\") = cat-x", true},
	{"join(\"/\", (proc.name, \"x\", proc.pid)) = cat/x/7", true},
	{"concat(proc.name, join(\"/\", (proc.pid, \"x\")), concat(\"y\", proc.name)) = cat7/xycat", true},
	{"toupper((proc.name, \"x\")) intersects (CAT, X)", false}, // Falco compares the NUL behind it too
	{"getopt((\"-a\"), \"a\") intersects (a)", true},
	{"getopt((\"-a\", \"-b\", \"c\"), \"ab:\") in (a, b, c)", true},
	{"getopt((\"-a\", \"-b\", \"c\"), \"ab:\")[b] = c", true},
	{"b64(\"Y2F0\") = cat", true},
	{"len((\"a\", proc.name)) = 2", true},
	{"b64(proc.name) exists", false},
	{"proc.name = val(proc.name)", true},
	{"proc.exepath contains val(proc.name)", true},
	{"proc.exepath endswith val(proc.name)", true},
	{"proc.name in val(proc.name)", true},
	{"proc.name in toupper(proc.name)", false},
	{"proc.name startswith oneof (c, ca)", false},
	{"proc.name startswith anyof (c, ca)", true},
	{"proc.name startswith allof (c, ca)", true},

	// evt.around without a distance asks for that time.
	{"evt.around[1000000000000000041] = 1", true},
	{"evt.around[999999999990000042] = 1", false},
	{"evt.around[999999999990000042] = oneof (1, 11)", true},
	{"evt.around[999999999990000042] = anyof (11, 1)", false},
	{"evt.around[1000000000000000042] exists", true},
	{"evt.around[1000000000000000041] exists", false},
	{"evt.around[1000000000000000042] in ()", true},

	{"proc.name = cat or fd.name = x", true},
	{"proc.name = dog and fd.name = x or proc.pid = 7", true},
	{"not (proc.name = dog or fd.name = x)", true},
	{"not (proc.name = cat and not fd.name = x)", false},
}

func TestConditions(t *testing.T) {
	host := testHost(t, event.SyscallKillX)
	for _, c := range conditionTable {
		for _, unindexed := range []bool{false, true} {
			got := matches(t, ruleSet(t, "-", c.condition), Options{unindexed: unindexed}, host) == "a"
			if got != c.want {
				t.Errorf("%s: %v (unindexed %v)", c.condition, got, unindexed)
			}
		}
	}
}

// TestSharedConditions has all conditions in one engine, where they share
// their parts, which must change nothing.
func TestSharedConditions(t *testing.T) {
	host := testHost(t, event.SyscallKillX)
	var conditions []string
	want := ""
	for i, c := range conditionTable {
		conditions = append(conditions, c.condition)
		if c.want {
			want += string(rune('a' + i))
		}
	}
	if got := matches(t, ruleSet(t, "-", conditions...), Options{Matching: All}, host); got != want {
		t.Errorf("matches %q, want %q", got, want)
	}
}

func TestMatching(t *testing.T) {
	host := testHost(t, event.SyscallKillX)
	set := ruleSet(t, "-", "proc.name = dog", "proc.name = cat", "evt.type = kill", "proc.pid = 7")
	for _, c := range []struct {
		opts Options
		want string
	}{
		{Options{}, "b"},
		{Options{Matching: All}, "bcd"},
		{Options{Keep: func(r *rules.Rule) bool { return r.Name != "b" }}, "c"},
		{Options{Keep: func(r *rules.Rule) bool { return false }}, ""},
	} {
		if got := matches(t, set, c.opts, host); got != c.want {
			t.Errorf("%+v: %q, want %q", c.opts, got, c.want)
		}
	}
	set.Rules[1].Enabled = false
	if got := matches(t, set, Options{}, host); got != "c" {
		t.Errorf("with b disabled: %q", got)
	}
}

func TestWants(t *testing.T) {
	e, _ := New(ruleSet(t, "-", "evt.type = open and proc.name = cat", "evt.type = close and evt.type = read"), Options{})
	for typ, want := range map[event.Type]bool{
		event.SyscallOpenX: true, event.SyscallCloseX: false, event.SyscallReadX: false, event.NumTypes + 3: false,
	} {
		if e.Wants(typ) != want {
			t.Errorf("wants type %d: %v", typ, !want)
		}
	}
}

func TestNoAllocation(t *testing.T) {
	host := testHost(t, event.SyscallKillX)
	e, problems := New(ruleSet(t, "-",
		"proc.name = dog", "proc.name in (a, bcd, cow)", "proc.exepath startswith /usr", "fd.name pmatch (/etc)",
		"proc.name glob d*", "proc.name icontains X", "toupper(proc.name) = DOG", "basename(proc.exepath) = dog",
		"proc.cmdline contains dog", "concat(proc.name, \"x\") = dog", "proc.aname = init", "not proc.pid = 7",
		"proc.name regex d.*", "fd.ip = 1.2.3.4", "proc.name = val(proc.exepath)", "fd.num in (1, 2)",
	), Options{Matching: All})
	if len(problems) > 0 {
		t.Fatal(problems[0].Message)
	}
	v := e.NewEvaluator(host)
	run := func() { v.Process(func(a *Alert) { t.Fatalf("%s matches", a.Rule.Name) }) }
	run()
	if n := testing.AllocsPerRun(1000, run); n > 0 {
		t.Errorf("%v allocations for an event that matches nothing", n)
	}
}

// TestSharing holds that checks which rules have in common are one node.
func TestSharing(t *testing.T) {
	e, _ := New(ruleSet(t, "-", "proc.name = a and proc.pid = 1", "proc.pid = 1 and proc.name = a", "not not proc.pid = 1"), Options{})
	if e.rules[0].root != e.rules[1].root {
		t.Error("equal conditions are two nodes")
	}
	if len(e.checks) != 2 || len(e.sources) != 2 {
		t.Errorf("%d checks and %d sources, want 2 of each", len(e.checks), len(e.sources))
	}
}
