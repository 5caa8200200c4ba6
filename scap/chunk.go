package scap

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/vmihailenco/msgpack/v5"

	"falcoreplay/scap/event"
)

// A chunk is what is compressed together: whole blocks, so that one that
// cannot be read leaves the others as they are. What is known of it stands
// before it, where a reader finds it without decompressing.
const (
	defaultChunkBytes = 1 << 20
	largestChunkBytes = 16 << 20 // that may be asked for

	// maxChunkBytes is the longest chunk that is read: one ends with the block
	// that reaches the length asked for, and no block is longer than
	// defaultMaxEventBytes. It bounds what a reader keeps in memory.
	maxChunkBytes = largestChunkBytes + defaultMaxEventBytes

	// maxChunkMetaBytes is what fits into the extra field of a gzip member,
	// whose length has 2 bytes, behind the subfield's own header.
	maxChunkMetaBytes = 1<<16 - 1 - extraHeaderBytes

	// maxChunkPlace is more than numbers, offsets and events of captures come
	// to, and so far from the end of the numbers that none overflows.
	maxChunkPlace = 1 << 56

	chunkChecksumBytes = 4  // before the metadata
	gzipHeaderBytes    = 12 // with the length of the extra field
	gzipTrailerBytes   = 8
	extraHeaderBytes   = 4 // subfield id and length

	skippableMagic       = 0x184D2A5C // one of the 16 that zstd gives to others (RFC 8878, 3.1.2)
	skippableHeaderBytes = 8
	chunkTag             = "FRch" // which skippable frames are ours
	extraID              = "FR"   // which subfield of the extra field is ours (RFC 1952, 2.3.1.1)
)

// castagnoli is the polynomial of CRC-32C.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func crc(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

// chunkMeta is the metadata of a chunk, written as a msgpack map. Readers pass
// over keys that they do not know.
type chunkMeta struct {
	Number   uint64  `msgpack:"n"`      // of the chunk in the file, from 0
	Offset   uint64  `msgpack:"at"`     // in the uncompressed file
	Before   uint64  `msgpack:"before"` // events in the chunks before
	Events   uint64  `msgpack:"events"`
	First    uint64  `msgpack:"first"` // time of the first and the last event, 0 where there are none
	Last     uint64  `msgpack:"last"`
	Types    []byte  `msgpack:"types"`  // bit t%8 of byte t/8: there are events of type t
	Length   uint64  `msgpack:"length"` // uncompressed
	Packed   uint64  `msgpack:"packed"` // what follows the metadata, up to the next chunk's
	Checksum uint32  `msgpack:"crc"`    // CRC-32C of the uncompressed bytes
	Section  bool    `msgpack:"section,omitempty"`
	End      bool    `msgpack:"end,omitempty"` // the last chunk of a capture that was closed
	Totals   *Totals `msgpack:"totals,omitempty"`
}

// Totals are the recorder's figures of a whole recording:
// Seen = Written + Filtered + Lost.
type Totals struct {
	Seen     uint64 `msgpack:"seen"`
	Written  uint64 `msgpack:"written"`
	Filtered uint64 `msgpack:"filtered"`
	Lost     uint64 `msgpack:"lost"`

	// LostBySyscall names the system calls that events were lost of.
	LostBySyscall []SyscallCount `msgpack:"lost_by_syscall,omitempty"`
}

// SyscallCount is a number of events of one system call.
type SyscallCount struct {
	Name  string `msgpack:"name"`
	Count uint64 `msgpack:"count"`
}

// typeSet is the set of event types in a chunk.
type typeSet [(int(event.NumTypes) + 7) / 8]byte

func (s *typeSet) add(t event.Type) { s[t>>3] |= 1 << (t & 7) }

// bytes are the set's bytes without the zeros at its end.
func (s *typeSet) bytes() []byte {
	n := len(s)
	for n > 0 && s[n-1] == 0 {
		n--
	}
	return s[:n]
}

