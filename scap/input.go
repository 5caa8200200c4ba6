package scap

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

const (
	// pieceBytes is how much is handed over at once; the first pieces are
	// smaller, so that a small capture takes little memory.
	pieceBytes      = 256 << 10
	firstPieceBytes = 64 << 10

	// headroom is what a piece leaves free at its start for the rest of the
	// one before it, so that a block of usual size lies in one piece without
	// being copied.
	headroom = maxSmallEventBytes

	// piecesAhead is how many pieces there are: one with the consumer, one
	// ready, one being filled.
	piecesAhead = 3

	// inputBytes is how much of the file is read at once; the longest header of
	// a chunk fits.
	inputBytes = 128 << 10

	// maxZstdWindow bounds the memory of the zstd decoder, which takes the
	// window that a frame claims. Levels up to 19 have at most 8 MiB, and 21
	// has this; only --ultra -22 and --long=27 have more.
	maxZstdWindow = 64 << 20
)

// piece is bytes of the stream, mem[headroom:headroom+n], and what ended the
// stream behind them.
type piece struct {
	mem    []byte
	n      int
	err    error
	packed bool // the stream is compressed

	// Of chunks: ready is closed once the others hold what they will.
	ready  chan struct{}
	lost   lost // before the bytes, or instead of them
	totals *Totals
}

// input is the uncompressed stream of a capture. A goroutine reads and
// decompresses ahead of the consumer, and gives it memory that the consumer
// gives back.
type input struct {
	buf  []byte // what has arrived; unread from pos on
	pos  int
	base int64 // place of buf[0] in the stream
	err  error // what ended the stream

	packed bool
	lost   lost
	totals *Totals

	full  chan *piece
	empty chan []byte
	done  chan struct{}
	mem   []byte // what buf lies in, nil where buf has memory of its own

	// keep puts memory that is no longer read into retired, for somebody else
	// to give back, as there may be batches that lie in it.
	keep    bool
	retired [][]byte
}

// start begins to read ahead.
func (in *input) start(r io.Reader) {
	in.full = make(chan *piece, piecesAhead+maxDecoders)
	in.empty = make(chan []byte, piecesAhead+maxDecoders)
	in.done = make(chan struct{})
	for range piecesAhead {
		in.empty <- nil
	}
	go produce(r, in.full, in.empty, in.done)
}

// close ends the goroutine, at once or when the input's Read returns.
func (in *input) close() {
	select {
	case <-in.done:
	default:
		close(in.done)
	}
}

// produce fills pieces until the stream ends or done is closed.
func produce(r io.Reader, full chan<- *piece, empty chan []byte, done <-chan struct{}) {
	file := &file{r: r}
	br := bufio.NewReaderSize(file, inputBytes)
	if start, _ := br.Peek(chunkStartBytes); isChunk(start) {
		produceChunks(&chunkSource{br: br, file: file}, full, empty, done)
		return
	}
	src, closeSrc := decompress(br)
	defer closeSrc()
	packed := src != io.Reader(br)
	size := firstPieceBytes
	for {
		c := &piece{packed: packed}
		select {
		case c.mem = <-empty:
		case <-done:
			return
		}
		if len(c.mem) < headroom+size {
			c.mem = make([]byte, headroom+size)
		}
		c.n, c.err = readFull(src, c.mem[headroom:headroom+size])
		if file.err != nil {
			c.err = file.err // whatever the decompressor makes of it
		}
		size = min(2*size, pieceBytes)
		select {
		case full <- c:
		case <-done:
			return
		}
		if c.err != nil {
			return
		}
	}
}

// file is what the bytes come from. It keeps the error of reading them apart
// from those of decompressing them.
type file struct {
	r   io.Reader
	err error // *fileError, nil at the end
}

type fileError struct{ err error }

func (e *fileError) Error() string { return e.err.Error() }

func (f *file) Read(b []byte) (int, error) {
	n, err := f.r.Read(b)
	if err != nil && err != io.EOF {
		f.err = &fileError{err}
	}
	return n, err
}

// readFull reads until the buffer is full or something ends the stream.
func readFull(r io.Reader, b []byte) (n int, err error) {
	for idle := 0; n < len(b) && err == nil; {
		var k int
		k, err = r.Read(b[n:])
		if n += k; k > 0 {
			idle = 0
		} else if idle++; err == nil && idle >= 100 {
			err = io.ErrNoProgress
		}
	}
	return n, err
}

