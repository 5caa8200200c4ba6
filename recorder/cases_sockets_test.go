//go:build linux && (amd64 || arm64)

package recorder

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// socket makes a socket of a family and type, bound to an address of the host
// itself if it is an internet one.
func socket(family, kind int) int {
	fd, err := unix.Socket(family, kind, 0)
	if err != nil {
		panic(err)
	}
	switch family {
	case unix.AF_INET:
		err = unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	case unix.AF_INET6:
		err = unix.Bind(fd, &unix.SockaddrInet6{Addr: [16]byte{15: 1}})
	}
	if err != nil {
		panic(err)
	}
	return fd
}

func nameOf(fd int) netip.AddrPort {
	sa, err := unix.Getsockname(fd)
	if err != nil {
		panic(err)
	}
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr), uint16(sa.Port))
	}
	panic("no internet address")
}

// sockaddr is an address in memory, with its length.
func sockaddr(c *child, a netip.AddrPort) (uintptr, uintptr) {
	if a.Addr().Is4() {
		b := binary.LittleEndian.AppendUint16(nil, unix.AF_INET)
		b = binary.BigEndian.AppendUint16(b, a.Port())
		return c.mem(append(append(b, a.Addr().AsSlice()...), make([]byte, 8)...)), 16
	}
	b := binary.LittleEndian.AppendUint16(nil, unix.AF_INET6)
	b = binary.BigEndian.AppendUint16(b, a.Port())
	return c.mem(append(append(append(b, 0, 0, 0, 0), a.Addr().AsSlice()...), 0, 0, 0, 0)), 28
}

func sockaddrUnix(c *child, path string) (uintptr, uintptr) {
	b := append(binary.LittleEndian.AppendUint16(nil, unix.AF_UNIX), path...)
	return c.mem(append(b, 0)), uintptr(len(b) + 1)
}

func fromTo(a, b netip.AddrPort) tuple2 { return tuple2(fmt.Sprintf("%v->%v", a, b)) }

// pair is a connected pair of stream sockets: the one that connected, the one
// that was accepted, and the one that listens.
func pair(family int) (client, server, listener int) {
	listener = socket(family, unix.SOCK_STREAM)
	if err := unix.Listen(listener, 1); err != nil {
		panic(err)
	}
	sa, _ := unix.Getsockname(listener)
	client = socket(family, unix.SOCK_STREAM)
	if err := unix.Connect(client, sa); err != nil {
		panic(err)
	}
	server, _, err := unix.Accept(listener)
	if err != nil {
		panic(err)
	}
	return client, server, listener
}

// msghdr is one in memory, of one piece of data.
func msghdr(c *child, name, namelen uintptr, data []byte, control []byte) []byte {
	var b []byte
	var ctl uintptr
	if control != nil {
		ctl = c.mem(control)
	}
	iov := c.words(uint64(c.mem(data)), uint64(len(data)))
	for _, w := range []uintptr{name, namelen, iov, 1, ctl, uintptr(len(control)), 0} {
		b = binary.LittleEndian.AppendUint64(b, uint64(w))
	}
	return b
}

