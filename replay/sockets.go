package replay

import (
	"bytes"
	"encoding/binary"

	"falcoreplay/scap/event"
)

// Numbers of socket(2) (include/uapi/linux/in.h, include/linux/net.h).
const (
	protoIP   = 0
	protoICMP = 1
	protoTCP  = 6
	protoUDP  = 17
	protoRaw  = 255

	sockStream = 1
	sockDgram  = 2
	sockRaw    = 3
	sockType   = 0xff // the other bits are flags
)

// errInProgress is what a non-blocking connect returns (-EINPROGRESS).
const errInProgress = -115

func applySocket(h *Host, ev *event.Event) {
	num := result(ev)
	if h.Current.Thread == nil || num < 0 {
		return
	}
	h.addFD(num, newSocket(unsigned(ev, 1), unsigned(ev, 2), unsigned(ev, 3), uint32(unsigned(ev, 4))))
}

func newSocket(domain, typ, proto uint64, flags uint32) *FD {
	f := &FD{Type: FDUnknown, OpenFlags: flags}
	switch domain {
	case afUnix:
		f.Type = FDUnix
	case afInet:
		f.Type, f.L4 = FDIPv4, transport(typ, proto)
	case afInet6:
		f.Type, f.L4 = FDIPv6, transport(typ, proto)
	case afNetlink:
		f.Type = FDNetlink
	}
	return f
}

func transport(typ, proto uint64) L4Proto {
	var l4 L4Proto
	switch proto {
	case protoRaw:
		return L4Raw
	case protoIP:
		switch typ & sockType {
		case sockStream:
			return L4TCP
		case sockDgram:
			return L4UDP
		}
		return L4Unknown
	case protoTCP:
		l4 = L4TCP
	case protoUDP:
		l4 = L4UDP
	case protoICMP:
		l4 = L4ICMP
	}
	if l4 != L4Unknown && typ == sockRaw {
		return L4Raw
	}
	return l4
}

func applySocketpair(h *Host, ev *event.Event) {
	t := h.Current.Thread
	if t == nil || result(ev) < 0 {
		return
	}
	one, two := number(ev, 1), number(ev, 2)
	if one == two {
		h.Current.FD = nil
		return
	}
	a := &FD{Type: FDUnix, UnixSrc: unsigned(ev, 3), UnixDst: unsigned(ev, 4)}
	b := *a
	h.addFD(one, a)
	t.addFD(two, &b)
}

// applyBind names a socket by its own address. One with a port becomes a
// server socket.
func applyBind(h *Host, ev *event.Event) {
	f, addr := h.Current.FD, ev.Param(1)
	if f == nil || result(ev) < 0 || !ValidSockaddr(addr) {
		return
	}
	switch addr[0] {
	case afInet:
		f.serve(FDIPv4Server, endpoint4(addr[1:]))
	case afInet6:
		if e := endpoint6(addr[1:]); e.ip.isMapped() {
			e.ip = e.ip.mapped()
			f.serve(FDIPv4Server, e)
		} else {
			f.serve(FDIPv6Server, e)
		}
	}
	f.Name = h.addrText(AppendSockaddr, addr)
}

func (f *FD) serve(typ FDType, e endpoint) {
	if e.port == 0 {
		return
	}
	f.Type = typ
	f.SrcIP, f.SrcPort = e.ip, e.port
	f.Flags |= FDRoleServer
}

// addrText is a packed address as text, in memory of its own.
func (h *Host) addrText(appendText func(dst, p []byte) []byte, p []byte) string {
	h.scratch = appendText(h.scratch[:0], p)
	return string(h.scratch)
}

func (f *FD) setConnected() {
	f.Flags = f.Flags&^(FDConnectionPending|FDConnectionFailed) | FDSocketConnected
}

// applyConnect names a socket by both its addresses. Where the program could
// have changed the address during the call, the enter event's is taken.
func applyConnect(h *Host, ev *event.Event) {
	t, f := h.Current.Thread, h.Current.FD
	if t == nil || f == nil {
		return
	}
	if r := result(ev); r < 0 && r != errInProgress {
		return
	}
	f.setConnected()
	var entered []byte
	if enter := t.enterEvent(ev); enter != nil {
		if p := enter.Param(1); ValidSockaddr(p) {
			entered = p
		}
	}
	tuple, addr := ev.Param(1), ev.Param(3)
	if len(tuple) == 0 {
		// A TCP fast open puts the address off until the first send.
		if entered != nil {
			f.connectTo(h, ev, entered)
		}
		return
	}
	if !ValidSocktuple(tuple) {
		return
	}
	if !ValidSockaddr(addr) || entered == nil || addr[0] != tuple[0] || entered[0] != tuple[0] {
		addr, entered = nil, nil
	}
	f.connected(h, tuple, addr, entered)
}

