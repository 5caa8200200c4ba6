package replay

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"strconv"
)

// Address families as captures number them (falcosecurity/libs,
// driver/ppm_events_public.h, PPM_AF_*).
const (
	afUnix    = 1
	afInet    = 2
	afInet6   = 10
	afNetlink = 16
)

// Lengths of packed addresses and tuples, family byte included
// (falcosecurity/libs, userspace/libsinsp/packed_data.h).
const (
	sockaddr4Bytes   = 1 + 4 + 2
	sockaddr6Bytes   = 1 + 16 + 2
	sockaddrUnixMin  = 1 + 1
	socktuple4Bytes  = 1 + 4 + 2 + 4 + 2
	socktuple6Bytes  = 1 + 16 + 2 + 16 + 2
	socktupleUnixMin = 1 + 8 + 8 + 1
)

// endpoint is an address and a port.
type endpoint struct {
	ip   IP
	port uint16
}

// endpoint4 reads a packed IPv4 address with its port.
func endpoint4(p []byte) (e endpoint) {
	copy(e.ip[:4], p)
	e.port = binary.LittleEndian.Uint16(p[4:])
	return e
}

// endpoint6 reads a packed IPv6 address with its port.
func endpoint6(p []byte) (e endpoint) {
	copy(e.ip[:], p)
	e.port = binary.LittleEndian.Uint16(p[16:])
	return e
}

// mapped is the IPv4 address inside an IPv4-mapped IPv6 one.
func (ip IP) mapped() (v4 IP) {
	copy(v4[:4], ip[12:])
	return v4
}

// isMapped reports whether an IPv6 address stands for an IPv4 one; the address
// of zeros does too (falcosecurity/libs, userspace/libsinsp/utils.cpp,
// sinsp_utils::is_ipv4_mapped_ipv6).
func (ip IP) isMapped() bool {
	if ip == (IP{}) {
		return true
	}
	return bytes.Equal(ip[:12], []byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff})
}

// ValidSockaddr reports whether p is a whole packed socket address: a family,
// and what the family needs. Families other than unix, IPv4 and IPv6 need
// nothing more.
func ValidSockaddr(p []byte) bool {
	return validPacked(p, sockaddr4Bytes, sockaddr6Bytes, sockaddrUnixMin)
}

// ValidSocktuple is ValidSockaddr for a packed pair of addresses.
func ValidSocktuple(p []byte) bool {
	return validPacked(p, socktuple4Bytes, socktuple6Bytes, socktupleUnixMin)
}

func validPacked(p []byte, v4, v6, unixMin int) bool {
	if len(p) == 0 {
		return false
	}
	switch p[0] {
	case afInet:
		return len(p) >= v4
	case afInet6:
		return len(p) >= v6
	case afUnix:
		return len(p) >= unixMin && p[len(p)-1] == 0
	}
	return true
}

// cstr is p up to its first NUL.
func cstr(p []byte) []byte {
	if i := bytes.IndexByte(p, 0); i >= 0 {
		return p[:i]
	}
	return p
}

// AppendIPv4 appends the first 4 bytes of ip in dotted form.
func AppendIPv4(dst []byte, ip []byte) []byte {
	for i := range 4 {
		if i > 0 {
			dst = append(dst, '.')
		}
		dst = strconv.AppendUint(dst, uint64(ip[i]), 10)
	}
	return dst
}

// AppendIPv6 appends the 16 bytes of ip as glibc's inet_ntop writes them,
// which shows the last four of an address that begins with 96 zero bits in
// dotted form.
func AppendIPv6(dst []byte, ip []byte) []byte {
	a := netip.AddrFrom16([16]byte(ip))
	if isZero(ip[:12]) && (ip[12] != 0 || ip[13] != 0) {
		return AppendIPv4(append(dst, "::"...), ip[12:])
	}
	return a.AppendTo(dst)
}

func isZero(p []byte) bool {
	for _, b := range p {
		if b != 0 {
			return false
		}
	}
	return true
}

func appendEndpoint4(dst []byte, e endpoint) []byte {
	dst = append(AppendIPv4(dst, e.ip[:4]), ':')
	return strconv.AppendUint(dst, uint64(e.port), 10)
}

