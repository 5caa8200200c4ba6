package field

import (
	"math"
	"strconv"

	"falcoreplay/replay"
	"falcoreplay/scap/event"
)

// maxTextBytes is what Falco's buffer for a list or for bytes as a text holds
// (falcosecurity/libs at 48dfd53, userspace/libsinsp/sinsp_filtercheck.cpp,
// STRPROPERTY_STORAGE_SIZE).
const maxTextBytes = 1023

// kind groups the types that are written alike (sinsp_filtercheck.cpp,
// rawval_to_string and rawval_to_json).
type kind uint8

const (
	kindNone   kind = iota
	kindSmall       // up to 32 bits; has to have a format
	kindSigned      // 64 bits; without a format it is written as decimal
	kindBig         // 64 bits, unsigned; has to have a format
	kindText
	kindBytes
	kindBool
	kindAddr
	kindNet
	kindDouble
)

var kinds = [event.NumParamTypes]kind{
	event.PTInt8: kindSmall, event.PTInt16: kindSmall, event.PTInt32: kindSmall,
	event.PTUint8: kindSmall, event.PTUint16: kindSmall, event.PTUint32: kindSmall,
	event.PTL4Proto: kindSmall, event.PTPort: kindSmall, event.PTUID: kindSmall, event.PTGID: kindSmall,
	event.PTFlags8: kindSmall, event.PTFlags16: kindSmall, event.PTFlags32: kindSmall,
	event.PTEnumFlags8: kindSmall, event.PTEnumFlags16: kindSmall, event.PTEnumFlags32: kindSmall,
	event.PTInt64: kindSigned, event.PTPID: kindSigned, event.PTFD: kindSigned, event.PTErrno: kindSigned,
	event.PTUint64: kindBig, event.PTRelTime: kindBig, event.PTAbsTime: kindBig,
	event.PTCharBuf: kindText, event.PTFSPath: kindText, event.PTFSRelPath: kindText,
	event.PTByteBuf: kindBytes, event.PTBool: kindBool, event.PTDouble: kindDouble,
	event.PTIPv4Addr: kindAddr, event.PTIPv6Addr: kindAddr, event.PTIPAddr: kindAddr,
	event.PTIPv4Net: kindNet, event.PTIPv6Net: kindNet, event.PTIPNet: kindNet,
	// Falco ends where it is to write these; they occur for evt.rawarg.
	event.PTSigType: kindSmall, event.PTSyscallID: kindSmall, event.PTMode: kindSmall, event.PTSigSet: kindSmall,
	event.PTFD32: kindSmall, event.PTPID32: kindSmall, event.PTSockFamily: kindSmall,
}

func kindOf(t event.ParamType) kind {
	if int(t) < len(kinds) {
		return kinds[t]
	}
	return kindNone
}

// AppendText appends a value of the given type as Falco writes it into an
// output. What it cannot write is "<NA>".
func AppendText(dst []byte, v Value, typ event.ParamType, format event.PrintFormat) []byte {
	switch kindOf(typ) {
	case kindText:
		return append(dst, cString(v.S)...)
	case kindBytes:
		return appendLimitedDots(dst, v.S)
	case kindBool:
		return strconv.AppendBool(dst, uint32(v.N) != 0)
	case kindAddr:
		switch len(v.S) {
		case 4:
			return replay.AppendIPv4(dst, []byte(v.S))
		case 16:
			return replay.AppendIPv6(dst, []byte(v.S))
		}
	case kindNet:
		return append(dst, "<IPNET>"...)
	case kindDouble:
		return strconv.AppendFloat(dst, math.Float64frombits(v.N), 'f', 1, 64)
	case kindSmall:
		switch format {
		case event.FormatDec, event.FormatID:
			return strconv.AppendInt(dst, int64(v.N), 10)
		case event.FormatOct:
			return strconv.AppendUint(dst, uint64(uint32(v.N)), 8)
		case event.FormatHex:
			return appendHex(dst, uint64(uint32(v.N)))
		}
	case kindSigned:
		switch format {
		case event.FormatOct:
			return strconv.AppendUint(dst, v.N, 8)
		case event.FormatHex:
			return appendHex(dst, v.N)
		case event.Format10PaddedDec:
			return appendPadded(dst, int64(v.N))
		}
		return strconv.AppendInt(dst, int64(v.N), 10)
	case kindBig:
		switch format {
		case event.FormatDec, event.FormatID:
			return strconv.AppendUint(dst, v.N, 10)
		case event.FormatOct:
			return strconv.AppendUint(dst, v.N, 8)
		case event.FormatHex:
			return appendHex(dst, v.N)
		case event.Format10PaddedDec:
			return appendPaddedUint(dst, v.N)
		}
	}
	return append(dst, notRead...)
}