// connectTo sets the other side from an address alone.
func (f *FD) connectTo(h *Host, ev *event.Event, addr []byte) {
	switch addr[0] {
	case afInet:
		e := endpoint4(addr[1:])
		f.Type, f.DstIP, f.DstPort = FDIPv4, e.ip, e.port
	case afInet6:
		e := endpoint6(addr[1:])
		f.Type, f.DstIP, f.DstPort = FDIPv6, e.ip, e.port
		if e.ip.isMapped() {
			f.Type, f.DstIP = FDIPv4, e.ip.mapped()
		}
	default:
		f.Name = h.addrText(AppendSocktuple, ev.Param(1))
	}
}

// connected sets both sides. addr and entered are the address that the call
// was given, as read at its exit and at its enter; both or neither are nil.
func (f *FD) connected(h *Host, tuple, addr, entered []byte) {
	switch tuple[0] {
	case afInet, afInet6:
		read, at := endpoint4, 7
		if tuple[0] == afInet6 {
			read, at = endpoint6, 19
		}
		src, dst := read(tuple[1:]), read(tuple[at:])
		if addr != nil && read(addr[1:]) == dst {
			dst = read(entered[1:])
		}
		f.Type = FDIPv4
		if tuple[0] == afInet6 {
			if src.ip.isMapped() && dst.ip.isMapped() {
				src.ip, dst.ip = src.ip.mapped(), dst.ip.mapped()
			} else {
				f.Type = FDIPv6
			}
		}
		if f.setTuple(src, dst) && f.has(FDRoleServer) && f.Type == FDIPv4 && f.L4 == L4UDP {
			f.swap()
		}
		f.Name = f.sockName()
	default:
		if f.Type != FDUnix {
			return
		}
		path := []byte{}
		if tuple[0] == afUnix {
			f.UnixSrc, f.UnixDst = binary.LittleEndian.Uint64(tuple[1:]), binary.LittleEndian.Uint64(tuple[9:])
			path = cstr(tuple[17:])
			if addr != nil && bytes.Equal(path, cstr(addr[1:])) {
				path = cstr(entered[1:])
			}
		}
		h.scratch = appendUnixTuple(h.scratch[:0], f.UnixSrc, f.UnixDst, path)
		f.Name = string(h.scratch)
	}
	if f.IsRoleNone() {
		f.Flags |= FDRoleClient
	}
}

// setTuple sets both sides and reports whether that changed anything; the
// same pair the other way round is no change.
func (f *FD) setTuple(src, dst endpoint) bool {
	was := [2]endpoint{{f.SrcIP, f.SrcPort}, {f.DstIP, f.DstPort}}
	if was == [2]endpoint{src, dst} || was == [2]endpoint{dst, src} {
		return false
	}
	f.SrcIP, f.SrcPort, f.DstIP, f.DstPort = src.ip, src.port, dst.ip, dst.port
	return true
}

func (f *FD) swap() {
	f.SrcIP, f.DstIP = f.DstIP, f.SrcIP
	f.SrcPort, f.DstPort = f.DstPort, f.SrcPort
}

func applyAccept(h *Host, ev *event.Event) {
	t, num := h.Current.Thread, result(ev)
	if t == nil || num < 0 {
		return
	}
	t.LastEventFD = num
	tuple := ev.Param(1)
	if !ValidSocktuple(tuple) {
		return
	}
	f := &FD{Flags: FDRoleServer | FDSocketConnected, L4: L4TCP}
	switch tuple[0] {
	case afInet:
		f.Type = FDIPv4
		f.setTuple(endpoint4(tuple[1:]), endpoint4(tuple[7:]))
	case afInet6:
		src, dst := endpoint6(tuple[1:]), endpoint6(tuple[19:])
		f.Type = FDIPv6
		if src.ip.isMapped() && dst.ip.isMapped() {
			f.Type, src.ip, dst.ip = FDIPv4, src.ip.mapped(), dst.ip.mapped()
		}
		f.setTuple(src, dst)
	case afUnix:
		f.Type, f.L4 = FDUnix, L4Unknown
		f.UnixSrc, f.UnixDst = binary.LittleEndian.Uint64(tuple[1:]), binary.LittleEndian.Uint64(tuple[9:])
	default:
		return
	}
	f.Name = h.addrText(AppendSocktuple, tuple)
	if ev.Type == event.SocketAccept46X {
		f.OpenFlags = uint32(unsigned(ev, 5)) & openCloexec
	}
	h.addFD(num, f)
}

// transferTuple is the parameter with the socket tuple of a send or receive
// call, -1 where the call has none.
func transferTuple(typ event.Type) int {
	switch typ {
	case event.SocketRecvfromX:
		return 2
	case event.SocketRecvmsgX:
		return 3
	case event.SocketRecvX, event.SocketRecvmmsgX,
		event.SocketSendX, event.SocketSendtoX, event.SocketSendmsgX, event.SocketSendmmsgX:
		return 4
	}
	return -1
}

// applyRead handles read, recv and the like.
func applyRead(h *Host, ev *event.Event) {
	if ev.Type == event.SocketRecvmmsgX && !present(ev, 0) {
		return // an old capture, where the event says nothing
	}
	h.transferred(ev, true)
}

