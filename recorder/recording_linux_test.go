//go:build amd64 || arm64

package recorder

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"falcoreplay/recorder/bpf"
	"falcoreplay/recorder/procsnap"
	"falcoreplay/scap"
	"falcoreplay/scap/event"
)

// fakeStream makes events without a kernel: so many at once, then nothing.
type fakeStream struct {
	events  int // that are still to come
	refill  int // that come after each time that there was none
	given   uint64
	filler  []byte // of each event's environment
	lost    []Loss
	lostSum uint64
	fail    error
	stopped bool
}

// execRecord is an event of execve with an environment.
func execRecord(ts uint64, env string) []byte {
	info := event.Lookup(event.SyscallExecve19X)
	var lens, payload []byte
	for _, p := range info.Params {
		value := make([]byte, max(p.Type.Size(), 0))
		if p.Name == "env" {
			value = []byte(env)
		}
		lens = binary.LittleEndian.AppendUint16(lens, uint16(len(value)))
		payload = append(payload, value...)
	}
	b := binary.LittleEndian.AppendUint64(nil, ts)
	b = binary.LittleEndian.AppendUint64(b, 7)
	b = binary.LittleEndian.AppendUint32(b, uint32(recordHeader+len(lens)+len(payload)))
	b = binary.LittleEndian.AppendUint16(b, uint16(info.Type))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(info.Params)))
	return append(append(b, lens...), payload...)
}

func (f *fakeStream) Next(deadline time.Time) (uint16, []byte, error) {
	if f.events > 0 {
		f.events--
		f.given++
		return 1, execRecord(1e9+f.given, "A=1\x00SECRET_TOKEN=hunter2\x00"+string(f.filler)), nil
	}
	if f.fail != nil && !f.stopped {
		return 0, nil, f.fail
	}
	time.Sleep(time.Until(deadline))
	f.events = f.refill
	return 0, nil, os.ErrDeadlineExceeded
}

func (f *fakeStream) Losses() ([]Loss, error) {
	all := f.lost
	f.lost = nil
	return all, nil
}

func (f *fakeStream) Counts() ([]CallCounts, error) {
	written := f.given + uint64(f.events)
	return []CallCounts{{"execve", bpf.Counts{Seen: written + f.lostSum, Written: written, Lost: f.lostSum}}}, nil
}

func (f *fakeStream) SyncClock() error { return nil }
func (f *fakeStream) Stop() error      { f.stopped = true; return nil }

func fakeRecording(t *testing.T, opt Options, src *fakeStream) *recording {
	t.Helper()
	if opt.Path == "" {
		opt.Path = filepath.Join(t.TempDir(), "t.scap")
	}
	return &recording{opt: opt, src: src, mask: masker{mode: opt.Env}, takeSnap: func() (*scap.Snapshot, procsnap.Stats, error) {
		time.Sleep(20 * time.Millisecond) // events come meanwhile
		return &scap.Snapshot{Threads: []scap.Thread{{TID: 7, PID: 7, Comm: "seven"}}}, procsnap.Stats{}, nil
	}}
}

// capture is what a file holds.
type capture struct {
	events, drops int
	envs          map[string]bool
	totals        *scap.Totals
	info          *scap.Info
	err           error
}

func readCapture(t *testing.T, path string) (c capture) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rd, err := scap.NewReader(bytes.NewReader(data), path, scap.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer rd.Close()
	c.envs = map[string]bool{}
	last := uint64(0)
	for {
		ev, err := rd.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			c.err = err
			break
		}
		if ev.TS < last {
			t.Errorf("%s: event %d goes back in time", path, ev.Num)
		}
		last = ev.TS
		switch ev.Type {
		case event.DropE, event.DropX:
			c.drops++
		case event.SyscallExecve19X:
			c.events++
			c.envs[string(ev.Param(slices.Index(secrets[ev.Type], secretEnv)))] = true
		}
	}
	if s := rd.Snapshot(); len(s.Threads) != 1 || s.Threads[0].Comm != "seven" {
		t.Errorf("%s: snapshot %+v", path, s.Threads)
	}
	c.totals, c.info = rd.Totals(), rd.Info()
	return c
}

func TestRecording(t *testing.T) {
	src := &fakeStream{events: 1000, lost: []Loss{{CPU: 1, From: 5, To: 6, Events: 30}}, lostSum: 30}
	ready := false
	r := fakeRecording(t, Options{Duration: 150 * time.Millisecond, Ready: func() { ready = true }}, src)
	if err := r.run(context.Background()); err != nil {
		t.Fatal(err)
	}
	c := readCapture(t, r.files[0])
	if c.err != nil || c.events != 1000 || c.drops != 2 || !ready || !src.stopped {
		t.Errorf("%d events, %d drops, ready %v, stopped %v: %v", c.events, c.drops, ready, src.stopped, c.err)
	}
	if want := (scap.Totals{Seen: 1030, Written: 1000, Lost: 30}); c.totals == nil || c.totals.Seen != want.Seen || c.totals.Written != want.Written || c.totals.Lost != want.Lost || len(c.totals.LostBySyscall) != 1 {
		t.Errorf("totals %+v, want %+v", c.totals, want)
	}
	if !c.envs["A=1\x00SECRET_TOKEN=***\x00"] || len(c.envs) != 1 {
		t.Errorf("environments %q", slices.Collect(maps.Keys(c.envs)))
	}
	if s := r.figures(time.Now()); s.Masked != 1000 || s.Lost != 30 || s.Events != 1000 || s.Files != 1 || s.FileBytes == 0 {
		t.Errorf("%+v", s)
	}
	if info, err := os.Stat(r.files[0]); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if c.info == nil || c.info.EnvMode != "masked" || c.info.Kernel == "" || c.info.FileNumber != 1 {
		t.Errorf("%+v", c.info)
	}
}

