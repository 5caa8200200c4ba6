package engine

import (
	"strconv"
	"strings"

	"falcoreplay/engine/field"
	"falcoreplay/scap/event"
)

// extract returns the values of a source for the event, false if it is absent.
// They are the evaluator's, and valid until the next event.
func (v *Evaluator) extract(id sourceID) ([]field.Value, bool) {
	s := &v.slots[id]
	if s.gen != v.gen {
		v.fill(s, id)
	}
	return s.values, s.ok
}

func (v *Evaluator) fill(s *slot, id sourceID) {
	s.gen = v.gen
	src := &v.engine.sources[id]
	if src.kind == fromField {
		s.values, s.ok = src.field.Extract(&v.ctx, s.values[:0])
	} else {
		s.values, s.ok = v.derive(src, s.values[:0])
	}
}

// derive appends the values of a function of other sources.
func (v *Evaluator) derive(s *source, dst []field.Value) ([]field.Value, bool) {
	switch s.kind {
	case fromText:
		return append(dst, field.Value{S: s.text}), true
	case fromTransform:
		return v.transform(s, dst)
	case fromLen:
		return v.length(s, dst)
	case fromList:
		return v.list(s, dst)
	case fromJoin:
		return v.join(s, dst)
	case fromConcat:
		return v.concat(s, dst)
	case fromGetopt:
		return v.getopt(s, dst)
	}
	return dst, false
}

// transform applies a transformer to each value. What it makes ends with a
// NUL, as in Falco, where byte buffers, and texts in lists and in sets of
// other fields' values, are compared with it
// (sinsp_filter_transformer.cpp, string_transformer).
func (v *Evaluator) transform(s *source, dst []field.Value) ([]field.Value, bool) {
	values, ok := v.extract(s.args[0])
	if !ok {
		return dst, false
	}
	for i := range values {
		out, ok := s.apply(v.buf[:0], trimNUL(values[i].S))
		v.buf = out
		if !ok {
			return dst, false
		}
		if len(out) == 0 || out[len(out)-1] != 0 {
			out = append(out, 0)
		}
		v.buf = out
		dst = append(dst, field.Value{S: v.arena.keep(out)})
	}
	return dst, true
}

// length is the number of values in a list, or of bytes in a value. Falco takes
// the list of getopt for a text here, and ends if it has not one value.
func (v *Evaluator) length(s *source, dst []field.Value) ([]field.Value, bool) {
	arg := &v.engine.sources[s.args[0]]
	values, ok := v.extract(s.args[0])
	switch {
	case !ok:
		return dst, false
	case arg.list:
		return append(dst, field.Value{N: uint64(len(values))}), true
	case len(values) == 0:
		return dst, false
	case arg.typ == event.PTByteBuf:
		return append(dst, field.Value{N: uint64(len(values[0].S))}), true
	}
	return append(dst, field.Value{N: uint64(len(cString(values[0].S)))}), true
}

// list puts the values of its items one after another, numbers of some types
// as text (sinsp_filtercheck_rawstring.cpp, list_check).
func (v *Evaluator) list(s *source, dst []field.Value) ([]field.Value, bool) {
	for _, item := range s.args {
		values, ok := v.extract(item)
		if !ok {
			return dst, false
		}
		src := &v.engine.sources[item]
		for i := range values {
			switch src.baseType {
			case event.PTPID, event.PTInt64:
				v.buf = strconv.AppendInt(v.buf[:0], int64(values[i].N), 10)
			case event.PTUint64:
				v.buf = strconv.AppendUint(v.buf[:0], values[i].N, 10)
			default:
				dst = append(dst, field.Value{S: v.bytesOf(src, &values[i])})
				continue
			}
			dst = append(dst, field.Value{S: v.arena.keep(v.buf)})
		}
	}
	return dst, true
}

// bytesOf is a value as the bytes that Falco holds it in, which is what it
// takes for a text.
func (v *Evaluator) bytesOf(s *source, value *field.Value) string {
	c := classes[s.typ]
	if c.class == classNone || c.class >= classString {
		return value.S
	}
	v.buf = v.buf[:0]
	for i := 0; i < int(c.bits); i += 8 {
		v.buf = append(v.buf, byte(value.N>>i))
	}
	return v.arena.keep(v.buf)
}

// join puts the values of a list together, with a separator between.
func (v *Evaluator) join(s *source, dst []field.Value) ([]field.Value, bool) {
	sep, ok := v.extract(s.args[0])
	if !ok || len(sep) == 0 {
		return dst, false
	}
	values, ok := v.extract(s.args[1])
	if !ok {
		return dst, false
	}
	between := v.bytesOf(&v.engine.sources[s.args[0]], &sep[0])
	out := v.out[:0]
	for i := range values {
		if i > 0 {
			out = append(out, between...)
		}
		out = append(out, cString(v.bytesOf(&v.engine.sources[s.args[1]], &values[i]))...)
	}
	v.out = out
	return append(dst, field.Value{S: v.arena.keep(out)}), true
}

// concat puts its arguments together.
func (v *Evaluator) concat(s *source, dst []field.Value) ([]field.Value, bool) {
	for _, a := range s.args { // all of them first, as arguments use v.out too
		if values, ok := v.extract(a); !ok || len(values) == 0 {
			return dst, false
		}
	}
	out := v.out[:0]
	for _, a := range s.args {
		values, _ := v.extract(a)
		out = append(out, cString(v.bytesOf(&v.engine.sources[a], &values[0]))...)
	}
	v.out = out
	return append(dst, field.Value{S: v.arena.keep(out)}), true
}

func (v *Evaluator) getopt(s *source, dst []field.Value) ([]field.Value, bool) {
	opts := s.opts
	if opts == nil {
		values, ok := v.extract(s.args[1])
		if !ok || len(values) == 0 {
			return dst, false
		}
		opts = parseOptString(values[0].S)
	}
	args, ok := v.extract(s.args[0])
	if !ok {
		return dst, false
	}
	return getopt(dst, args, opts, s.text)
}

// arena keeps texts at least until the next event. It makes new memory once
// for many of them, and none for those it has.
type arena struct {
	b strings.Builder
}

// arenaBytes is how much memory is taken at a time.
const arenaBytes = 64 << 10

func (a *arena) keep(text []byte) string {
	if a.b.Len()+len(text) > a.b.Cap() {
		a.b = strings.Builder{}
		a.b.Grow(max(arenaBytes, len(text)))
	}
	start := a.b.Len()
	a.b.Write(text)
	return a.b.String()[start:]
}

// typeFields are the fields that typeValue knows.
var typeFields = []string{"evt.type", "syscall.type", "evt.dir"}

// typeValue is the value of a field as far as the event type alone decides it:
// ok tells whether there is one.
func typeValue(f *field.Field, t event.Type) (value field.Value, ok, known bool) {
	info := event.Lookup(t)
	switch f.Def.Name {
	case "evt.type":
		if named := t != event.GenericE && t != event.GenericX && t != event.AsynceventE; named {
			return field.Value{S: info.Name}, true, true
		}
	case "syscall.type":
		if info.Source != event.SourceSyscall {
			return field.Value{}, false, true
		}
		if t != event.GenericE && t != event.GenericX {
			return field.Value{S: info.Name}, true, true
		}
	case "evt.dir":
		if t%2 == 0 {
			return field.Value{S: ">"}, true, true
		}
		return field.Value{S: "<"}, true, true
	}
	return field.Value{}, false, false
}
