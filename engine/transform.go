package engine

import (
	"strings"

	"falcoreplay/scap/event"
)

// transform makes one text of another, appended to dst. It is not ok if there
// is none.
type transform func(dst []byte, s string) (out []byte, ok bool)

// transformers are the functions of one text, with the types they take
// (falcosecurity/libs at 48dfd53, userspace/libsinsp/sinsp_filter_transformers).
// len is none of them: it makes a number.
var transformers = map[string]struct {
	apply transform
	types []event.ParamType
}{
	"tolower":  {toLower, []event.ParamType{event.PTCharBuf, event.PTFSPath, event.PTFSRelPath}},
	"toupper":  {toUpper, []event.ParamType{event.PTCharBuf, event.PTFSPath, event.PTFSRelPath}},
	"basename": {baseName, []event.ParamType{event.PTCharBuf, event.PTFSPath, event.PTFSRelPath}},
	"b64":      {decodeBase64, []event.ParamType{event.PTCharBuf, event.PTByteBuf}},
}

// lenTypes are the types, other than lists, that have a length.
var lenTypes = []event.ParamType{event.PTCharBuf, event.PTByteBuf, event.PTFSPath, event.PTFSRelPath}

func toLower(dst []byte, s string) ([]byte, bool) {
	for i := 0; i < len(s); i++ {
		dst = append(dst, foldByte(s[i], true))
	}
	return dst, true
}

func toUpper(dst []byte, s string) ([]byte, bool) {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst, true
}

func baseName(dst []byte, s string) ([]byte, bool) {
	return append(dst, s[strings.LastIndexByte(s, '/')+1:]...), true
}

// decodeBase64 decodes a text with or without padding, of which up to two
// signs are taken whatever the length. The bits that do not fill a byte must
// be zero (userspace/libsinsp/base64.h).
func decodeBase64(dst []byte, s string) ([]byte, bool) {
	if t, ok := strings.CutSuffix(s, "="); ok {
		if s = strings.TrimSuffix(t, "="); s == "" {
			return dst, false
		}
	}
	var bits uint32
	held := 0 // of bits, that are not yet in dst
	for i := 0; i < len(s); i++ {
		c := base64Digit(s[i])
		if c > 63 {
			return dst, false
		}
		bits, held = bits<<6|uint32(c), held+6
		if held >= 8 {
			held -= 8
			dst = append(dst, byte(bits>>held))
			bits &= 1<<held - 1
		}
	}
	return dst, bits == 0 && held < 6
}

// base64Digit is the number that a character stands for, 64 for none.
func base64Digit(c byte) byte {
	switch {
	case c >= 'A' && c <= 'Z':
		return c - 'A'
	case c >= 'a' && c <= 'z':
		return c - 'a' + 26
	case c >= '0' && c <= '9':
		return c - '0' + 52
	case c == '+':
		return 62
	case c == '/':
		return 63
	}
	return 64
}
