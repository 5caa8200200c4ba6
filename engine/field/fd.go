package field

import (
	"strconv"
	"strings"

	"falcoreplay/replay"
	"falcoreplay/scap/event"
)

// fd is the thread and the file descriptor that the event is about, which may
// be unknown; false for events that are about none (falcosecurity/libs at
// 48dfd53, userspace/libsinsp/sinsp_filtercheck_fd.cpp, extract_fd).
func (c *Context) fd() (t *replay.Thread, fd *replay.FD, ok bool) {
	cur := &c.Host.Current
	if cur.Event.Info().Flags&(event.FlagCreatesFD|event.FlagUsesFD|event.FlagDestroysFD) == 0 {
		return nil, nil, false
	}
	if t = c.thread(); t == nil {
		return nil, nil, false
	}
	if fd = cur.FD; fd == nil && t.LastEventFD != -1 {
		fd = t.FD(t.LastEventFD)
	}
	return t, fd, true
}

// known is the file descriptor that the event is about, nil if it is unknown or
// there is none.
func (c *Context) known() *replay.FD {
	_, fd, _ := c.fd()
	return fd
}

func fdNumber(c *Context) (v Value, ok bool) {
	t, _, ok := c.fd()
	if ok {
		v.N = uint64(t.LastEventFD)
	}
	return v, ok
}

// fdText, fdValue and fdTruth make extractors of what is known of the file
// descriptor.
func fdText(text func(*replay.FD) string) extractor {
	return func(_ *Field, c *Context, dst []Value) ([]Value, bool) {
		if fd := c.known(); fd != nil {
			return str(dst, text(fd))
		}
		return dst, false
	}
}

func fdValue(number func(*replay.FD) uint64) extractor {
	return func(_ *Field, c *Context, dst []Value) ([]Value, bool) {
		if fd := c.known(); fd != nil {
			return num(dst, number(fd))
		}
		return dst, false
	}
}

func fdTruth(is func(*replay.FD) bool) extractor {
	return func(_ *Field, c *Context, dst []Value) ([]Value, bool) {
		if fd := c.known(); fd != nil {
			return truth(dst, is(fd))
		}
		return dst, false
	}
}

// name is the name of the file descriptor or, if that is unknown, the one that
// the event itself tells, which is empty for most.
func (c *Context) name() (name string, fd *replay.FD, ok bool) {
	_, fd, ok = c.fd()
	switch {
	case !ok:
		return "", nil, false
	case fd != nil:
		return fd.Name, fd, true
	}
	name, ok = c.nameFromEvent(false)
	return name, nil, ok
}

// nameFromEvent is the path or the address that an event opens, which is what
// there is when it failed (extract_fdname_from_event).
func (c *Context) nameFromEvent(raw bool) (string, bool) {
	ev := c.Host.Current.Event
	if !isExit(ev.Type) {
		return "", false
	}
	switch ev.Type {
	case event.SyscallOpenX, event.SocketAccept5X, event.SocketAccept46X, event.SyscallCreatX, event.SocketConnectX:
		if ev.NumParams() < 2 {
			return "", false
		}
		return c.paramText(1), true
	case event.SyscallOpenat_2X, event.SyscallOpenat2X:
		if ev.NumParams() < 3 {
			return "", false
		}
		path := view(textParam(ev, 2))
		if raw {
			return path, true
		}
		number, ok := ev.Int(1)
		if !ok {
			return "", false
		}
		mark := len(c.arena)
		c.arena = c.appendPathAt(c.arena, number, path)
		return c.since(mark), true
	case event.SyscallOpenByHandleAtX:
		return view(textParam(ev, 3)), true
	}
	return "", true
}

// unknownDir stands for a directory that is not known.
const unknownDir = "<UNKNOWN>"

// appendPathAt appends a path relative to the directory that a file descriptor refers to,
// as far as the event's own thread knows it (parsers.cpp,
// sinsp_parser::parse_dirfd).
func (c *Context) appendPathAt(dst []byte, number int64, path string) []byte {
	t := c.Host.Current.Thread
	switch {
	case path != "" && path[0] == '/':
		return replay.AppendPath(dst, ".", false, path)
	case t == nil:
		return replay.AppendPath(dst, unknownDir, false, path)
	case number == atFDCWD:
		return replay.AppendPath(dst, t.CWD(), false, path)
	}
	if dir := t.FD(number); dir != nil {
		return appendPathIn(dst, dir, path)
	}
	return replay.AppendPath(dst, unknownDir, false, path)
}

func fdName(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	if name, _, ok := c.name(); ok {
		return str(dst, name)
	}
	return dst, false
}

// fdDirectory is the directory of a file. What is behind the last slash is left
// out, unless there is nothing.
func fdDirectory(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	if dir, ok := c.directory(); ok {
		return str(dst, dir)
	}
	return dst, false
}

