package engine

import (
	"slices"
	"strings"
)

// pathTree is a set of paths, with wildcards in their parts, that tells
// whether one of them is a path's beginning, part by part
// (falcosecurity/libs at 48dfd53, userspace/libsinsp/prefix_search.h).
type pathTree struct {
	all   bool      // a path ends here: everything below matches
	dirs  []pathDir // sorted
	globs []pathDir // with wildcards
}

type pathDir struct {
	name string
	tree *pathTree
}

// add puts a path into the set. The empty path and / are the beginning of all.
func (t *pathTree) add(path string) {
	for part := range parts(path) {
		if t.all {
			return
		}
		t = t.child(part)
	}
	t.all, t.dirs, t.globs = true, nil, nil
}

func (t *pathTree) child(part string) *pathTree {
	c := &pathTree{}
	if strings.ContainsAny(part, "?*[") {
		for _, g := range t.globs {
			if g.name == part {
				return g.tree
			}
		}
		t.globs = append(t.globs, pathDir{part, c})
		return c
	}
	i, found := slices.BinarySearchFunc(t.dirs, part, compareDir)
	if found {
		return t.dirs[i].tree
	}
	t.dirs = slices.Insert(t.dirs, i, pathDir{part, c})
	return c
}

func compareDir(d pathDir, part string) int { return strings.Compare(d.name, part) }

// match tells whether a path begins with one of the set.
func (t *pathTree) match(path string) bool { return t.walk(path, isFalse) == isTrue }

// walk is isTrue if a path begins with one of the set, atEnd if one of the set
// goes on where the path ends, and isFalse if neither is so.
func (t *pathTree) walk(path string, atEnd truth) truth {
	if t.all {
		return isTrue
	}
	part, rest := nextPart(path)
	if part == "" {
		return atEnd
	}
	result := isFalse
	if i, found := slices.BinarySearchFunc(t.dirs, part, compareDir); found {
		result = t.dirs[i].tree.walk(rest, atEnd)
	}
	for i := range t.globs {
		if result == isTrue {
			break
		}
		if globMatch(t.globs[i].name, part, false) {
			if r := t.globs[i].tree.walk(rest, atEnd); r != isFalse {
				result = r
			}
		}
	}
	return result
}

// nextPart splits off a path's first part; there is none if it is empty.
func nextPart(path string) (part, rest string) {
	for path != "" && path[0] == '/' {
		path = path[1:]
	}
	if i := strings.IndexByte(path, '/'); i >= 0 {
		return path[:i], path[i:]
	}
	return path, ""
}

// parts goes through the parts of a path.
func parts(path string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for part, rest := nextPart(path); part != ""; part, rest = nextPart(rest) {
			if !yield(part) {
				return
			}
		}
	}
}
