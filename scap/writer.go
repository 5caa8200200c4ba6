package scap

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"

	"falcoreplay/scap/event"
)

// WriterOptions are the choices of a writer. The zero value is the default of
// each.
type WriterOptions struct {
	// Compression is gzip by default. A capture that is not compressed has no
	// chunks, so damage and cuts are not told apart, and no totals.
	Compression Compression

	// Level is that of gzip, 1 to 9, or zstd, 1 to 22. The default (0) is 1 of
	// both: a recorder shares its host with what it records.
	Level int

	// ChunkBytes is the uncompressed length at which a chunk ends, with the
	// block that reaches it; at most 16 MiB. The default (0) is 1 MiB: smaller
	// ones compress worse, larger ones lose more where one is damaged.
	ChunkBytes int

	// Info is written into each section, if it is not nil.
	Info *Info
}

func (o WriterOptions) check() error {
	var errs []error
	if err := o.Compression.check(o.Level); err != nil {
		errs = append(errs, err)
	}
	if o.ChunkBytes < 0 || o.ChunkBytes > largestChunkBytes {
		errs = append(errs, fmt.Errorf("chunk bytes %d is not between 0 and %d", o.ChunkBytes, largestChunkBytes))
	}
	return errors.Join(errs...)
}

// ErrRecord is what WriteEvent says of bytes that are no event. It leaves the
// capture and the writer as they were.
var ErrRecord = errors.New("not an event record")

// Writer writes a capture: for each section a snapshot, then events. It is for
// one goroutine at a time; beside it, one of its own compresses and writes, and
// calls wait where it is more than three chunks behind.
//
// An error of writing is kept: all later calls return it, and the file is good
// up to its last whole chunk, the first Stats().FileBytes bytes.
type Writer struct {
	out  *chunkWriter
	cur  *chunkBuffer
	max  int    // length at which a chunk ends
	info []byte // body of the block

	offset uint64 // uncompressed bytes in the chunks before
	before uint64 // events in the chunks before
	number uint64 // of the current chunk

	inSection bool
	chunks    bool // in the file; not if it is not compressed
	totals    *Totals
	closed    error
}

// WriterStats are a writer's figures.
type WriterStats struct {
	Events    uint64 // taken
	Bytes     uint64 // taken, uncompressed
	FileBytes uint64 // written, in whole chunks
	Chunks    uint64 // written
}

var errWriterClosed = errors.New("capture writer is closed")

// NewWriter starts a capture. Nothing is written to w before the first chunk
// ends. The error is one of wrong options, all of them.
func NewWriter(w io.Writer, opts WriterOptions) (*Writer, error) {
	if err := opts.check(); err != nil {
		return nil, err
	}
	wr := &Writer{max: opts.ChunkBytes, chunks: opts.Compression != None}
	if wr.max == 0 {
		wr.max = defaultChunkBytes
	}
	if opts.Info != nil {
		var err error
		if wr.info, err = opts.Info.encode(); err != nil {
			return nil, err
		}
	}
	var err error
	if wr.out, err = startChunkWriter(w, opts.Compression, opts.Level, wr.max); err != nil {
		return nil, err
	}
	wr.cur = wr.out.buffer()
	return wr, nil
}

// Stats may be called at any time by the goroutine that writes.
func (w *Writer) Stats() WriterStats {
	s := WriterStats{
		Events: w.before, Bytes: w.offset,
		FileBytes: w.out.fileBytes.Load(), Chunks: w.out.written.Load(),
	}
	if w.cur != nil {
		s.Events += w.cur.meta.Events
		s.Bytes += uint64(len(w.cur.raw))
	}
	return s
}

// SetTotals gives the figures that Close writes into the last chunk.
func (w *Writer) SetTotals(t Totals) { w.totals = &t }

