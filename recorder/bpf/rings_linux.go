//go:build linux && (amd64 || arm64)

package bpf

import (
	"fmt"
	"os"
	"time"

	"github.com/cilium/ebpf"
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
		r, err := newRing(m.FD(), int(m.MaxEntries()))
		if err != nil {
			return err
		}
		p.readers = append(p.readers, r)
		feeds = append(feeds, r)
	}
	if len(feeds) > 1 {
		p.merger = newMerger(feeds, bootTime, uint64(lookAhead))
	}
	return nil
}

// bootTime is the clock that records are stamped by.
func bootTime() uint64 {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts) != nil {
		return 0 // it cannot fail: the kernel is as new as BPF's rings
	}
	return uint64(ts.Nano())
}

// nextRecord is the next record of all rings, as Read describes it. It lies in
// the ring.
func (p *Program) nextRecord(deadline time.Time) ([]byte, error) {
	if len(p.readers) == 0 {
		return nil, os.ErrClosed
	}
	if p.merger == nil {
		r := p.readers[0]
		for {
			_, ok, err := r.next()
			if ok {
				return r.record, nil
			}
			if err == nil {
				err = r.wait(deadline)
			}
			if err != nil {
				return nil, err
			}
		}
	}
	for {
		from, wait, err := p.merger.next()
		if err != nil {
			return nil, err
		}
		if from >= 0 {
			return p.readers[from].record, nil
		}
		if !time.Now().Before(deadline) && !p.merger.holds() {
			return nil, os.ErrDeadlineExceeded
		}
		time.Sleep(time.Duration(wait))
	}
}
