package scap

import (
	"bytes"
	stdgzip "compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"falcoreplay/scap/event"
)

// compressions are all that a writer has, in several chunk lengths.
var compressions = []WriterOptions{
	{Compression: Gzip}, {Compression: Gzip, Level: 6, ChunkBytes: 10_000}, {Compression: Gzip, ChunkBytes: 1},
	{Compression: Zstd}, {Compression: Zstd, Level: 7, ChunkBytes: 10_000}, {Compression: Zstd, ChunkBytes: 1},
	{Compression: None}, {Compression: None, ChunkBytes: 10_000},
}

func nameOf(o WriterOptions) string {
	return fmt.Sprintf("%v:%d chunk=%d", o.Compression, o.Level, o.ChunkBytes)
}

// unpack is what programs make of a capture that know nothing of chunks.
func unpack(t testing.TB, c Compression, data []byte) []byte {
	t.Helper()
	var r io.Reader = bytes.NewReader(data)
	var err error
	switch c {
	case Gzip:
		r, err = stdgzip.NewReader(r)
	case Zstd:
		r, err = zstd.NewReader(r)
	}
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

// record is an event as WriteEvent takes it.
type record struct {
	cpu   uint16
	flags uint32
	bytes []byte
}

// records cuts the events out of an uncompressed capture of current blocks.
func records(t testing.TB, plain []byte) (all []record) {
	t.Helper()
	for len(plain) > 0 {
		typ, n := blockType(le32(plain)), le32(plain[4:])
		if layout := layoutOf(typ); layout&layoutV1 != 0 {
			t.Fatal("an event of an old block")
		} else if layout != 0 {
			b := plain[blockHeaderBytes:]
			r := record{cpu: binary.LittleEndian.Uint16(b)}
			b = b[2:]
			if layout&layoutFlags != 0 {
				r.flags, b = le32(b), b[4:]
			}
			r.bytes = b[:le32(b[16:])]
			all = append(all, r)
		}
		plain = plain[n:]
	}
	return all
}

// write makes a capture of a snapshot and events.
func write(t testing.TB, opts WriterOptions, s *Snapshot, events []record) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(&out, opts)
	if err != nil {
		t.Fatal(err)
	}
	if s != nil {
		if err := w.WriteSnapshot(s); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range events {
		if err := w.WriteEvent(e.cpu, e.flags, e.bytes); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if s := w.Stats(); s.FileBytes != uint64(out.Len()) || s.Events != uint64(len(events)) {
		t.Errorf("%+v of %d bytes and %d events", s, out.Len(), len(events))
	}
	return out.Bytes()
}

func snapshotOf(t testing.TB, data []byte) *Snapshot {
	t.Helper()
	s, err := readSnapshot(data, Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.entries = 0
	return s
}

// TestWriteCapture writes real captures anew with each compression.
func TestWriteCapture(t *testing.T) {
	for _, name := range []string{"falco-attacks.scap", "falco-containers.scap"} {
		plain := testCapture(t, name)
		want, wantStats, err := readAll(plain, Options{})
		if err != nil {
			t.Fatal(err)
		}
		events, snapshot := records(t, plain), snapshotOf(t, plain)
		info := &Info{Recorder: "test 1.0", Start: 5, Syscalls: []string{"open", "openat"}, SnapLenBytes: 80}
		for _, opts := range compressions {
			t.Run(name+" "+nameOf(opts), func(t *testing.T) {
				opts.Info = info
				data := write(t, opts, snapshot, events)
				if got := snapshotOf(t, data); !reflect.DeepEqual(got, snapshot) {
					t.Error("another snapshot")
				}
				written := unpack(t, opts.Compression, data)
				if got := records(t, written); !reflect.DeepEqual(got, events) {
					t.Error("other bytes of events")
				}
				for kind, data := range map[string][]byte{"chunks": data, "unpacked": written} {
					got, stats, err := readAll(data, Options{})
					stats.Blocks = wantStats.Blocks // there is one more for the information
					if err != nil || !reflect.DeepEqual(got, want) || stats != wantStats {
						t.Errorf("%s: %v: %d events, want %d\n%+v\n%+v", kind, err, len(got), len(want), stats, wantStats)
					}
				}
				r, err := NewReader(bytes.NewReader(data), "test", Options{})
				if err != nil || !reflect.DeepEqual(r.Info(), info) {
					t.Errorf("%v, info %+v", err, r.Info())
				}
				r.Close()
			})
		}
	}
}

// fullSnapshot has each kind of entry, and a value in each field.
func fullSnapshot() *Snapshot {
	ip6 := ip(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)
	s := &Snapshot{
		Machine:       Machine{2, 1 << 30, 4096, "host", 5, 6, 7, 8},
		Interfaces:    []Interface{{"lo", false, ip(127, 0, 0, 1), ip(255), ip(127, 255, 255, 255), 0}, {"eth0", true, ip6, ip6, ip6, 10}},
		Users:         []User{{1, 2, "u", "/h", "/sh"}, {}},
		Groups:        []Group{{2, "g"}, {}},
		HasMachine:    true,
		HasInterfaces: true,
		HasUsers:      true,
	}
	th := reflect.New(reflect.TypeFor[Thread]()).Elem()
	for i := range th.NumField() {
		switch f := th.Field(i); f.Kind() {
		case reflect.String:
			f.SetString(th.Type().Field(i).Name)
		case reflect.Bool:
			f.SetBool(true)
		case reflect.Int64:
			f.SetInt(int64(-1000 - i))
		default:
			f.SetUint(uint64(1000 + i))
		}
	}
	full := th.Interface().(Thread)
	full.Args, full.Env, full.Cgroups = "a\x00b c\x00", "A=1\x00B=\x00", "cpu=/\x00mem=/x\x00"
	s.Threads = []Thread{full, newThread(), {}}
	l := FDs{TID: 7}
	for t := FDUnknown; t <= FDPIDFD; t++ {
		f := FD{FD: int64(t), Ino: 9, Type: t}
		switch t {
		case FDUnknown:
		case FDIPv4Socket:
			f.SrcIP, f.DstIP, f.SrcPort, f.DstPort, f.L4Proto = ip(1, 2, 3, 4), ip(5, 6, 7, 8), 80, 81, 1
		case FDIPv4Server:
			f.SrcIP, f.SrcPort, f.L4Proto = ip(1, 2, 3, 4), 80, 1
		case FDIPv6Socket:
			f.SrcIP, f.DstIP, f.SrcPort, f.DstPort, f.L4Proto = ip6, ip6, 80, 81, 2
		case FDIPv6Server:
			f.SrcIP, f.SrcPort, f.L4Proto = ip6, 80, 2
		case FDUnixSocket:
			f.UnixSrc, f.UnixDst, f.Name = 1, 2, "/s"
		case FDFileV2:
			f.OpenFlags, f.Dev, f.Name = 3, 4, "/f"
		default:
			f.Name = fmt.Sprint("name", t)
		}
		l.FDs = append(l.FDs, f)
	}
	s.FDs = []FDs{l, {TID: 8}}
	return s
}

func TestWriteSnapshot(t *testing.T) {
	for _, s := range []*Snapshot{fullSnapshot(), {}, {HasUsers: true, HasInterfaces: true, HasMachine: true}} {
		for _, opts := range compressions {
			if got := snapshotOf(t, write(t, opts, s, nil)); !reflect.DeepEqual(got, s) {
				t.Errorf("%s: got\n%+v\nwant\n%+v", nameOf(opts), got, s)
			}
		}
	}
}

// TestWriteLongSnapshot writes lists that go on in another block.
func TestWriteLongSnapshot(t *testing.T) {
	s := new(Snapshot)
	for i := range 12_000 {
		s.Threads = append(s.Threads, Thread{TID: int64(i), Comm: "thread", Env: strings.Repeat("A=1\x00", 20)})
	}
	s.FDs = []FDs{{TID: 1}}
	for i := range 40_000 {
		s.FDs[0].FDs = append(s.FDs[0].FDs, FD{FD: int64(i), Type: FDFile, Name: "/some/file"})
	}
	got := snapshotOf(t, write(t, WriterOptions{}, s, nil))
	if !reflect.DeepEqual(got.Threads, s.Threads) {
		t.Error("other threads")
	}
	var fds []FD
	for _, l := range got.FDs {
		if l.TID != 1 {
			t.Errorf("list of thread %d", l.TID)
		}
		fds = append(fds, l.FDs...)
	}
	if len(got.FDs) < 2 || !reflect.DeepEqual(fds, s.FDs[0].FDs) {
		t.Errorf("%d lists with %d fds", len(got.FDs), len(fds))
	}
}

// TestWriteLongTexts cuts what other readers do not take.
func TestWriteLongTexts(t *testing.T) {
	long := strings.Repeat("x", 70_000)
	texts := strings.Repeat("a=/"+strings.Repeat("b", 96)+"\x00", 50)
	s := &Snapshot{
		Machine:    Machine{Hostname: long},
		Threads:    []Thread{{Comm: long, Exe: "a\x00b", ExePath: long, Cwd: long, Root: long, Args: long + "\x00", Env: texts, Cgroups: texts}},
		FDs:        []FDs{{FDs: []FD{{Type: FDFile, Name: long}, {Type: 99, Name: "later"}}}},
		Users:      []User{{Name: long, Home: long, Shell: long}},
		Groups:     []Group{{Name: long}},
		Interfaces: []Interface{{Name: long}},
		HasMachine: true, HasInterfaces: true, HasUsers: true,
	}
	got := snapshotOf(t, write(t, WriterOptions{}, s, nil))
	th := got.Threads[0]
	for what, c := range map[string][2]int{
		"host":   {len(got.Machine.Hostname), 127},
		"comm":   {len(th.Comm), 1024},
		"exe":    {len(th.Exe), 1},
		"root":   {len(th.Root), 1024},
		"args":   {len(th.Args), 4096},
		"env":    {len(th.Env), 4096},
		"cgroup": {len(th.Cgroups), 4000},
		"fd":     {len(got.FDs[0].FDs[0].Name), 1023},
		"iface":  {len(got.Interfaces[0].Name), 1023},
		"shell":  {len(got.Users[0].Shell), 255},
		"group":  {len(got.Groups[0].Name), 255},
	} {
		if c[0] != c[1] {
			t.Errorf("%s has %d bytes, want %d", what, c[0], c[1])
		}
	}
	if th.Env[4095] != 0 || got.FDs[0].FDs[1].Type != FDUnsupported {
		t.Errorf("%+v", got)
	}
}

// TestWriteEvents writes events into each kind of block, without a snapshot.
func TestWriteEvents(t *testing.T) {
	large := bytes.Repeat([]byte("x"), 3_000_000)
	events := []record{
		{1, 0, evV2(10, 7, closeX, zero, fd3)},
		{2, event.FlagStateOnly, evV2(11, 7, closeX, zero, fd3)},
		{3, 0, evV2(12, 7, event.ContainerJson2E, large)},
		{4, event.FlagStateOnly, evV2(13, 7, event.ContainerJson2E, large[:3])},
		{5, 0, evV2(14, 7, closeX)},
		{6, 0, evV2(15, 7, event.SyscallReadX, zero, large[:65400], fd3, zero)},
		{65535, 0, evV2(16, 7, event.ContainerJson2E, large[:5])},
	}
	for _, opts := range compressions {
		data := write(t, opts, nil, events)
		if got := records(t, unpack(t, opts.Compression, data)); !reflect.DeepEqual(got, events) {
			t.Errorf("%s: other events", nameOf(opts))
		}
		all, stats, err := readAll(data, Options{})
		if err != nil || len(all) != len(events) || stats.Malformed+stats.UnknownBlocks != 0 {
			t.Errorf("%s: %v, %d events, %+v", nameOf(opts), err, len(all), stats)
		}
	}
	flagged := write(t, WriterOptions{}, nil, []record{{3, flagLarge, events[2].bytes}})
	if got := records(t, unpack(t, Gzip, flagged)); !reflect.DeepEqual(got, events[2:3]) {
		t.Error("the flag large was written")
	}
}

// TestWriteNoEvent refuses what is no event, and goes on.
func TestWriteNoEvent(t *testing.T) {
	good := evV2(1, 1, closeX, zero, fd3)
	with := func(at int, v ...byte) []byte {
		b := bytes.Clone(good)
		copy(b[at:], v)
		return b
	}
	var out bytes.Buffer
	w, err := NewWriter(&out, WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	bad := [][]byte{
		nil, good[:20], good[:25], good[:len(good)-1], append(bytes.Clone(good), 0),
		with(16, 25), with(22, 3), with(22, 1), with(22, 33), with(25, 0xff), with(eventHeaderBytes, 9), with(20, 0xff, 0xff),
		evV2(1, 1, event.SyscallReadX, zero, make([]byte, 65_500), fd3, zero),
	}
	for i, b := range bad {
		if err := w.WriteEvent(0, 0, b); !errors.Is(err, ErrRecord) {
			t.Errorf("record %d: %v", i, err)
		}
	}
	if err := w.WriteEvent(0, 0, good); err != nil {
		t.Error(err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if all, _, err := readAll(out.Bytes(), Options{}); err != nil || len(all) != 1 {
		t.Error(len(all), err)
	}
}

// Falco's asynchronous events are what AppendAsync makes of their name and data.
func TestAppendAsync(t *testing.T) {
	seen := 0
	for _, want := range records(t, testCapture(t, "falco-containers.scap")) {
		if event.Type(binary.LittleEndian.Uint16(want.bytes[20:])) != event.AsynceventE {
			continue
		}
		seen++
		nameLen := int(le32(want.bytes[eventHeaderBytes+4:]))
		data := want.bytes[eventHeaderBytes+12+4:]
		name := string(data[:nameLen-1])
		if got := AppendAsync(nil, le64(want.bytes), name, data[nameLen:]); !bytes.Equal(got, want.bytes) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, want.bytes)
		}
	}
	if seen != 9 {
		t.Errorf("%d events", seen)
	}
}

func TestWriteDrop(t *testing.T) {
	var out bytes.Buffer
	w, _ := NewWriter(&out, WriterOptions{})
	for _, lost := range []uint64{77, 1 << 40} {
		if err := w.WriteDrop(3, 100, 200, lost); err != nil {
			t.Fatal(err)
		}
	}
	totals := Totals{Seen: 10, Written: 4, Filtered: 1, Lost: 5, LostBySyscall: []SyscallCount{{"open", 3}, {"close", 2}}}
	w.SetTotals(totals)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := NewReader(&out, "test", Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for {
		e, err := r.Next()
		if err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		n, _ := e.Uint(0)
		got = append(got, fmt.Sprintln(e.TS, e.TID, e.CPU, e.Type == event.DropX, e.Name(), n, e.NumParams()))
	}
	want := []string{"100 -1 3 false drop 77 1\n", "200 -1 3 true drop 77 1\n", "100 -1 3 false drop 4294967295 1\n", "200 -1 3 true drop 4294967295 1\n"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if got := r.Totals(); !reflect.DeepEqual(got, &totals) || r.Stats().DropEvents != 4 {
		t.Errorf("%+v", got)
	}
}

// TestWriteSections writes two captures into one file, and joins two files.
func TestWriteSections(t *testing.T) {
	ev := record{0, 0, evV2(1, 1, closeX, zero, fd3)}
	one, two := fullSnapshot(), &Snapshot{Machine: Machine{Hostname: "two"}, HasMachine: true}
	for _, opts := range compressions {
		opts.Info = &Info{Recorder: "r"}
		var out bytes.Buffer
		w, err := NewWriter(&out, opts)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []*Snapshot{one, two} {
			if err := errors.Join(w.WriteSnapshot(s), w.WriteEvent(ev.cpu, ev.flags, ev.bytes)); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		joined := slices.Concat(write(t, opts, one, []record{ev}), write(t, opts, two, []record{ev}))
		for _, data := range [][]byte{out.Bytes(), joined} {
			r, err := NewReader(bytes.NewReader(data), "test", Options{})
			if err != nil {
				t.Fatal(err)
			}
			var hosts []string
			for err == nil {
				if _, err = r.Next(); err == nil {
					hosts = append(hosts, fmt.Sprint(r.Section(), r.Snapshot().Machine.Hostname, r.Info().Recorder))
				}
			}
			if err != io.EOF || !slices.Equal(hosts, []string{"1hostr", "2twor"}) {
				t.Errorf("%s: %v %q", nameOf(opts), err, hosts)
			}
		}
	}
}

// TestWriterNoAllocations holds that writing an event allocates nothing.
func TestWriterNoAllocations(t *testing.T) {
	for _, c := range []Compression{Gzip, Zstd, None} {
		w, err := NewWriter(io.Discard, WriterOptions{Compression: c})
		if err != nil {
			t.Fatal(err)
		}
		ev := evV2(1, 1, event.SyscallReadX, zero, make([]byte, 80), fd3, zero)
		for range 50_000 {
			w.WriteEvent(0, 0, ev)
		}
		if n := testing.AllocsPerRun(50_000, func() {
			if err := w.WriteEvent(0, 1, ev); err != nil {
				t.Error(err)
			}
		}); n > 0 {
			t.Errorf("%v: %v allocations an event", c, n)
		}
		if n := testing.AllocsPerRun(100, func() { w.WriteDrop(0, 1, 2, 3) }); n > 0 {
			t.Errorf("%v: %v allocations for a drop", c, n)
		}
		w.Close()
	}
}

func TestWriterOptions(t *testing.T) {
	for _, c := range []struct {
		opts   WriterOptions
		errors int
	}{
		{WriterOptions{Compression: 9, ChunkBytes: -1}, 2},
		{WriterOptions{Level: 10, ChunkBytes: 17 << 20}, 2},
		{WriterOptions{Compression: Zstd, Level: -1}, 1},
		{WriterOptions{Compression: None, Level: 1}, 1},
		{WriterOptions{Info: &Info{Filter: strings.Repeat("x", 2<<20)}}, 1},
	} {
		if _, err := NewWriter(nil, c.opts); err == nil || strings.Count(err.Error(), "\n") != c.errors-1 {
			t.Errorf("%+.100v: %v", c.opts, err)
		}
	}
	for _, c := range []struct {
		text  string
		comp  Compression
		level int
		ok    bool
	}{
		{"none", None, 0, true}, {"gzip", Gzip, 0, true}, {"gzip:9", Gzip, 9, true}, {"zstd:19", Zstd, 19, true},
		{"gzip:10", 0, 0, false}, {"gzip:0", 0, 0, false}, {"none:1", 0, 0, false}, {"lz4", 0, 0, false}, {"zstd:x", 0, 0, false}, {"", 0, 0, false},
	} {
		comp, level, err := ParseCompression(c.text)
		if (err == nil) != c.ok || c.ok && (comp != c.comp || level != c.level) {
			t.Errorf("%q: %v %d %v", c.text, comp, level, err)
		}
	}
}