// WriteEvent adds one event: record is the event from its time to the end of
// its last parameter, as it lies in a ring of the kernel and in the file,
//
//	time 8 | thread 8 | length 4 | type 2 | number of parameters 4 | their lengths, 2 or 4 each | parameters
//
// It is copied and allocates nothing, but for events with large payloads. Bytes
// that are no event of a known type are not written: the error is ErrRecord,
// and the writer goes on. Without a snapshot before it the capture has none.
func (w *Writer) WriteEvent(cpu uint16, flags uint32, record []byte) error {
	if err := w.failed(); err != nil {
		return err
	}
	if len(record) < eventHeaderBytes || int64(le32(record[16:])) != int64(len(record)) {
		return badRecord(record, "its length is another")
	}
	typ := event.Type(binary.LittleEndian.Uint16(record[20:]))
	info := event.Lookup(typ)
	if info == nil {
		return badRecord(record, "its type is unknown")
	}
	width := info.LenSize()
	if !paramsFill(le32(record[22:]), width, record[eventHeaderBytes:]) {
		return badRecord(record, "its parameters do not fill it")
	}
	// Large payloads are a matter of the type, not of this event's length.
	t, limit := blockEventV2, maxSmallEventBytes
	if width == 4 {
		t, limit = blockEventV2Large, defaultMaxEventBytes
	}
	if flags &^= flagLarge; flags != 0 {
		t++ // the same block with flags
	}
	total := (minBlockBytes + 2 + len(record) + 3) &^ 3
	if flags != 0 {
		total += 4
	}
	if total > limit {
		return badRecord(record, "it is too long for its type")
	}
	if !w.inSection {
		w.beginSection()
	}
	c := w.cur
	b := binary.LittleEndian.AppendUint32(c.raw, uint32(t))
	b = binary.LittleEndian.AppendUint32(b, uint32(total))
	b = binary.LittleEndian.AppendUint16(b, cpu)
	if flags != 0 {
		b = binary.LittleEndian.AppendUint32(b, flags)
	}
	b = append(b, record...)
	for end := len(c.raw) + total - blockTrailerBytes; len(b) < end; {
		b = append(b, 0)
	}
	c.raw = binary.LittleEndian.AppendUint32(b, uint32(total))
	c.addEvent(le64(record), typ)
	if len(c.raw) >= w.max {
		w.endChunk()
	}
	return nil
}

// flagLarge says in the flags of libscap's functions which block an event goes
// into; it is not written (userspace/libscap/scap.h, SCAP_DF_LARGE).
const flagLarge uint32 = 4

func badRecord(record []byte, reason string) error {
	// A text, so that records need not lie in the heap.
	start := hex.EncodeToString(record[:min(len(record), eventHeaderBytes)])
	return fmt.Errorf("%w: %d bytes that begin with %q: %s", ErrRecord, len(record), start, reason)
}

// paramsFill tells whether n lengths of width bytes and as many parameters are
// all of data.
func paramsFill(n uint32, width int, data []byte) bool {
	if n > event.MaxParams || int(n)*width > len(data) {
		return false
	}
	sum := uint64(n) * uint64(width)
	if width == 2 {
		for i := range int(n) {
			sum += uint64(binary.LittleEndian.Uint16(data[2*i:]))
		}
	} else {
		for i := range int(n) {
			sum += uint64(le32(data[4*i:]))
		}
	}
	return sum == uint64(len(data))
}

const dropEventBytes = eventHeaderBytes + 2 + 4

// AppendDrop appends the record of a drop event, for WriteEvent: t is
// event.DropE where the loss begins and event.DropX where it ends, ts the time
// in nanoseconds since the epoch, lost the number of events lost between the
// two. It stands in the event's only parameter, named ratio, which is a
// sampling ratio in recorders that sample; what does not fit is written as the
// largest number.
func AppendDrop(b []byte, t event.Type, ts, lost uint64) []byte {
	b = binary.LittleEndian.AppendUint64(b, ts)
	b = binary.LittleEndian.AppendUint64(b, math.MaxUint64) // no thread
	b = binary.LittleEndian.AppendUint32(b, dropEventBytes)
	b = binary.LittleEndian.AppendUint16(b, uint16(t))
	b = binary.LittleEndian.AppendUint32(b, 1)
	b = binary.LittleEndian.AppendUint16(b, 4)
	return binary.LittleEndian.AppendUint32(b, uint32(min(lost, math.MaxUint32)))
}

