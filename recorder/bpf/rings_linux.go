//go:build linux && (amd64 || arm64)

package bpf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/ringbuf"
	"golang.org/x/sys/unix"
)

// lookAhead is how long a record may take from its time stamp to where it can
// be read before it may be given out of order, if there are several rings; and
// how often empty ones are looked at. Records are stamped right before they are
// written, so that is a few microseconds, unless a hypervisor stops the processor
// in between.
const lookAhead = 5 * time.Millisecond

// cpuList is a list of processors.
func cpuList(which string) ([]int, error) {
	path := "/sys/devices/system/cpu/" + which
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	cpus, err := parseCPUs(string(b))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return cpus, nil
}

// makeRings makes the rings, after the rest of the program was loaded, and gives
// each processor its one.
func (p *Program) makeRings(spec *ebpf.MapSpec, of []int, rings int) error {
	for range rings {
		ring, err := ebpf.NewMap(spec)
		if err != nil {
			return fmt.Errorf("ring: %w", err)
		}
		p.rings = append(p.rings, ring)
	}
	for cpu, ring := range of {
		if err := p.objs.Rings.Put(uint32(cpu), p.rings[ring]); err != nil {
			return fmt.Errorf("ring of CPU %d: %w", cpu, err)
		}
	}
	return nil
}

// openRings opens the rings for reading.
func (p *Program) openRings() error {
	var feeds []feed
	for _, m := range p.rings {
		r, err := ringbuf.NewReader(m)
		if err != nil {
			return fmt.Errorf("ring: %w", err)
		}
		ring := &ring{reader: r}
		p.readers = append(p.readers, ring)
		feeds = append(feeds, ring)
	}
	if len(feeds) > 1 {
		for _, r := range p.readers {
			r.reader.SetDeadline(time.Unix(1, 0)) // nobody waits at one of several
		}
		p.merger = newMerger(feeds, bootTime, uint64(lookAhead))
	}
	return nil
}

// ring is one for reading.
type ring struct {
	reader *ringbuf.Reader
	record ringbuf.Record
}

func (r *ring) next() (ts uint64, ok bool, err error) {
	switch err := r.reader.ReadInto(&r.record); {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return 0, false, nil
	case err != nil:
		return 0, false, err
	case len(r.record.RawSample) < prefixSize+headerSize:
		return 0, false, fmt.Errorf("a record of %d bytes in the ring", len(r.record.RawSample))
	}
	return binary.LittleEndian.Uint64(r.record.RawSample[prefixSize:]), true, nil
}

// bootTime is the clock that records are stamped by.
func bootTime() uint64 {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts) != nil {
		return 0 // it cannot fail: the kernel is as new as BPF's rings
	}
	return uint64(ts.Nano())
}

// nextRecord is the next record of all rings, as Read describes it.
func (p *Program) nextRecord(deadline time.Time) ([]byte, error) {
	if p.merger == nil {
		r := p.readers[0]
		if deadline != p.deadline {
			r.reader.SetDeadline(deadline)
			p.deadline = deadline
		}
		if err := r.reader.ReadInto(&r.record); err != nil {
			return nil, err
		}
		return r.record.RawSample, nil
	}
	for {
		from, wait, err := p.merger.next()
		if err != nil {
			return nil, err
		}
		if from >= 0 {
			return p.readers[from].record.RawSample, nil
		}
		if !time.Now().Before(deadline) && !p.merger.holds() {
			return nil, os.ErrDeadlineExceeded
		}
		time.Sleep(time.Duration(wait))
	}
}
