package engine

import (
	"unicode/utf8"

	"falcoreplay/engine/field"
)

// appendJSONString appends a text as a JSON string with its quotes, as
// nlohmann::json writes it: control characters escaped, everything else as it
// is, and invalid UTF-8 replaced by U+FFFD (falcosecurity/falco at 1307474,
// userspace/engine/formats.cpp, format_event).
func appendJSONString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	dst = appendEscaped(dst, s)
	return append(dst, '"')
}

// asItIs has the characters that stand for themselves in a JSON string.
var asItIs = makeAsItIs()

func makeAsItIs() (t [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}

// appendEscaped is appendJSONString without the quotes.
func appendEscaped(dst []byte, s string) []byte {
	start := 0
	for i := 0; i < len(s); {
		for i < len(s) && asItIs[s[i]] {
			i++
		}
		if i == len(s) {
			break
		}
		c := s[i]
		if c >= utf8.RuneSelf {
			n, ok := sequence(s[i:])
			if !ok {
				dst = append(append(dst, s[start:i]...), "\uFFFD"...)
				start = i + n
			}
			i += n
			continue
		}
		dst = append(dst, s[start:i]...)
		dst = field.AppendJSONEscape(dst, c)
		i++
		start = i
	}
	return append(dst, s[start:]...)
}
