package field

import (
	"encoding/binary"
	"math"
	"strconv"

	"falcoreplay/replay"
	"falcoreplay/scap/event"
)

// notRead stands for a text that the recorder could not read. Old recorders
// wrote nullText for it (event.h,
// sinsp_evt_param::data_and_len_with_legacy_null_encoding).
const (
	notRead  = "<NA>"
	nullText = "(NULL)"
)

var notReadBytes = []byte(notRead)

// textParam is parameter i as a text.
func textParam(ev *event.Event, i int) []byte {
	p := ev.Str(i)
	if p == nil || string(p) == nullText {
		return notReadBytes
	}
	return p
}

// atFDCWD is the working directory among file descriptors (driver,
// ppm_events_public.h, PPM_AT_FDCWD).
const atFDCWD = -100

// shownParam is a parameter as it is shown: with the type that its value has.
type shownParam struct {
	*event.Param
	typ  event.ParamType
	data []byte
}

// beyond describes parameters that a damaged event has more than its type.
var beyond event.Param

// param is parameter i of the current event.
func (c *Context) param(i int) shownParam {
	ev := c.Host.Current.Event
	p := shownParam{Param: &beyond, data: ev.Param(i)}
	if params := ev.Info().Params; i < len(params) {
		p.Param = &params[i]
	}
	p.typ = p.Type
	if p.typ == event.PTDyn && p.Dynamic != nil {
		if t, value, ok := p.Dynamic.Value(p.data); ok {
			p.typ, p.data = t.Type, value
		}
	}
	return p
}

// paramText is what a parameter shows: its name or, if there is none, its value.
func (c *Context) paramText(i int) string {
	p := c.param(i)
	mark := len(c.arena)
	c.arena = c.appendName(c.arena, &p)
	if len(c.arena) == mark {
		c.arena = c.appendValue(c.arena, &p)
	}
	return c.since(mark)
}

func (p *shownParam) int() int64   { return signedBytes(p.data) }
func (p *shownParam) uint() uint64 { return unsignedBytes(p.data) }

func signedBytes(b []byte) int64 {
	switch len(b) {
	case 1:
		return int64(int8(b[0]))
	case 2:
		return int64(int16(binary.LittleEndian.Uint16(b)))
	case 4:
		return int64(int32(binary.LittleEndian.Uint32(b)))
	case 8:
		return int64(binary.LittleEndian.Uint64(b))
	}
	return 0
}

