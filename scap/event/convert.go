package event

import (
	"encoding/binary"
	"math"
	"strconv"
)

// conversion is one row of the conversion table: what becomes of an event of
// some type that has nparams parameters.
type conversion struct {
	nparams uint8
	action  action
	to      Type // for actionChangeType
	instrs  []instr
}

// action is what is done with an event
// (userspace/libscap/engine/savefile/converter/types.h, C_ACTION_*).
type action uint8

const (
	actionPass         action = iota // it is as it should be
	actionStore                      // it is kept for its exit event, and dropped
	actionStoreAndPass               // it is kept and passed
	actionAddParams                  // parameters are added at its end
	actionChangeType                 // its parameters are made anew
)

// instr makes one parameter of the new event (same file, C_INSTR_*).
type instr struct {
	op    op
	param uint8 // index in the event that it comes from
	empty bool  // where that has nothing: empty, not the default of the type
}

type op uint8

const (
	opFromEmpty op = iota
	opFromDefault
	opFromOld
	opFromEnter
	opContainerJson // a description of a container, from its four parameters
)

const (
	// maxConversions bounds how often one event is converted: the longest
	// chain in the table is of 16, that of SyscallExecve8X.
	maxConversions = 20

	// maxStored bounds the threads of which an enter event is kept. A thread
	// that ended within a system call leaves its event behind.
	maxStored = 1 << 17

	// keepBytes is the size up to which memory of a kept event is used again.
	keepBytes = 4 << 10
)

// Converter makes events of older schemas into today's. Older captures have an
// enter and an exit event for each system call; today there is an exit event
// only, with all parameters. It holds the enter events of system calls under
// way. The zero value is ready; it is for one goroutine.
type Converter struct {
	stored map[int64]*stored
	live   int // how many of them hold an event
	data   [2][]byte
	next   Event // the result being made, so that none escapes to the heap
	moved  bool  // of the last event
	stats  ConverterStats
}

// ConverterStats counts what a converter could not do as intended.
type ConverterStats struct {
	Mismatched    uint64 // exit events whose thread had entered another system call; converted as if it had entered none
	Unpaired      uint64 // enter events dropped that no exit event took
	Unconvertible uint64 // events that the table has no conversion for: dropped if of an old type, else passed as they are
}

type stored struct {
	live bool
	ev   Event
}

// Stats tells what has been counted so far.
func (c *Converter) Stats() ConverterStats { return c.stats }

// Reset forgets the enter events, as between two captures.
func (c *Converter) Reset() {
	c.stats.Unpaired += uint64(c.live)
	c.live = 0
	clear(c.stored)
}

// Converted tells whether the parameters of the last event are in memory of the
// converter.
func (c *Converter) Converted() bool { return c.moved }

// Convert makes the event into one of today's. Its parameters are then in
// memory of the converter, valid until the next call, or still where they
// were. It is false for an event that is to be dropped.
func (c *Converter) Convert(e *Event) bool {
	c.moved = false
	if invariants {
		overwrite(c.data[0])
		overwrite(c.data[1])
	}
	for i := range maxConversions {
		info := &infos[e.Type]
		if info.Flags&(FlagUnused|FlagOldVersion|FlagConverterManaged) == 0 {
			return true
		}
		if info.Flags&FlagUnused != 0 {
			return false
		}
		if info.Flags&FlagConverterManaged == 0 {
			if info.Exit {
				c.stats.Unconvertible++
			}
			return false
		}
		if info.Exit && info.Flags&FlagOldVersion == 0 && int(e.n) == len(info.Params) {
			return true
		}
		row := conversionOf(e)
		if row == nil {
			c.stats.Unconvertible++
			return info.Exit && info.Flags&FlagOldVersion == 0
		}
		switch row.action {
		case actionPass:
			return true
		case actionStore:
			c.store(e)
			return false
		case actionStoreAndPass:
			c.store(e)
			return true
		}
		c.apply(row, e, i%2)
		c.moved = true
	}
	c.stats.Unconvertible++
	return false
}

func conversionOf(e *Event) *conversion {
	rows := conversions[e.Type]
	for i := range rows {
		if rows[i].nparams == e.n {
			return &rows[i]
		}
	}
	return nil
}

// store keeps a copy of an enter event for its thread.
func (c *Converter) store(e *Event) {
	s := c.stored[e.TID]
	if s == nil {
		if len(c.stored) >= maxStored {
			c.Reset()
		}
		if c.stored == nil {
			c.stored = make(map[int64]*stored)
		}
		s = new(stored)
		c.stored[e.TID] = s
	}
	if s.live {
		c.stats.Unpaired++
	} else {
		s.live = true
		c.live++
	}
	data := s.ev.data[:0]
	params := e.data[:e.off[e.n]]
	if cap(data) > keepBytes && len(params) <= keepBytes {
		data = nil
	}
	s.ev = *e
	s.ev.data = append(data, params...)
}