func appendEndpoint6(dst []byte, e endpoint) []byte {
	dst = append(AppendIPv6(dst, e.ip[:]), ':')
	return strconv.AppendUint(dst, uint64(e.port), 10)
}

// AppendSockaddr appends a packed socket address as a parameter shows it:
// "1.2.3.4:80", "::1:80", a path, or "family N".
func AppendSockaddr(dst, p []byte) []byte {
	switch {
	case len(p) == 0:
		return append(dst, "<NA>"...)
	case !ValidSockaddr(p):
		return append(dst, invalidPacked(p[0], "INVALID SOCKADDR")...)
	}
	switch p[0] {
	case afUnix:
		return append(dst, cstr(p[1:])...)
	case afInet:
		return appendEndpoint4(dst, endpoint4(p[1:]))
	case afInet6:
		return appendEndpoint6(dst, endpoint6(p[1:]))
	}
	return strconv.AppendUint(append(dst, "family "...), uint64(p[0]), 10)
}

// AppendSocktuple appends a packed pair of socket addresses as a parameter
// shows it: "1.2.3.4:5->6.7.8.9:80", "SRC->DST PATH" with kernel addresses in
// hexadecimal for unix sockets, or "family N".
func AppendSocktuple(dst, p []byte) []byte {
	switch {
	case len(p) == 0:
		return append(dst, "NULL"...)
	case !ValidSocktuple(p):
		return append(dst, invalidPacked(p[0], "INVALID SOCKTUPLE")...)
	}
	switch p[0] {
	case afUnix:
		src, to := binary.LittleEndian.Uint64(p[1:]), binary.LittleEndian.Uint64(p[9:])
		return appendUnixTuple(dst, src, to, cstr(p[17:]))
	case afInet:
		return appendTuple4(dst, endpoint4(p[1:]), endpoint4(p[7:]))
	case afInet6:
		src, to := endpoint6(p[1:]), endpoint6(p[19:])
		if src.ip.isMapped() && to.ip.isMapped() {
			src.ip, to.ip = src.ip.mapped(), to.ip.mapped()
			return appendTuple4(dst, src, to)
		}
		return appendTuple6(dst, src, to)
	}
	return strconv.AppendUint(append(dst, "family "...), uint64(p[0]), 10)
}

func invalidPacked(family byte, other string) string {
	switch family {
	case afUnix:
		return "INVALID PATH"
	case afInet:
		return "INVALID IPv4"
	case afInet6:
		return "INVALID IPv6"
	}
	return other
}

func appendTuple4(dst []byte, src, to endpoint) []byte {
	return appendEndpoint4(append(appendEndpoint4(dst, src), "->"...), to)
}

func appendTuple6(dst []byte, src, to endpoint) []byte {
	return appendEndpoint6(append(appendEndpoint6(dst, src), "->"...), to)
}

func appendUnixTuple(dst []byte, src, to uint64, path []byte) []byte {
	dst = strconv.AppendUint(dst, src, 16)
	dst = strconv.AppendUint(append(dst, "->"...), to, 16)
	return append(append(dst, ' '), path...)
}

// sockName is the name of an internet socket whose tuple is known.
func (f *FD) sockName() string {
	var buf [128]byte
	dst := buf[:0]
	src, to := endpoint{f.SrcIP, f.SrcPort}, endpoint{f.DstIP, f.DstPort}
	v6 := f.Type == FDIPv6
	switch {
	case f.L4 == L4TCP || f.L4 == L4UDP:
		if v6 {
			dst = appendTuple6(dst, src, to)
		} else {
			dst = appendTuple4(dst, src, to)
		}
	case f.L4 == L4ICMP && v6:
		dst = AppendIPv6(append(AppendIPv6(dst, src.ip[:]), "->"...), to.ip[:])
	case (f.L4 == L4ICMP || f.L4 == L4Raw) && !v6:
		dst = AppendIPv4(append(AppendIPv4(dst, src.ip[:]), "->"...), to.ip[:])
	default:
		return "<unknown>"
	}
	return string(dst)
}