// AppendTexts appends the values of a list in parentheses.
func AppendTexts(dst []byte, values []Value, typ event.ParamType, format event.PrintFormat) []byte {
	mark := len(dst)
	dst = append(dst, '(')
	for _, v := range values {
		if len(dst) > mark+1 {
			dst = append(dst, ',')
		}
		dst = AppendText(dst, v, typ, format)
	}
	dst = append(dst, ')')
	return dst[:min(len(dst), mark+maxTextBytes)]
}

// AppendText appends the field as an output shows it, "<NA>" if it is absent.
func (f *Field) AppendText(c *Context, dst []byte) []byte {
	values, ok := f.get(f, c, c.values[:0])
	c.values = values
	switch {
	case !ok:
		return append(dst, notRead...)
	case f.List:
		return AppendTexts(dst, values, f.Type, f.Format)
	case f.multi == MultiRaw:
		return f.appendRaw(c, dst, values[0])
	}
	return AppendText(dst, values[0], f.Type, f.Format)
}

// appendRaw appends the value of evt.rawarg. Values that are no numbers, texts
// or bytes are written as evt.arg does.
func (f *Field) appendRaw(c *Context, dst []byte, v Value) []byte {
	typ, format := f.RawType(c)
	if kindOf(typ) != kindNone {
		return AppendText(dst, v, typ, format)
	}
	p := c.param(int(f.params[c.Host.Current.Event.Type]))
	return c.appendValue(dst, &p)
}

// cString is s up to its first NUL.
func cString(s string) string {
	for i := range len(s) {
		if s[i] == 0 {
			return s[:i]
		}
	}
	return s
}

const hexDigits = "0123456789ABCDEF"

// appendHex appends a number in hexadecimal with capital letters.
func appendHex(dst []byte, n uint64) []byte {
	var buf [16]byte
	i := len(buf)
	for {
		i--
		buf[i] = hexDigits[n&15]
		if n >>= 4; n == 0 {
			return append(dst, buf[i:]...)
		}
	}
}

// paddedWidth is how wide padded numbers are at least, a sign included.
const paddedWidth = 9

func appendPadded(dst []byte, n int64) []byte {
	if n >= 0 {
		return appendPaddedUint(dst, uint64(n))
	}
	return pad(append(dst, '-'), uint64(-n), paddedWidth-1)
}

func appendPaddedUint(dst []byte, n uint64) []byte { return pad(dst, n, paddedWidth) }

func pad(dst []byte, n uint64, width int) []byte {
	for limit := uint64(10); width > 1; width, limit = width-1, limit*10 {
		if n < limit {
			return strconv.AppendUint(append(dst, zeros[:width-1]...), n, 10)
		}
	}
	return strconv.AppendUint(dst, n, 10)
}

const zeros = "00000000"

// appendDots appends bytes with a dot for each that is no printable ASCII
// character (event.cpp, binary_buffer_to_string_dots).
func appendDots[T string | []byte](dst []byte, data T) []byte {
	for i := range len(data) {
		b := data[i]
		if b < ' ' || b > '~' {
			b = '.'
		}
		dst = append(dst, b)
	}
	return dst
}

// appendLimitedDots is appendDots into Falco's buffer: what does not fit is cut
// off, and a byte more.
func appendLimitedDots(dst []byte, data string) []byte {
	if len(data) >= maxTextBytes {
		data = data[:maxTextBytes-2]
	}
	return appendDots(dst, data)
}
