package scap

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"falcoreplay/scap/event"
)

func le32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }
func le64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

// Reader reads a capture: for each of its sections a snapshot, then events.
// It is for one goroutine; beside it, one of its own reads and decompresses
// ahead.
type Reader struct {
	in   input
	ev   event.Event
	conv event.Converter
	opts Options

	snapshot *Snapshot
	info     *Info
	section  int
	inEvents bool // the section's first event has been met
	initial  bool // all its events so far are part of its initial state
	counted  bool // events of the initial state are counted
	num      uint64

	stats Stats
	err   error
	name  string
	last  []byte // block of the last event, under the build tag invariants
}

// Stats are what a reader has met so far.
type Stats struct {
	Events  uint64 // returned
	Blocks  uint64 // read whole, of any type
	Dropped uint64 // events of older schemas that today's do not have, among them all enter events that were taken into their exit events

	UnknownBlocks uint64 // passed over: of unknown type, or behind the section's first event where only events belong
	UnknownEvents uint64 // passed over: of a type that is not in the table

	Malformed      uint64 // events passed over whose block is whole, but not what is in it
	FirstMalformed *Error // the first of them

	Conversion event.ConverterStats

	DropEvents uint64 // markers of the recorder for events lost

	// Chunks that could not be read, of captures that have chunks. Reading goes
	// on behind them, and ends with an error that is ErrCorrupt.
	LostChunks, LostEvents uint64
}

// NewReader reads the header of a capture, up to its first event. It tells by
// the first bytes of r whether it is compressed, with gzip (one member or
// many) or zstd, or not at all; name is for messages only. The error is an
// *Error, but for wrong options.
//
// Close must be called where reading ends before Next has returned an error.
func NewReader(r io.Reader, name string, opts Options) (*Reader, error) {
	if err := opts.check(); err != nil {
		return nil, err
	}
	if opts.MaxEventBytes == 0 {
		opts.MaxEventBytes = defaultMaxEventBytes
	}
	if opts.MaxSnapshotEntries == 0 {
		opts.MaxSnapshotEntries = defaultMaxSnapshotEntries
	}
	rd := &Reader{opts: opts, name: name, snapshot: new(Snapshot)}
	rd.in.start(r)
	switch t, _, err := rd.blockHeader(); {
	case err == io.EOF:
		rd.fail(0, ErrTruncated, "the file is empty")
	case err != nil:
	case t != blockSection && rd.in.lost.reason != "":
		// The beginning is lost, with all or some of the snapshot.
		rd.beginSection()
		rd.between()
	case t != blockSection:
		rd.fail(0, ErrUnsupported, fmt.Sprintf("not a scap file: it begins with %#08x", uint32(t)))
	default:
		rd.between()
	}
	if rd.err != nil && rd.err != io.EOF {
		return nil, rd.err
	}
	return rd, nil
}

// Snapshot is the state of the host when the section of the last event began;
// before the first event, that of the first section.
func (r *Reader) Snapshot() *Snapshot { return r.snapshot }

// Info is what the recorder says of the section of the last event, nil where it
// says nothing.
func (r *Reader) Info() *Info { return r.info }

// Section is the number of the section of the last event, from 1. A section
// is a capture of its own: a file may be several captures one after another.
func (r *Reader) Section() int { return r.section }

// Stats tells what has been met up to the last event.
func (r *Reader) Stats() Stats {
	s := r.stats
	s.Conversion = r.conv.Stats()
	s.LostChunks, s.LostEvents = r.in.lost.chunks, r.in.lost.events
	return s
}

// Compressed tells whether the capture is compressed.
func (r *Reader) Compressed() bool { return r.in.packed }

// Totals are the figures with which the recorder has ended the capture, known
// once Next has returned an error; nil where it has not.
func (r *Reader) Totals() *Totals { return r.in.totals }

// Close ends the reader and the goroutine beside it. It does not close what
// the reader reads, and does not wait for it: a Read that is under way may go
// on until it returns.
func (r *Reader) Close() error {
	r.in.close()
	if r.err == nil {
		r.err = errors.New("capture reader is closed")
	}
	return nil
}

// fail ends reading.
func (r *Reader) fail(offset int64, kind error, reason string) error {
	r.in.close()
	r.err = &Error{File: r.name, Offset: offset, Reason: reason, Err: kind}
	return r.err
}

// blockHeader waits for the header of the next block without consuming it.
// io.EOF is the clean end of the capture.
func (r *Reader) blockHeader() (t blockType, total int, err error) {
	in := &r.in
	if !in.need(blockHeaderBytes) {
		if in.left() == 0 && errors.Is(in.err, io.EOF) {
			if l := &in.lost; l.reason != "" {
				return 0, 0, r.fail(l.offset, ErrCorrupt, fmt.Sprintf("chunks lost: %d, events lost: %d, all else was read: %s", l.chunks, l.events, l.reason))
			}
			r.in.close()
			r.err = io.EOF
			return 0, 0, io.EOF
		}
		kind, reason := in.failure()
		if in.left() > 0 {
			reason += fmt.Sprintf(", %d bytes into the header of a block", in.left())
		}
		return 0, 0, r.fail(in.offset()+int64(in.left()), kind, reason)
	}
	b := in.buf[in.pos:]
	n := le32(b[4:])
	if n > math.MaxInt32 {
		return 0, 0, r.fail(in.offset(), ErrCorrupt, fmt.Sprintf("block length %d", n))
	}
	return blockType(le32(b)), int(n), nil
}

