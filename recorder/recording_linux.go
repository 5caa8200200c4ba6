//go:build linux && (amd64 || arm64)

package recorder

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"regexp"
	"time"

	"falcoreplay/recorder/container"
	"falcoreplay/recorder/filter"
	"falcoreplay/recorder/procsnap"
	"falcoreplay/scap"
	"falcoreplay/scap/event"
)

// Options of a recording.
type Options struct {
	// Path of the capture, "-" for standard output. What it names is replaced,
	// if it is a regular file. Where files rotate, a time stamp and a number
	// are put before its suffix.
	Path string

	Syscalls  []string // names of what is recorded, as Source.Select takes them; nil for all
	RingBytes int      // as in SourceOptions
	Rings     int      // as in SourceOptions
	SnapLen   uint32   // most bytes of data in an event; 0 for the default

	// Filter and State are as in SourceOptions. With FilterSnapshot a capture
	// holds nothing of processes that the filter is not true of, but for the
	// names of their ancestors.
	Filter         *filter.Filter
	State          []string
	FilterSnapshot bool

	Compression scap.Compression
	Level       int // of the compression, 0 for its default

	Env    procsnap.EnvMode // of environments, in the snapshot and in events
	Redact *regexp.Regexp   // what it matches in arguments, values of environments and data is masked; nil for nothing

	Duration time.Duration // after which the recording ends, 0 for never
	Events   uint64        // after which it ends, 0 for never

	// A new file starts when one has this many bytes, or is this old; 0 for
	// never. KeepFiles is how many of a recording's files stay, 0 for all.
	RotateBytes uint64
	RotateAfter time.Duration
	KeepFiles   int

	// Containers says which container runtimes are asked, nil for none. Warn, if
	// it is not nil, is told what is amiss with them, in a sentence; it may be
	// called by several goroutines.
	Containers *container.Sockets
	Warn       func(string)

	Version string // of the program, for the capture information

	// Status, if it is not nil, is called about once a second.
	Status func(Status)
	// Ready, if it is not nil, is called once everything is recorded.
	Ready func()
}

// Status is how a recording goes.
type Status struct {
	Elapsed   time.Duration
	Events    uint64 // in the capture
	Lost      uint64 // for want of room in the ring
	Malformed uint64 // that could not be written
	FileBytes uint64 // written, all files together
	Files     int    // begun
	Masked    uint64 // variables in environments
	Redacted  uint64 // events of which a part was masked for matching Options.Redact
	Snapshot  procsnap.Stats
}

// stream is what a recording reads: a Source.
type stream interface {
	Next(deadline time.Time) (cpu uint16, record []byte, err error)
	Losses() ([]Loss, error)
	Counts() ([]CallCounts, error)
	SyncClock() error
	Stop() error
}

const (
	tickInterval  = 100 * time.Millisecond // between looks at losses and limits
	flushInterval = time.Second            // a capture is good up to then
	// spoolBytes is how much may happen while a snapshot is taken before the
	// ring has to hold the rest.
	spoolBytes = 64 << 20
)

// recording is one in progress. Everything is done by the goroutine of run, but
// for the taking of snapshots.
type recording struct {
	opt      Options
	src      stream
	takeSnap func() (*scap.Snapshot, procsnap.Stats, error)

	out     *output // nil before the first snapshot
	spool   spool
	snap    chan taken // of the snapshot under way, nil if there is none
	mask    masker
	boxes   *containers // nil if nobody is asked about containers
	start   time.Time
	flushed time.Time
	last    uint64 // time of the last event
	files   []string
	done    uint64 // bytes of the files that ended
	status  Status
}

type taken struct {
	snapshot   *scap.Snapshot
	stats      procsnap.Stats
	containers []container.Event
	err        error
}

// run records until the context ends, a limit is reached or something fails.
func (r *recording) run(ctx context.Context) error {
	r.start = time.Now()
	r.flushed = r.start
	r.beginSnapshot()
	err := r.loop(ctx)
	return errors.Join(err, r.finish(err == nil))
}