func (c *Context) directory() (string, bool) {
	name, fd, ok := c.name()
	switch {
	case !ok:
		return "", false
	case fd != nil && fd.Type == replay.FDDirectory:
		return name, true
	case fd != nil && !fileFDs(fd.Type):
		return "", false
	}
	switch i := strings.LastIndexByte(name, '/'); {
	case i <= 0:
		return "/", true
	case i < len(name)-1:
		return name[:i], true
	}
	return name, true
}

func fdFilename(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	fd := c.known()
	if fd == nil || !fileFDs(fd.Type) {
		return dst, false
	}
	switch i := strings.LastIndexByte(fd.Name, '/'); {
	case i < 0:
		return str(dst, "/")
	case i < len(fd.Name)-1:
		return str(dst, fd.Name[i+1:])
	}
	return str(dst, fd.Name)
}

// chars has each byte as a text.
const chars = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ?"

func fdTypeChar(c *Context) (Value, bool) {
	_, fd, ok := c.fd()
	if !ok {
		return Value{}, false
	}
	char := byte('o')
	if fd != nil {
		char = fd.Type.Char()
	} else {
		char = typeCharOf(c.Host.Current.Event.Type | 1)
	}
	i := strings.IndexByte(chars, char)
	return Value{S: chars[i : i+1]}, true
}

// typeCharOf is the type of the file descriptor that a call would have made
// (event.h, sinsp_evt::extract_typechar).
func typeCharOf(t event.Type) byte {
	switch t {
	case event.SyscallOpenat_2X, event.SyscallOpenat2X, event.SyscallCreatX:
		return 'f'
	case event.SocketSocketX, event.SocketAccept5X, event.SocketAccept46X:
		return '4'
	case event.SyscallPipeX, event.SyscallPipe2X:
		return 'p'
	case event.SyscallEventfdX, event.SyscallEventfd2X:
		return 'e'
	case event.SyscallSignalfdX, event.SyscallSignalfd4X:
		return 's'
	case event.SyscallTimerfdCreateX:
		return 't'
	case event.SyscallInotifyInitX, event.SyscallInotifyInit1X:
		return 'i'
	}
	return 'o'
}

func fdTypes(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	t, _, ok := c.fd()
	if !ok {
		return dst, false
	}
	tab := t.FDTable()
	if tab == nil {
		return dst, true
	}
	n := len(dst)
next:
	for fd := range tab.All() {
		name := fd.Type.String()
		for _, v := range dst[n:] {
			if v.S == name {
				continue next
			}
		}
		dst = append(dst, Value{S: name})
	}
	return dst, true
}

func fdTypeAt(f *Field, c *Context, dst []Value) ([]Value, bool) {
	t, _, ok := c.fd()
	if !ok {
		return dst, false
	}
	if fd := t.FD(f.index); fd != nil {
		return str(dst, fd.Type.String())
	}
	return dst, false
}

func fdUID(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	t, _, ok := c.fd()
	if !ok {
		return dst, false
	}
	mark := len(c.arena)
	c.arena = strconv.AppendInt(c.arena, int64(t.TID), 10)
	c.arena = strconv.AppendInt(c.arena, t.LastEventFD, 10)
	return str(dst, c.since(mark))
}

// inContainer puts the id of the thread's container, which is empty for the
// host, before a text.
func inContainer(text func(*Context) (string, bool)) extractor {
	return func(_ *Field, c *Context, dst []Value) ([]Value, bool) {
		t, _, ok := c.fd()
		if !ok {
			return dst, false
		}
		s, ok := text(c)
		if !ok {
			return dst, false
		}
		mark := len(c.arena)
		c.arena = append(append(append(c.arena, t.ContainerID...), ':'), s...)
		return str(dst, c.since(mark))
	}
}

// fdNameRaw is the path as the program gave it, without repeated slashes.
func fdNameRaw(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	_, fd, ok := c.fd()
	if !ok {
		return dst, false
	}
	var name string
	if fd != nil {
		name = fd.NameRaw
	} else if name, ok = c.nameFromEvent(true); !ok {
		return dst, false
	}
	if !strings.Contains(name, "//") {
		return str(dst, name)
	}
	mark := len(c.arena)
	for i := range len(name) {
		if i == 0 || name[i] != '/' || name[i-1] != '/' {
			c.arena = append(c.arena, name[i])
		}
	}
	return str(dst, c.since(mark))
}

func l4Proto(fd *replay.FD) string {
	switch fd.Proto() {
	case replay.L4TCP:
		return "tcp"
	case replay.L4UDP:
		return "udp"
	case replay.L4ICMP:
		return "icmp"
	case replay.L4Raw:
		return "raw"
	}
	return notRead
}

func fdNameChanged(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	if c.known() == nil {
		return dst, false
	}
	return truth(dst, c.Host.Current.FDNameChanged)
}

func sockFamily(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	fd := c.known()
	switch {
	case fd == nil:
	case netFDs(fd.Type):
		return str(dst, "ip")
	case fd.Type == replay.FDUnix:
		return str(dst, "unix")
	}
	return dst, false
}
