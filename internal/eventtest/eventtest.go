// Package eventtest makes events for tests, from values instead of bytes.
package eventtest

import (
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"
	"strings"

	"falcoreplay/scap/event"
)

// Raw is a parameter given by its bytes. A nil parameter, and Raw(nil), is an
// empty one.
type Raw []byte

// Texts is a parameter of texts that each end with a NUL.
type Texts []string

// Tuple is a pair of socket addresses, such as "1.2.3.4:5->6.7.8.9:80".
type Tuple string

// Addr is a socket address, such as "1.2.3.4:80" or "[::1]:80".
type Addr string

// Make makes an event. Numbers are stored as wide as the event table says,
// texts with a NUL. It panics where a value does not fit its parameter: that
// is a mistake in the test.
func Make(typ event.Type, tid int64, ts uint64, params ...any) *event.Event {
	info := event.Lookup(typ)
	if len(params) > len(info.Params) {
		panic(fmt.Sprintf("%s has %d parameters, not %d", info.Code, len(info.Params), len(params)))
	}
	lens, data := []byte{}, []byte{}
	width := info.LenSize()
	for i, p := range params {
		b := encode(&info.Params[i], p)
		if width == 4 {
			lens = binary.LittleEndian.AppendUint32(lens, uint32(len(b)))
		} else {
			lens = binary.LittleEndian.AppendUint16(lens, uint16(len(b)))
		}
		data = append(data, b...)
	}
	ev := &event.Event{Type: typ, TID: tid, TS: ts, Num: 1}
	if !ev.SetParams(len(params), width, append(lens, data...)) {
		panic(info.Code + ": parameters do not fit")
	}
	return ev
}

func encode(p *event.Param, v any) []byte {
	switch v := v.(type) {
	case nil:
		return nil
	case Raw:
		return v
	case string:
		return append([]byte(v), 0)
	case Texts:
		return []byte(strings.Join(v, "\x00") + "\x00")
	case Addr:
		return packed(string(v))
	case Tuple:
		src, dst, ok := strings.Cut(string(v), "->")
		if !ok {
			panic(fmt.Sprintf("%q is no tuple", v))
		}
		return append(packed(src), packed(dst)[1:]...)
	case int:
		return number(p, int64(v))
	case uint32:
		return number(p, int64(v))
	case uint64:
		return number(p, int64(v))
	case int64:
		return number(p, v)
	}
	panic(fmt.Sprintf("%s: no parameter is a %T", p.Name, v))
}

func packed(s string) []byte {
	a, err := netip.ParseAddrPort(s)
	if err != nil {
		panic(err)
	}
	const inet, inet6 = 2, 10 // PPM_AF_INET, PPM_AF_INET6
	b := []byte{inet6}
	if a.Addr().Is4() {
		b[0] = inet
	}
	return binary.LittleEndian.AppendUint16(append(b, a.Addr().AsSlice()...), a.Port())
}

// widths has the bytes of the parameter types that are numbers.
var widths = map[event.ParamType]int{
	event.PTInt8: 1, event.PTUint8: 1, event.PTFlags8: 1, event.PTEnumFlags8: 1, event.PTSigType: 1,
	event.PTInt16: 2, event.PTUint16: 2, event.PTFlags16: 2, event.PTEnumFlags16: 2, event.PTSyscallID: 2, event.PTPort: 2,
	event.PTInt32: 4, event.PTUint32: 4, event.PTFlags32: 4, event.PTEnumFlags32: 4, event.PTUID: 4, event.PTGID: 4, event.PTMode: 4,
	event.PTInt64: 8, event.PTUint64: 8, event.PTErrno: 8, event.PTFD: 8, event.PTPID: 8, event.PTRelTime: 8, event.PTAbsTime: 8,
}

func number(p *event.Param, v int64) []byte {
	width, ok := widths[p.Type]
	if !ok {
		panic(fmt.Sprintf("%s is no number", p.Name))
	}
	if width < 8 && (v >= 1<<(8*width) || v < math.MinInt64>>(64-8*width)) {
		panic(fmt.Sprintf("%s: %d does not fit into %d bytes", p.Name, v, width))
	}
	return binary.LittleEndian.AppendUint64(nil, uint64(v))[:width]
}
