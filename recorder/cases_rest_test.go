//go:build linux && (amd64 || arm64)

package recorder

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

func restCases() []callCase {
	pollfd := func(c *child, fd int32, revents uint16) uintptr {
		b := binary.LittleEndian.AppendUint32(nil, uint32(fd))
		return c.mem(binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(b, 1), revents))
	}
	fdlist := func(fd int64, flags uint16) []byte {
		return binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint64([]byte{1, 0}, uint64(fd)), flags)
	}
	return []callCase{
		{"eventfd", func(c *child) want { return params(must(sys(sysEventFD, 7)), 7, 0) }},
		{"eventfd2", func(c *child) want {
			return params(must(sys(unix.SYS_EVENTFD2, 7, unix.O_CLOEXEC|unix.O_NONBLOCK)), 4096|64, 7)
		}},
		{"epoll_create", func(c *child) want { return params(must(sys(sysEpollCreate, 3)), 3) }},
		{"epoll_create1", func(c *child) want { return params(must(sys(unix.SYS_EPOLL_CREATE1, unix.EPOLL_CLOEXEC)), 1) }},
		{"epoll_wait", func(c *child) want { return params(sys(sysEpollWait, minus(1), 0, 5, 0), 5) }},
		{"poll", func(c *child) want {
			// A descriptor that is not open: POLLNVAL.
			return params(must(sys(sysPoll, pollfd(c, 999, 0), 1, 5)), fdlist(999, 64), 5)
		}},
		{"poll/forever", func(c *child) want {
			return params(must(sys(sysPoll, pollfd(c, 999, 0), 1, minus(1))), fdlist(999, 64), uint32(1<<32-1))
		}},
		{"ppoll", func(c *child) want {
			// The kernel puts what is left into the timeout.
			ts := c.words(1, 5)
			last := c.keep[len(c.keep)-1]
			r := must(sys(unix.SYS_PPOLL, pollfd(c, 999, 0), 1, ts, c.words(0x200), 8))
			return params(r, fdlist(999, 64), binary.LittleEndian.Uint64(last)*1_000_000_000+binary.LittleEndian.Uint64(last[8:]), 0x200)
		}},
		{"select", func(c *child) want { return params(sys(sysSelect, 0, 0, 0, 0, c.words(0, 1))) }},
		{"inotify_init", func(c *child) want { return params(must(sys(sysInotifyInit)), 0) }},
		{"inotify_init1", func(c *child) want { return params(must(sys(unix.SYS_INOTIFY_INIT1, unix.IN_CLOEXEC)), 4096) }},
		{"signalfd", func(c *child) want { return params(sys(sysSignalFD, minus(1), 0, 8), -1, 0, 0) }},
		{"signalfd4", func(c *child) want {
			return params(must(sys(unix.SYS_SIGNALFD4, minus(1), c.words(2), 8, unix.O_CLOEXEC)), 4096, -1, 0)
		}},
		{"timerfd_create", func(c *child) want { return params(must(sys(unix.SYS_TIMERFD_CREATE, 1, unix.TFD_NONBLOCK)), 1, 64) }},
		{"userfaultfd", func(c *child) want { return params(sys(unix.SYS_USERFAULTFD, 1), 1) }},
		{"memfd_create", func(c *child) want { return params(must(sys(unix.SYS_MEMFD_CREATE, c.str("m"), 3)), "m", 3) }},
		{"pidfd_open", func(c *child) want {
			return params(must(sys(unix.SYS_PIDFD_OPEN, uintptr(unix.Getpid()), unix.O_NONBLOCK)), unix.Getpid(), 1)
		}},
		{"pidfd_getfd", func(c *child) want { return params(sys(unix.SYS_PIDFD_GETFD, minus(1), 4, 0), -1, 4, 0) }},
		{"io_uring_setup", func(c *child) want {
			b := make([]byte, 120)
			binary.LittleEndian.PutUint32(b[8:], 1<<3|1<<4) // CQSIZE, CLAMP
			binary.LittleEndian.PutUint32(b[4:], 16)
			r := sys(unix.SYS_IO_URING_SETUP, 4, c.mem(b))
			le := func(at int) uint32 { return binary.LittleEndian.Uint32(b[at:]) }
			return params(r, 4, le(0), le(4), 1<<4|1<<5, le(12), le(16), le(20)&0x7ff)
		}},
		{"io_uring_enter", func(c *child) want {
			return params(sys(unix.SYS_IO_URING_ENTER, minus(1), 2, 3, 1|8, 5), -1, 2, 3, 1|8, 5)
		}},
		{"io_uring_register", func(c *child) want { return params(sys(unix.SYS_IO_URING_REGISTER, minus(1), 2, 3, 4), -1, 2, 3, 4) }},
		{"brk", func(c *child) want { return params(sys(unix.SYS_BRK, 0), nonzero, nonzero, 0, 0) }},
		{"mmap", func(c *child) want {
			r := must(sys(unix.SYS_MMAP, 0, 8192, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE, minus(1), 4096))
			return params(r, nonzero, nonzero, 0, 0, 8192, 3, 2|8|64, -1, 4096)
		}},
		{"munmap", func(c *child) want { return params(sys(unix.SYS_MUNMAP, 3, 5), nonzero, nonzero, 0, 3, 5) }},
		{"mprotect", func(c *child) want {
			return params(sys(unix.SYS_MPROTECT, 3, 5, unix.PROT_EXEC|unix.PROT_READ), 3, 5, 5)
		}},
		{"mlock", func(c *child) want { return params(sys(unix.SYS_MLOCK, 4096, 1), 4096, 1) }},
		{"mlock2", func(c *child) want { return params(sys(unix.SYS_MLOCK2, 4096, 1, 1), 4096, 1, 1) }},
		{"munlock", func(c *child) want { return params(sys(unix.SYS_MUNLOCK, 4096, 1), 4096, 1) }},
		{"mlockall", func(c *child) want { return params(sys(unix.SYS_MLOCKALL, 8|2), 2) }},
		{"munlockall", func(c *child) want { return params(sys(unix.SYS_MUNLOCKALL)) }},
		{"semget", func(c *child) want { return params(sys(unix.SYS_SEMGET, 77, 0, 0x200|0x400), 77, 0, 8192|16384) }},
		{"semop", func(c *child) want { return params(sys(unix.SYS_SEMOP, minus(1), 0, 3), 3, 0, 0, 0, 0, 0, 0, -1) }},
		{"semop/two", func(c *child) want {
			id := must(sys(unix.SYS_SEMGET, 0, 4, 0o600))
			sops := c.mem([]byte{1, 0, 1, 0, 0, 0x10, 2, 0, 5, 0, 0, 8})
			r := must(sys(unix.SYS_SEMOP, uintptr(id), sops, 2))
			sys(unix.SYS_SEMCTL, uintptr(id), 0, 0)
			return params(r, 2, 1, 1, 2, 2, 5, 1, id)
		}},
		{"semctl", func(c *child) want { return params(sys(unix.SYS_SEMCTL, minus(1), 2, 16, 5), -1, 2, 4096, 5) }},
		{"init_module", func(c *child) want {
			return params(sys(unix.SYS_INIT_MODULE, c.mem([]byte("no ELF")), 6, c.str("a=1")), []byte("no ELF"), 6, "a=1")
		}},
		{"finit_module", func(c *child) want {
			return params(sys(unix.SYS_FINIT_MODULE, minus(1), c.str("a=1"), 3), -1, "a=1", 3)
		}},
		{"delete_module", func(c *child) want {
			return params(sys(unix.SYS_DELETE_MODULE, c.str("none"), unix.O_NONBLOCK), "none", 2)
		}},
		{"generic/getpriority", func(c *child) want {
			sys(unix.SYS_GETPRIORITY, 0, 0)
			return want{code: "GENERIC_X", params: []any{60, unix.SYS_GETPRIORITY}}
		}},
	}
}