// encode returns the metadata with its own checksum before it. If it is too
// long, it is that of the last system calls that is left out.
func (m *chunkMeta) encode() ([]byte, error) {
	for {
		b, err := msgpack.Marshal(m)
		if err != nil {
			return nil, fmt.Errorf("chunk metadata: %w", err)
		}
		if chunkChecksumBytes+len(b) <= maxChunkMetaBytes {
			sum := binary.LittleEndian.AppendUint32(nil, crc(b))
			return append(sum, b...), nil
		}
		if m.Totals == nil || len(m.Totals.LostBySyscall) == 0 {
			return nil, fmt.Errorf("chunk metadata of %d bytes is longer than %d", len(b), maxChunkMetaBytes)
		}
		t := *m.Totals
		t.LostBySyscall = t.LostBySyscall[:len(t.LostBySyscall)/2]
		m.Totals = &t
	}
}

var errChunkMeta = errors.New("chunk metadata is damaged")

// decode reads what encode has written.
func (m *chunkMeta) decode(b []byte) error {
	if len(b) < chunkChecksumBytes || crc(b[chunkChecksumBytes:]) != le32(b) {
		return errChunkMeta
	}
	*m = chunkMeta{}
	if err := unmarshal(b[chunkChecksumBytes:], m); err != nil {
		return fmt.Errorf("%w: %w", errChunkMeta, err)
	}
	if m.Length > maxChunkBytes || m.Packed > 2*maxChunkBytes {
		return fmt.Errorf("%w: %d bytes in %d where %d is the most", errChunkMeta, m.Length, m.Packed, maxChunkBytes)
	}
	if m.Number > maxChunkPlace || m.Offset > maxChunkPlace || m.Before > maxChunkPlace || m.Events > m.Length {
		return fmt.Errorf("%w: chunk %d at %d with %d events after %d", errChunkMeta, m.Number, m.Offset, m.Events, m.Before)
	}
	return nil
}

// appendChunk puts a compressed chunk behind its metadata. For gzip, packed is
// all that follows the header of the member.
func appendChunk(b []byte, c Compression, meta, packed []byte) []byte {
	if c == Gzip {
		// Method 8, flag FEXTRA, no time, no extra flags, system unknown.
		b = append(b, 0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255)
		b = binary.LittleEndian.AppendUint16(b, uint16(extraHeaderBytes+len(meta)))
		b = append(b, extraID...)
		b = binary.LittleEndian.AppendUint16(b, uint16(len(meta)))
	} else {
		b = binary.LittleEndian.AppendUint32(b, skippableMagic)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(chunkTag)+len(meta)))
		b = append(b, chunkTag...)
	}
	b = append(b, meta...)
	return append(b, packed...)
}

// chunkStart tells whether a chunk may begin here, and if so how long its
// header is with the metadata and where that begins. It needs chunkStartBytes.
func chunkStart(b []byte) (c Compression, header, meta int, ok bool) {
	if len(b) < chunkStartBytes {
		return 0, 0, 0, false
	}
	switch {
	case b[0] == 0x1f && b[1] == 0x8b && b[2] == 8 && b[3] == 4 && string(b[12:14]) == extraID:
		extra, n := int(binary.LittleEndian.Uint16(b[10:])), int(binary.LittleEndian.Uint16(b[14:]))
		return Gzip, gzipHeaderBytes + extra, gzipHeaderBytes + extraHeaderBytes, extra == extraHeaderBytes+n
	case le32(b) == skippableMagic && string(b[8:12]) == chunkTag:
		n := le32(b[4:])
		return Zstd, skippableHeaderBytes + int(n), skippableHeaderBytes + len(chunkTag),
			n >= uint32(len(chunkTag)) && n <= uint32(len(chunkTag)+maxChunkMetaBytes)
	}
	return 0, 0, 0, false
}

const (
	chunkStartBytes     = gzipHeaderBytes + extraHeaderBytes
	maxChunkHeaderBytes = gzipHeaderBytes + 1<<16
)

func isChunk(b []byte) bool {
	_, _, _, ok := chunkStart(b)
	return ok
}