// decompress tells by its first bytes how a stream is compressed.
func decompress(br *bufio.Reader) (src io.Reader, closeSrc func()) {
	magic, _ := br.Peek(4)
	nothing := func() {}
	switch {
	case len(magic) >= 2 && magic[0] == 0x1f && magic[1] == 0x8b:
		return &lazyReader{open: func() (io.Reader, error) { return gzip.NewReader(br) }}, nothing
	case len(magic) == 4 && magic[1] == 0xb5 && magic[2] == 0x2f && magic[3] == 0xfd && magic[0] == 0x28,
		len(magic) == 4 && magic[0]&0xf0 == 0x50 && magic[1] == 0x2a && magic[2] == 0x4d && magic[3] == 0x18:
		d, err := zstd.NewReader(br, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(maxZstdWindow))
		if err != nil {
			return &lazyReader{err: err}, nothing
		}
		return d, d.Close
	}
	return br, nothing
}

// lazyReader opens a reader at the first read, and gives its error there.
type lazyReader struct {
	open func() (io.Reader, error)
	r    io.Reader
	err  error
}

func (l *lazyReader) Read(b []byte) (int, error) {
	if l.r == nil && l.err == nil {
		l.r, l.err = l.open()
	}
	if l.err != nil {
		return 0, l.err
	}
	return l.r.Read(b)
}

// left is the number of bytes that have arrived and are unread.
func (in *input) left() int { return len(in.buf) - in.pos }

// offset is the place of the next byte in the stream.
func (in *input) offset() int64 { return in.base + int64(in.pos) }

// need waits until n bytes are there in one piece, from pos on. It is false
// where the stream ends before.
func (in *input) need(n int) bool {
	for in.left() < n {
		if !in.more() {
			return false
		}
	}
	return true
}

// skip passes over n bytes without keeping them; it is false where the stream
// ends before.
func (in *input) skip(n int) bool {
	for n > in.left() {
		n -= in.left()
		in.pos = len(in.buf)
		if !in.more() {
			return false
		}
	}
	in.pos += n
	return true
}

// more appends a piece to the unread bytes.
func (in *input) more() bool {
	if in.err != nil {
		return false
	}
	c := <-in.full
	if c.ready != nil {
		<-c.ready
	}
	in.packed = c.packed
	if in.err = c.err; c.totals != nil {
		in.totals = c.totals
	}
	if c.lost.reason != "" {
		in.lost.add(c.lost)
		if in.left() > 0 {
			// No writer of ours splits a block, so this one is not what it says.
			in.err = errTornBlock
			c.n = 0
		}
		in.base = min(in.base+int64(c.lost.bytes), 1<<60)
	}
	if c.n == 0 {
		in.giveBack(c.mem)
		return in.err == nil
	}
	rest := in.buf[in.pos:]
	in.base += int64(in.pos)
	in.pos = 0
	if len(rest) <= headroom {
		start := headroom - len(rest)
		copy(c.mem[start:], rest)
		in.recycle(in.mem)
		in.mem, in.buf = c.mem, c.mem[start:headroom+c.n]
	} else {
		// A long block: it gets memory of its own, which grows as it arrives.
		if in.mem != nil {
			rest = append(make([]byte, 0, len(rest)+c.n), rest...)
			in.recycle(in.mem)
			in.mem = nil
		}
		in.buf = append(rest, c.mem[headroom:headroom+c.n]...)
		in.giveBack(c.mem)
	}
	return true
}

var errTornBlock = errors.New("a chunk is lost in the middle of a block")

func (in *input) recycle(mem []byte) {
	if mem == nil {
		return
	}
	if in.keep {
		in.retired = append(in.retired, mem)
		return
	}
	in.giveBack(mem)
}

// giveBack returns memory, or the right to take some.
func (in *input) giveBack(mem []byte) {
	if invariants {
		overwrite(mem)
	}
	if len(mem) > headroom+trustedBytes {
		mem = nil // a large block was in it
	}
	select {
	case in.empty <- mem:
	default: // the goroutine has enough
	}
}

// failure makes what ended the stream into the kind of an Error and a reason.
func (in *input) failure() (kind error, reason string) {
	var fe *fileError
	switch {
	case errors.Is(in.err, io.EOF):
		return ErrTruncated, "the file ends here"
	case errors.As(in.err, &fe):
		return fe.err, "the file cannot be read further"
	case errors.Is(in.err, io.ErrUnexpectedEOF):
		return ErrTruncated, "the compressed data end here"
	case errors.Is(in.err, errUnfinished):
		return ErrTruncated, in.err.Error()
	case errors.Is(in.err, zstd.ErrWindowSizeExceeded):
		return ErrUnsupported, fmt.Sprintf("the zstd window is larger than %d bytes", maxZstdWindow)
	}
	return ErrCorrupt, "compressed data: " + in.err.Error()
}
