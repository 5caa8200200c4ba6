package explain

import (
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// matchesRegex tells whether an expression fits the whole of a text: as in
// POSIX, the longest match at the leftmost place is all of it.
func matchesRegex(text, expr string) (bool, error) {
	tree, err := syntax.Parse(expr, syntax.ClassNL)
	if err != nil {
		return false, err
	}
	re, err := regexp.Compile(tree.String())
	if err != nil {
		return false, err
	}
	re.Longest()
	text = replaceInvalid(text)
	at := re.FindStringIndex(text)
	return at != nil && at[0] == 0 && at[1] == len(text), nil
}

// replaceInvalid puts U+FFFD in the place of what is no UTF-8: of a sequence
// that begins well, all of its good bytes are replaced by one.
func replaceInvalid(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		if r, n := utf8.DecodeRuneInString(s); r != utf8.RuneError || n > 1 {
			b.WriteString(s[:n])
			s = s[n:]
			continue
		}
		b.WriteRune(utf8.RuneError)
		n := 1
		for n < len(s) && beginsRune(s[:n+1]) {
			n++
		}
		s = s[n:]
	}
	return b.String()
}

// beginsRune tells whether bytes are the beginning of a sequence of UTF-8, by
// trying all ways in which it may go on.
func beginsRune(s string) bool {
	for _, tail := range []string{"\x80\x80", "\x80", "\x90\x80\x80", "\x90\x80", "\xa0\x80", "\xa0", ""} {
		if r, n := utf8.DecodeRuneInString(s + tail); (r != utf8.RuneError || n > 1) && n == len(s)+len(tail) {
			return true
		}
	}
	return false
}

// beginsWithPath tells whether a path begins with the parts of another, in
// which * ? [...] may stand (prefix_search.h).
func beginsWithPath(path, beginning string) bool {
	want, have := parts(beginning), parts(path)
	if len(have) < len(want) {
		return false
	}
	for i, w := range want {
		fits := w == have[i]
		if strings.ContainsAny(w, "?*[") {
			fits = glob([]byte(w), []byte(have[i]), false)
		}
		if !fits {
			return false
		}
	}
	return true
}

func parts(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
}

// glob tells whether a pattern fits the whole of a text, by trying each length
// for each star (fnmatch in the C locale).
func glob(pattern, text []byte, fold bool) bool {
	type rest struct{ pattern, text int }
	done := make(map[rest]bool) // what was tried in vain
	var fits func(pattern, text []byte) bool
	fits = func(pattern, text []byte) bool {
		here := rest{len(pattern), len(text)}
		switch {
		case len(pattern) == 0:
			return len(text) == 0
		case done[here]:
			return false
		case pattern[0] == '*' && fits(pattern[1:], text):
			return true
		case pattern[0] == '*' && len(text) > 0 && fits(pattern, text[1:]):
			return true
		case pattern[0] != '*' && len(text) > 0:
			if n, same := globChar(pattern, text[0], fold); same && fits(pattern[n:], text[1:]) {
				return true
			}
		}
		done[here] = true
		return false
	}
	return fits(pattern, text)
}

// globChar matches one character with what is no star, and tells how long that
// is.
func globChar(pattern []byte, c byte, fold bool) (n int, fits bool) {
	same := func(a, b byte) bool { return a == b || fold && lower(a) == lower(b) }
	switch pattern[0] {
	case '?':
		return 1, true
	case '\\':
		return 2, len(pattern) > 1 && same(pattern[1], c)
	case '[':
		if end := bracketEnd(pattern); end > 0 {
			return end, inBracket(pattern[1:end-1], c, fold)
		}
	}
	return 1, same(pattern[0], c)
}

// bracketEnd is the length of a bracket expression of plain characters and
// ranges, 0 if it is none. Classes and collating symbols, which few write, are
// left to the tests of package engine.
func bracketEnd(pattern []byte) int {
	i := 1
	if i < len(pattern) && (pattern[i] == '!' || pattern[i] == '^') {
		i++
	}
	for first := true; i < len(pattern); i, first = i+1, false {
		switch {
		case pattern[i] == '\\':
			i++
		case pattern[i] == ']' && !first:
			return i + 1
		}
	}
	return 0
}

func inBracket(set []byte, c byte, fold bool) bool {
	negated := set[0] == '!' || set[0] == '^'
	if negated {
		set = set[1:]
	}
	f := func(c byte) byte { return c }
	if fold {
		f = lower
	}
	next := func() (c byte) { // the next character, which a backslash may quote
		if set[0] == '\\' {
			set = set[1:]
		}
		c, set = set[0], set[1:]
		return f(c)
	}
	in := false
	for len(set) > 0 {
		low := next()
		high := low
		if len(set) > 1 && set[0] == '-' {
			set = set[1:]
			high = next()
		}
		in = in || low <= f(c) && f(c) <= high
	}
	return in != negated
}
