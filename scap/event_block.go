package scap

import (
	"encoding/binary"
	"fmt"

	"falcoreplay/scap/event"
)

// decode reads the body of an event's block into r.ev. It is false for an
// event that is not to be returned.
//
//	cpu 2 | flags 4 (with layoutFlags) | time 8 | thread 8 | length 4 | type 2 |
//	number of parameters 4 (not with layoutV1) | their lengths, 2 or 4 each | parameters
func (r *Reader) decode(e *event.Event, layout eventLayout, b []byte) bool {
	if len(b) < 6+eventHeaderV1 {
		if layout&layoutFlags != 0 || len(b) < 2+eventHeaderV1 {
			return r.malformed("a block of %d bytes is too short for an event", len(b))
		}
	}
	e.CPU, e.Flags = binary.LittleEndian.Uint16(b), 0
	b = b[2:]
	if layout&layoutFlags != 0 {
		e.Flags = le32(b)
		b = b[4:]
	}
	e.TS, e.TID = le64(b), int64(le64(b[8:]))
	size := int64(le32(b[16:]))
	e.Type = event.Type(binary.LittleEndian.Uint16(b[20:]))
	info := event.Lookup(e.Type)
	if info == nil {
		r.stats.UnknownEvents++
		r.initial = false
		return false
	}
	if layout&layoutV1 != 0 {
		return r.decodeV1(e, info, size, b)
	}
	if len(b) < eventHeaderBytes || size < eventHeaderBytes || size > int64(len(b)) {
		return r.malformed("event length %d is not between %d and %d", size, eventHeaderBytes, len(b))
	}
	n, data := le32(b[22:]), b[eventHeaderBytes:size]
	if n > event.MaxParams || !e.SetParams(int(n), info.LenSize(), data) {
		return r.malformed("%d parameters do not fit into %d bytes", n, len(data))
	}
	// A later schema may have added parameters at the end.
	e.Truncate(len(info.Params))
	return true
}

// decodeV1 reads an event whose number of parameters is not in the file: it is
// the largest one with which lengths and parameters fill the event
// (userspace/libscap/engine/savefile/scap_savefile.c, next_event_from_file).
func (r *Reader) decodeV1(e *event.Event, info *event.Info, size int64, b []byte) bool {
	if info.Type == event.NotificationE || info.Type == event.InfrastructureEventE {
		size -= 3 // what their writers counted too much
	}
	if size < eventHeaderV1 || size > int64(len(b)) {
		return r.malformed("event length %d is not between %d and %d", size, eventHeaderV1, len(b))
	}
	data := b[eventHeaderV1:size]
	for n := min(len(info.Params), len(data)/2); n >= 0; n-- {
		end := 2 * n
		for i := range n {
			end += int(binary.LittleEndian.Uint16(data[2*i:]))
		}
		if end == len(data) {
			return e.SetParams(n, 2, data) || r.malformed("%d parameters", n)
		}
		if end < len(data) {
			break
		}
	}
	return r.malformed("no number of parameters fits an event of %d bytes", size)
}

// malformed counts an event that is damaged within a whole block.
func (r *Reader) malformed(format string, args ...any) bool {
	r.initial = false
	if r.stats.Malformed++; r.stats.FirstMalformed == nil {
		r.stats.FirstMalformed = &Error{
			File: r.name, Offset: r.in.offset(), Err: ErrCorrupt,
			Reason: fmt.Sprintf("in the block that ends here: "+format, args...),
		}
	}
	return false
}
