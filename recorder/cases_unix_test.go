//go:build linux && (amd64 || arm64)

package recorder

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// unixCases are of unix sockets, with names in the file system, abstract ones,
// and none. Out, the first end is the peer and the name is the peer's; in, the
// first end is the socket's own and so is the name.
func unixCases() []callCase {
	hello := []byte("hello, world")
	named := func(kind int, name string) int {
		fd, err := unix.Socket(unix.AF_UNIX, kind, 0)
		if err != nil {
			panic(err)
		}
		if name != "" {
			if err := unix.Bind(fd, &unix.SockaddrUnix{Name: name}); err != nil {
				panic(err)
			}
		}
		return fd
	}
	listen := func(name string) int {
		fd := named(unix.SOCK_STREAM, name)
		if err := unix.Listen(fd, 1); err != nil {
			panic(err)
		}
		return fd
	}
	address := func(name string) []byte { return append(append([]byte{unix.AF_UNIX}, name...), 0) }
	return []callCase{
		{"connect/unix", func(c *child) want {
			listen("u1")
			fd := named(unix.SOCK_STREAM, "")
			p, n := sockaddrUnix(c, "u1")
			return params(must(sys(unix.SYS_CONNECT, uintptr(fd), p, n)), unixTuple{true, true, "u1"}, fd, address("u1"))
		}},
		{"connect/abstract", func(c *child) want {
			listen("@u1\x00") // the whole name, with the NUL that sockaddrUnix adds
			fd := named(unix.SOCK_STREAM, "")
			p, n := sockaddrUnix(c, "\x00u1")
			return params(must(sys(unix.SYS_CONNECT, uintptr(fd), p, n)), unixTuple{true, true, "u1"}, fd, address("u1"))
		}},
		{"connect/unix fails", func(c *child) want {
			p, n := sockaddrUnix(c, "nobody")
			fd := named(unix.SOCK_STREAM, "")
			return params(sys(unix.SYS_CONNECT, uintptr(fd), p, n), nil, fd, address("nobody"))
		}},
		{"bind/name without end", func(c *child) want {
			b := append(binary.LittleEndian.AppendUint16(nil, unix.AF_UNIX), "nameXX"...)
			return params(sys(unix.SYS_BIND, minus(1), c.mem(b), 6), address("name"), -1)
		}},
		{"bind/no name", func(c *child) want {
			b := binary.LittleEndian.AppendUint16(nil, unix.AF_UNIX)
			return params(sys(unix.SYS_BIND, minus(1), c.mem(b), 2), address(""), -1)
		}},
		{"accept/unix", func(c *child) want {
			l, fd := listen("u2"), named(unix.SOCK_STREAM, "u2c")
			unix.Connect(fd, &unix.SockaddrUnix{Name: "u2"})
			return params(must(sys(unix.SYS_ACCEPT, uintptr(l), 0, 0)), unixTuple{true, true, "u2"}, 0, 0, 1)
		}},
		{"accept4/abstract", func(c *child) want {
			l := listen("@u2")
			unix.Connect(named(unix.SOCK_STREAM, ""), &unix.SockaddrUnix{Name: "@u2"})
			unix.Connect(named(unix.SOCK_STREAM, ""), &unix.SockaddrUnix{Name: "@u2"})
			// Unix sockets do not count who waits.
			return params(must(sys(unix.SYS_ACCEPT4, uintptr(l), 0, 0, unix.SOCK_NONBLOCK)), unixTuple{true, true, "u2"}, 0, 0, 1, 64)
		}},
		{"accept/queue", func(c *child) want {
			l := socket(unix.AF_INET, unix.SOCK_STREAM)
			unix.Listen(l, 3)
			sa, _ := unix.Getsockname(l)
			first := socket(unix.AF_INET, unix.SOCK_STREAM)
			unix.Connect(first, sa)
			unix.Connect(socket(unix.AF_INET, unix.SOCK_STREAM), sa)
			return params(must(sys(unix.SYS_ACCEPT, uintptr(l), 0, 0)), fromTo(nameOf(first), nameOf(l)), 33, 1, 3)
		}},
		{"sendto/unix", func(c *child) want {
			named(unix.SOCK_DGRAM, "u3")
			fd := named(unix.SOCK_DGRAM, "")
			p, n := sockaddrUnix(c, "u3")
			r := must(sys(unix.SYS_SENDTO, uintptr(fd), c.mem(hello), 12, 0, p, n))
			return params(r, hello, fd, 12, unixTuple{false, true, "u3"})
		}},
		{"sendto/abstract", func(c *child) want {
			named(unix.SOCK_DGRAM, "@u3\x00")
			fd := named(unix.SOCK_DGRAM, "")
			p, n := sockaddrUnix(c, "\x00u3")
			r := must(sys(unix.SYS_SENDTO, uintptr(fd), c.mem(hello), 12, 0, p, n))
			return params(r, hello, fd, 12, unixTuple{false, true, "u3"})
		}},
		{"sendto/unix connected", func(c *child) want {
			named(unix.SOCK_DGRAM, "u4")
			fd := named(unix.SOCK_DGRAM, "u4c")
			unix.Connect(fd, &unix.SockaddrUnix{Name: "u4"})
			r := must(sys(unix.SYS_SENDTO, uintptr(fd), c.mem(hello), 12, 0, 0, 0))
			return params(r, hello, fd, 12, unixTuple{true, true, "u4"})
		}},
		{"sendmsg/unix", func(c *child) want {
			named(unix.SOCK_DGRAM, "u5")
			fd := named(unix.SOCK_DGRAM, "")
			p, n := sockaddrUnix(c, "u5")
			r := must(sys(unix.SYS_SENDMSG, uintptr(fd), c.mem(msghdr(c, p, n, hello, nil)), 0))
			return params(r, hello, fd, 12, unixTuple{false, true, "u5"})
		}},
		{"recvfrom/unix", func(c *child) want {
			fd := named(unix.SOCK_DGRAM, "u6")
			unix.Sendto(named(unix.SOCK_DGRAM, "u6c"), hello, 0, &unix.SockaddrUnix{Name: "u6"})
			r := must(sys(unix.SYS_RECVFROM, uintptr(fd), c.mem(make([]byte, 50)), 50, 0, c.mem(make([]byte, 110)), c.words(110)))
			return params(r, hello, unixTuple{true, false, "u6"}, fd, 50)
		}},
		{"recvfrom/abstract", func(c *child) want {
			fd := named(unix.SOCK_DGRAM, "@u6")
			unix.Sendto(named(unix.SOCK_DGRAM, ""), hello, 0, &unix.SockaddrUnix{Name: "@u6"})
			r := must(sys(unix.SYS_RECVFROM, uintptr(fd), c.mem(make([]byte, 50)), 50, 0, 0, 0))
			return params(r, hello, unixTuple{true, false, "u6"}, fd, 50)
		}},
		{"recvfrom/pair", func(c *child) want {
			fds, _ := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
			unix.Write(fds[0], hello)
			r := must(sys(unix.SYS_RECVFROM, uintptr(fds[1]), c.mem(make([]byte, 50)), 50, 0, 0, 0))
			return params(r, hello, unixTuple{true, true, ""}, fds[1], 50)
		}},
		{"recvmsg/unix", func(c *child) want {
			fd := named(unix.SOCK_DGRAM, "u7")
			unix.Sendto(named(unix.SOCK_DGRAM, ""), hello, 0, &unix.SockaddrUnix{Name: "u7"})
			r := must(sys(unix.SYS_RECVMSG, uintptr(fd), c.mem(msghdr(c, 0, 0, make([]byte, 30), nil)), 0))
			return params(r, 12, hello, unixTuple{true, false, "u7"}, nil, fd)
		}},
		{"sendto/netlink", func(c *child) want { // a family without tuples
			fd, _ := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW, 0)
			return params(must(sys(unix.SYS_SENDTO, uintptr(fd), c.mem(hello), 12, 0, 0, 0)), hello, fd, 12, nil)
		}},
	}
}
