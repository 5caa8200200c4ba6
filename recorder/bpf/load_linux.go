//go:build linux && (amd64 || arm64)

package bpf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// Options of a Program. The zero value takes the defaults.
type Options struct {
	RingBytes int    // size of each ring, a power of two; 0 for DefaultRingBytes
	Rings     int    // number of rings, at most one for each processor; 0 for one for every CPUsPerRing
	SnapLen   uint32 // most bytes of data in a record; 0 for DefaultSnapLen

	Filter *Filter // which events are recorded, nil for all
	// Hierarchy of the control groups that the filter is about: a controller,
	// "" for the unified one.
	Hierarchy string
}

// Defaults of Options.
const (
	DefaultRingBytes = 16 << 20
	DefaultSnapLen   = 80
	// MaxSnapLen leaves room for the other parameters in a record of 64 kB.
	MaxSnapLen = 60000
)

// bitWords is the length of the program's bits of interesting calls.
const bitWords = 32

// socketcall is the number of that 32-bit system call.
const socketcall = 102

// Program is the BPF program in the kernel. Its methods are for one goroutine,
// but for Counts.
type Program struct {
	objs     recordObjects
	links    []link.Link
	rings    []*ebpf.Map
	readers  []*ring
	merger   *merger // nil if there is one ring
	counters *ebpf.Memory
	cpus     []int  // that may come online
	epoch    uint64 // nanoseconds from boot to the epoch
	event    []byte // the last one that was read
	filters  bool
	follows  bool // descendants
}

// Load loads the program with a table of calls; a call whose Type is 0 is never
// recorded. Nothing is attached yet. It needs CAP_BPF and CAP_PERFMON, before
// Linux 5.11 CAP_SYS_RESOURCE as well, as it lifts the process's limit of locked
// memory there. A *ebpf.VerifierError holds the verifier's log.
func Load(calls *[NumCalls]Call, tables []Table, opt Options) (*Program, error) {
	if opt.RingBytes == 0 {
		opt.RingBytes = DefaultRingBytes
	}
	if opt.SnapLen == 0 {
		opt.SnapLen = DefaultSnapLen
	}
	switch {
	case opt.RingBytes < os.Getpagesize() || opt.RingBytes&(opt.RingBytes-1) != 0:
		return nil, fmt.Errorf("ring size %d is not a power of two of at least a page", opt.RingBytes)
	case opt.Rings < 0:
		return nil, fmt.Errorf("%d rings", opt.Rings)
	case opt.SnapLen > MaxSnapLen:
		return nil, fmt.Errorf("snap length %d is more than %d", opt.SnapLen, MaxSnapLen)
	case len(tables) > MaxTables:
		return nil, fmt.Errorf("%d tables of flags are more than %d", len(tables), MaxTables)
	}
	spec, err := loadRecord()
	if err != nil {
		return nil, fmt.Errorf("BPF object: %w", err)
	}
	possible, err := cpuList("possible")
	if err != nil {
		return nil, err
	}
	online, err := cpuList("online")
	if err != nil {
		return nil, err
	}
	ringOf, rings := ringsOfCPUs(possible, online, opt.Rings)
	for _, name := range []string{"rings", "scratches", "counters"} {
		spec.Maps[name].MaxEntries = uint32(len(ringOf))
	}
	ringSpec := spec.Maps["rings"].InnerMap
	ringSpec.MaxEntries = uint32(opt.RingBytes)
	if opt.Filter != nil && opt.Filter.HasTree != 0 {
		most, err := maxPIDs()
		if err != nil {
			return nil, err
		}
		spec.Maps["descendants"].MaxEntries = most
	}
	p := &Program{cpus: possible, filters: opt.Filter != nil, follows: opt.Filter != nil && opt.Filter.HasTree != 0}
	if err := p.load(spec); err != nil {
		return nil, fmt.Errorf("BPF program: %w", err)
	}
	if err := p.makeRings(ringSpec, ringOf, rings); err != nil {
		p.Close()
		return nil, err
	}
	if err := p.objs.WakeBytes.Set(wakeBytes(opt.RingBytes, len(online), rings)); err != nil {
		p.Close()
		return nil, fmt.Errorf("wake-up size: %w", err)
	}
	if err := p.prepare(calls, tables, opt); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// load puts the program into the kernel. Before 5.11 its memory counted as
// locked memory of the process, of which there is little unless one asks.
func (p *Program) load(spec *ebpf.CollectionSpec) error {
	err := spec.LoadAndAssign(&p.objs, nil)
	if !errors.Is(err, unix.EPERM) {
		return err
	}
	all := unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}
	if limitErr := unix.Setrlimit(unix.RLIMIT_MEMLOCK, &all); limitErr != nil {
		return fmt.Errorf("%w; more locked memory, which kernels before 5.11 need, is refused too (%v): CAP_SYS_RESOURCE or ulimit -l unlimited gives it", err, limitErr)
	}
	return spec.LoadAndAssign(&p.objs, nil)
}

