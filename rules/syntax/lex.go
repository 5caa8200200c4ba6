package syntax

import (
	"strings"
	"unicode/utf8"
)

// The transformers that may stand on either side of a check: s_field_transformers
// of falcosecurity/libs, userspace/libsinsp/filter/parser.cpp at 48dfd53.
var transformers = [...]string{
	"tolower", "toupper", "b64", "basename", "len", "join", "concat", "getopt",
}

// transformerVal stands only on the right-hand side, and takes one field.
const transformerVal = "val"

// Transformers returns the names of all transformers.
func Transformers() []string {
	return append([]string{transformerVal}, transformers[:]...)
}

// opToken is an operator as the lexer tries it. The order within each table
// is that of parser.cpp, for one may begin with another.
type opToken struct {
	text  string
	op    Op
	blank bool // a blank has to follow
}

var (
	numOps = [...]opToken{{"<=", OpLe, false}, {"<", OpLt, false}, {">=", OpGe, false}, {">", OpGt, false}}
	strOps = [...]opToken{
		{"==", OpEq, false}, {"=", OpEq, false}, {"!=", OpNe, false},
		{"glob", OpGlob, true}, {"iglob", OpIGlob, true},
		{"contains", OpContains, true}, {"icontains", OpIContains, true}, {"bcontains", OpBContains, true},
		{"startswith", OpStartsWith, true}, {"bstartswith", OpBStartsWith, true},
		{"endswith", OpEndsWith, true}, {"regex", OpRegex, true},
	}
	listOps = [...]opToken{{"intersects", OpIntersects, false}, {"in", OpIn, false}, {"pmatch", OpPMatch, false}}
)

func isAlpha(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isHex(c byte) bool {
	return isDigit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// isBlank holds for what separates tokens.
func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\b' || c == '\r' || c == '\n' }

// isSpace holds for the class [[:space:]] of regular expressions.
func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

// Each of the functions below returns the length of the token at the
// beginning of s, or 0 if there is none.

// lenIdentifier: [a-zA-Z]+[a-zA-Z0-9_]*
func lenIdentifier(s string) int {
	if s == "" || !isAlpha(s[0]) {
		return 0
	}
	n := 1
	for n < len(s) && (isAlpha(s[n]) || isDigit(s[n]) || s[n] == '_') {
		n++
	}
	return n
}

// lenFieldName: two or more identifiers with dots between.
func lenFieldName(s string) int {
	n := lenIdentifier(s)
	if n == 0 {
		return 0
	}
	dotted := false
	for n < len(s) && s[n] == '.' {
		m := lenIdentifier(s[n+1:])
		if m == 0 {
			break
		}
		n += 1 + m
		dotted = true
	}
	if !dotted {
		return 0
	}
	return n
}

// lenNumber: a hexadecimal or a decimal number; the latter may have a sign, a
// fraction and an exponent with a sign of its own.
func lenNumber(s string) int {
	if len(s) > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') && isHex(s[2]) {
		n := 3
		for n < len(s) && isHex(s[n]) {
			n++
		}
		return n
	}
	n := 0
	if n < len(s) && (s[n] == '+' || s[n] == '-') {
		n++
	}
	digits := lenDigits(s[n:])
	if digits == 0 {
		return 0
	}
	n += digits
	if n < len(s) && s[n] == '.' {
		n++
	}
	n += lenDigits(s[n:])
	if n+2 < len(s) && (s[n] == 'e' || s[n] == 'E') && (s[n+1] == '+' || s[n+1] == '-') {
		if m := lenDigits(s[n+2:]); m > 0 {
			n += 2 + m
		}
	}
	return n
}

func lenDigits(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

// lenRunes returns the length of the longest prefix of valid UTF-8 that has
// none of the stop characters and no white space.
func lenRunes(s, stop string) int {
	n := 0
	for n < len(s) {
		r, size := utf8.DecodeRuneInString(s[n:])
		if r == utf8.RuneError && size == 1 || r < utf8.RuneSelf && (isSpace(byte(r)) || strings.IndexByte(stop, byte(r)) >= 0) {
			break
		}
		n += size
	}
	return n
}

// lenBareString is the length of an unquoted value.
func lenBareString(s string) int { return lenRunes(s, "()\"'=,") }

// lenBareArg is the length of an unquoted argument of a field.
func lenBareArg(s string) int { return lenRunes(s, "][\"'") }

// lenQuoted is the length of a quoted string with its quotes. A quote does not
// end it if a backslash stands before, even one that is escaped itself; a NUL
// byte cannot be in it.
func lenQuoted(s string) int {
	if s == "" || s[0] != '\'' && s[0] != '"' {
		return 0
	}
	for n := 1; n < len(s) && s[n] != 0; n++ {
		if s[n] == s[0] && s[n-1] != '\\' {
			return n + 1
		}
	}
	return 0
}

// lenNot is the length of the word not with the white space that has to
// follow it.
func lenNot(s string) int {
	if !strings.HasPrefix(s, "not") {
		return 0
	}
	n := 3
	for n < len(s) && isSpace(s[n]) {
		n++
	}
	if n == 3 {
		return 0
	}
	return n
}

// unquote takes the quotes and escapes away. On failure it returns the offset
// in s of what is wrong, and what is. The escapes are those of unescape_str
// in falcosecurity/libs, userspace/libsinsp/filter/escaping.cpp at 48dfd53;
// a backslash before a space gives a backslash and no space there.
func unquote(s string) (text string, at int, problem string) {
	end := len(s) - 1
	body := s[1:end]
	if strings.IndexByte(body, '\\') < 0 {
		return body, 0, ""
	}
	b := make([]byte, 0, len(body))
	for i := 1; i < end; i++ {
		if s[i] != '\\' {
			b = append(b, s[i])
			continue
		}
		i++
		if i >= end {
			break
		}
		switch c := s[i]; c {
		case 'b':
			b = append(b, '\b')
		case 'f':
			b = append(b, '\f')
		case 'n':
			b = append(b, '\n')
		case 'r':
			b = append(b, '\r')
		case 't':
			b = append(b, '\t')
		case ' ', '\\':
			b = append(b, '\\')
		case '/':
			b = append(b, '/')
		case '"', '\'':
			if s[0] != c {
				return "", i - 1, `escape \` + string(c) + " in a string with the other kind of quotes"
			}
			b = append(b, c)
		case 'x':
			if i+2 >= end {
				return "", i - 1, `escape \x needs two hexadecimal digits`
			}
			hi, lo := s[i+1], s[i+2]
			if !isHex(hi) || !isHex(lo) {
				return "", i - 1, `escape \x needs two hexadecimal digits`
			}
			b = append(b, unhex(hi)<<4|unhex(lo))
			i += 2
		default:
			return "", i - 1, `unknown escape \` + firstRune(s[i:end])
		}
	}
	return string(b), 0, ""
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c <= 'F':
		return c - 'A' + 10
	}
	return c - 'a' + 10
}

func firstRune(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return s[:n]
}
