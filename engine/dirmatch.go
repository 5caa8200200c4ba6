package engine

import (
	"strings"

	"falcoreplay/rules/syntax"
)

// dirMatcher is a matcher of paths that may be decided by the directory alone.
type dirMatcher interface {
	// matchDir tells what it comes to for every path that is the directory, which
	// ends with a slash, and behind it at least one character, none of which is
	// a slash.
	matchDir(dir string) truth
	// dirDecides tells which of the two it may come to, for some directory.
	dirDecides() decides
}

// decides is what a directory may decide an expression to be.
type decides struct{ toFalse, toTrue bool }

func (d decides) not() decides { return decides{d.toTrue, d.toFalse} }

func (m inverted) matchDir(dir string) truth {
	if d, ok := m.matcher.(dirMatcher); ok {
		return d.matchDir(dir).not()
	}
	return unknown
}

func (m inverted) dirDecides() (by decides) {
	if d, ok := m.matcher.(dirMatcher); ok {
		by = d.dirDecides().not()
	}
	return by
}

func (t truth) not() truth {
	switch t {
	case isFalse:
		return isTrue
	case isTrue:
		return isFalse
	}
	return unknown
}

// liesIn tells whether a text is one of the paths in the directory.
func liesIn(text, dir string) bool {
	return len(text) > len(dir) && text[:len(dir)] == dir && strings.IndexByte(text[len(dir):], '/') < 0
}

func unknownIf(b bool) truth {
	if b {
		return unknown
	}
	return isFalse
}

func (m *stringIs) matchDir(dir string) truth { return unknownIf(liesIn(m.text, dir)) }

func (m *stringIs) dirDecides() decides { return decides{toFalse: true} }

func (m *stringIn) dirDecides() decides { return decides{toFalse: true} }

func (m *stringIn) matchDir(dir string) truth {
	for _, s := range m.set.strings {
		if liesIn(s, dir) {
			return unknown
		}
	}
	return isFalse
}

func (m *stringOp) matchDir(dir string) truth {
	last := strings.LastIndexByte(m.text, '/') + 1
	switch m.kind {
	case syntax.OpStartsWith:
		if len(m.text) <= len(dir) {
			return truthOf(strings.HasPrefix(dir, m.text))
		}
		return unknownIf(liesIn(m.text, dir))
	case syntax.OpEndsWith:
		return unknownIf(strings.HasSuffix(dir, m.text[:last]))
	case syntax.OpContains:
		if strings.Contains(dir, m.text) {
			return isTrue
		}
		return unknownIf(strings.HasSuffix(dir, m.text[:last]))
	case syntax.OpGlob:
		start := m.text
		if i := strings.IndexAny(start, `*?[\\`); i >= 0 {
			start = start[:i]
		}
		n := min(len(start), len(dir))
		return unknownIf(start[:n] == dir[:n])
	}
	return unknown
}

// dirDecides leaves out what depends on the last part of a path alone.
func (m *stringOp) dirDecides() (by decides) {
	last := strings.LastIndexByte(m.text, '/')
	switch m.kind {
	case syntax.OpStartsWith:
		by.toFalse, by.toTrue = true, true
	case syntax.OpEndsWith:
		by.toFalse = last > 0
	case syntax.OpContains:
		by.toFalse, by.toTrue = last > 0, true
	case syntax.OpGlob:
		by.toFalse = strings.IndexAny(m.text, `*?[\\`) != 0
	}
	return by
}

func (m *pathIn) dirDecides() decides { return decides{true, true} }

func (m *pathIn) matchDir(dir string) truth { return m.tree.walk(dir, unknown) }