func TestRecordingEnvModes(t *testing.T) {
	for mode, want := range map[procsnap.EnvMode]string{
		procsnap.EnvAll: "A=1\x00SECRET_TOKEN=hunter2\x00", procsnap.EnvNames: "A=\x00SECRET_TOKEN=\x00", procsnap.EnvNone: "",
	} {
		r := fakeRecording(t, Options{Env: mode, Events: 3}, &fakeStream{events: 9})
		if err := r.run(context.Background()); err != nil {
			t.Fatal(err)
		}
		c := readCapture(t, r.files[0])
		if !c.envs[want] || len(c.envs) != 1 || c.events != 3 {
			t.Errorf("%s: %d events, environments %q", envModes[mode], c.events, slices.Collect(maps.Keys(c.envs)))
		}
		// What came after the last event counts as filtered.
		if c.totals.Seen != 9 || c.totals.Written != 3 || c.totals.Filtered != 6 {
			t.Errorf("totals %+v", c.totals)
		}
	}
}

func TestRecordingRotates(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "t.scap.zst")
	src := &fakeStream{refill: 50}
	r := fakeRecording(t, Options{Path: path, Compression: scap.Zstd, RotateAfter: time.Second, KeepFiles: 2, Duration: 3500 * time.Millisecond}, src)
	if err := r.run(context.Background()); err != nil {
		t.Fatal(err)
	}
	left, _ := filepath.Glob(filepath.Join(dir, "t_*Z_*.scap.zst"))
	if len(r.files) < 3 || len(left) != 2 {
		t.Fatalf("%d files, left %v", len(r.files), left)
	}
	for i, name := range left {
		if name != r.files[len(r.files)-2+i] {
			t.Errorf("left is %s", name)
		}
		c := readCapture(t, name)
		if c.err != nil || c.events == 0 {
			t.Errorf("%s: %d events, %v", name, c.events, c.err)
		}
	}
}

// A recording that fails leaves what it had.
func TestRecordingFails(t *testing.T) {
	broken := errors.New("broken ring")
	r := fakeRecording(t, Options{}, &fakeStream{events: 100, fail: broken})
	r.takeSnap = func() (*scap.Snapshot, procsnap.Stats, error) {
		return &scap.Snapshot{Threads: []scap.Thread{{TID: 7, PID: 7, Comm: "seven"}}}, procsnap.Stats{}, nil
	}
	src := r.src.(*fakeStream)
	src.fail = nil
	r.opt.Ready = func() { src.fail = broken }
	if err := r.run(context.Background()); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	if c := readCapture(t, r.files[0]); c.err != nil || c.events != 100 {
		t.Errorf("%d events, %v", c.events, c.err)
	}
}

func TestRecordingSnapshotFails(t *testing.T) {
	r := fakeRecording(t, Options{}, &fakeStream{events: 10})
	r.takeSnap = func() (*scap.Snapshot, procsnap.Stats, error) {
		return nil, procsnap.Stats{}, errors.New("no /proc")
	}
	if err := r.run(context.Background()); err == nil || !strings.Contains(err.Error(), "no /proc") {
		t.Errorf("%v", err)
	}
	if len(r.files) != 0 {
		t.Errorf("files %v", r.files)
	}
}

func TestRecordingFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full")
	}
	src := &fakeStream{events: 200000, filler: bytes.Repeat([]byte("X"), 1000)}
	r := fakeRecording(t, Options{Compression: scap.None}, src)
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	r.opt.Ready = func() {
		w, err := scap.NewWriter(full, scap.WriterOptions{Compression: scap.None})
		if err != nil {
			t.Error(err)
			return
		}
		w.WriteSnapshot(&scap.Snapshot{}) // may tell of the full disk already
		r.out.writer.Close()
		r.out.writer = w
	}
	done := make(chan error, 1)
	go func() { done <- r.run(context.Background()) }()
	select {
	case err := <-done:
		if err == nil || !strings.Contains(err.Error(), "no space left") {
			t.Errorf("%v", err)
		}
	case <-time.After(20 * time.Second):
		t.Error("it goes on without room")
	}
}

func TestCreateFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := createFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 || info.Size() != 0 {
		t.Errorf("%v %v", info, err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{link, dir, filepath.Join(dir, "missing", "x")} {
		if f, err := createFile(bad); err == nil {
			f.Close()
			t.Errorf("%s was made", bad)
		}
	}
}
