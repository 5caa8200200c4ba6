package engine

import (
	"slices"
	"strings"

	"falcoreplay/rules/syntax"
)

// dirMatcher is a matcher of paths that may be decided by the directory alone:
// matchDir tells what it comes to for every path that is the directory, which
// ends with a slash, and behind it at least one character, none of which is a
// slash.
type dirMatcher interface {
	matchDir(dir string) truth
}

func (m inverted) matchDir(dir string) truth {
	if d, ok := m.matcher.(dirMatcher); ok {
		return d.matchDir(dir).not()
	}
	return unknown
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

func (m *pathIn) matchDir(dir string) truth { return m.tree.matchDir(dir) }

func (t *pathTree) matchDir(dir string) truth {
	if t.all {
		return isTrue
	}
	part, rest := nextPart(dir)
	if part == "" {
		return unknown
	}
	result := isFalse
	try := func(below *pathTree) bool {
		if r := below.matchDir(rest); r != isFalse {
			result = r
		}
		return result == isTrue
	}
	if i, found := slices.BinarySearchFunc(t.dirs, part, compareDir); found && try(t.dirs[i].tree) {
		return isTrue
	}
	for i := range t.globs {
		if globMatch(t.globs[i].name, part, false) && try(t.globs[i].tree) {
			return isTrue
		}
	}
	return result
}
