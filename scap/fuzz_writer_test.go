package scap

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/vmihailenco/msgpack/v5"

	"falcoreplay/scap/event"
)

// FuzzWriter writes whatever a snapshot and records are made of, and reads it:
// what was accepted comes back as it was.
func FuzzWriter(f *testing.F) {
	ev := evV2(5, 1, closeX, zero, fd3)
	f.Add("an event", uint8(0), uint16(0), uint32(0), ev, "comm", int64(1))
	f.Add("a state-only event in zstd", uint8(1), uint16(9), uint32(1), ev, "a\x00b", int64(-1))
	f.Add("a large event, not compressed", uint8(2), uint16(0), uint32(4), evV2(5, 1, event.ContainerJson2E, make([]byte, 70_000)), "", int64(0))
	f.Add("an event that is cut", uint8(0), uint16(0), uint32(0), ev[:30], strings.Repeat("x", 5000), int64(1))
	f.Fuzz(func(t *testing.T, _ string, comp uint8, cpu uint16, flags uint32, rec []byte, text string, number int64) {
		opts := WriterOptions{Compression: Compression(comp % 3), ChunkBytes: 1 + len(rec)*int(comp>>4), Info: &Info{Filter: text, Start: uint64(number)}}
		if len(text) > 10_000 {
			return
		}
		texts := strings.TrimRight(text, "\x00") + "\x00"
		s := &Snapshot{
			Machine: Machine{Hostname: text, MaxPID: uint64(number)}, HasMachine: true,
			Threads: []Thread{{TID: number, Comm: text, Args: texts, Root: text, PGID: number}},
			FDs:     []FDs{{TID: number, FDs: []FD{{FD: number, Type: FDType(cpu % 30), Name: text}}}},
			Users:   []User{{Name: text}}, HasUsers: true,
		}
		var out bytes.Buffer
		w, err := NewWriter(&out, opts)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.WriteSnapshot(s); err != nil {
			t.Fatal(err)
		}
		accepted := 0
		for range 3 {
			if err := w.WriteEvent(cpu, flags, rec); err == nil {
				accepted++
			} else if !errors.Is(err, ErrRecord) {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		got := records(t, unpack(t, opts.Compression, out.Bytes()))
		if len(got) != accepted {
			t.Fatalf("%d events of %d", len(got), accepted)
		}
		for _, g := range got {
			if g.cpu != cpu || g.flags != flags&^flagLarge || !bytes.Equal(g.bytes, rec) {
				t.Fatalf("%+v", g)
			}
		}
		r, err := NewReader(&out, "fuzz", Options{Raw: true})
		if err != nil {
			t.Fatal(err)
		}
		if r.Info() == nil || r.Info().Filter != text || r.Info().Start != uint64(number) {
			t.Fatalf("%+v", r.Info())
		}
		name, _, _ := strings.Cut(text, "\x00")
		th := r.Snapshot().Threads[0]
		if th.TID != number || th.Comm != name[:min(len(name), maxTextBytes)] || len(texts) <= maxArgsBytes && th.Args != texts {
			t.Fatalf("%+v", th)
		}
		n := 0
		for ; err == nil; n++ {
			_, err = r.Next()
		}
		if s := r.Stats(); err != io.EOF || n-1 != accepted || s.Malformed+s.UnknownBlocks+s.UnknownEvents != 0 {
			t.Fatalf("%v, %d events of %d, %+v", err, n-1, accepted, s)
		}
	})
}

// FuzzChunks reads chunks whose metadata and bytes are anything at all, with
// right checksums: errors are positioned, and memory is taken for what is there.
func FuzzChunks(f *testing.F) {
	ev := block(blockEventV2, uint16(0), evV2(1, 1, closeX, zero, fd3))
	seed := func(name string, m chunkMeta, raw ...[]byte) {
		m.Length = uint64(len(slices.Concat(raw...)))
		b, err := msgpack.Marshal(&m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(name, b, slices.Concat(raw...), true)
	}
	seed("a chunk", chunkMeta{End: true}, section(), ev)
	seed("not the end", chunkMeta{}, section(), ev)
	seed("the beginning lost", chunkMeta{Number: 9, Offset: 99, Before: 9}, ev)
	seed("split", chunkMeta{End: true}, section(), ev[:20])
	f.Add("deep", bytes.Repeat([]byte{0x91}, 60_000), section(), false)
	f.Add("a list of 2^32", []byte("\x81\xa6totals\x81\xaflost_by_syscall\xdd\xff\xff\xff\xff"), section(), true)
	f.Fuzz(func(t *testing.T, _ string, meta, raw []byte, zst bool) {
		if len(meta) > maxChunkMetaBytes-chunkChecksumBytes {
			return
		}
		comp := Gzip
		if zst {
			comp = Zstd
		}
		w, err := startChunkWriter(io.Discard, comp, 0, len(raw))
		if err != nil {
			t.Fatal(err)
		}
		defer w.stop()
		packed, err := w.compress(raw)
		if err != nil {
			t.Fatal(err)
		}
		// Right lengths and checksums make what else there is count.
		var m chunkMeta
		if unmarshal(meta, &m) == nil && m.Length == uint64(len(raw)) {
			m.Packed = uint64(len(packed))
			m.Checksum = crc(raw)
			if meta, err = msgpack.Marshal(&m); err != nil {
				t.Fatal(err)
			}
		}
		head := binary.LittleEndian.AppendUint32(nil, crc(meta))
		data := appendChunk(nil, comp, append(head, meta...), packed)
		data = append(data, data...)
		r, err := NewReader(bytes.NewReader(data), "fuzz", Options{Raw: true, MaxSnapshotEntries: 1000})
		if (r == nil) == (err == nil) {
			t.Fatalf("reader %v, error %v", r, err)
		}
		for err == nil {
			var e *event.Event
			if e, err = r.Next(); err == nil {
				look(t, e)
			}
		}
		var positioned *Error
		if err != io.EOF && (!errors.As(err, &positioned) || positioned.Offset < 0 || positioned.Reason == "") {
			t.Fatalf("%+v", err)
		}
	})
}

func TestMsgpack(t *testing.T) {
	for _, v := range []any{nil, true, 5, -5, -500, 300, 70_000, uint64(1 << 40), int64(-1 << 40), 1.5, float32(1.5), "x", strings.Repeat("x", 40),
		strings.Repeat("x", 300), strings.Repeat("x", 70_000), []byte("x"), make([]byte, 300), make([]byte, 70_000), []int{1, 2}, make([]int, 300),
		make([]string, 70_000), map[string]int{"a": 1}, Info{Syscalls: make([]string, 20)}, chunkMeta{Totals: &Totals{}}} {
		b, err := msgpack.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if rest, ok := skipMsgpack(append(b, 9), 0); !ok || len(rest) != 1 {
			t.Errorf("%.50v: %v, %d bytes left", v, ok, len(rest))
		}
		for cut := range min(len(b), 500) {
			if _, ok := skipMsgpack(b[:cut], 0); ok {
				t.Errorf("%.50v: cut at %d", v, cut)
			}
		}
	}
	for _, b := range []string{"\xc1", strings.Repeat("\x91", 20) + "\x01", "\xdd\xff\xff\xff\xff\x01", "\xdf\x80\x00\x00\x00\x01", "\xc6\xff\xff\xff\xffx", "\xc9\xff\xff\xff\xffx"} {
		if _, ok := skipMsgpack([]byte(b), 0); ok {
			t.Errorf("%x", b)
		}
	}
	if err := unmarshal([]byte("\xc0\xc0"), new(Info)); err == nil {
		t.Error("two values")
	}
}

// TestInfoDamage: a block that cannot be read, or is another's, is passed over.
func TestInfoDamage(t *testing.T) {
	info := &Info{Recorder: "r", Syscalls: []string{"open"}}
	good, err := info.encode()
	if err != nil {
		t.Fatal(err)
	}
	ev := block(blockEventV2, uint16(0), evV2(1, 1, closeX, zero, fd3))
	for name, body := range map[string][]byte{
		"empty": nil, "cut": good[:len(good)-1], "another's": append([]byte("ANOTHERS"), good[8:]...),
		"no msgpack": append(bytes.Clone(good[:12]), make([]byte, len(good))...), "too long": make([]byte, 2*maxInfoBytes),
	} {
		r, err := NewReader(bytes.NewReader(slices.Concat(section(), block(blockInfo, body), ev)), "test", Options{})
		if err != nil || r.Info() != nil || r.Stats().UnknownBlocks != 1 {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, err := r.Next(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		r.Close()
	}
	r, err := NewReader(bytes.NewReader(slices.Concat(section(), block(blockInfo, good, []byte{0, 0, 0}), ev)), "test", Options{})
	if err != nil || !reflect.DeepEqual(r.Info(), info) || r.Stats().UnknownBlocks != 0 {
		t.Errorf("%v, %+v", err, r.Info())
	}
}
