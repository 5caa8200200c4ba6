//go:build linux && (amd64 || arm64)

package bpf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ring is a BPF ring for reading, by one goroutine. Layout and protocol are
// those of kernel/bpf/ringbuf.c: a page with the consumer's position, a page
// with the producer's, then the data twice in succession; positions only grow.
//
// Where the reader is, is in a cache line that every record of the kernel's
// reads, and where the kernel is in one that it writes with every record. So the
// first is written once in a while only, and the second read once all up to
// there is read. cilium/ebpf's reader does either for each record; that took a
// quarter of the recorder's time, and the kernel's records waited for it.
type ring struct {
	consumer, producer *uint64 // of the kernel, hence read and written atomically
	data               []byte
	mask               uint64
	maps               [2][]byte // the memory of all three
	fds                [1]unix.PollFd

	at       uint64 // behind the record
	told     uint64 // what the kernel knows of that
	produced uint64 // as far as is known
	record   []byte // the last one; it lies in the ring
}

// tellParts is which part of the ring may be read before the kernel is told
// that it is free.
const tellParts = 128

func newRing(fd, size int) (*ring, error) {
	page := os.Getpagesize()
	r := &ring{mask: uint64(size - 1), fds: [1]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}}
	for i, m := range []struct{ at, length, prot int }{
		{0, page, unix.PROT_READ | unix.PROT_WRITE},
		{page, page + 2*size, unix.PROT_READ},
	} {
		mem, err := unix.Mmap(fd, int64(m.at), m.length, m.prot, unix.MAP_SHARED)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("memory of the ring: %w", err), r.close())
		}
		r.maps[i] = mem
	}
	// Only as such pointers can the positions be read and written atomically.
	r.consumer = (*uint64)(unsafe.Pointer(unsafe.SliceData(r.maps[0])))
	r.producer = (*uint64)(unsafe.Pointer(unsafe.SliceData(r.maps[1])))
	r.data = r.maps[1][page:]
	r.at = atomic.LoadUint64(r.consumer)
	r.told, r.produced = r.at, r.at
	return r, nil
}

func (r *ring) close() error {
	var errs []error
	for i, mem := range r.maps {
		if mem != nil {
			errs = append(errs, unix.Munmap(mem))
		}
		r.maps[i] = nil
	}
	return errors.Join(errs...)
}

// next takes the next record into r.record, as feed has it.
func (r *ring) next() (ts uint64, ok bool, err error) {
	for {
		if r.at == r.produced {
			if r.produced = atomic.LoadUint64(r.producer); r.at == r.produced {
				r.tell()
				return 0, false, nil
			}
		}
		if r.at-r.told > r.mask/tellParts {
			r.tell()
		}
		// What is behind a head that is not busy was written before it.
		head := atomic.LoadUint32((*uint32)(unsafe.Pointer(&r.data[r.at&r.mask])))
		for head&unix.BPF_RINGBUF_BUSY_BIT != 0 {
			// It is being written, on another processor.
			runtime.Gosched()
			head = atomic.LoadUint32((*uint32)(unsafe.Pointer(&r.data[r.at&r.mask])))
		}
		n := uint64(head &^ (unix.BPF_RINGBUF_BUSY_BIT | unix.BPF_RINGBUF_DISCARD_BIT))
		start := r.at&r.mask + unix.BPF_RINGBUF_HDR_SZ
		if next := r.at + (unix.BPF_RINGBUF_HDR_SZ+n+7)&^7; next-r.at <= r.produced-r.at {
			r.at = next
		} else {
			return 0, false, fmt.Errorf("a record of %d bytes in the ring, of which %d are filled", n, r.produced-r.at)
		}
		if head&unix.BPF_RINGBUF_DISCARD_BIT != 0 {
			continue
		}
		if n < headerSize {
			return 0, false, fmt.Errorf("a record of %d bytes in the ring", n)
		}
		r.record = r.data[start : start+n]
		return binary.LittleEndian.Uint64(r.record), true, nil
	}
}

// tell lets the kernel have all that was read.
func (r *ring) tell() {
	if r.told != r.at {
		r.told = r.at
		atomic.StoreUint64(r.consumer, r.at)
	}
}

// waiting is the number of bytes that are not read.
func (r *ring) waiting() int { return int(atomic.LoadUint64(r.producer) - r.at) }

// wait waits until the kernel wakes the reader, at most until the deadline.
func (r *ring) wait(deadline time.Time) error {
	left := time.Until(deadline)
	if left <= 0 {
		return os.ErrDeadlineExceeded
	}
	// Rounded up, so that the deadline has passed then.
	_, err := unix.Poll(r.fds[:], int((left+time.Millisecond-1)/time.Millisecond))
	if err != nil && err != unix.EINTR {
		return fmt.Errorf("waiting for the ring: %w", err)
	}
	return nil
}
