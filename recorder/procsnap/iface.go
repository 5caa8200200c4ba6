//go:build linux

package procsnap

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"falcoreplay/scap"
)

// readInterfaces lists the addresses of the reader's network namespace, those
// of IPv4 first, as Falco does (userspace/libscap/linux/scap_iflist.c,
// scap_linux_create_iflist). Link speeds stay 0 there too.
func readInterfaces() ([]scap.Interface, error) {
	rib, err := syscall.NetlinkRIB(unix.RTM_GETADDR, unix.AF_UNSPEC)
	if err != nil {
		return nil, fmt.Errorf("interfaces: %w", err)
	}
	msgs, err := syscall.ParseNetlinkMessage(rib)
	if err != nil {
		return nil, fmt.Errorf("interfaces: %w", err)
	}
	names := make(map[uint32]string)
	if links, err := net.Interfaces(); err == nil {
		for _, l := range links {
			names[uint32(l.Index)] = l.Name
		}
	}
	var v4, v6 []scap.Interface
	for i := range msgs {
		if msgs[i].Header.Type != unix.RTM_NEWADDR || len(msgs[i].Data) < unix.SizeofIfAddrmsg {
			continue
		}
		attrs, err := syscall.ParseNetlinkRouteAttr(&msgs[i])
		if err != nil {
			continue
		}
		if a, ok := parseAddr(msgs[i].Data, attrs, names); !ok {
			continue
		} else if a.IPv6 {
			v6 = append(v6, a)
		} else {
			v4 = append(v4, a)
		}
	}
	return append(v4, v6...), nil
}

// parseAddr makes an interface of an address as getifaddrs(3) would: the local
// address where there is one, and where there is no broadcast address the
// other end in its place, as the C structure has them at one place.
func parseAddr(msg []byte, attrs []syscall.NetlinkRouteAttr, names map[uint32]string) (i scap.Interface, ok bool) {
	family, bits := msg[0], int(msg[1])
	index := binary.NativeEndian.Uint32(msg[4:])
	size := net.IPv4len
	switch family {
	case unix.AF_INET:
	case unix.AF_INET6:
		i.IPv6, size = true, net.IPv6len
	default:
		return i, false
	}
	var address, local, broadcast []byte
	i.Name = names[index]
	if i.Name == "" {
		i.Name = strconv.FormatUint(uint64(index), 10)
	}
	for _, a := range attrs {
		switch {
		case a.Attr.Type == unix.IFA_LABEL:
			i.Name = string(bytes.TrimRight(a.Value, "\x00"))
		case len(a.Value) != size:
		case a.Attr.Type == unix.IFA_ADDRESS:
			address = a.Value
		case a.Attr.Type == unix.IFA_LOCAL:
			local = a.Value
		case a.Attr.Type == unix.IFA_BROADCAST:
			broadcast = a.Value
		}
	}
	if local == nil {
		local, address = address, nil
	}
	if local == nil || bits > 8*size {
		return i, false
	}
	if broadcast == nil {
		broadcast = address
	}
	copy(i.Addr[:], local)
	copy(i.Netmask[:], net.CIDRMask(bits, 8*size))
	copy(i.Broadcast[:], broadcast)
	return i, true
}
