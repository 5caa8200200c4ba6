package scap

import (
	"bytes"
	"io"
	"slices"
	"testing"

	"falcoreplay/scap/event"
)

// FuzzReader reads anything at all: there is a value or an error, but not
// both, and all that is returned can be looked at.
func FuzzReader(f *testing.F) {
	ev := block(blockEventV2, uint16(0), evV2(1, 1, closeX, zero, fd3))
	seed := func(name string, data ...[]byte) { f.Add(name, slices.Concat(data...)) }
	seed("section and event", section(), ev)
	seed("option of length 0", block(blockSection, uint32(byteOrderMagic), uint16(1), uint16(2), int64(-1), uint16(1), uint16(0), uint16(2), uint16(1), uint32('x')))
	seed("block of 32 bytes that claims 1 GiB", section(), enc(uint32(0x999), uint32(1<<30)), make([]byte, 24))
	seed("event of 32 bytes that claims 1 GiB", section(), enc(uint32(blockEventV2Large), uint32(1<<30)), make([]byte, 24))
	seed("parameter of 2 bytes read as 4", section(), block(blockEventV2, uint16(0), evV2(1, 1, event.SyscallReadX, enc(uint16(1)), enc(uint16(2)))))
	seed("entry of 4 GiB", section(), block(blockUsersV2, uint32(1<<32-1), uint32(0)), ev)
	seed("two sections", section(), ev, section(), ev)
	seed("event v1", section(), block(blockEvent, uint16(0), evV1(1, 1, closeX, zero, fd3)))
	seed("enter and exit", section(),
		block(blockEvent, uint16(0), evV1(1, 1, event.SyscallReadE, fd3, enc(uint32(9)))),
		block(blockEvent, uint16(0), evV1(2, 1, event.SyscallReadX, zero, nil)))
	for i, t := range []blockType{blockThreadsV1, blockThreadsV5, blockThreadsV9, blockFDs, blockFDsV2, blockInterfaces,
		blockInterfacesV2, blockUsers, blockMachine} {
		seed("header block "+string(rune('a'+i)), section(), block(t, make([]byte, 200)), ev)
	}
	f.Add("gzip", []byte("\x1f\x8b\x08\x04\x00\x00\x00\x00\x00\x03\xff\xff"))
	f.Add("zstd", []byte("\x28\xb5\x2f\xfd\xe4\xff\xff\xff\xff\xff\xff\xff\xff"))
	for _, c := range []Compression{Gzip, Zstd} {
		data := write(f, WriterOptions{Compression: c, ChunkBytes: 1, Info: &Info{Recorder: "r"}}, fullSnapshot(), []record{{0, 0, evV2(1, 1, closeX, zero, fd3)}})
		f.Add(c.String()+" chunks", data)
		f.Add(c.String()+" chunks, damaged", append(data[:len(data)/2], data[len(data)/2+9:]...))
	}
	f.Fuzz(func(t *testing.T, _ string, data []byte) {
		for _, raw := range []bool{false, true} {
			r, err := NewReader(bytes.NewReader(data), "fuzz", Options{Raw: raw, MaxEventBytes: 1 << 20, MaxSnapshotEntries: 1000})
			if (r == nil) == (err == nil) {
				t.Fatalf("reader %v, error %v", r, err)
			}
			if err != nil {
				continue
			}
			for err == nil {
				var e *event.Event
				if e, err = r.Next(); (e == nil) == (err == nil) {
					t.Fatalf("event %v, error %v", e, err)
				} else if err == nil {
					look(t, e)
				}
			}
			if err != io.EOF {
				if e := err.(*Error); e.Offset < 0 || e.Err == nil || e.Reason == "" {
					t.Fatalf("%+v", e)
				}
			}
		}
	})
}

// look uses all of an event.
func look(t *testing.T, e *event.Event) {
	if e.Info() == nil || e.NumParams() > event.MaxParams {
		t.Fatalf("type %d, %d parameters", e.Type, e.NumParams())
	}
	for i := range event.MaxParams + 1 {
		p := e.Param(i)
		if len(p) > 0 && i >= e.NumParams() {
			t.Fatalf("parameter %d of %d", i, e.NumParams())
		}
		e.Int(i)
		e.Uint(i)
		e.Str(i)
	}
	_ = e.Name()
}