// AppendAsync appends the record of an asynchronous event, for WriteEvent: what
// a plugin of Falco's, or the recorder in its place, tells of something that no
// thread did. ts is the time in nanoseconds since the epoch, name what the data
// are, as their readers know them. The plugin's number and the thread are 0, as
// in Falco's captures (the container plugin, src/caps/async/async.tpp,
// generate_async_event).
func AppendAsync(b []byte, ts uint64, name string, data []byte) []byte {
	const params, pluginIDBytes = 3, 4
	total := eventHeaderBytes + 4*params + pluginIDBytes + len(name) + 1 + len(data)
	b = binary.LittleEndian.AppendUint64(b, ts)
	b = binary.LittleEndian.AppendUint64(b, 0)
	b = binary.LittleEndian.AppendUint32(b, uint32(total))
	b = binary.LittleEndian.AppendUint16(b, uint16(event.AsynceventE))
	b = binary.LittleEndian.AppendUint32(b, params)
	b = binary.LittleEndian.AppendUint32(b, pluginIDBytes)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(name)+1))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(data)))
	b = binary.LittleEndian.AppendUint32(b, 0)
	b = append(append(b, name...), 0)
	return append(b, data...)
}

// WriteDrop says that events of a processor were lost between two times: it
// adds the drop events of the beginning and of the end.
func (w *Writer) WriteDrop(cpu uint16, from, to, lost uint64) error {
	var b [dropEventBytes]byte
	if err := w.WriteEvent(cpu, 0, AppendDrop(b[:0], event.DropE, from, lost)); err != nil {
		return err
	}
	return w.WriteEvent(cpu, 0, AppendDrop(b[:0], event.DropX, to, lost))
}

// Cut ends the current chunk without waiting until it is written.
func (w *Writer) Cut() error {
	if err := w.failed(); err != nil {
		return err
	}
	w.endChunk()
	return nil
}

// Flush ends the current chunk and waits until it is written: then all so far
// can be read. That it outlives a power cut is up to the file's Sync.
func (w *Writer) Flush() error {
	if err := w.Cut(); err != nil {
		return err
	}
	w.out.wait()
	return w.out.failed()
}

// Close ends the capture, with the totals if there are any, and the goroutine.
// It does not close what the writer writes to. It must be called after an error
// too, which it returns; the second call does nothing.
func (w *Writer) Close() error {
	if w.closed != nil {
		if w.closed == errWriterClosed {
			return nil
		}
		return w.closed
	}
	if w.failed() == nil {
		if !w.inSection {
			w.beginSection()
		}
		w.cur.meta.End, w.cur.meta.Totals = true, w.totals
		w.submit()
	}
	w.out.stop()
	w.cur = nil
	if w.closed = w.out.failed(); w.closed == nil {
		w.closed = errWriterClosed
		return nil
	}
	return w.closed
}

// failed is the error of an earlier call.
func (w *Writer) failed() error {
	if w.closed != nil {
		return w.closed
	}
	return w.out.failed()
}

// endChunk hands the current chunk over, if there is anything in it.
func (w *Writer) endChunk() {
	if len(w.cur.raw) > 0 {
		w.submit()
	}
}

func (w *Writer) submit() {
	c := w.cur
	c.meta.Number, c.meta.Offset, c.meta.Before = w.number, w.offset, w.before
	w.number++
	w.offset += uint64(len(c.raw))
	w.before += c.meta.Events
	w.out.submit(c)
	w.cur = w.out.buffer()
}
