package field

import (
	"strings"

	"falcoreplay/replay"
	"falcoreplay/scap/event"
)

// hasResult tells whether an event holds what a system call returned (event.h,
// sinsp_evt::has_return_value).
func hasResult(ev *event.Event) bool {
	return ev.Type != event.GenericX && isExit(ev.Type) && ev.Info().Source == event.SourceSyscall && ev.NumParams() > 0
}

// resultOf is what the system call returned, 0 where the recorder left it
// empty.
func resultOf(ev *event.Event) int64 {
	if p := ev.Param(0); len(p) != 4 && len(p) != 8 {
		return 0
	}
	n, _ := ev.Int(0)
	return n
}

func rawResult(c *Context) (v Value, ok bool) {
	ev := c.Host.Current.Event
	if ok = hasResult(ev); ok {
		v.N = uint64(resultOf(ev))
	}
	return v, ok
}

func result(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	ev := c.Host.Current.Event
	switch {
	case !hasResult(ev):
		return dst, false
	case resultOf(ev) >= 0:
		return str(dst, "SUCCESS")
	}
	return str(dst, c.paramText(0))
}

// failed makes an extractor of whether the system call failed, for the events
// that about says.
func failed(about func(*Context) bool) extractor {
	return func(_ *Field, c *Context, dst []Value) ([]Value, bool) {
		ev := c.Host.Current.Event
		if !about(c) || !hasResult(ev) {
			return dst, false
		}
		return truth(dst, resultOf(ev) < 0)
	}
}

func anyEvent(*Context) bool { return true }

func isFileFD(t replay.FDType) bool {
	return t == replay.FDFile || t == replay.FDFileV2 || t == replay.FDDirectory
}

func isSocketFD(t replay.FDType) bool {
	switch t {
	case replay.FDIPv4, replay.FDIPv6, replay.FDIPv4Server, replay.FDIPv6Server, replay.FDUnix:
		return true
	}
	return false
}

// opensFile tells the types that open files.
func opensFile(t event.Type) bool {
	switch t {
	case event.SyscallOpenX, event.SyscallCreatX, event.SyscallOpenat_2X, event.SyscallOpenat2X, event.SyscallOpenByHandleAtX:
		return true
	}
	return false
}

// connects tells the types that make connections.
func connects(t event.Type) bool {
	return t == event.SocketAccept5X || t == event.SocketAccept46X || t == event.SocketConnectX
}

func aboutFile(c *Context) bool {
	if fd := c.Host.Current.FD; fd != nil {
		return isFileFD(fd.Type)
	}
	return opensFile(c.Host.Current.Event.Type)
}

func aboutNet(c *Context) bool {
	if fd := c.Host.Current.FD; fd != nil {
		return isSocketFD(fd.Type)
	}
	return connects(c.Host.Current.Event.Type)
}

func aboutMemory(c *Context) bool {
	return c.Host.Current.Event.Info().Category == event.CategoryMemory
}

func aboutOther(c *Context) bool {
	if fd := c.Host.Current.FD; fd != nil {
		return !isFileFD(fd.Type) && !isSocketFD(fd.Type)
	}
	t := c.Host.Current.Event.Type
	return !opensFile(t) && !connects(t) && !aboutMemory(c)
}

// What evt.buflen and its variants look at.
func allFDs(replay.FDType) bool    { return true }
func fileFDs(t replay.FDType) bool { return t == replay.FDFile || t == replay.FDFileV2 }
func netFDs(t replay.FDType) bool  { return t >= replay.FDIPv4 && t <= replay.FDIPv6Server }

func ioAny(c event.Category) bool   { return c.IsIO() }
func ioRead(c event.Category) bool  { return c == event.CategoryIORead }
func ioWrite(c event.Category) bool { return c == event.CategoryIOWrite }

// bufLen makes an extractor of the number of bytes transferred.
func bufLen(fits func(replay.FDType) bool, does func(event.Category) bool) extractor {
	return func(_ *Field, c *Context, dst []Value) ([]Value, bool) {
		ev, fd := c.Host.Current.Event, c.Host.Current.FD
		if fd == nil || !does(ev.Info().Category) || !fits(fd.Type) || !hasResult(ev) {
			return dst, false
		}
		if n := resultOf(ev); n >= 0 {
			return num(dst, uint64(n))
		}
		return dst, false
	}
}

