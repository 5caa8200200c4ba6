package replay

import (
	"encoding/binary"
	"net/netip"
)

// interfaces is the host's network interfaces.
type interfaces struct {
	v4 []interface4
	v6 []IP
}

type interface4 struct{ addr, mask uint32 } // in network order, as the bytes lie

var loopback6 = IP{15: 1}

// complete fills in a socket address that the kernel left open: that of the
// interface on the way to the other side (falcosecurity/libs,
// userspace/libsinsp/ifinfo.cpp, sinsp_network_interfaces::update_fd).
func (n *interfaces) complete(f *FD) {
	if f.Type != FDIPv4 && f.Type != FDIPv6 {
		return
	}
	infer := n.infer4
	if f.Type == FDIPv6 {
		infer = n.infer6
	}
	var zero IP
	open, other := &f.SrcIP, f.DstIP
	if f.SrcIP != zero {
		if f.DstIP != zero {
			return
		}
		open, other = &f.DstIP, f.SrcIP
	}
	if addr := infer(other); addr != other || f.SrcPort != f.DstPort {
		*open = addr
	}
}

// infer4 is the host's address on the way to ip: the same one, else one in its
// network, else the first one that is not 127.0.0.1.
func (n *interfaces) infer4(ip IP) (addr IP) {
	to := binary.LittleEndian.Uint32(ip[:])
	pick := func(ok func(interface4) bool) bool {
		for _, i := range n.v4 {
			if ok(i) {
				binary.LittleEndian.PutUint32(addr[:], i.addr)
				return true
			}
		}
		return false
	}
	_ = pick(func(i interface4) bool { return i.addr == to }) ||
		pick(func(i interface4) bool { return i.addr&i.mask == to&i.mask }) ||
		pick(func(i interface4) bool { return i.addr != loopback4 })
	return addr
}

// loopback4 is the loopback address as Falco compares it.
const loopback4 = 0x0100007f

// infer6 is infer4 for IPv6, where a network is the first 64 bits.
func (n *interfaces) infer6(ip IP) IP {
	for _, i := range n.v6 {
		if i == ip {
			return i
		}
	}
	for _, i := range n.v6 {
		if [8]byte(i[:8]) == [8]byte(ip[:8]) {
			return i
		}
	}
	for _, i := range n.v6 {
		if i != loopback6 {
			return i
		}
	}
	return IP{}
}

// IsLocal reports whether an address is one of the host's own, as an event of
// t's sees it: inside a container that of the container, or of any if its own
// is not known (falcosecurity/libs, userspace/libsinsp/ifinfo.cpp,
// is_ipv4addr_in_local_machine and is_ipv6addr_in_local_machine).
func (h *Host) IsLocal(t *Thread, ip IP, v6 bool) bool {
	if v6 {
		return t.ContainerID == "" && h.interfaces.sameNetwork6(ip)
	}
	if t.ContainerID != "" {
		if c := h.containers[t.ContainerID]; c != nil && c.IP != "" {
			if c.hasIPv4(ip) {
				return true
			}
		} else {
			for _, c := range h.containers {
				if c.hasIPv4(ip) {
					return true
				}
			}
			return false
		}
	}
	addr := binary.LittleEndian.Uint32(ip[:])
	for _, i := range h.interfaces.v4 {
		if i.addr == addr {
			return true
		}
	}
	return false
}

func (n *interfaces) sameNetwork6(ip IP) bool {
	for _, i := range n.v6 {
		if [8]byte(i[:8]) == [8]byte(ip[:8]) {
			return true
		}
	}
	return false
}

func (c *Container) hasIPv4(ip IP) bool {
	a, err := netip.ParseAddr(c.IP)
	return err == nil && a.Is4() && a.As4() == [4]byte(ip[:4])
}