// wakeBytes is how much a processor writes before it wakes the reader: together
// they fill a 64th of the ring. With several rings nobody waits to be woken.
func wakeBytes(ringBytes, cpus, rings int) uint32 {
	if rings > 1 {
		return math.MaxUint32
	}
	return uint32(ringBytes / 64 / max(1, cpus))
}

func (p *Program) prepare(calls *[NumCalls]Call, tables []Table, opt Options) error {
	for i := range calls {
		if calls[i].Type == 0 {
			continue
		}
		if err := p.objs.Calls.Put(uint32(i), &calls[i]); err != nil {
			return fmt.Errorf("call %d: %w", i, err)
		}
	}
	for i := range tables {
		if err := p.objs.Tables.Put(uint32(i), &tables[i]); err != nil {
			return fmt.Errorf("table %d: %w", i, err)
		}
	}
	if err := p.objs.Snaplen.Set(opt.SnapLen); err != nil {
		return fmt.Errorf("snap length: %w", err)
	}
	if err := p.SyncClock(); err != nil {
		return err
	}
	if err := p.setFilter(&opt); err != nil {
		return fmt.Errorf("filter: %w", err)
	}
	var err error
	if p.counters, err = p.objs.Counters.Memory(); err != nil {
		return fmt.Errorf("counters: %w", err)
	}
	return p.openRings()
}

// SyncClock finds out how far the clock of the time of day is from the one since
// boot, which the program stamps records by.
func (p *Program) SyncClock() error {
	// The two clocks are read one after another; of a few tries the one in
	// which least time passed is the most exact.
	var best, offset int64 = 1 << 62, 0
	for range 5 {
		var a, b, c unix.Timespec
		if err := errors.Join(unix.ClockGettime(unix.CLOCK_BOOTTIME, &a), unix.ClockGettime(unix.CLOCK_REALTIME, &b), unix.ClockGettime(unix.CLOCK_BOOTTIME, &c)); err != nil {
			return fmt.Errorf("clock: %w", err)
		}
		if d := c.Nano() - a.Nano(); d < best {
			best, offset = d, b.Nano()-a.Nano()-d/2
		}
	}
	p.epoch = uint64(offset)
	return nil
}

// Attach attaches the program to its tracepoints. No call is of interest yet,
// so nothing is recorded until Want.
func (p *Program) Attach() error {
	programs := p.objs.programs()
	if p.follows {
		programs = append([]*ebpf.Program{p.objs.Follow}, programs...)
	}
	for _, prog := range programs {
		l, err := link.AttachTracing(link.TracingOptions{Program: prog})
		if err != nil {
			return fmt.Errorf("attach %v: %w", prog, err)
		}
		p.links = append(p.links, l)
	}
	if err := p.hide(); err != nil {
		return err
	}
	if !p.filters {
		return nil
	}
	return p.objs.Filtered.Set(uint32(1)) // not before: no filter is to pass over hide's call
}

// hide shows the program which process is the recorder, whatever its pid
// namespace: by a system call with a number in its first argument that nobody
// else knows. getppid takes no arguments, and ignores this one.
func (p *Program) hide() error {
	magic := rand.Uint64() | 1
	var only [bitWords]uint64
	only[unix.SYS_GETPPID/64] = 1 << (unix.SYS_GETPPID % 64)
	if err := errors.Join(p.objs.Magic.Set(magic), p.objs.Interesting.Set(only)); err != nil {
		return err
	}
	unix.RawSyscall(unix.SYS_GETPPID, uintptr(magic), 0, 0)
	var self uint32
	if err := errors.Join(p.objs.Interesting.Set([bitWords]uint64{}), p.objs.Magic.Set(uint64(0)), p.objs.Self.Get(&self)); err != nil {
		return err
	}
	if self == 0 {
		return errors.New("the tracepoint of system calls shows none of ours")
	}
	return nil
}

