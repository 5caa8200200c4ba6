//go:build linux && (amd64 || arm64)

package recorder

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"falcoreplay/scap"
	"falcoreplay/scap/event"
)

// command runs a command and tells when it has ended.
func command(t *testing.T, name string, args ...string) <-chan struct{} {
	done := make(chan struct{})
	cmd := exec.Command(name, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		cmd.Wait()
		close(done)
	}()
	return done
}

// TestCapture records a command into a capture and reads that back.
func TestCapture(t *testing.T) {
	s := openSource(t, SourceOptions{})
	if err := s.SelectAll(); err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	w, err := scap.NewWriter(&file, scap.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	written, last := uint64(0), uint64(0)
	start := uint64(time.Now().UnixNano())
	drain(t, s, command(t, "/bin/sh", "-c", "cat /etc/hostname >/dev/null"), func(cpu uint16, b []byte) {
		written++
		if err := w.WriteEvent(cpu, 0, b); err != nil {
			t.Errorf("%v: % x", err, b)
		}
	})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := scap.NewReader(bytes.NewReader(file.Bytes()), "memory", scap.Options{})
	if err != nil {
		t.Fatal(err)
	}
	read, exec, open := uint64(0), false, false
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		read++
		if e.TS < last || e.TS+uint64(time.Hour) < start || e.TS > uint64(time.Now().UnixNano()+int64(time.Second)) {
			t.Fatalf("event %d has time %d after %d, begun at %d", read, e.TS, last, start)
		}
		last = e.TS
		if e.TID == int64(os.Getpid()) {
			t.Errorf("the recorder recorded itself: %s", e.Name())
		}
		exec = exec || e.Type == event.SyscallExecve19X && string(e.Str(1)) == "cat"
		open = open || e.Name() == "openat" && string(e.Str(2)) == "/etc/hostname"
	}
	if read != written || !exec || !open {
		t.Errorf("%d events read of %d written; execve %v, openat %v", read, written, exec, open)
	}
}

// TestSelect records only what was asked for, and the ends of threads.
func TestSelect(t *testing.T) {
	s := openSource(t, SourceOptions{})
	if err := s.Select([]string{"nosuchcall"}); err == nil {
		t.Error("a system call that does not exist was selected")
	}
	if err := s.Select([]string{"execve"}); err != nil {
		t.Fatal(err)
	}
	names := map[string]int{}
	drain(t, s, command(t, "/bin/sh", "-c", "cat /etc/hostname >/dev/null"), func(_ uint16, b []byte) {
		_, r := parseRecord(t, b)
		names[r.info.Name]++
	})
	if names["execve"] < 2 || names["procexit"] < 1 {
		t.Error(names)
	}
	delete(names, "execve")
	delete(names, "execveat")
	delete(names, "procexit")
	if len(names) != 0 {
		t.Error(names)
	}
}

// TestOverload fills a small ring that nobody reads: what was seen is what was
// written and what was lost, for each call and in all.
func TestOverload(t *testing.T) {
	for _, rings := range []int{1, 2} {
		t.Run(fmt.Sprint(rings), func(t *testing.T) { overload(t, rings) })
	}
}

func overload(t *testing.T, rings int) {
	s := openSource(t, SourceOptions{RingBytes: os.Getpagesize(), Rings: rings})
	if err := s.Select([]string{"getppid", "openat", "close", "read"}); err != nil {
		t.Fatal(err)
	}
	if err := exec.Command("/bin/sh", "-c", "i=0; while [ $i -lt 100 ]; do cat /etc/hostname; i=$((i+1)); done >/dev/null").Run(); err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(10 * time.Millisecond) // for what is being recorded right now
	done := make(chan struct{})
	close(done)
	read := uint64(0)
	drain(t, s, done, func(uint16, []byte) { read++ })
	counts, err := s.Counts()
	if err != nil {
		t.Fatal(err)
	}
	var sum CallCounts
	for _, c := range counts {
		if c.Seen != c.Written+c.Lost+c.Filtered {
			t.Errorf("%s: %+v", c.Name, c.Counts)
		}
		sum.Add(c.Counts)
	}
	losses, err := s.Losses()
	if err != nil {
		t.Fatal(err)
	}
	lost := uint64(0)
	for _, l := range losses {
		lost += l.Events
		if l.From >= l.To {
			t.Errorf("%+v", l)
		}
	}
	if sum.Lost == 0 || sum.Lost != lost || sum.Written != read {
		t.Errorf("%+v, but %d read and %d told as lost", sum.Counts, read, lost)
	}
	if losses, err = s.Losses(); err != nil || len(losses) != 0 {
		t.Errorf("told twice: %v, %v", losses, err)
	}
}
