package scap

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/zstd"

	"falcoreplay/scap/event"
)

var (
	fd3    = enc(int64(3))
	zero   = enc(int64(0))
	closeX = event.SyscallCloseX
)

func TestEventLayouts(t *testing.T) {
	large := bytes.Repeat([]byte("x"), 200_000)
	data := slices.Concat(section(),
		block(blockEventV2, uint16(1), evV2(10, 7, closeX, zero, fd3)),
		block(blockEventFlagsV2, uint16(2), uint32(event.FlagStateOnly), evV2(11, 7, closeX, zero, fd3)),
		block(blockEventV2Large, uint16(3), evV2(12, 7, event.ContainerJson2E, large)),
		block(blockEventFlagsV2Large, uint16(4), uint32(4), evV2(13, 7, event.ContainerJson2E, large[:3])),
		block(blockEvent, uint16(5), evV1(14, 7, closeX, zero, fd3)),
		block(blockEventInt, uint16(6), evV1(15, 7, event.ProcinfoE, zero, zero), []byte{0, 0}),
		block(blockEventFlags, uint16(7), uint32(0), evV1(16, 7, event.SyscallSelectX, zero)),
		block(blockEventV2, uint16(8), evV2(17, 7, closeX, zero, fd3, []byte("of a later schema"))),
	)
	got, stats, err := readAll(data, Options{})
	if err != nil {
		t.Fatal(err)
	}
	closed := string(zero) + "|" + string(fd3) + "|"
	want := []seen{
		{1, 10, 7, closeX, 1, 0, 1, false, closed},
		{2, 11, 7, closeX, 2, 1, 1, true, closed},
		{3, 12, 7, event.ContainerJson2E, 3, 0, 1, false, string(large) + "|"},
		{4, 13, 7, event.ContainerJson2E, 4, 4, 1, false, "xxx|"},
		{5, 14, 7, closeX, 5, 0, 1, false, closed},
		{6, 15, 7, event.ProcinfoE, 6, 0, 1, false, string(zero) + "|" + string(zero) + "|"},
		{7, 16, 7, event.SyscallSelectX, 7, 0, 1, false, string(zero) + "|"},
		{8, 17, 7, closeX, 8, 0, 1, false, closed},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%.2000v\nwant\n%.2000v", got, want)
	}
	if stats.Events != 8 || stats.Blocks != 9 {
		t.Errorf("%+v", stats)
	}
	if _, _, err := readAll(data, Options{MaxEventBytes: 100_000}); place(t, err, ErrCorrupt) == 0 {
		t.Error("no place")
	}
}

