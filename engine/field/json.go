package field

import (
	"math"
	"strconv"
	"unicode/utf8"

	"falcoreplay/scap/event"
)

// AppendJSON appends a value of the given type as Falco writes it into
// output_fields. What it cannot write is null.
func AppendJSON(dst []byte, v Value, typ event.ParamType, format event.PrintFormat) []byte {
	switch kindOf(typ) {
	case kindText:
		return AppendJSONString(dst, cString(v.S))
	case kindBool:
		return strconv.AppendBool(dst, uint32(v.N) != 0)
	case kindDouble:
		return appendJSONDouble(dst, math.Float64frombits(v.N), format)
	case kindSmall, kindSigned, kindBig:
		return appendJSONNumber(dst, v, typ, format)
	case kindBytes:
		var buf [maxTextBytes]byte
		return AppendJSONString(dst, view(AppendText(buf[:0], v, typ, format)))
	case kindAddr, kindNet:
		dst = append(dst, '"')
		dst = AppendText(dst, v, typ, format)
		return append(dst, '"')
	}
	return append(dst, "null"...)
}

// appendJSONNumber appends a number: as such if it is decimal, else as a text.
func appendJSONNumber(dst []byte, v Value, typ event.ParamType, format event.PrintFormat) []byte {
	k := kindOf(typ)
	switch format {
	case event.FormatDec, event.FormatID:
		return AppendText(dst, v, typ, format)
	case event.FormatOct, event.FormatHex:
	case event.Format10PaddedDec:
		if k == kindSmall {
			return append(dst, "null"...)
		}
	default:
		if k != kindSigned {
			return append(dst, "null"...)
		}
	}
	dst = append(dst, '"')
	dst = AppendText(dst, v, typ, format)
	return append(dst, '"')
}

// appendJSONDouble appends a number as nlohmann::json writes it: the shortest
// that reads back as the same, with an exponent where that is below -4 or above
// 15, and with a fraction.
func appendJSONDouble(dst []byte, d float64, format event.PrintFormat) []byte {
	switch {
	case format == event.FormatDec:
		return strconv.AppendInt(dst, int64(d), 10)
	case math.IsNaN(d) || math.IsInf(d, 0):
		return append(dst, "null"...)
	}
	if abs := math.Abs(d); abs != 0 && (abs < 1e-4 || abs >= 1e15) {
		return strconv.AppendFloat(dst, d, 'e', -1, 64)
	}
	mark := len(dst)
	dst = strconv.AppendFloat(dst, d, 'f', -1, 64)
	for _, b := range dst[mark:] {
		if b == '.' {
			return dst
		}
	}
	return append(dst, ".0"...)
}

// AppendJSON appends the field as an alert's output_fields show it, null if it
// is absent. Times that are texts are numbers there: nanoseconds since the
// epoch.
func (f *Field) AppendJSON(c *Context, dst []byte) []byte {
	switch f.Def.json {
	case jsonTime:
		return strconv.AppendUint(dst, c.Host.Current.Event.TS, 10)
	case jsonZero:
		return append(dst, '0')
	}
	values, ok := f.get(f, c, c.values[:0])
	c.values = values
	switch {
	case !ok:
		return append(dst, "null"...)
	case f.List:
		return AppendJSONList(dst, values, f.Type, f.Format)
	case f.Def.json == jsonNumber:
		return strconv.AppendUint(dst, values[0].N, 10)
	case f.Def.json == jsonZeroDouble:
		return append(dst, "0.0"...)
	case f.multi == MultiRaw:
		return f.appendRawJSON(c, dst, values[0])
	}
	return AppendJSON(dst, values[0], f.Type, f.Format)
}

// AppendJSONList appends the values of a list, null if there are none.
func AppendJSONList(dst []byte, values []Value, typ event.ParamType, format event.PrintFormat) []byte {
	if len(values) == 0 {
		return append(dst, "null"...)
	}
	dst = append(dst, '[')
	for i, v := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendJSON(dst, v, typ, format)
	}
	return append(dst, ']')
}

func (f *Field) appendRawJSON(c *Context, dst []byte, v Value) []byte {
	typ, format := f.RawType(c)
	if kindOf(typ) != kindNone {
		return AppendJSON(dst, v, typ, format)
	}
	mark := len(c.arena)
	c.arena = f.appendRaw(c, c.arena, v)
	return AppendJSONString(dst, c.since(mark))
}

// jsonForm is how a field is written into output_fields.
type jsonForm uint8

const (
	jsonPlain  jsonForm = iota // as its type and format say
	jsonTime                   // the event's time in nanoseconds since the epoch
	jsonNumber                 // a number, also if the format is padded
	// jsonZero: always 0. Falco reads evt.deltatime twice for an alert, and
	// the second time no time has passed.
	jsonZero
	jsonZeroDouble // 0.0 where it is present, for the same reason
)

// AppendJSONString appends a text as a JSON string, as it comes out of jsoncpp
// and nlohmann::json, through both of which Falco sends the values of fields:
// control characters are escaped, everything else stays as it is, but bytes
// that are no UTF-8 are read as the sequence that the first of them announces,
// whatever follows (jsoncpp, src/lib_json/json_writer.cpp, utf8ToCodepoint).
func AppendJSONString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	valid := utf8.ValidString(s)
	start := 0
	for i := 0; i < len(s); i++ {
		b := s[i]
		if b >= ' ' && b != '"' && b != '\\' && (b < utf8.RuneSelf || valid) {
			continue
		}
		dst = append(dst, s[start:i]...)
		if b < utf8.RuneSelf {
			dst = AppendJSONEscape(dst, b)
		} else {
			r, n := looseRune(s[i:])
			dst = utf8.AppendRune(dst, r)
			i += n - 1
		}
		start = i + 1
	}
	return append(append(dst, s[start:]...), '"')
}

// AppendJSONEscape appends the escape sequence of a control character, a quote
// or a backslash.
func AppendJSONEscape(dst []byte, b byte) []byte {
	const digits = "0123456789abcdef"
	switch b {
	case '"', '\\':
		return append(dst, '\\', b)
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', digits[b>>4], digits[b&15])
}

// looseRune decodes a sequence without looking at the marks of its other bytes.
func looseRune(s string) (r rune, n int) {
	c, more, least := rune(s[0]), 0, rune(0)
	switch {
	case c < 0xe0:
		r, more, least = c&0x1f, 1, 0x80
	case c < 0xf0:
		r, more, least = c&0x0f, 2, 0x800
	case c < 0xf8:
		r, more, least = c&0x07, 3, 0x10000
	default:
		return utf8.RuneError, 1
	}
	if len(s) <= more {
		return utf8.RuneError, 1
	}
	for i := 1; i <= more; i++ {
		r = r<<6 | rune(s[i]&0x3f)
	}
	switch {
	case r < least, r >= 0xd800 && r <= 0xdfff:
		r = utf8.RuneError
	case r > 0xffff: // written as two surrogates, with 20 bits
		r = 0x10000 + (r-0x10000)&0xfffff
	}
	return r, more + 1
}
