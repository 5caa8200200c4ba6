//go:build linux && (amd64 || arm64)

package recorder

import (
	"encoding/binary"
	"errors"
	"os"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const pingEnv = "FALCOREPLAY_TEST_PING"

// pings is how often the child of TestRings sends a byte to and fro.
const pings = 5000

// pingMain sends bytes between two threads on two processors.
func pingMain() {
	there, back := [2]int{}, [2]int{}
	for _, p := range []*[2]int{&there, &back} {
		if err := unix.Pipe(p[:]); err != nil {
			panic(err)
		}
	}
	pin := func(cpu int) {
		runtime.LockOSThread()
		var set unix.CPUSet
		set.Set(cpu)
		if err := unix.SchedSetaffinity(0, &set); err != nil {
			panic(err)
		}
	}
	go func() {
		pin(1)
		b := make([]byte, 1)
		for {
			unix.Read(there[0], b)
			unix.Write(back[1], b)
		}
	}()
	pin(0)
	b := make([]byte, 1)
	for range pings {
		unix.Write(there[1], b)
		unix.Read(back[0], b)
	}
}

// TestRings records on two rings what cannot happen in another order: a byte is
// written by one thread and read by another.
func TestRings(t *testing.T) {
	if runtime.NumCPU() < 2 {
		t.Skip("one processor")
	}
	s := openSource(t, SourceOptions{Rings: 2})
	if n := s.prog.Rings(); n != 2 {
		t.Fatalf("%d rings", n)
	}
	if err := s.Select([]string{"read", "write"}); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(pingEnv, "1")
	cpus := map[uint16]int{}
	var last uint64
	type step struct {
		tid  int64
		name string
	}
	var steps []step
	<-command(t, self) // all of it lies in the rings when they are read
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	for {
		cpu, b, err := s.Next(time.Now().Add(50 * time.Millisecond))
		if errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		tid, r := parseRecord(t, b)
		if ts := binary.LittleEndian.Uint64(b); ts < last {
			t.Fatalf("%d after %d", ts, last)
		} else {
			last = ts
		}
		if r.info.Name != "read" && r.info.Name != "write" || number(r.params[0]) != 1 || number(r.params[3]) != 1 && r.info.Name == "read" {
			continue
		}
		steps = append(steps, step{tid, r.info.Name})
		cpus[cpu]++
	}
	// What the two threads do alternates: one writes, the other one reads.
	tids := map[int64]int{}
	for _, s := range steps {
		tids[s.tid]++
	}
	var talk []step
	for _, s := range steps {
		if tids[s.tid] >= pings {
			talk = append(talk, s)
		}
	}
	if len(talk) < 4*pings || len(cpus) < 2 {
		t.Fatalf("%d of %d events, on %v", len(talk), 4*pings, cpus)
	}
	// A read ends after the write that it waits for began; the two ends may be
	// recorded in either order, but no more than one read can be ahead.
	reads, writes := map[int64]int{}, map[int64]int{}
	for i, s := range talk {
		if s.name == "write" {
			writes[s.tid]++
			continue
		}
		reads[s.tid]++
		for tid, n := range tids {
			if n >= pings && tid != s.tid && reads[s.tid] > writes[tid]+1 {
				t.Fatalf("event %d: %d bytes read, %d written by the other thread", i, reads[s.tid], writes[tid])
			}
		}
	}
	if lost, err := s.Losses(); err != nil || len(lost) != 0 {
		t.Errorf("losses %v, %v", lost, err)
	}
}
