//go:build linux && (amd64 || arm64)

package recorder

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// ptraceCases trace a child: what they say is a number, what a request has read,
// or a signal.
func ptraceCases() []callCase {
	num := func(v uint64) []byte { return binary.LittleEndian.AppendUint64([]byte{0}, v) }
	// traced calls f with a child that sleeps.
	traced := func(f func(pid uintptr) want) want {
		pid := must(fork([]uintptr{unix.SYS_PPOLL}, unix.SYS_CLONE, uintptr(unix.SIGCHLD)))
		defer unix.Wait4(int(pid), nil, 0, nil)
		defer unix.Kill(int(pid), unix.SIGKILL)
		return f(uintptr(pid))
	}
	// stopped calls f with one that has been attached to and stopped.
	stopped := func(f func(pid uintptr) want) want {
		return traced(func(pid uintptr) want {
			must(sys(unix.SYS_PTRACE, unix.PTRACE_ATTACH, pid))
			unix.Wait4(int(pid), nil, 0, nil)
			return f(pid)
		})
	}
	return []callCase{
		{"ptrace/fails", func(c *child) want {
			return params(sys(unix.SYS_PTRACE, unix.PTRACE_ATTACH, 1<<30, 3, 4), num(0), num(0), 11, 1<<30)
		}},
		{"ptrace/traceme", func(c *child) want {
			w := params(0, num(3), num(4), 1, 0)
			w.tid = forked([]uintptr{unix.SYS_PTRACE, unix.PTRACE_TRACEME, 0, 3, 4}, unix.SYS_CLONE, uintptr(unix.SIGCHLD))
			return w
		}},
		{"ptrace/attach", func(c *child) want {
			return traced(func(pid uintptr) want {
				r := must(sys(unix.SYS_PTRACE, unix.PTRACE_ATTACH, pid, 5, 6))
				unix.Wait4(int(pid), nil, 0, nil)
				return params(r, num(5), num(6), 11, pid)
			})
		}},
		{"ptrace/peek", func(c *child) want {
			word := c.words(0x123456789abc)
			return stopped(func(pid uintptr) want {
				return params(must(sys(unix.SYS_PTRACE, unix.PTRACE_PEEKDATA, pid, word, c.words(0))), num(uint64(word)), num(0x123456789abc), 3, pid)
			})
		}},
		{"ptrace/poke", func(c *child) want {
			word := c.words(1)
			return stopped(func(pid uintptr) want {
				return params(must(sys(unix.SYS_PTRACE, unix.PTRACE_POKEDATA, pid, word, 99)), num(uint64(word)), num(99), 6, pid)
			})
		}},
		{"ptrace/continue", func(c *child) want {
			return stopped(func(pid uintptr) want {
				return params(must(sys(unix.SYS_PTRACE, unix.PTRACE_CONT, pid, 7, uintptr(unix.SIGUSR1))), num(7), []byte{1, byte(unix.SIGUSR1)}, 8, pid)
			})
		}},
		{"ptrace/detach", func(c *child) want {
			return stopped(func(pid uintptr) want {
				return params(must(sys(unix.SYS_PTRACE, unix.PTRACE_DETACH, pid)), num(0), []byte{1, 0}, 12, pid)
			})
		}},
	}
}
