package scap

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// decoder reads the body of one header block, from the stream as it arrives.
// Its first error is kept, and what is read after it is zero.
type decoder struct {
	in     *input
	left   int // bytes of the block's body that are unread
	sub    int // bytes of the current entry that are unread, -1 for entries without a length
	err    error
	reason string
	at     int64 // place of the error
}

func (d *decoder) fail(err error, format string, args ...any) {
	if d.err == nil {
		d.err, d.reason, d.at = err, fmt.Sprintf(format, args...), d.in.offset()
	}
}

// bytes returns the next n bytes, valid until the next call, nil after an
// error.
func (d *decoder) bytes(n int) []byte {
	switch {
	case d.err != nil:
		return nil
	case n > d.left:
		d.fail(ErrCorrupt, "%d bytes where the block has %d left", n, d.left)
		return nil
	case d.sub >= 0 && n > d.sub:
		d.fail(ErrCorrupt, "%d bytes where the entry has %d left", n, d.sub)
		return nil
	case !d.in.need(n):
		d.err, d.reason = d.in.failure()
		d.at = d.in.base + int64(len(d.in.buf))
		return nil
	}
	b := d.in.buf[d.in.pos : d.in.pos+n]
	d.in.pos += n
	d.left -= n
	if d.sub >= 0 {
		d.sub -= n
	}
	return b
}

// skip passes over n bytes of the block.
func (d *decoder) skip(n int) {
	switch {
	case d.err != nil:
	case n > d.left:
		d.fail(ErrCorrupt, "%d bytes where the block has %d left", n, d.left)
	case !d.in.skip(n):
		d.err, d.reason = d.in.failure()
		d.at = d.in.offset()
	default:
		d.left -= n
	}
}

// entry begins an entry with a length before it, which counts its own 4 bytes
// if whole is set.
func (d *decoder) entry(whole bool) {
	d.sub = -1
	n := d.u32()
	if whole {
		if n < 4 {
			d.fail(ErrCorrupt, "entry length %d is less than 4", n)
			return
		}
		n -= 4
	}
	if int64(n) > int64(d.left) {
		d.fail(ErrCorrupt, "entry length %d where the block has %d left", n, d.left)
		return
	}
	d.sub = int(n)
}

// has tells whether the current entry has n more bytes: fields that later
// versions have added are read if they are there.
func (d *decoder) has(n int) bool { return d.err == nil && d.sub >= n }

// endEntry passes over what an entry has beyond the known fields.
func (d *decoder) endEntry() {
	if d.sub > 0 {
		d.skip(d.sub)
	}
	d.sub = -1
}

// more tells whether the block holds another entry. What is shorter than 4
// bytes is padding.
func (d *decoder) more() bool { return d.err == nil && d.left >= 4 }

func (d *decoder) u8() uint8 {
	if b := d.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (d *decoder) u16() uint16 {
	if b := d.bytes(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (d *decoder) u32() uint32 {
	if b := d.bytes(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (d *decoder) u64() uint64 {
	if b := d.bytes(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (d *decoder) i64() int64 { return int64(d.u64()) }

// raw is a text with its length of 2 bytes before it.
func (d *decoder) raw() string {
	n := int(d.u16())
	return string(d.bytes(n))
}

// str is the same up to the first NUL.
func (d *decoder) str() string { return cString(d.bytes(int(d.u16()))) }

func cString(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}

// list is texts that end with a NUL each; some recorders left out the last.
func (d *decoder) list() string {
	s := d.raw()
	if s != "" && s[len(s)-1] != 0 {
		s += "\x00"
	}
	return s
}
