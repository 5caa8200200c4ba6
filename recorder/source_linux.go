//go:build linux && (amd64 || arm64)

package recorder

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"falcoreplay/recorder/bpf"
	"falcoreplay/recorder/filter"
	"falcoreplay/scap/event"
)

// Limits and defaults of SourceOptions.
const (
	DefaultRingBytes = bpf.DefaultRingBytes
	DefaultSnapLen   = bpf.DefaultSnapLen
	MaxSnapLen       = bpf.MaxSnapLen
)

// Recordable reports whether Source.Select takes a name: that of a system call,
// procexit or signaldeliver.
func Recordable(name string) bool {
	_, ok := event.SyscallByName(name)
	return ok || name == "procexit" || name == "signaldeliver"
}

// SourceOptions are the choices of a Source. The zero value takes the defaults
// of package bpf.
type SourceOptions struct {
	RingBytes int    // of each ring between kernel and recorder, a power of two
	Rings     int    // number of rings, 0 for one for every 8 processors
	SnapLen   uint32 // most bytes of data in an event

	// Filter says which events are recorded, nil for all that are selected.
	// Those of the system calls State, without which the state of the host
	// would be lost, are always, unless FilterState is set: then those are of
	// whom the filter may be true of at all.
	Filter      *filter.Filter
	State       []string
	FilterState bool
}

// Source is a stream of the kernel's events, in the order of their times. Its
// methods are for one goroutine, but for Counts.
type Source struct {
	prog  *bpf.Program
	table *callTable
	last  uint64   // time of the last event
	lost  []uint64 // on each CPU, that were told of
	since uint64   // when
}

// OpenSource loads and attaches the BPF program. Nothing is recorded before
// Select.
func OpenSource(opt SourceOptions) (*Source, error) {
	table, err := compileCalls(machine)
	if err != nil {
		return nil, err
	}
	load := bpf.Options{RingBytes: opt.RingBytes, Rings: opt.Rings, SnapLen: opt.SnapLen}
	var cgroups string
	if f := opt.Filter; f != nil {
		if load.Filter, err = compileFilter(&opt, table); err != nil {
			return nil, fmt.Errorf("filter: %w", err)
		}
		if load.Filter.HasCgroup != 0 {
			if cgroups, load.Hierarchy, err = cgroupRoot(); err != nil {
				return nil, fmt.Errorf("filter: %w", err)
			}
		}
	}
	prog, err := bpf.Load(&table.calls, table.flags, load)
	if err != nil {
		return nil, err
	}
	s := &Source{prog: prog, table: table}
	if err := prog.Attach(); err != nil {
		s.Close()
		return nil, err
	}
	if f := opt.Filter; f != nil {
		if err := errors.Join(s.follow(f), s.enterCgroups(f, cgroups)); err != nil {
			s.Close()
			return nil, fmt.Errorf("filter: %w", err)
		}
	}
	return s, nil
}

// Select begins to record the system calls with the given names, of whatever
// width, in place of those selected before. procexit and signaldeliver, which
// are no system calls, count as names; the ends of threads are always recorded,
// and execve and execveat only together.
func (s *Source) Select(names []string) error {
	wanted := map[string]bool{"procexit": true}
	for _, n := range names {
		if !Recordable(n) {
			return fmt.Errorf("no system call %q", n)
		}
		wanted[n] = true
	}
	if wanted["execve"] || wanted["execveat"] {
		wanted["execve"], wanted["execveat"] = true, true
	}
	return s.selectCalls(func(name string) bool { return wanted[name] })
}

// SelectAll begins to record every system call, and signals.
func (s *Source) SelectAll() error { return s.selectCalls(func(string) bool { return true }) }

// Stop ends recording; what is in the ring can still be read.
func (s *Source) Stop() error { return s.prog.Want(func(int) bool { return false }) }

func (s *Source) selectCalls(want func(name string) bool) error {
	if s.since == 0 {
		s.since = uint64(time.Now().UnixNano())
	}
	return s.prog.Want(func(i int) bool { return s.table.calls[i].Type != 0 && want(s.table.names[i]) })
}

// Next returns the next event: the CPU it fell on and the bytes that
// scap.Writer.WriteEvent takes, valid until the next call. When there is none
// at the deadline it returns os.ErrDeadlineExceeded, after Close os.ErrClosed.
//
// Times never go back. The order of a ring is the order in which events were
// finished; where two CPUs took their times the other way round, less than a
// microsecond apart, the later of the two times stands for both. So it does for
// an event that comes out of another ring later than those are waited for.
func (s *Source) Next(deadline time.Time) (cpu uint16, record []byte, err error) {
	r, err := s.prog.Read(deadline)
	if err != nil {
		return 0, nil, err
	}
	if ts := binary.LittleEndian.Uint64(r.Event); ts >= s.last {
		s.last = ts
	} else {
		binary.LittleEndian.PutUint64(r.Event, s.last)
	}
	return r.CPU, r.Event, nil
}

// Loss is a number of events that were lost on a CPU between two times.
type Loss struct {
	CPU      uint16
	From, To uint64 // nanoseconds since the epoch
	Events   uint64
}

// Losses tells what was lost since it was last asked, nothing where nothing was.
func (s *Source) Losses() ([]Loss, error) {
	now, err := s.prog.Lost()
	if err != nil {
		return nil, err
	}
	if s.lost == nil {
		s.lost = make([]uint64, len(now))
	}
	var all []Loss
	to := max(uint64(time.Now().UnixNano()), s.last)
	for cpu := range now {
		if n := now[cpu] - s.lost[cpu]; n > 0 {
			all = append(all, Loss{CPU: uint16(cpu), From: s.since, To: to, Events: n})
		}
	}
	s.since, s.lost = to, now
	return all, nil
}

// CallCounts are the figures of a system call, or of another kind of event.
type CallCounts struct {
	Name string
	bpf.Counts
}

// Counts are the figures of all calls that were seen, by name.
func (s *Source) Counts() ([]CallCounts, error) {
	sum, err := s.prog.Counts()
	if err != nil {
		return nil, err
	}
	byName := map[string]int{}
	var all []CallCounts
	for i := range sum {
		if sum[i].Seen == 0 {
			continue
		}
		name := s.table.names[i]
		k, ok := byName[name]
		if !ok {
			k = len(all)
			byName[name] = k
			all = append(all, CallCounts{Name: name})
		}
		all[k].Add(sum[i])
	}
	slices.SortFunc(all, func(a, b CallCounts) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return all, nil
}

// Waiting is the number of bytes in the rings.
func (s *Source) Waiting() int { return s.prog.Waiting() }

// SyncClock follows a change of the clock of the time of day.
func (s *Source) SyncClock() error { return s.prog.SyncClock() }

// Close ends it.
func (s *Source) Close() error { return s.prog.Close() }