// TestSections reads several captures in one, the second without a snapshot.
func TestSections(t *testing.T) {
	user := func(uid uint32) []byte {
		return block(blockUsersV2, entry(true, uint8(0), uid, uid, "u", "/", "/sh"))
	}
	added := func(n int) []byte {
		return block(blockEventV2, uint16(0), evV2(int64(n), -1, event.UserAddedE))
	}
	ev := func(n int) []byte { return block(blockEventV2, uint16(0), evV2(int64(n), 1, closeX, zero, fd3)) }
	data := slices.Concat(
		section(), user(1), block(0xBEEF, "unknown"), added(1), added(2), ev(3), added(4),
		section(), ev(5),
		section(), user(2), // without events
		section(), user(3), added(6), ev(7), block(0xBEEF, "unknown"), user(4), ev(8),
	)
	r, err := NewReader(iotest.OneByteReader(bytes.NewReader(data)), "test", Options{})
	if err != nil {
		t.Fatal(err)
	}
	type state struct {
		TS, Num   uint64
		StateOnly bool
		Section   int
		UID       uint32 // of the snapshot's user
	}
	now := func(e *event.Event) state {
		s := state{TS: e.TS, Num: e.Num, StateOnly: e.StateOnly, Section: r.Section()}
		if u := r.Snapshot().Users; len(u) == 1 {
			s.UID = u[0].UID
		}
		return s
	}
	if got := now(&event.Event{}); got != (state{Section: 1, UID: 1}) {
		t.Errorf("before the first event: %+v", got)
	}
	var got []state
	for {
		e, err := r.Next()
		if err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		got = append(got, now(e))
	}
	want := []state{
		{1, 1, true, 1, 1}, {2, 2, true, 1, 1}, {3, 3, false, 1, 1}, {4, 4, false, 1, 1},
		{5, 5, false, 2, 0},
		{6, 0, true, 4, 3}, {7, 6, false, 4, 3}, {8, 7, false, 4, 3},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if s := r.Stats(); s.UnknownBlocks != 3 {
		t.Errorf("%+v", s)
	}
}

// TestDamage reads captures that are wrong in one place.
func TestDamage(t *testing.T) {
	ev := block(blockEventV2, uint16(0), evV2(1, 1, closeX, zero, fd3))
	start := int64(len(section()))
	with := func(b []byte, at int, v ...byte) []byte {
		b = bytes.Clone(b)
		copy(b[at:], v)
		return b
	}
	for _, c := range []struct {
		name   string
		data   []byte
		kind   error
		offset int64
		events int
	}{
		{"empty", nil, ErrTruncated, 0, 0},
		{"cut in the first block's header", section()[:5], ErrTruncated, 5, 0},
		{"not a capture", []byte("hello, world"), ErrUnsupported, 0, 0},
		{"big endian", with(section(), 8, 0x1A, 0x2B, 0x3C, 0x4D), ErrUnsupported, 24, 0},
		{"no byte order", with(section(), 8, 1), ErrCorrupt, 24, 0},
		{"later version", with(section(), 12, 2), ErrUnsupported, 24, 0},
		{"section's trailer", with(section(), 24, 9), ErrCorrupt, 0, 0},
		{"event's trailer", slices.Concat(section(), ev, with(ev, len(ev)-4, 9)), ErrCorrupt, start + int64(len(ev)), 1},
		{"event's length 0", slices.Concat(section(), ev, with(ev, 4, 0)), ErrCorrupt, start + int64(len(ev)), 1},
		{"event's length 1 GiB", slices.Concat(section(), ev, with(ev, 7, 0x40)), ErrCorrupt, start + int64(len(ev)), 1},
		{"event's length 3 GiB", slices.Concat(section(), with(ev, 7, 0xC0)), ErrCorrupt, start, 0},
		{"block's length 8", slices.Concat(section(), block(0x999, []byte{})[:4], enc(uint32(8), uint32(8))), ErrCorrupt, start, 0},
		{"unknown block of 1 GiB", slices.Concat(section(), ev, enc(uint32(0x999), uint32(1<<30)), ev), ErrTruncated, start + 2*int64(len(ev)) + 8, 1},
		{"cut in an event", slices.Concat(section(), ev, ev[:20]), ErrTruncated, start + int64(len(ev)) + 20, 1},
		{"cut in a snapshot", slices.Concat(section(), block(blockUsers, uint8(1), uint32(1), "wheel")[:17]), ErrTruncated, start + 17, 0},
		{"zstd of nothing", []byte{0x28, 0xb5, 0x2f, 0xfd, 0, 0, 0}, ErrTruncated, 0, 0},
		{"gzip of nothing", []byte{0x1f, 0x8b, 9, 9, 9}, ErrTruncated, 0, 0},
		{"gzip of another method", []byte("\x1f\x8b\x07\x00\x00\x00\x00\x00\x00\x03"), ErrCorrupt, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			all, _, err := readAll(c.data, Options{})
			if at := place(t, err, c.kind); at != c.offset || len(all) != c.events {
				t.Errorf("error %v, want it at %d; %d events, want %d", err, c.offset, len(all), c.events)
			}
			if strings.Contains(err.Error(), "\n") || !strings.HasPrefix(err.Error(), "test: offset ") {
				t.Errorf("message %q", err)
			}
		})
	}
	errDisk := errors.New("disk on fire")
	r, err := NewReader(io.MultiReader(bytes.NewReader(section()), bytes.NewReader(ev), iotest.ErrReader(errDisk)), "test", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(); err != nil {
		t.Error(err)
	}
	if _, err := r.Next(); place(t, err, errDisk) != start+int64(len(ev)) {
		t.Error(err)
	}
}

// TestMalformed passes over events that are wrong within whole blocks.
func TestMalformed(t *testing.T) {
	good := evV2(1, 1, closeX, zero, fd3)
	with := func(b []byte, at int, v ...byte) []byte {
		b = bytes.Clone(b)
		copy(b[at:], v)
		return b
	}
	data := section()
	for _, b := range [][]byte{
		{}, good[:21], good[:25], // cut within the header
		with(good, 16, 25), with(good, 16, 200), // length
		with(good, 22, 33), with(good, 22, 3), with(good, 25, 0xff), // number of parameters
		with(good, eventHeaderBytes, 9), // length of a parameter
	} {
		data = append(data, block(blockEventV2, uint16(0), b)...)
	}
	v1 := evV1(1, 1, closeX, zero, fd3)
	data = append(data, block(blockEvent, uint16(0), with(v1, eventHeaderV1, 9))...)
	data = append(data, block(blockEvent, uint16(0), with(v1, eventHeaderV1, 7))...)
	data = append(data, block(blockEvent, uint16(0), with(v1, 16, 200))...)
	data = append(data, block(blockEventFlagsV2, uint16(0), uint16(0))...)
	data = append(data, block(blockEventV2, uint16(0), evV2(1, 1, event.NumTypes))...)
	data = append(data, block(blockEventV2, uint16(0), good)...)
	all, stats, err := readAll(data, Options{})
	if err != nil || len(all) != 1 || stats.Malformed != 13 || stats.UnknownEvents != 1 {
		t.Errorf("%v, %d events, %+v", err, len(all), stats)
	}
	if e := stats.FirstMalformed; e == nil || e.Offset <= 0 {
		t.Errorf("first malformed: %v", e)
	}
}

// TestCompressions reads the same capture in all its forms.
func TestCompressions(t *testing.T) {
	plain := testCapture(t, "falco-containers.scap")
	want, wantStats, err := readAll(plain, Options{})
	if err != nil || len(want) != 13133 {
		t.Fatal(len(want), err)
	}
	var one, many, skippable bytes.Buffer
	z := gzip.NewWriter(&one)
	z.Write(plain)
	z.Close()
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	skippable.WriteString("\x5a\x2a\x4d\x18\x03\x00\x00\x00abc")
	for rest := plain; len(rest) > 0; {
		part := rest[:min(len(rest), 100_001)]
		rest = rest[len(part):]
		z.Reset(&many)
		z.Extra = []byte("ab\x03\x00xyz")
		z.Write(part)
		z.Close()
		skippable.Write(enc.EncodeAll(part, nil))
	}
	for name, data := range map[string][]byte{
		"gzip": one.Bytes(), "gzip members": many.Bytes(), "zstd frames": skippable.Bytes(), "zstd": enc.EncodeAll(plain, nil),
	} {
		t.Run(name, func(t *testing.T) {
			got, stats, err := readAll(data, Options{})
			if err != nil || !reflect.DeepEqual(got, want) || stats != wantStats {
				t.Errorf("%d events, want %d, error %v", len(got), len(want), err)
			}
			// Cut: all that can be decompressed is read.
			rng := rand.New(rand.NewPCG(1, 2))
			for range 10 {
				cut := data[:rng.IntN(len(data))]
				got, _, err := readAll(cut, Options{})
				if !slices.Equal(got, want[:min(len(got), len(want))]) {
					t.Fatalf("cut at %d: %d events that are others", len(cut), len(got))
				}
				if err == nil && name != "gzip members" && name != "zstd frames" {
					t.Errorf("cut at %d: no error", len(cut))
				}
				if z, zerr := gzip.NewReader(bytes.NewReader(cut)); zerr == nil {
					there, _ := io.ReadAll(z)
					atLeast, _, _ := readAll(there, Options{})
					if len(got) != len(atLeast) {
						t.Errorf("cut at %d: %d events of %d", len(cut), len(got), len(atLeast))
					}
				}
			}
		})
	}
}

// TestNoAllocations holds that reading an event allocates nothing, but for
// what a section or a thread needs once.
func TestNoAllocations(t *testing.T) {
	r, err := NewReader(bytes.NewReader(testCapture(t, "falco-containers.scap")), "test", Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if n := testing.AllocsPerRun(5000, func() { r.Next() }); n > 0 {
		t.Errorf("%v allocations an event", n)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 5000 {
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	if n := after.Mallocs - before.Mallocs; n > 50 {
		t.Errorf("%d allocations in 5000 events", n)
	}
}

// TestClose ends a reader early, and the goroutine beside it.
func TestClose(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 100 {
		r, err := NewReader(bytes.NewReader(testCapture(t, "falco-attacks.scap")), "test", Options{})
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		r.Close()
		if _, err := r.Next(); err == nil {
			t.Error("an event after Close")
		}
	}
	for i := 0; runtime.NumGoroutine() > before+5; i++ {
		if i > 1000 {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
		runtime.Gosched()
	}
}

func TestOptions(t *testing.T) {
	_, err := NewReader(nil, "test", Options{MaxEventBytes: -1, MaxSnapshotEntries: -1})
	if err == nil || strings.Count(err.Error(), "negative") != 2 {
		t.Error(err)
	}
}