func isSyslog(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	fd := c.Host.Current.FD
	return truth(dst, fd != nil && c.Host.Current.Event.Info().Is(event.FlagWritesToFD) && strings.Contains(fd.Name, "/dev/log"))
}

// dataParam is the parameter "data", whose bytes are compared as they are.
func dataParam(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	ev := c.Host.Current.Event
	if i := ev.Info().Param("data"); i >= 0 && i < ev.NumParams() {
		return str(dst, view(ev.Param(i)))
	}
	return dst, false
}

// Flags of open and bits of modes as captures have them (falcosecurity/libs,
// driver/ppm_events_public.h, PPM_O_* and PPM_S_*).
const (
	openRead    = 1 << 0
	openWrite   = 1 << 1
	openCreate  = 1 << 2
	openTmpFile = 1 << 13
	openCreated = 1 << 14 // the file did not exist
	modeExec    = 1<<0 | 1<<3 | 1<<6
)

// openFlags are the flags that a file was opened with; false for events that
// open none.
func openFlags(ev *event.Event) (flags uint64, ok bool) {
	switch ev.Type {
	case event.SyscallOpenX, event.SyscallOpenByHandleAtX:
		flags, _ = ev.Uint(2)
		return flags, true
	case event.SyscallOpenat_2X, event.SyscallOpenat2X:
		flags, _ = ev.Uint(3)
		return flags, true
	}
	return 0, false
}

func openedForReading(_ *event.Event, flags uint64) bool { return flags&openRead != 0 }
func openedForWriting(_ *event.Event, flags uint64) bool { return flags&openWrite != 0 }

func created(ev *event.Event, flags uint64) bool {
	return flags&openCreated != 0 || flags&openTmpFile != 0 && hasResult(ev) && resultOf(ev) >= 0
}

func opens(how func(*event.Event, uint64) bool) quick {
	return func(c *Context) (Value, bool) {
		ev := c.Host.Current.Event
		flags, ok := openFlags(ev)
		return Value{N: b2n(ok && how(ev, flags))}, true
	}
}

func opensExecutable(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	ev := c.Host.Current.Event
	mode, creates := -1, true
	switch ev.Type {
	case event.SyscallOpenX:
		mode = 3
	case event.SyscallOpenat_2X, event.SyscallOpenat2X:
		mode = 4
	case event.SyscallCreatX:
		mode = 2
	}
	if flags, ok := openFlags(ev); ok {
		creates = flags&(openTmpFile|openCreate) != 0
	}
	bits, _ := ev.Uint(mode)
	return truth(dst, creates && bits&modeExec != 0)
}

// infrastructure makes an extractor of one of the members of a docker event,
// which are "NAME:VALUE" separated by semicolons.
func infrastructure(member string) extractor {
	return func(_ *Field, c *Context, dst []Value) ([]Value, bool) {
		ev := c.Host.Current.Event
		if ev.Type != event.InfrastructureEventE {
			return dst, false
		}
		for part := range strings.SplitSeq(view(textParam(ev, 2)), ";") {
			part = strings.TrimSpace(part)
			if !strings.HasPrefix(part, member) {
				continue
			}
			_, value, ok := strings.Cut(part, ":")
			if !ok {
				return dst, false
			}
			switch member {
			case "Image":
				return str(dst, imageName(value))
			case "ID":
				value = strings.TrimSpace(value)
				return str(dst, value[:min(len(value), 12)])
			}
			value, _, _ = strings.Cut(value, ":")
			return str(dst, strings.TrimSpace(value))
		}
		return dst, false
	}
}

// imageName is an image without its digest.
func imageName(value string) string {
	first, _, _ := strings.Cut(value, ":")
	if name, _, ok := strings.Cut(first, "@"); ok {
		return strings.TrimSpace(name)
	}
	if strings.Contains(first, "sha256") {
		return strings.TrimSpace(value)
	}
	return strings.TrimSpace(first)
}
