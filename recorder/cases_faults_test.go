//go:build linux && (amd64 || arm64)

package recorder

import (
	"bytes"

	"golang.org/x/sys/unix"
)

// faultCases give calls pointers that lead nowhere, and lengths that are too
// large: text and data are empty then, numbers are 0.
func faultCases() []callCase {
	const bad = 1
	num := func(v byte) []byte { return []byte{0, v, 0, 0, 0, 0, 0, 0, 0} }
	return []callCase{
		{"openat/bad path", func(c *child) want {
			return params(sys(unix.SYS_OPENAT, cwd, bad, unix.O_WRONLY|unix.O_CREAT, 0o600), wantCWD, nil, 2|4, 0o600, 0, 0)
		}},
		{"openat2/bad how", func(c *child) want {
			return params(sys(unix.SYS_OPENAT2, cwd, c.str("x"), bad, 24), wantCWD, "x", 1, 0, 0, 0, 0)
		}},
		{"open/empty path", func(c *child) want {
			return params(sys(sysOpen, c.str(""), unix.O_RDONLY), "", 1, 0, 0, 0)
		}},
		{"rename/bad paths", func(c *child) want { return params(sys(sysRename, bad, 0), nil, nil) }},
		{"mount/bad paths", func(c *child) want { return params(sys(unix.SYS_MOUNT, bad, bad, bad, 0, 0), nil, nil, nil, 0) }},
		{"memfd_create/bad name", func(c *child) want { return params(sys(unix.SYS_MEMFD_CREATE, bad, 1), nil, 1) }},
		{"write/bad data", func(c *child) want { return params(sys(unix.SYS_WRITE, minus(2), bad, 10), nil, -2, 10) }},
		{"write/no data", func(c *child) want { return params(sys(unix.SYS_WRITE, minus(2), 0, 10), nil, -2, 10) }},
		{"writev/bad vector", func(c *child) want { return params(sys(unix.SYS_WRITEV, minus(2), bad, 2), nil, -2, 0) }},
		{"writev/bad data", func(c *child) want {
			p := c.words(uint64(c.str("abc")), 3, bad, 5)
			return params(sys(unix.SYS_WRITEV, minus(2), p, 2), []byte("abc"), -2, 8)
		}},
		{"writev/empty parts", func(c *child) want { // musl writes so
			p := c.words(0, 0, uint64(c.str("abc")), 3)
			return params(sys(unix.SYS_WRITEV, minus(2), p, 2), []byte("abc"), -2, 3)
		}},
		{"sendmsg/bad vector", func(c *child) want {
			return params(sys(unix.SYS_SENDMSG, minus(1), c.words(0, 0, bad, 2, 0, 0, 0), 0), nil, -1, 0, nil)
		}},
		{"sendmsg/bad msghdr", func(c *child) want { return params(sys(unix.SYS_SENDMSG, minus(1), bad, 0), nil, -1, nil, nil) }},
		{"recvmsg/bad msghdr", func(c *child) want { return params(sys(unix.SYS_RECVMSG, minus(1), bad, 0), 0, nil, nil, nil, -1) }},
		{"bind/bad address", func(c *child) want { return params(sys(unix.SYS_BIND, minus(1), bad, 16), nil, -1) }},
		{"bind/unknown family", func(c *child) want {
			return params(sys(unix.SYS_BIND, minus(1), c.mem([]byte{99, 0, 1, 2}), 4), nil, -1)
		}},
		{"connect/no address", func(c *child) want { return params(sys(unix.SYS_CONNECT, minus(1), 0, 0), nil, -1, nil) }},
		{"socket/negative type", func(c *child) want {
			return params(sys(unix.SYS_SOCKET, 2, 0xffffffff, 0), 2, uint32(1<<32-1), 0, 4096|64)
		}},
		{"setsockopt/bad value", func(c *child) want {
			return params(sys(unix.SYS_SETSOCKOPT, minus(1), unix.SOL_SOCKET, unix.SO_KEEPALIVE, bad, 4), -1, 1, 9, []byte{2, 0, 0, 0, 0}, 4)
		}},
		{"setsockopt/bad bytes", func(c *child) want {
			return params(sys(unix.SYS_SETSOCKOPT, minus(1), unix.IPPROTO_TCP, unix.TCP_INFO, bad, 4), -1, 2, 0, []byte{0}, 4)
		}},
		{"getsockopt/bad length", func(c *child) want {
			return params(sys(unix.SYS_GETSOCKOPT, minus(1), unix.SOL_SOCKET, unix.SO_LINGER, bad, bad), -1, 1, 13, []byte{0}, 0)
		}},
		{"socketpair/bad pointer", func(c *child) want {
			return params(sys(unix.SYS_SOCKETPAIR, unix.AF_UNIX, 1, 0, bad), -1, -1, 0, 0, 1, 1, 0)
		}},
		{"poll/bad pointer", func(c *child) want { return params(sys(sysPoll, bad, 3, 0), []byte{0, 0}, 0) }},
		{"poll/many", func(c *child) want {
			b := make([]byte, 8*20)
			w := append([]byte{16, 0}, make([]byte, 16*10)...) // no more than 16
			for i := range 16 {
				w[2+10*i], w[10+10*i] = byte(200+i), 64 // POLLNVAL
			}
			for i := range 20 {
				b[8*i] = byte(200 + i)
			}
			return params(must(sys(sysPoll, c.mem(b), 20, 0)), w, 0)
		}},
		{"ppoll/bad pointers", func(c *child) want { return params(sys(unix.SYS_PPOLL, bad, 1, bad, bad, 8), []byte{0, 0}, 0, 0) }},
		{"nanosleep/bad pointer", func(c *child) want { return params(sys(unix.SYS_NANOSLEEP, bad, 0), 0) }},
		{"getresuid/bad pointers", func(c *child) want { return params(sys(unix.SYS_GETRESUID, bad, bad, bad), 0, 0, 0) }},
		{"setrlimit/bad pointer", func(c *child) want { return params(sys(unix.SYS_SETRLIMIT, 4, bad), 0, 0, 4) }},
		{"prlimit64/fails", func(c *child) want {
			return params(sys(unix.SYS_PRLIMIT64, minus(1), 4, c.words(3, 4), 0), 3, 4, -1, -1, -1, 4)
		}},
		{"prlimit64/nothing asked", func(c *child) want {
			return params(must(sys(unix.SYS_PRLIMIT64, 0, 4, 0, 0)), 0, 0, 0, 0, 0, 4)
		}},
		{"sendfile/bad offset", func(c *child) want { return params(sys(unix.SYS_SENDFILE, minus(1), minus(2), bad, 5), 0, -1, -2, 5) }},
		{"semop/bad pointer", func(c *child) want { return params(sys(unix.SYS_SEMOP, 0, bad, 2), 2, 0, 0, 0, 0, 0, 0, 0) }},
		{"keyctl/bad text", func(c *child) want {
			return params(sys(unix.SYS_KEYCTL, 1, bad), 1, []byte{1}, num(0), num(0), num(0))
		}},
		{"keyctl/unknown", func(c *child) want {
			return params(sys(unix.SYS_KEYCTL, 77, 1, 2, 3, 4), 77, num(0), num(0), num(0), num(0))
		}},
		{"prctl/bad name", func(c *child) want { return params(sys(unix.SYS_PRCTL, unix.PR_SET_NAME, bad), 15, nil, 0) }},
		{"io_uring_setup/bad pointer", func(c *child) want { return params(sys(unix.SYS_IO_URING_SETUP, 4, bad), 4, 0, 0, 0, 0, 0, 0) }},
		{"init_module/long", func(c *child) want { // not cut at the snap length
			b := bytes.Repeat([]byte{1}, 300) // written to: memory that nobody touched is not there yet
			return params(sys(unix.SYS_INIT_MODULE, c.mem(b), 300, bad), b, 300, nil)
		}},
		{"quotactl/bad pointers", func(c *child) want {
			return params(sys(unix.SYS_QUOTACTL, 0x800002<<8, bad, 1, bad), nil, nil, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 2)
		}},
		{"getcwd/bad pointer", func(c *child) want { return params(sys(unix.SYS_GETCWD, bad, 4096), nil) }},
		{"pipe2/bad pointer", func(c *child) want { return params(sys(unix.SYS_PIPE2, bad, unix.O_CLOEXEC), -1, -1, 0, 4096) }},
	}
}
