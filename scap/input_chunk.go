package scap

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"
)

const (
	// maxDecoders bounds how many chunks of one capture are decompressed side
	// by side: the reader itself keeps up with about as many.
	maxDecoders = 4

	// trustedBytes is how much memory a chunk gets before its bytes are there.
	trustedBytes = 4 << 20
)

var errUnfinished = errors.New("the recording was not ended: the capture's last chunk is missing")

// lost is what damaged chunks have cost; none if there is no reason.
type lost struct {
	chunks, events, bytes uint64
	offset                int64 // of the first, in the uncompressed stream
	reason                string
}

func (l *lost) add(m lost) {
	if l.reason == "" {
		l.reason, l.offset = m.reason, m.offset
	}
	l.chunks += m.chunks
	l.events += m.events
	l.bytes += m.bytes
}

// packedChunk is a chunk on its way to a decoder, and the piece that it fills.
type packedChunk struct {
	comp  Compression
	meta  chunkMeta
	bytes []byte
	at    int64 // of its header in the file
	out   *piece
}

// chunkSource finds the chunks of a file.
type chunkSource struct {
	br   *bufio.Reader
	file *file
	at   int64     // place in the file
	next chunkMeta // what the next chunk's number, offset and events before are; End of the last one
	open bool      // a capture in it was not ended
}

// produceChunks fills pieces with chunks, which are decompressed side by side
// and handed over in order.
func produceChunks(s *chunkSource, full chan<- *piece, empty chan []byte, done <-chan struct{}) {
	decoders := min(runtime.GOMAXPROCS(0), maxDecoders)
	work := make(chan *packedChunk, decoders)
	defer close(work)
	spare := make(chan []byte, 2*maxDecoders) // memory of packed chunks
	for range decoders {
		empty <- nil
		go func() {
			var d chunkDecoder
			defer d.close()
			for c := range work {
				d.decode(c)
				if cap(c.bytes) <= trustedBytes {
					select {
					case spare <- c.bytes:
					default:
					}
				}
				close(c.out.ready)
			}
		}()
	}
	for {
		c := &packedChunk{out: &piece{packed: true, ready: make(chan struct{})}}
		select {
		case c.out.mem = <-empty:
		case <-done:
			return
		}
		select {
		case c.bytes = <-spare:
		default:
		}
		err := s.chunk(c)
		if err != nil {
			if c.out.err = err; s.file.err != nil {
				c.out.err = s.file.err
			}
			close(c.out.ready)
		}
		select {
		case full <- c.out:
		case <-done:
			return
		}
		if err != nil {
			return
		}
		select {
		case work <- c:
		case <-done:
			return
		}
	}
}

// chunk reads the next chunk that is there, without decompressing it.
func (s *chunkSource) chunk(c *packedChunk) error {
	comp, meta, err := s.header(&c.meta)
	if err == io.EOF {
		if s.open || !s.next.End {
			return errUnfinished
		}
		return io.EOF
	}
	damaged := err
	for err != nil {
		if !errors.Is(err, errChunkMeta) && err != io.ErrUnexpectedEOF {
			return err
		}
		if !s.resync() {
			return damaged
		}
		comp, meta, err = s.header(&c.meta)
	}
	c.comp, c.at = comp, s.at
	s.discard(meta)
	s.follow(c, damaged)
	if c.bytes, err = s.read(c.bytes[:0], int(c.meta.Packed)); err != nil {
		return err
	}
	if c.meta.End {
		c.out.totals = c.meta.Totals
	}
	return nil
}

// follow compares a chunk's place with what is expected behind the one before.
func (s *chunkSource) follow(c *packedChunk, damaged error) {
	m := &c.meta
	switch {
	case m.Number == 0 && s.next.Number > 0: // captures that were joined
		s.open = s.open || !s.next.End
	case m.Number > s.next.Number:
		c.out.lost = lost{
			chunks: m.Number - s.next.Number,
			events: max(m.Before, s.next.Before) - s.next.Before,
			bytes:  max(m.Offset, s.next.Offset) - s.next.Offset,
			offset: int64(s.next.Offset),
			reason: fmt.Sprintf("the chunk before the one at byte %d of the file is missing", c.at),
		}
	case damaged != nil || m.Number < s.next.Number:
		c.out.lost = lost{offset: int64(m.Offset), reason: fmt.Sprintf("what is before the chunk at byte %d of the file belongs to none", c.at)}
	}
	if damaged != nil && errors.Is(damaged, errChunkMeta) && c.out.lost.chunks > 0 {
		c.out.lost.reason += ": " + damaged.Error()
	}
	s.next = chunkMeta{Number: m.Number + 1, Offset: m.Offset + m.Length, Before: m.Before + m.Events, End: m.End}
}

