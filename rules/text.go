package rules

import (
	"slices"
	"sort"
	"strings"

	"falcoreplay/rules/syntax"
)

// source is one rule file while it is loaded. It is not changed once made.
type source struct {
	name  string
	data  string
	order int   // its place among the files
	lines []int // offsets of the beginnings of lines
	items []*itemSpan
}

// itemSpan is where an item of a file begins. It ends where the next begins.
type itemSpan struct {
	off  int
	kind Kind
}

// addItem keeps where an item is. Items come in the order of the file, but for
// those that are written elsewhere and named by an alias.
func (s *source) addItem(span *itemSpan) {
	i := sort.Search(len(s.items), func(i int) bool { return s.items[i].off > span.off })
	s.items = slices.Insert(s.items, i, span)
}

// itemAt returns the item that holds an offset; nil if it is before all.
func (s *source) itemAt(off int) *itemSpan {
	i := sort.Search(len(s.items), func(i int) bool { return s.items[i].off > off })
	if i == 0 {
		return nil
	}
	return s.items[i-1]
}

func newSource(name, data string, order int) *source {
	s := &source{name: name, data: data, order: order, lines: []int{0}}
	for i := 0; i < len(data); i++ {
		if data[i] == '\n' {
			s.lines = append(s.lines, i+1)
		}
	}
	return s
}

// pos returns the position of an offset, which may be that of the end.
func (s *source) pos(off int) syntax.Pos {
	off = min(max(off, 0), len(s.data))
	line := sort.SearchInts(s.lines, off+1)
	return syntax.Pos{File: s.name, Offset: off, Line: line, Column: off - s.lines[line-1] + 1}
}

// text is a string of which each byte knows where in a rule file it comes
// from. Conditions are pieced together: appended, wrapped in exceptions, with
// lists put in; text keeps errors in them pointing into the files.
// A text is not changed once it was handed on.
type text struct {
	s    string
	runs []run
}

// run tells the origin of the bytes from at on, until the next run. There are
// many, hence the small numbers: a file is within maxFileBytes.
type run struct {
	src     *source
	at, off int32
	fixed   bool // every byte comes from off, else off grows with the bytes
}

// fixedText is a text that comes from one place as a whole.
func fixedText(s string, src *source, off int) text {
	if s == "" {
		return text{}
	}
	return text{s, []run{{src, 0, int32(off), true}}}
}

// origin returns the place of the byte at i, or of the end of the last byte if
// i is the length.
func (t text) origin(i int) (*source, int) {
	if len(t.runs) == 0 {
		return nil, 0
	}
	end := i >= len(t.s)
	if end {
		i = len(t.s) - 1
	}
	src, off, fixed := t.originByte(i)
	if end && !fixed {
		off++
	}
	return src, off
}

// originByte returns the place of the byte at i, and whether it is only near
// it and not the byte itself.
func (t text) originByte(i int) (src *source, off int, fixed bool) {
	r := t.runs[t.runAt(i)]
	if r.fixed {
		return r.src, int(r.off), true
	}
	return r.src, int(r.off) + i - int(r.at), false
}

// runAt is the run that the byte at i is in.
func (t text) runAt(i int) int {
	return max(sort.Search(len(t.runs), func(k int) bool { return int(t.runs[k].at) > i })-1, 0)
}

// pos is origin as a position; trailing blanks count as the end of what is
// before them.
func (t text) pos(i int) syntax.Pos {
	if trimmed := len(strings.TrimRight(t.s, " \t\r\n\b")); i > trimmed {
		t.s, i = t.s[:trimmed], trimmed
	}
	src, off := t.origin(i)
	if src == nil {
		return syntax.Pos{}
	}
	return src.pos(off)
}

// slice returns the bytes from i to j.
func (t text) slice(i, j int) text {
	var b textBuilder
	b.addSlice(t, i, j)
	return b.text()
}

// trim takes white space away at both ends.
func (t text) trim() text {
	const space = " \t\n\v\f\r"
	start := len(t.s) - len(strings.TrimLeft(t.s, space))
	end := len(strings.TrimRight(t.s, space))
	if start >= end {
		return text{}
	}
	return t.slice(start, end)
}

// textBuilder puts texts together.
type textBuilder struct {
	b    []byte
	runs []run
}

func (b *textBuilder) text() text { return text{string(b.b), b.runs} }

func (b *textBuilder) len() int { return len(b.b) }

// cut takes bytes away at the end.
func (b *textBuilder) cut(n int) {
	b.b = b.b[:len(b.b)-n]
	for len(b.runs) > 0 && int(b.runs[len(b.runs)-1].at) >= len(b.b) {
		b.runs = b.runs[:len(b.runs)-1]
	}
}

// endsIn tells whether the last byte is one of the characters.
func (b *textBuilder) endsIn(chars string) bool {
	return len(b.b) > 0 && strings.IndexByte(chars, b.b[len(b.b)-1]) >= 0
}

// add appends a text.
func (b *textBuilder) add(t text) { b.addSlice(t, 0, len(t.s)) }

// addSlice appends the bytes of t from i to j.
func (b *textBuilder) addSlice(t text, i, j int) {
	if i >= j {
		return
	}
	k, from := t.runAt(i), int32(i)
	if i == 0 && j == len(t.s) {
		b.runs = slices.Grow(b.runs, len(t.runs))
	}
	for ; k < len(t.runs) && int(t.runs[k].at) < j; k++ {
		r := t.runs[k]
		if r.at < from {
			if !r.fixed {
				r.off += from - r.at
			}
			r.at = from
		}
		r.at += int32(len(b.b)) - from
		b.addRun(r)
	}
	b.b = append(b.b, t.s[i:j]...)
}

// addRun begins a run at the end, unless it goes on as the last one did.
func (b *textBuilder) addRun(r run) {
	if n := len(b.runs); n > 0 {
		l := b.runs[n-1]
		if l.src == r.src && l.fixed == r.fixed && (r.fixed && l.off == r.off || !r.fixed && l.off+r.at-l.at == r.off) {
			return
		}
	}
	b.runs = append(b.runs, r)
}

// addFixed appends a string that comes from one place as a whole.
func (b *textBuilder) addFixed(s string, src *source, off int) {
	if s == "" {
		return
	}
	b.addRun(run{src, int32(len(b.b)), int32(off), true})
	b.b = append(b.b, s...)
}

// addBytes appends a string that stands in src at off.
func (b *textBuilder) addBytes(s string, src *source, off int) {
	if s == "" {
		return
	}
	b.addRun(run{src, int32(len(b.b)), int32(off), false})
	b.b = append(b.b, s...)
}

// addNear appends a string that comes from where the byte i of t does.
func (b *textBuilder) addNear(s string, t text, i int) {
	src, off := t.origin(i)
	b.addFixed(s, src, off)
}

// join puts a space between two texts.
func join(a, b text) text {
	var t textBuilder
	t.add(a)
	t.addNear(" ", b, 0)
	t.add(b)
	return t.text()
}
