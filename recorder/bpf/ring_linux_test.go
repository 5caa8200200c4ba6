//go:build linux && (amd64 || arm64)

package bpf

import (
	"bytes"
	"encoding/binary"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// memRing is a file in memory that is laid out as a ring, in the kernel's place.
type memRing struct {
	t        *testing.T
	fd, size int
	produced uint64
}

func newMemRing(t *testing.T) (*memRing, *ring) {
	t.Helper()
	m := &memRing{t: t, size: os.Getpagesize()}
	var err error
	if m.fd, err = unix.MemfdCreate("ring", 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(m.fd) })
	if err := unix.Ftruncate(m.fd, int64(2*os.Getpagesize()+2*m.size)); err != nil {
		t.Fatal(err)
	}
	r, err := newRing(m.fd, m.size)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.close(); err != nil {
			t.Error(err)
		}
	})
	return m, r
}

func (m *memRing) write(b []byte, at int) {
	if _, err := unix.Pwrite(m.fd, b, int64(at)); err != nil {
		m.t.Fatal(err)
	}
}

// data writes bytes at a position, in both places where the ring shows them.
func (m *memRing) data(b []byte, pos uint64) {
	for i, c := range b {
		at := 2*os.Getpagesize() + int(pos+uint64(i))%m.size
		m.write([]byte{c}, at)
		m.write([]byte{c}, at+m.size)
	}
}

// add adds a record whose head has the flags, and says how long it is.
func (m *memRing) add(record []byte, flags uint32, length int) {
	head := binary.LittleEndian.AppendUint32(nil, uint32(length)|flags)
	m.data(append(append(head, 0, 0, 0, 0), record...), m.produced)
	m.produced += (uint64(len(record)) + 8 + 7) &^ 7
	m.write(binary.LittleEndian.AppendUint64(nil, m.produced), os.Getpagesize())
}

func (m *memRing) consumed() uint64 {
	b := make([]byte, 8)
	if _, err := unix.Pread(m.fd, b, 0); err != nil {
		m.t.Fatal(err)
	}
	return binary.LittleEndian.Uint64(b)
}

func fakeEvent(n int, ts uint64) []byte {
	return append(binary.LittleEndian.AppendUint64(nil, ts), bytes.Repeat([]byte{byte(ts)}, n-8)...)
}

// TestRing reads records of all lengths several times around the ring, some of
// which are discarded.
func TestRing(t *testing.T) {
	m, r := newMemRing(t)
	told := false
	for ts := uint64(1); ts < 500; ts++ {
		sent := fakeEvent(headerSize+int(ts)%60, ts)
		if ts%5 == 0 {
			m.add(sent, unix.BPF_RINGBUF_DISCARD_BIT, len(sent))
		}
		m.add(sent, 0, len(sent))
		if got, ok, err := r.next(); !ok || err != nil || got != ts || !bytes.Equal(r.record, sent) {
			t.Fatalf("%d: %d, %v, %v: % x", ts, got, ok, err, r.record)
		}
		// What was given last is not free before the next call.
		if m.consumed() >= m.produced {
			t.Fatalf("%d: the kernel was told of %d of %d", ts, m.consumed(), m.produced)
		}
		told = told || m.consumed() > 0
	}
	if !told {
		t.Error("the kernel was told of nothing while records came")
	}
	if _, ok, err := r.next(); ok || err != nil || m.consumed() != m.produced {
		t.Errorf("at the end %v, %v, told of %d of %d", ok, err, m.consumed(), m.produced)
	}
	if err := r.wait(time.Now()); err != os.ErrDeadlineExceeded {
		t.Errorf("waiting without time: %v", err)
	}
}

// TestRingBusy waits for a record that is being written.
func TestRingBusy(t *testing.T) {
	m, r := newMemRing(t)
	sent := fakeEvent(headerSize, 7)
	m.add(sent, unix.BPF_RINGBUF_BUSY_BIT, len(sent))
	go func() {
		time.Sleep(10 * time.Millisecond)
		// In one write, as the kernel does.
		unix.Pwrite(m.fd, binary.LittleEndian.AppendUint32(nil, uint32(len(sent))), int64(2*os.Getpagesize()))
	}()
	if ts, ok, err := r.next(); ts != 7 || !ok || err != nil {
		t.Errorf("%d, %v, %v", ts, ok, err)
	}
}

func TestRingBad(t *testing.T) {
	for name, length := range map[string]int{"longer than what is filled": 1000, "longer than the ring": 1 << 29, "no event": 8} {
		m, r := newMemRing(t)
		m.add(fakeEvent(headerSize, 1), 0, length)
		if _, ok, err := r.next(); ok || err == nil {
			t.Errorf("%s: %v, %v", name, ok, err)
		}
	}
}
