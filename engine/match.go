package engine

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strings"

	"falcoreplay/engine/field"
	"falcoreplay/rules/syntax"
)

// matcher compares one value with constants.
type matcher interface {
	match(v *field.Value) bool
}

// The matchers. Strings are compared as C strings, up to a NUL, where Falco
// does so, which matters after b64 only.
type (
	never    struct{}
	always   struct{}
	inverted struct{ matcher }

	stringIs struct{ text string }
	stringIn struct{ set *stringSet }
	stringOp struct {
		kind syntax.Op
		op   func(value, text string) bool
		text string
	}
	stringRegex struct{ re *regexp.Regexp }
	pathIn      struct{ tree *pathTree }

	// numberIn: from lo to hi after bias, which puts signed numbers in order.
	numberIn  struct{ bias, lo, hi uint64 }
	numberSet struct{ sorted []uint64 }
	doubleOp  struct {
		op     syntax.Op
		number float64
	}

	bytesIs struct{ text string }
	bytesIn struct{ set *stringSet }
	bytesOp struct {
		op   func(value, text string) bool
		text string
	}

	netIs struct{ net string }
	netIn struct{ nets []string }

	// oneOf, anyOf and allOf count how many of a list's values match.
	oneOf struct{ each []matcher }
	anyOf struct{ each []matcher }
	allOf struct{ each []matcher }
)

func (never) match(*field.Value) bool        { return false }
func (always) match(*field.Value) bool       { return true }
func (m inverted) match(v *field.Value) bool { return !m.matcher.match(v) }

func (m *stringIs) match(v *field.Value) bool {
	n := len(m.text)
	return len(v.S) >= n && v.S[:n] == m.text && (len(v.S) == n || v.S[n] == 0)
}

func (m *stringIn) match(v *field.Value) bool    { return m.set.has(trimNUL(v.S)) }
func (m *stringOp) match(v *field.Value) bool    { return m.op(cString(v.S), m.text) }
func (m *stringRegex) match(v *field.Value) bool { return m.re.MatchString(regexText(trimNUL(v.S))) }
func (m *pathIn) match(v *field.Value) bool      { return m.tree.match(trimNUL(v.S)) }

func (m *numberIn) match(v *field.Value) bool { return (v.N^m.bias)-m.lo <= m.hi-m.lo }

func (m *numberSet) match(v *field.Value) bool {
	if len(m.sorted) <= 8 {
		return slices.Contains(m.sorted, v.N)
	}
	_, found := slices.BinarySearch(m.sorted, v.N)
	return found
}

func (m *doubleOp) match(v *field.Value) bool {
	return ordered(m.op, math.Float64frombits(v.N), m.number)
}

func (m *bytesIs) match(v *field.Value) bool { return v.S == m.text }
func (m *bytesIn) match(v *field.Value) bool { return m.set.has(v.S) }
func (m *bytesOp) match(v *field.Value) bool { return m.op(v.S, m.text) }

func (m *netIs) match(v *field.Value) bool {
	in, _ := inNet(v.S, m.net)
	return in
}

func (m *netIn) match(v *field.Value) bool {
	for _, n := range m.nets {
		if in, _ := inNet(v.S, n); in {
			return true
		}
	}
	return false
}

func (m *oneOf) match(v *field.Value) bool {
	n := 0
	for _, e := range m.each {
		if e.match(v) {
			if n++; n > 1 {
				return false
			}
		}
	}
	return n == 1
}

func (m *anyOf) match(v *field.Value) bool {
	for _, e := range m.each {
		if e.match(v) {
			return true
		}
	}
	return false
}

func (m *allOf) match(v *field.Value) bool {
	for _, e := range m.each {
		if !e.match(v) {
			return false
		}
	}
	return true
}

// cString is a string up to its first NUL.
func cString(s string) string {
	if i := strings.IndexByte(s, 0); i >= 0 {
		return s[:i]
	}
	return s
}

// trimNUL is a string without the NULs at its end.
func trimNUL(s string) string {
	for s != "" && s[len(s)-1] == 0 {
		s = s[:len(s)-1]
	}
	return s
}

// stringOps compare C strings (falcosecurity/libs at 48dfd53,
// userspace/libsinsp/filter_compare.cpp, flt_compare_string).
var stringOps = [...]func(value, text string) bool{
	syntax.OpEq:         func(v, t string) bool { return v == t },
	syntax.OpNe:         func(v, t string) bool { return v != t },
	syntax.OpLt:         func(v, t string) bool { return v < t },
	syntax.OpLe:         func(v, t string) bool { return v <= t },
	syntax.OpGt:         func(v, t string) bool { return v > t },
	syntax.OpGe:         func(v, t string) bool { return v >= t },
	syntax.OpContains:   strings.Contains,
	syntax.OpIContains:  containsFold,
	syntax.OpStartsWith: strings.HasPrefix,
	syntax.OpEndsWith:   strings.HasSuffix,
	syntax.OpGlob:       func(v, t string) bool { return globMatch(t, v, false) },
	syntax.OpIGlob:      func(v, t string) bool { return globMatch(t, v, true) },
	syntax.OpRegex:      nil,
}

// bytesOps compare byte buffers (same file, flt_compare_buffer).
var bytesOps = [...]func(value, text string) bool{
	syntax.OpEq:          func(v, t string) bool { return v == t },
	syntax.OpNe:          func(v, t string) bool { return v != t },
	syntax.OpContains:    strings.Contains,
	syntax.OpBContains:   strings.Contains,
	syntax.OpStartsWith:  strings.HasPrefix,
	syntax.OpBStartsWith: strings.HasPrefix,
	syntax.OpEndsWith:    strings.HasSuffix,
}

// containsFold is strings.Contains without regard to the case of ASCII letters.
func containsFold(s, part string) bool {
	if part == "" {
		return true
	}
	first := foldByte(part[0], true)
	for i := 0; i+len(part) <= len(s); i++ {
		if foldByte(s[i], true) == first && equalFold(s[i:i+len(part)], part) {
			return true
		}
	}
	return false
}

// equalFold compares strings of one length without regard to the case of ASCII
// letters.
func equalFold(a, b string) bool {
	for i := 0; i < len(a); i++ {
		if foldByte(a[i], true) != foldByte(b[i], true) {
			return false
		}
	}
	return true
}

// ordered compares what has an order.
func ordered[T cmp.Ordered](op syntax.Op, a, b T) bool {
	switch op {
	case syntax.OpEq:
		return a == b
	case syntax.OpNe:
		return a != b
	case syntax.OpLt:
		return a < b
	case syntax.OpLe:
		return a <= b
	case syntax.OpGt:
		return a > b
	case syntax.OpGe:
		return a >= b
	}
	return false
}

// compareNumber compares numbers as they are in values.
func compareNumber(op syntax.Op, c class, a, b uint64) bool {
	switch c {
	case classDouble:
		return ordered(op, math.Float64frombits(a), math.Float64frombits(b))
	case classSigned:
		return ordered(op, int64(a), int64(b))
	}
	return ordered(op, a, b)
}