func (r *recording) loop(ctx context.Context) error {
	tick := r.start.Add(tickInterval)
	for n := 0; ; n++ {
		cpu, record, err := r.src.Next(tick)
		idle := errors.Is(err, os.ErrDeadlineExceeded)
		switch {
		case idle:
		case err != nil:
			return err
		default:
			if err := r.take(cpu, record); err != nil {
				return err
			}
			if r.full() {
				return nil
			}
		}
		if idle || n%64 == 0 || len(r.spool.bytes) > spoolBytes {
			now := time.Now()
			if err := r.endSnapshot(len(r.spool.bytes) > spoolBytes); err != nil {
				return err
			}
			if err := r.listen(now); err != nil {
				return err
			}
			if now.Before(tick) {
				continue
			}
			tick = now.Add(tickInterval)
			if err := r.housekeep(now); err != nil {
				return err
			}
			if ctx.Err() != nil || r.opt.Duration > 0 && now.Sub(r.start) >= r.opt.Duration {
				return nil
			}
		}
	}
}

// full reports whether the capture has all events that were asked for.
func (r *recording) full() bool {
	return r.opt.Events > 0 && r.status.Events+uint64(r.spool.events) >= r.opt.Events
}

// take puts an event into the capture, or behind a snapshot that is being taken.
func (r *recording) take(cpu uint16, record []byte) error {
	r.last = binary.LittleEndian.Uint64(record)
	var told []container.Event
	if r.boxes != nil {
		told = r.boxes.look(record)
	}
	if err := r.put(cpu, r.mask.record(record)); err != nil {
		return err
	}
	return r.describe(told)
}

// put writes an event, or keeps it until a snapshot is there to be put before it.
func (r *recording) put(cpu uint16, record []byte) error {
	if r.snap != nil {
		r.spool.add(cpu, record)
		return nil
	}
	return r.write(cpu, record)
}

// describe puts descriptions of containers behind the last event.
func (r *recording) describe(events []container.Event) error {
	for _, e := range events {
		record, err := e.AppendRecord(nil, r.last)
		if err != nil {
			r.status.Malformed++
			continue
		}
		if err := r.put(0, record); err != nil {
			return err
		}
	}
	return nil
}

// listen describes the containers that were told of since it was last called.
func (r *recording) listen(now time.Time) error {
	for r.boxes != nil && r.last != 0 {
		select {
		case e, ok := <-r.boxes.from.Events():
			if !ok {
				return nil
			}
			if e.Removed {
				r.boxes.removed = append(r.boxes.removed, removal{e, now})
				continue
			}
			if !r.boxes.told(e) {
				continue
			}
			if err := r.describe([]container.Event{e}); err != nil {
				return err
			}
		default:
			return r.describe(r.boxes.gone(now))
		}
	}
	return nil
}

// write puts an event into the capture.
func (r *recording) write(cpu uint16, record []byte) error {
	err := r.out.writer.WriteEvent(cpu, 0, record)
	switch {
	case err == nil:
		if binary.LittleEndian.Uint16(record[recordType:]) != uint16(event.AsynceventE) {
			r.status.Events++ // the kernel's
		}
	case errors.Is(err, scap.ErrRecord): // nothing was written; the rest is good
		r.status.Malformed++
		return nil
	}
	return err
}

// beginSnapshot starts a file: from here on events belong to it, and are kept
// until there is a snapshot to put before them.
func (r *recording) beginSnapshot() {
	done := make(chan taken, 1)
	r.snap = done
	go func() {
		t := taken{}
		t.snapshot, t.stats, t.err = r.takeSnap()
		if t.err == nil && r.boxes != nil {
			t.containers = r.boxes.list(t.snapshot)
		}
		done <- t
	}()
}

// endSnapshot starts the next file if there is a snapshot for it.
func (r *recording) endSnapshot(wait bool) error {
	if r.snap == nil {
		return nil
	}
	var t taken
	if wait {
		t = <-r.snap
	} else {
		select {
		case t = <-r.snap:
		default:
			return nil
		}
	}
	r.snap = nil
	if t.err != nil {
		return fmt.Errorf("snapshot: %w", t.err)
	}
	r.status.Snapshot = t.stats
	r.mask.masked += uint64(t.stats.EnvMasked)
	first := r.out == nil
	if err := r.closeFile(nil); err != nil {
		return err
	}
	if err := r.openFile(t.snapshot); err != nil {
		return err
	}
	if err := r.head(t.containers); err != nil {
		return err
	}
	if first && r.opt.Ready != nil {
		r.opt.Ready()
	}
	return r.spool.drain(r.write)
}