// enter returns the enter event kept for an exit event, nil where there is
// none. One of another system call is thrown away: its exit event was lost.
func (c *Converter) enter(e *Event) *stored {
	s := c.stored[e.TID]
	if s == nil || !s.live {
		return nil
	}
	if s.ev.Type != e.Type-1 {
		c.stats.Mismatched++
		c.drop(s)
		return nil
	}
	return s
}

func (c *Converter) drop(s *stored) {
	s.live = false
	c.live--
}

// apply makes one conversion, into buffer k.
func (c *Converter) apply(row *conversion, e *Event, k int) {
	n := &c.next
	*n = *e
	n.n, n.data = 0, c.data[k][:0]
	if row.action == actionChangeType {
		n.Type = row.to
	} else {
		n.n, n.data = e.n, append(n.data, e.data[:e.off[e.n]]...)
	}
	var enter *stored
	looked := false
	for _, in := range row.instrs {
		switch in.op {
		case opFromEmpty:
			n.push(nil)
		case opFromDefault:
			n.pushDefault()
		case opFromOld:
			n.pushFrom(e, in)
		case opFromEnter:
			if !looked {
				enter, looked = c.enter(e), true
			}
			if enter == nil {
				n.pushFrom(nil, in)
			} else {
				n.pushFrom(&enter.ev, in)
			}
		case opContainerJson:
			n.pushContainer(e)
		}
	}
	if enter != nil {
		c.drop(enter)
	}
	c.data[k] = n.data
	*e = *n
}

// push appends a parameter. It is cut to what its type may have: an event that
// is converted has lengths of 2 bytes, or is made from such a one.
func (e *Event) push(p []byte) {
	limit := math.MaxUint16
	if params := infos[e.Type].Params; int(e.n) < len(params) {
		if size := params[e.n].Type.Size(); size > 0 {
			limit = size
		}
	}
	if e.n >= MaxParams {
		return
	}
	e.data = append(e.data, p[:min(len(p), limit)]...)
	e.n++
	e.off[e.n] = uint32(len(e.data))
}

// pushFrom appends a parameter of another event, or what stands for it where
// that event or the parameter is missing.
func (e *Event) pushFrom(from *Event, in instr) {
	switch {
	case from != nil && in.param < from.n:
		e.push(from.Param(int(in.param)))
	case in.empty:
		e.push(nil)
	default:
		e.pushDefault()
	}
}

var (
	zeros [16]byte
	ones  = [4]byte{0xff, 0xff, 0xff, 0xff}
)

// pushDefault appends the value that stands for an unknown one: none for ids
// of users and groups, else 0, or empty for types of no fixed size
// (converter.cpp, get_default_value_from_type).
func (e *Event) pushDefault() {
	params := infos[e.Type].Params
	if int(e.n) >= len(params) {
		e.push(nil)
		return
	}
	switch t := params[e.n].Type; t {
	case PTUID, PTGID:
		e.push(ones[:])
	default:
		e.push(zeros[:t.Size()])
	}
}

// pushContainer appends the description of a container in JSON, from an event
// that has id, type, name and image (converter/table.cpp,
// extract_ppme_container_json_e_json_param). As there, the texts are taken as
// they are, and where one is missing the result is empty.
func (e *Event) pushContainer(from *Event) {
	id, typ, name, image := from.Param(0), from.Param(1), from.Param(2), from.Param(3)
	if len(id) == 0 || len(typ) != 4 || len(name) == 0 || len(image) == 0 {
		e.push(nil)
		return
	}
	start := len(e.data)
	e.data = append(e.data, `{"id":"`...)
	e.data = append(e.data, id[:len(id)-1]...)
	e.data = append(e.data, `","type":`...)
	e.data = strconv.AppendUint(e.data, uint64(binary.LittleEndian.Uint32(typ)), 10)
	e.data = append(e.data, `,"name":"`...)
	e.data = append(e.data, name[:len(name)-1]...)
	e.data = append(e.data, `","image":"`...)
	e.data = append(e.data, image[:len(image)-1]...)
	e.data = append(e.data, "\"}\x00"...)
	if len(e.data)-start > math.MaxUint16 {
		e.data = e.data[:start]
	}
	e.n++
	e.off[e.n] = uint32(len(e.data))
}
