package engine

// MatchGlob tells whether a pattern of * ? [...] fits the whole of a text, as
// the operator glob does.
func MatchGlob(pattern, text string) bool { return globMatch(pattern, text, false) }

// globMatch matches as C's fnmatch does without flags, or with FNM_CASEFOLD, in
// the C locale: bytes, where * and ? match slashes and leading dots too
// (falcosecurity/libs at 48dfd53, userspace/libsinsp/utils.cpp,
// sinsp_utils::glob_match; POSIX, fnmatch; for patterns that POSIX leaves open,
// GNU libc). It needs time of the order of the pattern's length times the
// string's.
func globMatch(pattern, s string, fold bool) bool {
	p, i := 0, 0
	starP, starI := -1, 0 // where to go on if the rest does not match
	for {
		if p < len(pattern) && pattern[p] == '*' {
			p++
			starP, starI = p, i
			continue
		}
		if p == len(pattern) {
			if i == len(s) {
				return true
			}
		} else if i < len(s) {
			if n, ok := globOne(pattern[p:], s[i], fold); ok {
				p, i = p+n, i+1
				continue
			}
		}
		if starP < 0 || starI >= len(s) {
			return false
		}
		starI++
		p, i = starP, starI
	}
}

// globOne matches one character with the beginning of a pattern that is no
// star, and tells how much of the pattern that is.
func globOne(pattern string, c byte, fold bool) (n int, ok bool) {
	switch pattern[0] {
	case '?':
		return 1, true
	case '[':
		if n, ok, closed := globBracket(pattern, c, fold); closed {
			return n, ok
		}
	case '\\':
		if len(pattern) == 1 { // a backslash at the end matches nothing
			return 0, false
		}
		return 2, foldByte(pattern[1], fold) == foldByte(c, fold)
	}
	return 1, foldByte(pattern[0], fold) == foldByte(c, fold)
}

// globBracket matches a bracket expression. It is not closed if it is none,
// so that its first character stands for itself.
func globBracket(pattern string, c byte, fold bool) (n int, ok, closed bool) {
	i, negated := 1, false
	if i < len(pattern) && (pattern[i] == '!' || pattern[i] == '^') {
		i, negated = i+1, true
	}
	raw, c := c, foldByte(c, fold)
	for first := true; ; first = false {
		if i >= len(pattern) {
			return 0, false, false
		}
		if pattern[i] == ']' && !first {
			return i + 1, ok != negated, true
		}
		if class, size := globClass(pattern[i:]); size > 0 {
			in, known := inClass(class, raw)
			if !known && !ok {
				return 0, false, true
			}
			ok = ok || in
			i += size
			continue
		}
		lo, size, valid := globBracketChar(pattern[i:], true)
		if !valid {
			return 0, false, true
		}
		i += size
		hi := lo
		if i+1 < len(pattern) && pattern[i] == '-' && pattern[i+1] != ']' {
			hi, size, valid = globBracketChar(pattern[i+1:], false)
			if !valid {
				return 0, false, true
			}
			i += 1 + size
		}
		lo, hi = foldByte(lo, fold), foldByte(hi, fold)
		ok = ok || lo <= c && c <= hi
	}
}

// globBracketChar reads a character inside of brackets: by itself, behind a
// backslash, as [.c.] or, where a class may stand, as [=c=].
func globBracketChar(s string, class bool) (c byte, size int, valid bool) {
	switch {
	case s[0] == '\\':
		if len(s) < 2 {
			return 0, 0, false
		}
		return s[1], 2, true
	case s[0] == '[' && len(s) >= 5 && (s[1] == '.' || class && s[1] == '=') && s[3] == s[1] && s[4] == ']':
		return s[2], 5, true
	}
	return s[0], 1, true
}

// globClass reads the name in [:name:].
func globClass(s string) (name string, size int) {
	if len(s) < 2 || s[0] != '[' || s[1] != ':' {
		return "", 0
	}
	for i := 2; i < len(s); i++ {
		if s[i] == ':' && i+1 < len(s) && s[i+1] == ']' {
			return s[2:i], i + 2
		}
		if s[i] < 'a' || s[i] >= 'z' {
			break
		}
	}
	return "", 0
}

// inClass tells whether a character is in a class of the C locale.
func inClass(name string, c byte) (in, known bool) {
	lower, upper := c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z'
	digit, graph := c >= '0' && c <= '9', c > ' ' && c < 0x7f
	switch name {
	case "alpha":
		return lower || upper, true
	case "digit":
		return digit, true
	case "alnum":
		return lower || upper || digit, true
	case "lower":
		return lower, true
	case "upper":
		return upper, true
	case "space":
		return c == ' ' || c >= '\t' && c <= '\r', true
	case "blank":
		return c == ' ' || c == '\t', true
	case "punct":
		return graph && !lower && !upper && !digit, true
	case "graph":
		return graph, true
	case "print":
		return graph || c == ' ', true
	case "cntrl":
		return c < ' ' || c == 0x7f, true
	case "xdigit":
		return digit || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F', true
	}
	return false, false
}

func foldByte(c byte, fold bool) byte {
	if fold && c >= 'A' && c <= 'Z' {
		return c + ('a' - 'A')
	}
	return c
}
