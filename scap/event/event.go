// Package event holds what one event of a capture means: its header, its
// parameters, the table of event types and the conversion of events of older
// schemas into today's. It knows nothing of files, blocks or host state, and
// imports nothing of this module.
package event

import (
	"bytes"
	"encoding/binary"
)

// MaxParams is the largest number of parameters that an event may have
// (falcosecurity/libs, driver/ppm_events_public.h, PPM_MAX_EVENT_PARAMS).
const MaxParams = 32

// FlagStateOnly in Event.Flags says that the recorder's filter left the event
// out, and that it was recorded for the state it changes
// (userspace/libscap/scap_const.h, SCAP_DF_STATE_ONLY).
const FlagStateOnly uint32 = 1

// Type is the number of an event type in a capture (ppm_event_code).
type Type uint16

// Event is one event. Its parameters are views into memory that belongs to
// whoever made it: an event from a reader is valid until the reader's next
// event, and a caller that keeps anything copies it.
type Event struct {
	Num   uint64 // position among the analysed events of a run, from 1
	TS    uint64 // nanoseconds since the epoch
	TID   int64  // thread that made the event, as the host's pid namespace numbers it; -1 where there is none
	Type  Type
	CPU   uint16
	Flags uint32 // flags of the event block (FlagStateOnly and others), 0 where the block has none

	// StateOnly marks an event that changes the state of the host and is seen
	// by no rule: one of the initial state that a capture begins with, an enter
	// event that only completes others, or one recorded as such.
	StateOnly bool

	n    uint8 // number of parameters
	data []byte
	off  [MaxParams + 1]uint32 // behind the rest: few events are looked at beyond their first parameters
}

// SetParams points the event at its parameters: n lengths of width bytes (2,
// or 4 in large-payload events) followed by the parameters themselves, as an
// event lies in a capture behind its header. It copies nothing. It reports
// whether n is within MaxParams and the lengths fit into data; if not, the
// event has no parameters.
func (e *Event) SetParams(n, width int, data []byte) bool {
	e.n = 0
	if n < 0 || n > MaxParams || n*width > len(data) {
		return false
	}
	lens, data := data[:n*width], data[n*width:]
	var end uint64
	e.off[0] = 0
	if width == 2 {
		for i := 1; len(lens) >= 2 && i <= MaxParams; i++ {
			end += uint64(binary.LittleEndian.Uint16(lens))
			e.off[i] = uint32(end)
			lens = lens[2:]
		}
	} else {
		for i := 1; len(lens) >= 4 && i <= MaxParams; i++ {
			end += uint64(binary.LittleEndian.Uint32(lens))
			e.off[i] = uint32(end)
			lens = lens[4:]
		}
	}
	if end > uint64(len(data)) {
		return false
	}
	e.n, e.data = uint8(n), data[:end]
	return true
}

// Move appends the event's parameters to dst, points the event at them there,
// and returns dst.
func (e *Event) Move(dst []byte) []byte {
	start := len(dst)
	dst = append(dst, e.data...)
	e.data = dst[start:len(dst):len(dst)]
	return dst
}

// Truncate leaves the event with at most its first n parameters.
func (e *Event) Truncate(n int) { e.n = uint8(min(int(e.n), n)) }

// Info describes the event's type. It is never nil for an event that a reader
// has returned.
func (e *Event) Info() *Info { return Lookup(e.Type) }

// NumParams is the number of parameters that the event holds, which may be
// less than its type has today.
func (e *Event) NumParams() int { return int(e.n) }

// Param is the bytes of parameter i, nil where the event has no such
// parameter. An empty parameter, which is how a recorder says that it could
// not read a value, has length 0.
func (e *Event) Param(i int) []byte {
	if uint(i) >= uint(e.n) {
		return nil
	}
	return e.data[e.off[i]:e.off[i+1]:e.off[i+1]]
}

// Int is parameter i as a signed number, of whatever width it is stored in
// (1, 2, 4 or 8 bytes, little endian); false where it is absent, empty or of
// another size.
func (e *Event) Int(i int) (int64, bool) {
	switch p := e.Param(i); len(p) {
	case 8:
		return int64(binary.LittleEndian.Uint64(p)), true
	case 4:
		return int64(int32(binary.LittleEndian.Uint32(p))), true
	case 2:
		return int64(int16(binary.LittleEndian.Uint16(p))), true
	case 1:
		return int64(int8(p[0])), true
	}
	return 0, false
}

// Uint is parameter i as an unsigned number, of whatever width it is stored
// in; false where it is absent, empty or of another size.
func (e *Event) Uint(i int) (uint64, bool) {
	switch p := e.Param(i); len(p) {
	case 8:
		return binary.LittleEndian.Uint64(p), true
	case 4:
		return uint64(binary.LittleEndian.Uint32(p)), true
	case 2:
		return uint64(binary.LittleEndian.Uint16(p)), true
	case 1:
		return uint64(p[0]), true
	}
	return 0, false
}

// Str is parameter i as text: its bytes up to the first NUL. It is nil where
// the parameter is absent or empty, so a present empty string (a lone NUL) is
// not nil.
func (e *Event) Str(i int) []byte {
	p := e.Param(i)
	if len(p) == 0 {
		return nil
	}
	if k := bytes.IndexByte(p, 0); k >= 0 {
		return p[:k:k]
	}
	return p
}
