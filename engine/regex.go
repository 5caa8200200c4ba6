package engine

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// compileRegex compiles an expression as RE2 does with its POSIX options and
// an anchor at both ends: without Perl's classes, word boundaries, groups with
// options and lazy repetitions; ^ and $ match at lines, negated classes match
// line ends and a dot does not (falcosecurity/libs at 48dfd53,
// userspace/libsinsp/sinsp_filtercheck.cpp, add_filter_value; google/re2,
// re2.h, RE2::POSIX, and re2.cc, RE2::Options::ParseFlags).
func compileRegex(expr string) (*regexp.Regexp, error) {
	tree, err := syntax.Parse(expr, syntax.ClassNL)
	if err != nil {
		return nil, fmt.Errorf("invalid regular expression: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	re, err := regexp.Compile(`\A(?:` + tree.String() + `)\z`)
	if err != nil {
		return nil, fmt.Errorf("invalid regular expression: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	return re, nil
}

// regexText is the text that an expression is matched with: invalid UTF-8
// becomes U+FFFD.
func regexText(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string(appendSanitized(nil, s))
}

// appendSanitized appends a text of which each maximal part of an invalid
// sequence is replaced by U+FFFD (Unicode Standard, 3.9, "U+FFFD Substitution
// of Maximal Subparts"). Go's own replacement is by byte.
func appendSanitized(dst []byte, s string) []byte {
	for i := 0; i < len(s); {
		n, ok := sequence(s[i:])
		if ok {
			dst = append(dst, s[i:i+n]...)
		} else {
			dst = append(dst, "\uFFFD"...)
		}
		i += n
	}
	return dst
}

// sequence is the length of the UTF-8 sequence at the beginning of s or, if it
// is not ok, of the part of it that is replaced.
func sequence(s string) (n int, ok bool) {
	c := s[0]
	lo, hi, want := byte(0x80), byte(0xbf), 0
	switch {
	case c < utf8.RuneSelf:
		return 1, true
	case c < 0xc2, c > 0xf4:
		return 1, false
	case c < 0xe0:
		want = 2
	case c < 0xf0:
		want = 3
		if c == 0xe0 {
			lo = 0xa0
		} else if c == 0xed {
			hi = 0x9f
		}
	default:
		want = 4
		if c == 0xf0 {
			lo = 0x90
		} else if c == 0xf4 {
			hi = 0x8f
		}
	}
	for n = 1; n < want; n++ {
		if n >= len(s) || s[n] < lo || s[n] > hi {
			return n, false
		}
		lo, hi = 0x80, 0xbf
	}
	return want, true
}

// regexWarning tells that an expression does no more than a simpler operator
// would, "" if it may (userspace/libsinsp/filter.cpp,
// check_warnings_regex_value).
func regexWarning(expr string) string {
	n := len(expr)
	for i := 0; i < n; i++ {
		c := expr[i]
		if i == 0 && c == '^' || i == n-1 && c == '$' {
			continue
		}
		if (i == 0 && n > 1 || i == n-2) && c == '.' && strings.IndexByte("+*?", expr[i+1]) >= 0 {
			i++
			continue
		}
		if strings.IndexByte(".+*?^$()[]{}|\\", c) >= 0 {
			return ""
		}
	}
	return fmt.Sprintf("regular expression %q could be one of =, contains, startswith and endswith, which are faster", expr)
}
