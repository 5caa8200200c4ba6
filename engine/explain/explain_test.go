package explain_test

import (
	"testing"

	"falcoreplay/engine/explain"
	"falcoreplay/engine/field"
	"falcoreplay/replay"
	"falcoreplay/rules/syntax"
	"falcoreplay/scap"
	"falcoreplay/scap/event"
)

// TestCondition holds what an explanation tells of each part.
func TestCondition(t *testing.T) {
	host := replay.New(&scap.Snapshot{
		Machine: scap.Machine{Hostname: "box", BootTime: 1e18},
		Threads: []scap.Thread{{TID: 7, PID: 7, PTID: 1, Comm: "cat", Exe: "/bin/cat", Cwd: "/", VTID: 7, VPID: 7}},
	})
	host.Apply(&event.Event{Num: 5, TS: 1e18 + 42, TID: 7, Type: event.SyscallKillX})
	e, err := syntax.Parse(`proc.name = dog and not (fd.name exists or toupper(proc.name) = val(proc.exe))`)
	if err != nil {
		t.Fatal(err)
	}
	v, err := explain.Condition(e, &field.Context{Host: host})
	if err != nil {
		t.Fatal(err)
	}
	if v.True || len(v.Parts) != 2 {
		t.Fatalf("%+v", v)
	}
	name, not := v.Parts[0], v.Parts[1]
	if name.True || !name.Left.Present || name.Left.Values[0].S != "cat" || name.Right != nil {
		t.Errorf("proc.name = dog: %+v of %+v", name, name.Left)
	}
	// What comes after the part that decides is told of too.
	if !not.True || not.Parts[0].True || len(not.Parts[0].Parts) != 2 {
		t.Fatalf("not: %+v", not)
	}
	fd, upper := not.Parts[0].Parts[0], not.Parts[0].Parts[1]
	if fd.True || fd.Left.Present {
		t.Errorf("fd.name exists: %+v of %+v", fd, fd.Left)
	}
	if upper.True || upper.Left.Values[0].S != "CAT\x00" || upper.Right.Values[0].S != "/bin/cat" {
		t.Errorf("toupper: %+v of %+v and %+v", upper, upper.Left, upper.Right)
	}
}

func TestConditionFails(t *testing.T) {
	host := replay.New(&scap.Snapshot{})
	host.Apply(&event.Event{Num: 1, TS: 1, TID: 7, Type: event.SyscallKillX})
	for _, c := range []string{"some_macro", "proc.nosuch = x", "evt.num = x", "evt.type = val(evt.num)", "evt.type regex '('"} {
		e, err := syntax.Parse(c)
		if err != nil {
			t.Fatal(err)
		}
		if v, err := explain.Condition(e, &field.Context{Host: host}); err == nil {
			t.Errorf("%s: %+v", c, v)
		}
	}
}

func TestFits(t *testing.T) {
	for _, c := range []struct {
		condition string
		typ       event.Type
		want      bool
	}{
		{"evt.type = kill", event.SyscallKillX, true},
		{"evt.type = kill", event.SyscallOpenX, false},
		{"not evt.type = kill", event.SyscallKillX, false},
		{"not (evt.type = kill and proc.name = x)", event.SyscallKillX, true},
		{"evt.type in (open, kill) and evt.type != open", event.SyscallOpenX, false},
		{"evt.type = kill", event.AsynceventE, true},
		{"evt.type = sync", event.GenericX, true},
		{"evt.type != sync", event.GenericX, false},
		{"evt.num = 0", event.SyscallKillX, false},
		{"not concat(proc.name, \"x\") = y", event.SyscallKillX, false},
		{"not concat(\"x\", proc.name) = y", event.SyscallKillX, true},
		{"not concat(proc.name, \"x\") contains y", event.SyscallKillX, true},
	} {
		e, err := syntax.Parse(c.condition)
		if err != nil {
			t.Fatal(err)
		}
		if got := explain.Fits(e, c.typ); got != c.want {
			t.Errorf("%s, type %d: %v", c.condition, c.typ, got)
		}
	}
}
