package scap

import (
	"encoding/binary"

	"falcoreplay/scap/event"
)

// quickType is what quick has to know of an event type.
type quickType struct {
	ok     bool  // it may be read by quick
	exact  bool  // only with all its parameters
	params uint8 // it has today
}

var quickTypes = makeQuickTypes()

// makeQuickTypes leaves out what needs a closer look: large payloads, what is
// or may have to be converted, what is counted or only changes state.
func makeQuickTypes() (q [event.NumTypes]quickType) {
	for t := range q {
		info := event.Lookup(event.Type(t))
		old := info.Flags&(event.FlagUnused|event.FlagOldVersion) != 0
		managed := info.Flags&event.FlagConverterManaged != 0
		q[t] = quickType{
			ok: info.LenSize() == 2 && !old && (!managed || info.Exit) &&
				info.Type != event.DropE && info.Type != event.DropX && !stateOnly(info.Type),
			exact:  managed,
			params: uint8(len(info.Params)),
		}
	}
	return q
}

// quick reads the next event if its block is there and is like nearly all of
// today's captures: all that take, decode and accept would find in order. It is
// false, and nothing is read, where anything is not.
//
//	block type 4 | length 4 | cpu 2 | flags 4 (in one of the two types) | time 8 | thread 8 | length 4 | type 2 |
//	number of parameters 4 | their lengths, 2 each | parameters | length 4
func (r *Reader) quick(e *event.Event) bool {
	const cpuEnd = blockHeaderBytes + 2
	const least = cpuEnd + 4 + eventHeaderBytes + blockTrailerBytes
	b := r.in.buf[r.in.pos:]
	if len(b) < least || r.initial || r.opts.stepwise {
		return false
	}
	total := uint64(le32(b[4:]))
	if total < least || total > uint64(len(b)) || uint64(le32(b[total-blockTrailerBytes:])) != total {
		return false
	}
	cpu, flags := binary.LittleEndian.Uint16(b[blockHeaderBytes:]), uint32(0)
	header := b[cpuEnd : total-blockTrailerBytes]
	switch blockType(le32(b)) {
	case blockEventV2:
	case blockEventFlagsV2:
		flags, header = le32(header), header[4:]
	default:
		return false
	}
	size, typ, n := le32(header[16:]), binary.LittleEndian.Uint16(header[20:]), le32(header[22:])
	if typ >= event.NumTypes || size < eventHeaderBytes || uint64(size) > uint64(len(header)) {
		return false
	}
	q := &quickTypes[typ]
	if !q.ok || n > uint32(q.params) || q.exact && n < uint32(q.params) || !e.SetParams(int(n), 2, header[eventHeaderBytes:size]) {
		return false
	}
	e.Type, e.CPU, e.Flags = event.Type(typ), cpu, flags
	e.TS, e.TID = le64(header), int64(le64(header[8:]))
	e.StateOnly = flags&event.FlagStateOnly != 0
	r.num++
	e.Num = r.num
	r.in.pos += int(total)
	r.stats.Blocks++
	r.stats.Events++
	if invariants && !r.in.keep {
		r.last = b[blockHeaderBytes : total-blockTrailerBytes]
	}
	return true
}
