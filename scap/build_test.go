package scap

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"falcoreplay/scap/event"
)

// enc joins values in little endian; a string gets its length of 2 bytes
// before it.
func enc(values ...any) []byte {
	var b bytes.Buffer
	for _, v := range values {
		switch v := v.(type) {
		case string:
			b.Write(enc(uint16(len(v))))
			b.WriteString(v)
		case []byte:
			b.Write(v)
		default:
			if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
				panic(err)
			}
		}
	}
	return b.Bytes()
}

func block(t blockType, body ...any) []byte {
	b := enc(body...)
	n := uint32(len(b) + minBlockBytes)
	return enc(uint32(t), n, b, n)
}

func section() []byte {
	return block(blockSection, uint32(byteOrderMagic), uint16(1), uint16(2), int64(-1))
}

// entry puts the length of 4 bytes before an entry; it counts itself if whole.
func entry(whole bool, values ...any) []byte {
	b := enc(values...)
	n := uint32(len(b))
	if whole {
		n += 4
	}
	return enc(n, b)
}

// evV2 is the body of an event block behind the processor and the flags.
func evV2(ts, tid int64, t event.Type, params ...[]byte) []byte {
	wide := event.Lookup(t) != nil && event.Lookup(t).LenSize() == 4
	var lens, data []byte
	for _, p := range params {
		if wide {
			lens = append(lens, enc(uint32(len(p)))...)
		} else {
			lens = append(lens, enc(uint16(len(p)))...)
		}
		data = append(data, p...)
	}
	return enc(ts, tid, uint32(eventHeaderBytes+len(lens)+len(data)), uint16(t), uint32(len(params)), lens, data)
}

func evV1(ts, tid int64, t event.Type, params ...[]byte) []byte {
	b := evV2(ts, tid, t, params...)
	b = append(b[:eventHeaderV1], b[eventHeaderBytes:]...)
	binary.LittleEndian.PutUint32(b[16:], uint32(len(b)))
	return b
}

// seen is an event as tests compare it.
type seen struct {
	Num, TS    uint64
	TID        int64
	Type       event.Type
	CPU        uint16
	Flags      uint32
	Section    int
	StateOnly  bool
	Parameters string
}

// readAll reads a capture to its end or its error.
func readAll(data []byte, opts Options) (all []seen, stats Stats, err error) {
	r, err := NewReader(bytes.NewReader(data), "test", opts)
	if err != nil {
		return nil, Stats{}, err
	}
	defer r.Close()
	for {
		e, err := r.Next()
		if err != nil {
			if _, again := r.Next(); again != err {
				panic("another error the second time")
			}
			if err == io.EOF {
				err = nil
			}
			return all, r.Stats(), err
		}
		s := seen{Num: e.Num, TS: e.TS, TID: e.TID, Type: e.Type, CPU: e.CPU, Flags: e.Flags, Section: r.Section(), StateOnly: e.StateOnly}
		for i := range e.NumParams() {
			s.Parameters += string(e.Param(i)) + "|"
		}
		all = append(all, s)
	}
}

// testCapture is a capture of the module's testdata, uncompressed.
func testCapture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if b, err = io.ReadAll(z); err != nil {
		t.Fatal(err)
	}
	return b
}

// place checks that an error is positioned, and returns its place.
func place(t *testing.T, err, kind error) int64 {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || !errors.Is(err, kind) {
		t.Fatalf("error %v, want one that is %v", err, kind)
	}
	return e.Offset
}