// between reads the blocks up to the next event, if there are any.
func (r *Reader) between() error {
	for {
		t, total, err := r.blockHeader()
		if err != nil {
			return err
		}
		if layoutOf(t) != 0 {
			r.inEvents = true
			return nil
		}
		if t == blockSection {
			r.beginSection()
		}
		if err := r.readBlock(t, total); err != nil {
			return err
		}
	}
}

func (r *Reader) beginSection() {
	r.section++
	r.snapshot, r.info = new(Snapshot), nil
	r.inEvents, r.initial, r.counted = false, true, r.section == 1
	r.conv.Reset()
}

// Next returns the next event, which is valid until the next call. At the end
// of the capture the error is io.EOF, at damage an *Error; all events before
// it have been returned, and further calls return it again.
func (r *Reader) Next() (*event.Event, error) { return r.next(&r.ev) }

// next reads an event into e, waiting where there is no whole one.
func (r *Reader) next(e *event.Event) (*event.Event, error) {
	if invariants {
		overwrite(r.last)
		r.last = nil
	}
	for r.err == nil {
		if r.quick(e) {
			return e, nil
		}
		in := &r.in
		b := in.buf[in.pos:]
		if len(b) < minBlockBytes {
			if err := r.between(); err != nil {
				return nil, err
			}
			b = in.buf[in.pos:]
		}
		layout := layoutOf(blockType(le32(b)))
		if layout == 0 {
			if err := r.between(); err != nil {
				return nil, err
			}
			continue
		}
		total := int(le32(b[4:]))
		if uint(total) > uint(len(b)) || total < minBlockBytes {
			if err := r.wholeBlock(layout, total); err != nil {
				return nil, err
			}
			b = in.buf[in.pos:]
		}
		if trailer := int(le32(b[total-blockTrailerBytes : total])); trailer != total {
			return nil, r.fail(in.offset(), ErrCorrupt, fmt.Sprintf("block length %d before and %d behind an event", total, trailer))
		}
		if r.take(e) {
			return e, nil
		}
	}
	return nil, r.err
}

// ready tells whether the block of an event is there as a whole.
func (r *Reader) ready() bool {
	b := r.in.buf[r.in.pos:]
	if len(b) < minBlockBytes || layoutOf(blockType(le32(b))) == 0 {
		return false
	}
	total := int(le32(b[4:]))
	return total >= minBlockBytes && total <= len(b) && int(le32(b[total-blockTrailerBytes:total])) == total
}

// take reads the event of a block that is there; it is false for one that is
// not to be returned.
func (r *Reader) take(e *event.Event) bool {
	b := r.in.buf[r.in.pos:]
	layout, total := layoutOf(blockType(le32(b))), int(le32(b[4:]))
	r.in.pos += total
	r.stats.Blocks++
	b = b[blockHeaderBytes : total-blockTrailerBytes]
	if !r.decode(e, layout, b) || !r.accept(e) {
		return false
	}
	if invariants && !r.in.keep {
		r.last = b
	}
	return true
}

// wholeBlock waits until the block of an event is there.
func (r *Reader) wholeBlock(layout eventLayout, total int) error {
	limit := r.opts.MaxEventBytes
	if layout&layoutLarge == 0 {
		limit = min(limit, maxSmallEventBytes)
	}
	start := r.in.offset()
	if total < minBlockBytes || total > limit {
		return r.fail(start, ErrCorrupt, fmt.Sprintf("length %d of an event's block is not between %d and %d", uint32(total), minBlockBytes, limit))
	}
	if !r.in.need(total) {
		kind, reason := r.in.failure()
		return r.fail(r.in.offset()+int64(r.in.left()), kind, fmt.Sprintf("%s, %d bytes into the block of %d bytes at %d", reason, r.in.left(), total, start))
	}
	return nil
}

// accept finishes the event that has been decoded; it is false for one that
// is not to be returned.
func (r *Reader) accept(e *event.Event) bool {
	if !r.opts.Raw && !r.conv.Convert(e) {
		// libsinsp takes the end of the initial state from the first event that
		// is anything else, even one that it drops.
		r.initial = false
		r.stats.Dropped++
		return false
	}
	r.stats.Events++
	if e.Type == event.DropE || e.Type == event.DropX {
		r.stats.DropEvents++
	}
	e.StateOnly = e.Flags&event.FlagStateOnly != 0 || stateOnly(e.Type)
	if r.initial {
		if r.initial = initialState(e.Type); r.initial {
			e.StateOnly = true
			if !r.counted {
				e.Num = 0
				return true
			}
		}
	}
	r.num++
	e.Num = r.num
	return true
}

// stateOnly tells the enter events that only complete others
// (userspace/libsinsp/sinsp.cpp, sinsp_evt_filter).
func stateOnly(t event.Type) bool {
	switch t {
	case event.SyscallOpenE, event.SyscallOpenat_2E, event.SyscallOpenat2E, event.SyscallCreatE,
		event.SocketConnectE, event.SyscallExecve19E, event.SyscallExecveatE:
		return true
	}
	return false
}

// initialState tells the events that belong to a section's snapshot where they
// are its first ones (same file, sinsp::is_initialstate_event). Those of the
// first section are numbered, those of others are not (sinsp::restart_capture).
func initialState(t event.Type) bool {
	switch t {
	case event.ContainerJson2E, event.UserAddedE, event.UserDeletedE, event.GroupAddedE,
		event.GroupDeletedE, event.AsynceventE:
		return true
	}
	return false
}