func socketCases() []callCase {
	hello := []byte("hello, world")

	return []callCase{
		{"socket", func(c *child) want {
			return params(must(sys(unix.SYS_SOCKET, unix.AF_INET6, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 17)),
				10, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 17, 4096|64)
		}},
		{"socket/unknown family", func(c *child) want { return params(sys(unix.SYS_SOCKET, 44, 1, 0), 0, 1, 0, 0) }},
		{"socketpair", func(c *child) want {
			b := make([]byte, 8)
			r := must(sys(unix.SYS_SOCKETPAIR, unix.AF_UNIX, unix.SOCK_STREAM, 0, c.mem(b)))
			return params(r, binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:]), nonzero, nonzero, 1, 1, 0)
		}},
		{"socketpair/fails", func(c *child) want {
			return params(sys(unix.SYS_SOCKETPAIR, unix.AF_INET, 1, 0, 0), -1, -1, 0, 0, 2, 1, 0)
		}},
		{"bind", func(c *child) want {
			p, n := sockaddr(c, netip.MustParseAddrPort("127.0.0.1:0"))
			fd, _ := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
			return params(must(sys(unix.SYS_BIND, uintptr(fd), p, n)), addr("127.0.0.1:0"), fd)
		}},
		{"bind/6", func(c *child) want {
			p, n := sockaddr(c, netip.MustParseAddrPort("[::7]:77"))
			return params(sys(unix.SYS_BIND, minus(1), p, n), addr("[::7]:77"), -1)
		}},
		{"bind/unix", func(c *child) want {
			p, n := sockaddrUnix(c, "sock")
			fd, _ := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
			return params(must(sys(unix.SYS_BIND, uintptr(fd), p, n)), append([]byte{1}, "sock\x00"...), fd)
		}},
		{"bind/abstract", func(c *child) want {
			p, n := sockaddrUnix(c, "\x00abs")
			return params(sys(unix.SYS_BIND, minus(1), p, n), append([]byte{1}, "abs\x00"...), -1)
		}},
		{"bind/no address", func(c *child) want { return params(sys(unix.SYS_BIND, minus(1), 0, 0), nil, -1) }},
		{"connect", func(c *child) want {
			l := socket(unix.AF_INET, unix.SOCK_STREAM)
			unix.Listen(l, 1)
			fd := socket(unix.AF_INET, unix.SOCK_STREAM)
			p, n := sockaddr(c, nameOf(l))
			return params(must(sys(unix.SYS_CONNECT, uintptr(fd), p, n)), fromTo(nameOf(fd), nameOf(l)), fd, addr(nameOf(l).String()))
		}},
		{"connect/6", func(c *child) want {
			l := socket(unix.AF_INET6, unix.SOCK_STREAM)
			unix.Listen(l, 1)
			fd := socket(unix.AF_INET6, unix.SOCK_STREAM)
			p, n := sockaddr(c, nameOf(l))
			return params(must(sys(unix.SYS_CONNECT, uintptr(fd), p, n)), fromTo(nameOf(fd), nameOf(l)), fd, addr(nameOf(l).String()))
		}},
		{"connect/in progress", func(c *child) want {
			l := socket(unix.AF_INET, unix.SOCK_STREAM)
			unix.Listen(l, 1)
			fd := socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK)
			p, n := sockaddr(c, nameOf(l))
			return params(sys(unix.SYS_CONNECT, uintptr(fd), p, n), fromTo(nameOf(fd), nameOf(l)), fd, addr(nameOf(l).String()))
		}},
		{"connect/refused", func(c *child) want {
			fd := socket(unix.AF_INET, unix.SOCK_STREAM)
			p, n := sockaddr(c, netip.MustParseAddrPort("127.0.0.1:1"))
			return params(sys(unix.SYS_CONNECT, uintptr(fd), p, n), nil, fd, addr("127.0.0.1:1"))
		}},
		{"listen", func(c *child) want { return params(sys(unix.SYS_LISTEN, minus(3), 9), -3, 9) }},
		{"accept", func(c *child) want {
			cl, s, l := pair(unix.AF_INET)
			unix.Close(s)
			unix.Close(cl)
			cl = socket(unix.AF_INET, unix.SOCK_STREAM)
			sa, _ := unix.Getsockname(l)
			unix.Connect(cl, sa)
			r := must(sys(unix.SYS_ACCEPT, uintptr(l), 0, 0))
			return params(r, fromTo(nameOf(cl), nameOf(l)), 0, 0, 1)
		}},
		{"accept4", func(c *child) want {
			_, _, l := pair(unix.AF_INET6)
			cl := socket(unix.AF_INET6, unix.SOCK_STREAM)
			sa, _ := unix.Getsockname(l)
			unix.Connect(cl, sa)
			r := must(sys(unix.SYS_ACCEPT4, uintptr(l), 0, 0, unix.SOCK_CLOEXEC))
			return params(r, fromTo(nameOf(cl), nameOf(l)), 0, 0, 1, 4096)
		}},
		{"accept/fails", func(c *child) want { return params(sys(unix.SYS_ACCEPT, minus(1), 0, 0), nil, 0, 0, 0) }},
		{"sendto", func(c *child) want {
			to, fd := socket(unix.AF_INET, unix.SOCK_DGRAM), socket(unix.AF_INET, unix.SOCK_DGRAM)
			p, n := sockaddr(c, nameOf(to))
			return params(must(sys(unix.SYS_SENDTO, uintptr(fd), c.mem(hello), 12, 0, p, n)), hello, fd, 12, fromTo(nameOf(fd), nameOf(to)))
		}},
		{"sendto/fails", func(c *child) want {
			return params(sys(unix.SYS_SENDTO, minus(1), c.mem(hello), 5, 0, 0, 0), hello[:5], -1, 5, nil)
		}},
		{"recvfrom", func(c *child) want {
			fd, from := socket(unix.AF_INET, unix.SOCK_DGRAM), socket(unix.AF_INET, unix.SOCK_DGRAM)
			sa, _ := unix.Getsockname(fd)
			unix.Sendto(from, hello, 0, sa)
			name := c.mem(make([]byte, 16))
			r := must(sys(unix.SYS_RECVFROM, uintptr(fd), c.mem(make([]byte, 50)), 50, 0, name, c.words(16)))
			return params(r, hello, fromTo(nameOf(from), nameOf(fd)), fd, 50)
		}},
		{"sendmsg", func(c *child) want {
			cl, s, _ := pair(unix.AF_INET)
			r := must(sys(unix.SYS_SENDMSG, uintptr(cl), c.mem(msghdr(c, 0, 0, hello, nil)), 0))
			return params(r, hello, cl, 12, fromTo(nameOf(cl), nameOf(s)))
		}},
		{"sendmsg/no msghdr", func(c *child) want { return params(sys(unix.SYS_SENDMSG, minus(1), 0, 0), nil, -1, nil, nil) }},
		{"recvmsg", func(c *child) want {
			cl, s, _ := pair(unix.AF_INET6)
			unix.Write(cl, hello)
			r := must(sys(unix.SYS_RECVMSG, uintptr(s), c.mem(msghdr(c, 0, 0, make([]byte, 30), nil)), 0))
			return params(r, 12, hello, fromTo(nameOf(cl), nameOf(s)), nil, s)
		}},
		{"recvmsg/control", func(c *child) want {
			fds, _ := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
			rights := unix.UnixRights(1)
			unix.Sendmsg(fds[0], hello, rights, nil, 0)
			control := make([]byte, len(rights))
			r := must(sys(unix.SYS_RECVMSG, uintptr(fds[1]), c.mem(msghdr(c, 0, 0, make([]byte, 30), control)), 0))
			return params(r, 12, hello, unixTuple{true, true, ""}, control, fds[1])
		}},
		{"sendmmsg", func(c *child) want {
			cl, s, _ := pair(unix.AF_INET)
			vec := append(msghdr(c, 0, 0, hello[:3], nil), make([]byte, 8)...)
			vec = append(append(vec, msghdr(c, 0, 0, hello[3:], nil)...), make([]byte, 8)...)
			must(sys(unix.SYS_SENDMMSG, uintptr(cl), c.mem(vec), 2, 0))
			return params(9, cl, 9, hello[3:], fromTo(nameOf(cl), nameOf(s))) // the second message
		}},
		{"recvmmsg", func(c *child) want {
			cl, s, _ := pair(unix.AF_INET)
			unix.Write(cl, hello)
			vec := append(msghdr(c, 0, 0, make([]byte, 40), nil), make([]byte, 8)...)
			must(sys(unix.SYS_RECVMMSG, uintptr(s), c.mem(vec), 1, 0, 0))
			return params(12, s, 12, hello, fromTo(nameOf(cl), nameOf(s)), nil)
		}},
		{"recvmmsg/fails", func(c *child) want { return params(sys(unix.SYS_RECVMMSG, minus(1), 0, 1, 0, 0), -1, 0, nil, nil, nil) }},
		{"sendmmsg/fails", func(c *child) want { return params(sys(unix.SYS_SENDMMSG, minus(1), 0, 1, 0), -1, 0, nil, nil) }},
		{"shutdown", func(c *child) want { return params(sys(unix.SYS_SHUTDOWN, minus(1), 1), -1, 1) }},
		{"shutdown/unknown", func(c *child) want { return params(sys(unix.SYS_SHUTDOWN, minus(1), 9), -1, 255) }},
		{"getsockname", func(c *child) want { sys(unix.SYS_GETSOCKNAME, minus(1), 0, 0); return params() }},
		{"getpeername", func(c *child) want { sys(unix.SYS_GETPEERNAME, minus(1), 0, 0); return params() }},
		{"setsockopt", func(c *child) want {
			fd := socket(unix.AF_INET, unix.SOCK_STREAM)
			r := must(sys(unix.SYS_SETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_KEEPALIVE, c.words(1), 4))
			return params(r, fd, 1, 9, []byte{2, 1, 0, 0, 0}, 4)
		}},
		{"setsockopt/timeout", func(c *child) want {
			r := sys(unix.SYS_SETSOCKOPT, minus(1), unix.SOL_SOCKET, unix.SO_RCVTIMEO, c.words(3, 5), 16)
			return params(r, -1, 1, 20, binary.LittleEndian.AppendUint64([]byte{4}, 3_000_005_000), 16)
		}},
		{"setsockopt/other level", func(c *child) want {
			r := sys(unix.SYS_SETSOCKOPT, minus(1), unix.IPPROTO_TCP, unix.TCP_NODELAY, c.mem([]byte{9, 8, 7}), 3)
			return params(r, -1, 2, 0, []byte{0, 9, 8, 7}, 3)
		}},
		{"getsockopt", func(c *child) want {
			fd := socket(unix.AF_INET, unix.SOCK_STREAM)
			r := must(sys(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_ERROR, c.words(7), c.words(4)))
			return params(r, fd, 1, 4, []byte{1, 0, 0, 0, 0, 0, 0, 0, 0}, 4)
		}},
	}
}
