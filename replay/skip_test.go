package replay_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	. "falcoreplay/internal/eventtest"
	"falcoreplay/replay"
	"falcoreplay/scap"
	"falcoreplay/scap/event"
)

// TestSkipLeavesTheSameState takes captures of all ages through a host that
// applies every event and one that skips them, all or two thirds of them.
func TestSkipLeavesTheSameState(t *testing.T) {
	names, err := filepath.Glob("../testdata/*.scap")
	if err != nil || len(names) == 0 {
		t.Fatal(err, names)
	}
	shared, _ := filepath.Glob("../../shared/captures/*.scap")
	for _, name := range append(names, shared...) {
		for _, one := range []uint64{0, 3} {
			compareSkipped(t, name, one)
		}
	}
}

// compareSkipped has one host apply one in how many events, none for 0, and skip
// the others.
func compareSkipped(t *testing.T, name string, one uint64) {
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := scap.NewReader(f, name, scap.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var a, b *replay.Host
	tids := make(map[replay.TID]bool)
	for n := uint64(1); n <= 200_000; n++ {
		ev, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if a == nil {
			a, b = replay.New(r.Snapshot()), replay.New(r.Snapshot())
			for _, th := range r.Snapshot().Threads {
				tids[replay.TID(th.TID)] = true
			}
		}
		tids[replay.TID(ev.TID)] = true
		a.Apply(ev)
		if one > 0 && n%one == 0 {
			b.Apply(ev)
			if x, y := current(a), current(b); x != y {
				t.Fatalf("%s: event %d\napplied %s\nskipped %s", name, n, x, y)
			}
		} else {
			b.Skip(ev)
		}
		if n%20_000 == 0 {
			compareHosts(t, fmt.Sprintf("%s: after %d events", name, n), a, b, tids)
		}
	}
	compareHosts(t, name, a, b, tids)
}

func current(h *replay.Host) string {
	c := h.Current
	s := fmt.Sprint(c.PrevTS, c.FirstTS, c.FDNameChanged, c.Container)
	if c.Thread != nil {
		s += " " + thread(c.Thread)
	}
	if c.FD != nil {
		s += " " + descriptor(c.FD)
	}
	return s
}

func compareHosts(t *testing.T, what string, a, b *replay.Host, tids map[replay.TID]bool) {
	t.Helper()
	if a.Stats != b.Stats {
		t.Fatalf("%s: %+v and %+v", what, a.Stats, b.Stats)
	}
	for tid := range tids {
		x, y := a.Thread(tid), b.Thread(tid)
		if (x == nil) != (y == nil) {
			t.Fatalf("%s: thread %d is there for one only", what, tid)
		}
		if x == nil {
			continue
		}
		if x, y := thread(x), thread(y); x != y {
			t.Fatalf("%s: thread %d\napplied %s\nskipped %s", what, tid, x, y)
		}
	}
}

// thread is all that is known of a thread.
func thread(t *replay.Thread) string {
	c := *t
	c.Group, c.Children = nil, nil
	s := fmt.Sprintf("%d %d %s %s %s %q %q %v %s %x %d %d %d %d %d", c.TID, c.PTID, c.Comm, c.Exe, c.ExePath, c.Args, c.CmdLine,
		c.Cgroups, c.CWD(), c.Flags, c.UID, c.GID, c.LastEventFD, c.VMSizeKB, len(t.Children))
	if tab := t.FDTable(); tab != nil && t.IsMain() {
		for f := range tab.All() {
			s += "\n" + descriptor(f)
		}
	}
	return s
}

func descriptor(f *replay.FD) string {
	c := *f
	c.OldName = "" // tells of the event that it was looked at last for
	return fmt.Sprintf("%+v", c)
}

// TestSkipOfUnknownThreads: a thread that nothing was told of is added by what
// is skipped as well.
func TestSkipOfUnknownThreads(t *testing.T) {
	a, b := replay.New(new(scap.Snapshot)), replay.New(new(scap.Snapshot))
	for _, ev := range []*event.Event{
		Make(event.SyscallFstatX, 900, 20, 0, 0),
		Make(event.SyscallReadX, 901, 20, 0, Raw(nil), 3, 0),
		Make(event.SyscallFcntlX, 902, 20, 0, 3, 4),
	} {
		a.Apply(ev)
		b.Skip(ev)
	}
	compareHosts(t, "unknown threads", a, b, map[replay.TID]bool{900: true, 901: true, 902: true})
	if b.Thread(902) == nil {
		t.Error("thread 902 is not known")
	}
}