// Want chooses the calls that are recorded, at any time.
func (p *Program) Want(wanted func(call int) bool) error {
	var bits [bitWords]uint64
	for i := range CallAny {
		if wanted(i) {
			bits[i/64] |= 1 << (i % 64)
		}
	}
	// socketcall comes first where anything that it stands for is wanted.
	for i := range MaxSocketcall {
		if wanted(FirstSocketcall + i) {
			bits[(FirstCompat+socketcall)/64] |= 1 << ((FirstCompat + socketcall) % 64)
		}
	}
	return p.objs.Interesting.Set(bits)
}

// Record is an event as it came out of the ring.
type Record struct {
	CPU   uint16
	Call  int    // its place among the calls
	Event []byte // with its header
}

// Read returns the next record, whose Event is valid until the next call. It
// waits at most until the deadline, and then returns os.ErrDeadlineExceeded once
// the rings are empty; after Close os.ErrClosed. Of several rings records come in
// the order of their times, see merger; one that has to wait for that is given up
// to 10 ms after the deadline.
func (p *Program) Read(deadline time.Time) (Record, error) {
	b, err := p.nextRecord(deadline)
	if err != nil {
		return Record{}, err
	}
	n := binary.LittleEndian.Uint32(b[16:])
	if int64(n) != int64(len(b)) {
		return Record{}, fmt.Errorf("an event of %d bytes in a record of %d", n, len(b))
	}
	p.event = append(p.event[:0], b...) // the ring can only be read
	tid := binary.LittleEndian.Uint64(p.event[8:])
	binary.LittleEndian.PutUint64(p.event, binary.LittleEndian.Uint64(p.event)+p.epoch)
	binary.LittleEndian.PutUint64(p.event[8:], tid&(1<<32-1)) // CPU and call are in the upper half
	return Record{CPU: uint16(tid >> 32), Call: int(tid >> 48), Event: p.event}, nil
}

// Waiting is the number of bytes in the rings.
func (p *Program) Waiting() int {
	n := 0
	for _, r := range p.readers {
		n += r.waiting()
	}
	return n
}

// CPUs is the number of processors that may come online.
func (p *Program) CPUs() int { return len(p.cpus) }

// Rings is the number of rings.
func (p *Program) Rings() int { return len(p.rings) }

// Counts adds up the events of each call over all CPUs.
func (p *Program) Counts() (*[NumCalls]Counts, error) {
	var sum, one [NumCalls]Counts
	for _, cpu := range p.cpus {
		if err := p.countsOf(cpu, 0, one[:]); err != nil {
			return nil, err
		}
		for i := range sum[:CallAny] {
			sum[i].Add(one[i])
		}
	}
	return &sum, nil
}

// Lost is the number of events lost on each CPU so far, by its number.
func (p *Program) Lost() ([]uint64, error) {
	lost := make([]uint64, p.cpus[len(p.cpus)-1]+1)
	for _, cpu := range p.cpus {
		var n [1]Counts
		if err := p.countsOf(cpu, CallAny, n[:]); err != nil {
			return nil, err
		}
		lost[cpu] = n[0].Lost
	}
	return lost, nil
}

// countsOf reads the counts of calls on a CPU, from the first one on.
func (p *Program) countsOf(cpu, first int, counts []Counts) error {
	const size = 4 * 8 // of struct counts
	buf := make([]byte, len(counts)*size)
	if _, err := p.counters.ReadAt(buf, int64((cpu*countSlots+first)*size)); err != nil {
		return fmt.Errorf("counters: %w", err)
	}
	if _, err := binary.Decode(buf, binary.LittleEndian, counts); err != nil {
		return fmt.Errorf("counters: %w", err)
	}
	return nil
}

// Close detaches the program and frees everything.
func (p *Program) Close() error {
	var errs []error
	for _, l := range p.links {
		errs = append(errs, l.Close())
	}
	p.links = nil
	for _, r := range p.readers {
		errs = append(errs, r.close())
	}
	p.readers = nil
	for _, m := range p.rings {
		errs = append(errs, m.Close())
	}
	return errors.Join(append(errs, p.objs.Close())...)
}
