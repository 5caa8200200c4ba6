package scap

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"

	"falcoreplay/scap/event"
)

// chunksBehind is how many chunks may wait to be compressed and written: with
// the one being filled, a capture takes some 5 MiB. A recorder whose disk is
// slower for longer loses events in the kernel, where they are counted.
const chunksBehind = 3

// chunkBuffer is a chunk that is filled or waits to be written.
type chunkBuffer struct {
	raw   []byte
	meta  chunkMeta
	types typeSet
}

// addEvent notes an event in the metadata.
func (c *chunkBuffer) addEvent(ts uint64, t event.Type) {
	m := &c.meta
	if m.Events == 0 {
		m.First, m.Last = ts, ts
	} else {
		m.First, m.Last = min(m.First, ts), max(m.Last, ts)
	}
	m.Events++
	c.types.add(t)
}

// chunkWriter compresses and writes chunks in a goroutine of its own, in the
// order in which they are given to it.
type chunkWriter struct {
	w     io.Writer
	comp  Compression
	size  int // of buffers
	full  chan *chunkBuffer
	empty chan *chunkBuffer
	done  chan struct{}  // closed at the goroutine's end
	under sync.WaitGroup // chunks that are not yet written

	err       atomic.Pointer[error]
	fileBytes atomic.Uint64
	written   atomic.Uint64

	// Of the goroutine.
	flate  *flate.Writer
	zstd   *zstd.Encoder
	packed bytes.Buffer
	frame  []byte
	out    []byte
}

func startChunkWriter(w io.Writer, comp Compression, level, size int) (*chunkWriter, error) {
	c := &chunkWriter{
		w: w, comp: comp, size: size,
		full: make(chan *chunkBuffer, chunksBehind), empty: make(chan *chunkBuffer, chunksBehind+2), done: make(chan struct{}),
	}
	if level == 0 {
		_, level = comp.levels()
	}
	var err error
	switch comp {
	case Gzip:
		c.flate, err = flate.NewWriter(nil, level)
	case Zstd:
		c.zstd, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.EncoderLevelFromZstd(level)),
			zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false), zstd.WithZeroFrames(true))
	}
	if err != nil {
		return nil, fmt.Errorf("%v level %d: %w", comp, level, err)
	}
	for range cap(c.empty) {
		c.empty <- nil
	}
	go c.run()
	return c, nil
}

// buffer waits for an empty buffer.
func (c *chunkWriter) buffer() *chunkBuffer {
	b := <-c.empty
	if b == nil {
		// It takes the block that reaches the length asked for without growing.
		b = &chunkBuffer{raw: make([]byte, 0, c.size+maxSmallEventBytes)}
	}
	b.raw, b.meta, b.types = b.raw[:0], chunkMeta{}, typeSet{}
	return b
}

func (c *chunkWriter) submit(b *chunkBuffer) {
	c.under.Add(1)
	c.full <- b
}

func (c *chunkWriter) wait() { c.under.Wait() }

// stop waits until all is written, and ends the goroutine.
func (c *chunkWriter) stop() {
	close(c.full)
	<-c.done
}

func (c *chunkWriter) failed() error {
	if p := c.err.Load(); p != nil {
		return *p
	}
	return nil
}

// run writes chunks, and after an error only gives their buffers back.
func (c *chunkWriter) run() {
	defer close(c.done)
	for b := range c.full {
		if c.failed() == nil {
			if err := c.write(b); err != nil {
				err = fmt.Errorf("chunk %d of the capture, %d bytes into the file: %w", b.meta.Number, c.fileBytes.Load(), err)
				c.err.Store(&err)
			}
		}
		if cap(b.raw) > 4*(c.size+maxSmallEventBytes) {
			b = nil // a large block was in it
		}
		c.empty <- b
		c.under.Done()
	}
	if c.zstd != nil {
		c.zstd.Close()
	}
}

// write compresses one chunk and writes it with a single call, so that most
// errors leave nothing of it in the file.
func (c *chunkWriter) write(b *chunkBuffer) error {
	out := b.raw
	if c.comp != None {
		m := &b.meta
		m.Length, m.Types = uint64(len(b.raw)), b.types.bytes()
		m.Checksum = crc(b.raw)
		packed, err := c.compress(b.raw)
		if err != nil {
			return err
		}
		m.Packed = uint64(len(packed))
		meta, err := m.encode()
		if err != nil {
			return err
		}
		c.out = appendChunk(c.out[:0], c.comp, meta, packed)
		out = c.out
	}
	if len(out) == 0 {
		return nil
	}
	n, err := c.w.Write(out)
	if err != nil {
		return err
	}
	if n != len(out) {
		return io.ErrShortWrite
	}
	c.fileBytes.Add(uint64(n))
	c.written.Add(1)
	return nil
}

// compress returns what follows the metadata, valid until the next call.
func (c *chunkWriter) compress(raw []byte) ([]byte, error) {
	if c.comp == Zstd {
		c.frame = c.zstd.EncodeAll(raw, c.frame[:0])
		return c.frame, nil
	}
	c.packed.Reset()
	c.flate.Reset(&c.packed)
	if _, err := c.flate.Write(raw); err != nil {
		return nil, err
	}
	if err := c.flate.Close(); err != nil {
		return nil, err
	}
	var trailer [gzipTrailerBytes]byte
	binary.LittleEndian.PutUint32(trailer[:], crc32.ChecksumIEEE(raw))
	binary.LittleEndian.PutUint32(trailer[4:], uint32(len(raw)))
	c.packed.Write(trailer[:])
	return c.packed.Bytes(), nil
}
