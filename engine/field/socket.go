package field

import (
	"encoding/binary"
	"strconv"

	"falcoreplay/replay"
)

// isConn tells sockets with two sides.
func isConn(t replay.FDType) bool { return t == replay.FDIPv4 || t == replay.FDIPv6 }

// address is an address of a socket as a value's text: 4 or 16 bytes.
func address(fd *replay.FD, ip *replay.IP) string {
	if fd.Type == replay.FDIPv4 || fd.Type == replay.FDIPv4Server {
		return view(ip[:4])
	}
	return view(ip[:])
}

func clientIP(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	fd := c.known()
	if fd == nil || fd.IsRoleNone() || !isConn(fd.Type) {
		return dst, false
	}
	return str(dst, address(fd, &fd.SrcIP))
}

func serverIP(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	fd := c.known()
	switch {
	case fd == nil || fd.IsRoleNone() || !netFDs(fd.Type):
		return dst, false
	case isConn(fd.Type):
		return str(dst, address(fd, &fd.DstIP))
	}
	return str(dst, address(fd, &fd.SrcIP))
}

// localSide tells, for a socket with two sides of known roles, whether the
// client's is this host's.
func (c *Context) localSide() (fd *replay.FD, clientIsLocal, ok bool) {
	t, fd, ok := c.fd()
	if !ok || fd == nil || !isConn(fd.Type) || fd.IsRoleNone() {
		return nil, false, false
	}
	return fd, c.isLocal(t, fd, &fd.SrcIP), true
}

// sideIP makes an extractor of the address of the local or the remote side.
func sideIP(local bool) extractor {
	return func(_ *Field, c *Context, dst []Value) ([]Value, bool) {
		fd, clientIsLocal, ok := c.localSide()
		switch {
		case !ok:
			return dst, false
		case clientIsLocal == local:
			return str(dst, address(fd, &fd.SrcIP))
		}
		return str(dst, address(fd, &fd.DstIP))
	}
}

func sidePortOf(c *Context, local bool) (uint16, bool) {
	fd, clientIsLocal, ok := c.localSide()
	switch {
	case !ok:
		return 0, false
	case clientIsLocal == local:
		return fd.SrcPort, true
	}
	return fd.DstPort, true
}

// sidePort is sideIP for ports.
func sidePort(local bool) extractor {
	return func(_ *Field, c *Context, dst []Value) ([]Value, bool) {
		if port, ok := sidePortOf(c, local); ok {
			return num(dst, uint64(port))
		}
		return dst, false
	}
}

// sideService is sidePort as a text.
func sideService(local bool) extractor {
	return func(_ *Field, c *Context, dst []Value) ([]Value, bool) {
		if port, ok := sidePortOf(c, local); ok {
			return c.service(dst, port)
		}
		return dst, false
	}
}

// service is a port as a text. Falco does not look for names of services unless
// it is told to, which here would mean to ask the analysing machine.
func (c *Context) service(dst []Value, port uint16) ([]Value, bool) {
	mark := len(c.arena)
	c.arena = strconv.AppendUint(c.arena, uint64(port), 10)
	return str(dst, c.since(mark))
}

func clientPort(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	if fd := c.known(); fd != nil && !fd.IsRoleNone() && isConn(fd.Type) {
		return num(dst, uint64(fd.SrcPort))
	}
	return dst, false
}

// clientService is empty for other file descriptors whose role is known, as
// unix sockets.
func clientService(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	fd := c.known()
	switch {
	case fd == nil || fd.IsRoleNone():
		return dst, false
	case isConn(fd.Type):
		return c.service(dst, fd.SrcPort)
	}
	return str(dst, "")
}

func serverPort(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	fd := c.known()
	switch {
	case fd == nil || !netFDs(fd.Type) || isConn(fd.Type) && fd.IsRoleNone():
		return dst, false
	case isConn(fd.Type):
		return num(dst, uint64(fd.DstPort))
	}
	return num(dst, uint64(fd.SrcPort))
}

// serverService is empty for server sockets.
func serverService(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	fd := c.known()
	switch {
	case fd == nil || !netFDs(fd.Type) || isConn(fd.Type) && fd.IsRoleNone():
		return dst, false
	case isConn(fd.Type):
		return c.service(dst, fd.DstPort)
	}
	return str(dst, "")
}

func isServer(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	t, fd, _ := c.fd()
	switch {
	case fd == nil:
		return dst, false
	case isConn(fd.Type):
		return truth(dst, c.isLocal(t, fd, &fd.DstIP))
	}
	return truth(dst, netFDs(fd.Type))
}

// isLocal tells whether an address of a socket is one of the recorded host's
// or, for a thread in a container, of the container's.
func (c *Context) isLocal(t *replay.Thread, fd *replay.FD, ip *replay.IP) bool {
	return c.Host.IsLocal(t, *ip, fd.Type == replay.FDIPv6)
}

// internet is the event's fd if it is an internet socket, else nil; known tells
// whether the event is about a known fd at all.
func (c *Context) internet() (fd *replay.FD, known bool) {
	fd = c.known()
	if fd == nil || netFDs(fd.Type) {
		return fd, fd != nil
	}
	return nil, true
}

// anyIP and anyPort are the candidates of fd.ip and fd.net, and of fd.port.
func anyIP(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	fd, known := c.internet()
	if fd == nil {
		return dst, known
	}
	dst = append(dst, Value{S: address(fd, &fd.SrcIP)})
	if isConn(fd.Type) {
		dst = append(dst, Value{S: address(fd, &fd.DstIP)})
	}
	return dst, true
}

func anyPort(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	fd, known := c.internet()
	if fd == nil {
		return dst, known
	}
	dst = append(dst, Value{N: uint64(fd.SrcPort)})
	if isConn(fd.Type) {
		dst = append(dst, Value{N: uint64(fd.DstPort)})
	}
	return dst, true
}

// noName is the candidates of fd.cip.name and the like: none, for sockets of
// known roles.
func noName(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	fd := c.known()
	return dst, fd != nil && isConn(fd.Type) && !fd.IsRoleNone()
}

// fdListEntries makes an extractor of what add tells of each file descriptor
// that poll was given, separated by commas. What add leaves out counts for
// nothing (sinsp_filtercheck_fdlist.cpp).
func fdListEntries(add func(dst []byte, number int64, fd *replay.FD) []byte) extractor {
	return func(_ *Field, c *Context, dst []Value) ([]Value, bool) {
		ev, t := c.Host.Current.Event, c.thread()
		if t == nil || !polls(ev.Type) {
			return dst, false
		}
		list := ev.Param(1)
		if len(list) < 2 {
			return dst, false
		}
		mark := len(c.arena)
		n := int(binary.LittleEndian.Uint16(list))
		for list = list[2:]; n > 0 && len(list) >= fdListEntryBytes; n, list = n-1, list[fdListEntryBytes:] {
			number := int64(binary.LittleEndian.Uint64(list))
			start := len(c.arena)
			if c.arena = add(c.arena, number, t.FD(number)); len(c.arena) > start {
				c.arena = append(c.arena, ',')
			}
		}
		if len(c.arena) == mark {
			return dst, false
		}
		return str(dst, view(c.arena[mark:len(c.arena)-1]))
	}
}