// applyWrite handles write, send and the like.
func applyWrite(h *Host, ev *event.Event) {
	if ev.Type == event.SocketSendmmsgX && !present(ev, 0) {
		return
	}
	switch ev.Type {
	case event.SocketSendX, event.SocketSendtoX, event.SocketSendmsgX:
		if h.Current.Thread != nil && h.Current.FD == nil {
			h.guessSocket(ev)
		}
	}
	h.transferred(ev, false)
}

// guessSocket adds a UDP socket where something is sent through one whose
// creation the capture does not hold.
func (h *Host) guessSocket(ev *event.Event) {
	const parFD, parTuple = 2, 4
	tuple := ev.Param(parTuple)
	if result(ev) < 0 || len(tuple) == 0 {
		return
	}
	if fam := tuple[0]; fam == afInet || fam == afInet6 {
		h.addFD(number(ev, parFD), newSocket(uint64(fam), sockDgram, protoUDP, 0))
	}
}

// transferred learns a socket's addresses from data that went through it: the
// only place that tells them for datagrams, and for connections that are older
// than the capture.
func (h *Host) transferred(ev *event.Event, incoming bool) {
	f := h.Current.FD
	if f == nil || result(ev) < 0 {
		return
	}
	if f.Type == FDIPv4 || f.Type == FDIPv6 {
		f.setConnected()
	}
	par := transferTuple(ev.Type)
	if par < 0 || f.Name != "" && f.Type == FDIPv4 && f.L4 == L4TCP {
		return
	}
	tuple := ev.Param(par)
	if !ValidSocktuple(tuple) || !h.learnTuple(f, tuple) {
		return
	}
	if f.Type != FDIPv4 && f.Type != FDIPv6 {
		f.Name = h.addrText(AppendSocktuple, tuple)
		return
	}
	if f.IsRoleNone() {
		f.guessRole(h.Current.Thread, incoming)
	}
	// The tuple's source is the sender: on the way in the other side.
	if incoming && f.has(FDRoleClient) || !incoming && f.has(FDRoleServer) {
		f.swap()
	}
	f.Name = f.sockName()
}

// idleTransfer tells events of plainTransfers that transferred does nothing for.
func idleTransfer(t *Thread, _ *event.Event) bool {
	f := t.FD(t.LastEventFD)
	return f == nil || f.Type != FDIPv4 && f.Type != FDIPv6
}

// learnTuple sets a socket's addresses and reports whether that changed them.
func (h *Host) learnTuple(f *FD, tuple []byte) bool {
	switch tuple[0] {
	case afInet:
		f.Type = FDIPv4
		if !f.setTuple(endpoint4(tuple[1:]), endpoint4(tuple[7:])) {
			return false
		}
	case afInet6:
		// A server socket stays one here, unlike an IPv4 one
		// (userspace/libsinsp/parsers.cpp, sinsp_parser::update_fd).
		src, dst := endpoint6(tuple[1:]), endpoint6(tuple[19:])
		if src.ip.isMapped() && dst.ip.isMapped() {
			f.Type, src.ip, dst.ip = FDIPv4, src.ip.mapped(), dst.ip.mapped()
		}
		if !f.setTuple(src, dst) {
			return false
		}
	case afUnix:
		f.Type = FDUnix
		f.UnixSrc, f.UnixDst = binary.LittleEndian.Uint64(tuple[1:]), binary.LittleEndian.Uint64(tuple[9:])
		return true
	}
	if (f.Type == FDIPv4 || f.Type == FDIPv6) && f.L4 == L4Unknown {
		f.L4 = L4UDP // TCP could not change its addresses
	}
	h.interfaces.complete(f)
	return true
}

// guessRole takes the side whose port the process serves for the server
// (falcosecurity/libs, userspace/libsinsp/fdinfo.cpp,
// sinsp_fdinfo::set_net_role_by_guessing).
func (f *FD) guessRole(t *Thread, incoming bool) {
	sport, dport := f.SrcPort, f.DstPort
	if f.Type == FDIPv6 {
		// Falco reads the ports where an IPv4 tuple keeps them, which in an
		// IPv6 tuple is inside the source address.
		sport, dport = binary.LittleEndian.Uint16(f.SrcIP[8:]), binary.LittleEndian.Uint16(f.SrcIP[10:])
	}
	tab := t.FDTable()
	switch {
	case !tab.any(func(o *FD) bool {
		return o.Type == FDIPv4 && o.DstPort == dport || o.Type == FDIPv4Server && o.SrcPort == dport
	}):
		f.Flags |= FDRoleClient
	case !tab.any(func(o *FD) bool { return o.Type == FDIPv4 && o.SrcPort == sport }):
		f.Flags |= FDRoleServer
	case incoming:
		f.Flags |= FDRoleServer
	default:
		f.Flags |= FDRoleClient
	}
}

// any reports whether the table holds a file descriptor that pred says yes to.
// t may be nil.
func (t *FDTable) any(pred func(*FD) bool) bool {
	if t == nil {
		return false
	}
	for f := range t.All() {
		if pred(f) {
			return true
		}
	}
	return false
}