func unsignedBytes(b []byte) uint64 {
	switch len(b) {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(binary.LittleEndian.Uint16(b))
	case 4:
		return uint64(binary.LittleEndian.Uint32(b))
	case 8:
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// text is the parameter up to its first NUL.
func (p *shownParam) text() []byte {
	for i, b := range p.data {
		if b == 0 {
			return p.data[:i]
		}
	}
	return p.data
}

func (p *shownParam) isText() bool {
	switch p.typ {
	case event.PTCharBuf, event.PTFSPath, event.PTFSRelPath:
		return true
	}
	return false
}

// isSigned tells the types whose bytes are a signed number.
func (p *shownParam) isSigned() bool {
	switch p.typ {
	case event.PTInt8, event.PTInt16, event.PTInt32, event.PTInt64, event.PTErrno, event.PTFD, event.PTPID:
		return true
	}
	return false
}

// appendValue appends the value of a parameter as evt.args shows it
// (event.cpp, sinsp_evt::get_param_as_str).
func (c *Context) appendValue(dst []byte, p *shownParam) []byte {
	if len(p.data) == 0 || p.isText() && string(p.text()) == nullText {
		switch p.typ {
		case event.PTByteBuf, event.PTSockTuple, event.PTFDList, event.PTCharBufArray, event.PTCharBufPairArray, event.PTDyn:
			return append(dst, "NULL"...)
		}
		return append(dst, notRead...)
	}
	switch p.typ {
	case event.PTCharBuf, event.PTFSPath, event.PTFSRelPath:
		return append(dst, p.text()...)
	case event.PTFD, event.PTPID, event.PTErrno:
		return strconv.AppendInt(dst, p.int(), 10)
	case event.PTInt8, event.PTInt16, event.PTInt32, event.PTInt64:
		return appendParamNumber(dst, p.int(), len(p.data), p.Format)
	case event.PTUint8, event.PTUint16, event.PTUint32, event.PTUint64, event.PTMode:
		return appendParamNumber(dst, int64(p.uint()), len(p.data), p.Format)
	case event.PTFlags8, event.PTFlags16, event.PTFlags32, event.PTEnumFlags8, event.PTEnumFlags16, event.PTEnumFlags32,
		event.PTSigType:
		return strconv.AppendUint(dst, p.uint(), 10)
	case event.PTUID, event.PTGID:
		return strconv.AppendInt(dst, int64(int32(p.uint())), 10)
	case event.PTByteBuf:
		return appendDots(dst, p.data)
	case event.PTSockAddr:
		return replay.AppendSockaddr(dst, p.data)
	case event.PTSockTuple:
		return replay.AppendSocktuple(dst, p.data)
	case event.PTFDList:
		return c.appendFDList(dst, p.data)
	case event.PTSyscallID:
		if event.SyscallName(uint16(p.uint())) == "" {
			return append(dst, "<unknown syscall>"...)
		}
		return strconv.AppendUint(dst, p.uint(), 10)
	case event.PTRelTime:
		if p.uint() == math.MaxUint64 {
			return append(dst, "none"...)
		}
		return strconv.AppendUint(dst, p.uint(), 10)
	case event.PTAbsTime:
		return c.when(p.uint()).AppendFormat(dst, "2006-01-02 15:04:05.000000000")
	case event.PTSigSet:
		return appendSignals(dst, p.uint())
	case event.PTDyn:
		return append(dst, "INVALID DYNAMIC PARAMETER"...)
	}
	return append(dst, "(n.a.)"...)
}

// appendParamNumber appends a number of a parameter. Numbers of four and eight
// bytes are written as signed ones whatever their type, and small ones as the
// 32 bits that C makes of them.
func appendParamNumber(dst []byte, n int64, width int, format event.PrintFormat) []byte {
	bits := uint64(n)
	if width < 8 {
		bits = uint64(uint32(n))
	}
	switch format {
	case event.FormatOct:
		if bits != 0 {
			dst = append(dst, '0')
		}
		return strconv.AppendUint(dst, bits, 8)
	case event.FormatHex:
		return appendHex(dst, bits)
	}
	if width == 4 {
		n = int64(int32(n))
	}
	if format == event.Format10PaddedDec {
		return appendPadded(dst, n)
	}
	return strconv.AppendInt(dst, n, 10)
}

// appendName appends what evt.args shows in parentheses behind the value of a
// parameter, which may be nothing.
func (c *Context) appendName(dst []byte, p *shownParam) []byte {
	if len(p.data) == 0 {
		return dst
	}
	switch p.typ {
	case event.PTFD:
		return c.appendFDName(dst, p.int())
	case event.PTPID:
		if t := c.Host.Thread(replay.TID(p.int())); t != nil {
			return append(dst, t.Comm...)
		}
	case event.PTErrno:
		if n := p.int(); n < 0 {
			return append(dst, errorName(-n)...)
		}
	case event.PTFSPath, event.PTFSRelPath:
		return c.appendFullPath(dst, p)
	case event.PTSyscallID:
		return append(dst, event.SyscallName(uint16(p.uint()))...)
	case event.PTSigType:
		return append(dst, signalName(p.uint())...)
	case event.PTRelTime:
		if n := p.uint(); n != math.MaxUint64 {
			return append(strconv.AppendFloat(dst, float64(n)/second, 'g', 6, 64), 's')
		}
	case event.PTFlags8, event.PTFlags16, event.PTFlags32:
		return appendFlags(dst, p.Symbols, uint32(p.uint()))
	case event.PTEnumFlags8, event.PTEnumFlags16, event.PTEnumFlags32:
		return appendEnum(dst, p.Symbols, uint32(p.uint()))
	case event.PTMode:
		return appendMode(dst, p.Symbols, uint32(p.uint()))
	case event.PTUID, event.PTGID:
		return c.appendOwner(dst, p.typ, uint32(p.uint()))
	}
	return dst
}

// appendFDName appends what is known of a file descriptor in a parameter, or
// the name of the error that it is (event.cpp, render_fd).
func (c *Context) appendFDName(dst []byte, number int64) []byte {
	t := c.thread()
	switch {
	case t == nil:
	case number == atFDCWD:
		return append(dst, "AT_FDCWD"...)
	case number < 0:
		return append(dst, errorName(-int64(int32(number)))...)
	default:
		if fd := t.FD(number); fd != nil {
			return appendFD(dst, fd)
		}
	}
	return dst
}

// appendFD appends a file descriptor as "<TYPE>NAME".
func appendFD(dst []byte, fd *replay.FD) []byte {
	dst = append(dst, '<', fd.Type.Char())
	if netFDs(fd.Type) {
		switch fd.Proto() {
		case replay.L4TCP:
			dst = append(dst, 't')
		case replay.L4UDP:
			dst = append(dst, 'u')
		case replay.L4ICMP:
			dst = append(dst, 'i')
		case replay.L4Raw:
			dst = append(dst, 'r')
		}
	}
	return append(append(dst, '>'), fd.Name...)
}

// appendFullPath appends what a relative path in a parameter stands for, and
// nothing for an absolute one.
func (c *Context) appendFullPath(dst []byte, p *shownParam) []byte {
	path, t := view(p.text()), c.thread()
	if t == nil || len(path) == 0 || path[0] == '/' || path == notRead || path == nullText {
		return dst
	}
	dir := t.CWD()
	if p.typ == event.PTFSRelPath && p.Dirfd >= 0 && int(p.Dirfd) < len(c.Host.Current.Event.Info().Params) {
		ev := c.Host.Current.Event
		if ev.Info().Params[p.Dirfd].Type == event.PTFD {
			if number, _ := ev.Int(int(p.Dirfd)); number != atFDCWD {
				return appendPathIn(dst, t.FD(number), path)
			}
		}
	}
	return replay.AppendPath(dst, dir, false, path)
}

// appendPathIn appends a path relative to a directory, which may be unknown.
func appendPathIn(dst []byte, dir *replay.FD, path string) []byte {
	if dir == nil || dir.Name == "" {
		return replay.AppendPath(dst, "", false, path)
	}
	return replay.AppendPath(dst, dir.Name, dir.Name[len(dir.Name)-1] != '/', path)
}

// appendOwner appends the name of a user or group in a parameter.
func (c *Context) appendOwner(dst []byte, typ event.ParamType, number uint32) []byte {
	if number == math.MaxUint32 {
		return append(dst, "<NONE>"...)
	}
	if t := c.thread(); t != nil {
		if typ == event.PTUID {
			if u := c.Host.User(t.ContainerID, number); u != nil && u.Name != "" {
				return append(dst, u.Name...)
			}
		} else if g := c.Host.Group(t.ContainerID, number); g != nil && g.Name != "" {
			return append(dst, g.Name...)
		}
	}
	return append(dst, notRead...)
}