// head describes containers before the first event of a file.
func (r *recording) head(events []container.Event) error {
	at := r.last
	if ts, ok := r.spool.first(); ok {
		at = ts
	}
	if at == 0 {
		at = uint64(time.Now().UnixNano())
		r.last = at
	}
	for _, e := range events {
		record, err := e.AppendRecord(nil, at)
		if err != nil {
			r.status.Malformed++
			continue
		}
		if err := r.write(0, record); err != nil {
			return err
		}
	}
	return nil
}

// housekeep is done at every tick.
func (r *recording) housekeep(now time.Time) error {
	if r.out == nil {
		return nil
	}
	if err := r.losses(); err != nil {
		return err
	}
	if r.snap == nil && r.opt.RotateAfter > 0 && now.Sub(r.out.opened) >= r.opt.RotateAfter {
		r.beginSnapshot()
	}
	if now.Sub(r.flushed) < flushInterval {
		return nil
	}
	r.flushed = now
	if err := errors.Join(r.src.SyncClock(), r.out.flush()); err != nil {
		return err
	}
	if r.opt.Status != nil {
		r.opt.Status(r.figures(now))
	}
	// Not more often: a snapshot alone may have as many bytes.
	if r.snap == nil && r.opt.RotateBytes > 0 && r.out.writer.Stats().FileBytes >= r.opt.RotateBytes {
		r.beginSnapshot()
	}
	return nil
}

// losses writes what was lost into the capture, at the place where it is now,
// so that the order of times holds. During a snapshot it waits for that.
func (r *recording) losses() error {
	if r.snap != nil {
		return nil
	}
	all, err := r.src.Losses()
	if err != nil {
		return err
	}
	for _, l := range all {
		r.status.Lost += l.Events
		at := r.last
		if at == 0 {
			at = l.To
		}
		if err := r.out.writer.WriteDrop(l.CPU, at, at, l.Events); err != nil {
			return err
		}
	}
	return nil
}

// figures are the status now.
func (r *recording) figures(now time.Time) Status {
	s := r.status
	s.Elapsed = now.Sub(r.start)
	s.FileBytes = r.done
	s.Masked, s.Redacted = r.mask.masked, r.mask.redacted
	s.Files = len(r.files)
	if r.out != nil {
		s.FileBytes += r.out.writer.Stats().FileBytes
	}
	return s
}

// finish ends the capture: with what is left in the ring, unless the recording
// failed, and the totals.
func (r *recording) finish(whole bool) error {
	errs := []error{r.src.Stop()}
	if r.out == nil && whole {
		errs = append(errs, r.endSnapshot(true))
	}
	if r.out == nil {
		return errors.Join(errs...)
	}
	if r.snap != nil { // the next file would hold next to nothing
		r.snap = nil
		errs = append(errs, r.spool.drain(r.write))
	}
	for whole && !r.full() {
		cpu, record, err := r.src.Next(time.Now().Add(10 * time.Millisecond))
		if errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
		if err == nil {
			err = r.take(cpu, record)
		}
		if err != nil {
			errs = append(errs, err)
			break
		}
	}
	errs = append(errs, r.losses())
	totals, err := r.totals()
	errs = append(errs, err, r.closeFile(totals))
	if r.opt.Status != nil {
		r.opt.Status(r.figures(time.Now()))
	}
	return errors.Join(errs...)
}

// totals are the kernel's figures. What it wrote but the capture does not hold
// is malformed, or came after the last event that was asked for or a failure.
func (r *recording) totals() (*scap.Totals, error) {
	counts, err := r.src.Counts()
	if err != nil {
		return nil, err
	}
	t := &scap.Totals{}
	for _, c := range counts {
		t.Seen += c.Seen
		t.Written += c.Written
		t.Lost += c.Lost
		t.Filtered += c.Filtered
		if c.Lost > 0 {
			t.LostBySyscall = append(t.LostBySyscall, scap.SyscallCount{Name: c.Name, Count: c.Lost})
		}
	}
	t.Written -= r.status.Malformed
	t.Lost += r.status.Malformed
	if left := t.Written - min(r.status.Events, t.Written); left > 0 {
		t.Written -= left
		t.Filtered += left
	}
	return t, nil
}