// header looks at the header of the chunk that begins here, and tells its
// length. io.EOF is the end of the file.
func (s *chunkSource) header(m *chunkMeta) (comp Compression, length int, err error) {
	b, err := s.br.Peek(chunkStartBytes)
	if len(b) < chunkStartBytes {
		if err == io.EOF && len(b) > 0 {
			err = io.ErrUnexpectedEOF
		}
		return 0, 0, err
	}
	comp, length, start, ok := chunkStart(b)
	if !ok {
		return 0, 0, errChunkMeta
	}
	if b, err = s.br.Peek(length); err == io.EOF {
		return 0, 0, io.ErrUnexpectedEOF
	} else if err != nil {
		return 0, 0, err
	}
	return comp, length, m.decode(b[start:])
}

// resync goes on to the next place where a chunk may begin.
func (s *chunkSource) resync() bool {
	for {
		s.discard(1)
		b, _ := s.br.Peek(s.br.Size())
		for i := range max(0, len(b)-chunkStartBytes+1) {
			if b[i] == 0x1f || b[i] == skippableMagic&0xff {
				if _, _, _, ok := chunkStart(b[i:]); ok {
					s.discard(i)
					return true
				}
			}
		}
		if len(b) < s.br.Size() {
			return false
		}
		s.discard(len(b) - chunkStartBytes)
	}
}

func (s *chunkSource) discard(n int) {
	n, _ = s.br.Discard(n)
	s.at += int64(n)
}

// read appends n bytes to b, taking memory as they arrive.
func (s *chunkSource) read(b []byte, n int) ([]byte, error) {
	for len(b) < n {
		part := min(n-len(b), trustedBytes)
		if cap(b)-len(b) < part {
			b = append(make([]byte, 0, min(n, len(b)+max(len(b), part))), b...)
			part = min(part, cap(b)-len(b))
		}
		k, err := readFull(s.br, b[len(b):len(b)+part])
		b = b[:len(b)+k]
		s.at += int64(k)
		if len(b) < n && err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return b, err
		}
	}
	return b, nil
}

// chunkDecoder decompresses chunks.
type chunkDecoder struct {
	src   bytes.Reader
	flate io.ReadCloser
	zstd  *zstd.Decoder
}

func (d *chunkDecoder) close() {
	if d.zstd != nil {
		d.zstd.Close()
	}
}

// decode fills the chunk's piece, or notes that it is lost: nothing of a
// damaged chunk is handed over, as it is not known where the damage is.
func (d *chunkDecoder) decode(c *packedChunk) {
	p, m := c.out, &c.meta
	n := int(m.Length)
	err := d.unpack(c)
	if err == nil && crc(p.mem[headroom:headroom+n]) != m.Checksum {
		err = errors.New("its checksum is another")
	}
	if err == nil {
		p.n = n
		return
	}
	p.lost.add(lost{
		chunks: 1, events: m.Events, bytes: m.Length, offset: int64(m.Offset),
		reason: fmt.Sprintf("the chunk at byte %d of the file: %v", c.at, err),
	})
}

// unpack decompresses the chunk into its piece.
func (d *chunkDecoder) unpack(c *packedChunk) (err error) {
	p, n := c.out, int(c.meta.Length)
	if c.comp == Zstd && d.zstd == nil {
		if d.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(maxZstdWindow), zstd.WithDecodeAllCapLimit(true)); err != nil {
			return err
		}
	}
	if size := headroom + n; len(p.mem) < size {
		// Some more, as chunks of one file end a block earlier or later.
		p.mem = make([]byte, headroom+min(size, headroom+max(trustedBytes, 64*len(c.bytes))))
	}
	if c.comp == Zstd && len(p.mem) >= headroom+n {
		// As a whole, which saves a copy.
		b, err := d.zstd.DecodeAll(c.bytes, p.mem[headroom:headroom:headroom+n])
		if err == nil && len(b) != n {
			err = fmt.Errorf("it has %d bytes instead of %d", len(b), n)
		}
		return err
	}
	src, err := d.open(c)
	if err == nil {
		p.mem, err = fill(src, p.mem, n)
	}
	return err
}

func (d *chunkDecoder) open(c *packedChunk) (src io.Reader, err error) {
	packed := c.bytes
	if c.comp == Zstd {
		d.src.Reset(packed)
		return d.zstd, d.zstd.Reset(&d.src)
	}
	// The checksum of the metadata is as good as that of the member.
	d.src.Reset(packed[:max(0, len(packed)-gzipTrailerBytes)])
	if d.flate == nil {
		d.flate = flate.NewReader(&d.src)
		return d.flate, nil
	}
	return d.flate, d.flate.(flate.Resetter).Reset(&d.src, nil)
}

// fill reads n bytes and the end behind them into mem, past its headroom. It
// makes it larger as the bytes arrive.
func fill(src io.Reader, mem []byte, n int) ([]byte, error) {
	size := headroom + n
	for at := headroom; at < size; {
		if at == len(mem) {
			mem = append(make([]byte, 0, min(size, 2*at)), mem...)
			mem = mem[:cap(mem)]
		}
		k, err := readFull(src, mem[at:min(size, len(mem))])
		if at += k; err != nil && at < size {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return mem, err
		}
	}
	var more [1]byte
	if k, err := readFull(src, more[:]); k > 0 || err != io.EOF {
		return mem, fmt.Errorf("it goes on behind its %d bytes", n)
	}
	return mem, nil
}
