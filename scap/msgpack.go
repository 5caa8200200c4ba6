package scap

import (
	"encoding/binary"
	"errors"

	"github.com/vmihailenco/msgpack/v5"
)

const maxMsgpackDepth = 8 // what we write has 3

var errMsgpack = errors.New("not well-formed msgpack")

// unmarshal decodes one msgpack value that is all of b. Package msgpack takes
// memory by the lengths that are claimed and stack by the depth that there is,
// so both are looked at first.
func unmarshal(b []byte, v any) error {
	if rest, ok := skipMsgpack(b, 0); !ok || len(rest) > 0 {
		return errMsgpack
	}
	return msgpack.Unmarshal(b, v)
}

// skipMsgpack passes over one value, all of which must be there
// (github.com/msgpack/msgpack, spec.md).
func skipMsgpack(b []byte, depth int) (rest []byte, ok bool) {
	if len(b) == 0 || depth > maxMsgpackDepth {
		return nil, false
	}
	c := b[0]
	b = b[1:]
	bytes, values := uint64(0), uint64(0) // that belong to this one
	length := func(width int) (n uint64) {
		if len(b) < width {
			bytes = 1 << 32 // more than there is
			return 0
		}
		switch width {
		case 1:
			n = uint64(b[0])
		case 2:
			n = uint64(binary.BigEndian.Uint16(b))
		case 4:
			n = uint64(binary.BigEndian.Uint32(b))
		}
		b = b[width:]
		return n
	}
	switch {
	case c <= 0x7f, c >= 0xe0, c == 0xc0, c == 0xc2, c == 0xc3: // numbers, nil, false, true
	case c <= 0x8f:
		values = 2 * uint64(c&0x0f)
	case c <= 0x9f:
		values = uint64(c & 0x0f)
	case c <= 0xbf:
		bytes = uint64(c & 0x1f)
	case c >= 0xc4 && c <= 0xc6: // bytes
		bytes += length(1 << (c - 0xc4))
	case c >= 0xc7 && c <= 0xc9: // extensions, with a type
		bytes += length(1<<(c-0xc7)) + 1
	case c == 0xca, c == 0xcb: // floating point
		bytes = 4 << (c - 0xca)
	case c >= 0xcc && c <= 0xcf: // unsigned
		bytes = 1 << (c - 0xcc)
	case c >= 0xd0 && c <= 0xd3: // signed
		bytes = 1 << (c - 0xd0)
	case c >= 0xd4 && c <= 0xd8: // extensions of fixed length
		bytes = 1<<(c-0xd4) + 1
	case c >= 0xd9 && c <= 0xdb: // text
		bytes += length(1 << (c - 0xd9))
	case c == 0xdc, c == 0xdd:
		values = length(2 << (c - 0xdc))
	case c == 0xde, c == 0xdf:
		values = 2 * length(2<<(c-0xde))
	default: // 0xc1 is never used
		return nil, false
	}
	if bytes > uint64(len(b)) || values > uint64(len(b)) {
		return nil, false
	}
	b = b[bytes:]
	for range values {
		if b, ok = skipMsgpack(b, depth+1); !ok {
			return nil, false
		}
	}
	return b, true
}
