//go:build linux && amd64

package recorder

import (
	"encoding/binary"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// run runs a program and returns its thread's id.
func run(attr *syscall.SysProcAttr, name string, args ...string) int64 {
	cmd := exec.Command(name, args...)
	cmd.SysProcAttr = attr
	cmd.Env = []string{"A=1", "LANG=C"}
	cmd.Run()
	return int64(cmd.Process.Pid)
}

func cmdline() (exe string, args []byte) {
	b, err := os.ReadFile("/proc/self/cmdline")
	if err != nil {
		panic(err)
	}
	exe, rest, _ := strings.Cut(string(b), "\x00")
	if rest != "" {
		args = []byte(rest)
	}
	return exe, args
}

// status is a number of /proc/thread-self/status.
func status(field string) uint64 {
	b, _ := os.ReadFile("/proc/thread-self/status")
	for _, l := range strings.Split(string(b), "\n") {
		if v, ok := strings.CutPrefix(l, field+":\t"); ok {
			var n uint64
			for _, d := range strings.TrimSpace(v) {
				n = n<<4 | uint64(strings.IndexRune("0123456789abcdef", d))
			}
			return n
		}
	}
	panic("no " + field)
}

func comm() string {
	b, _ := os.ReadFile("/proc/thread-self/comm")
	return strings.TrimSpace(string(b))
}

// newTaskWant is what the event of a new process holds in its parent.
func newTaskWant(r int64, flags uint64) want {
	exe, args := cmdline()
	var lim unix.Rlimit
	unix.Getrlimit(unix.RLIMIT_NOFILE, &lim)
	return params(r, exe, args, unix.Gettid(), unix.Getpid(), nonzero, nil, lim.Cur, anything, anything, nonzero, nonzero, 0,
		comm(), nonzero, flags, 0, 0, anything, anything, 0)
}

// forkExit makes a system call that forks without sharing memory; the child ends
// at once.
//
//go:norace
func forkExit(nr uintptr, a ...uintptr) int64 {
	var v [3]uintptr
	copy(v[:], a)
	r, _, e := unix.RawSyscall(nr, v[0], v[1], v[2])
	if e != 0 {
		return -int64(e)
	}
	if r == 0 {
		for {
			unix.RawSyscall(unix.SYS_EXIT, 3, 0, 0)
		}
	}
	return int64(r)
}

func taskCases() []callCase {
	cap := func(f string) uint64 { return status(f) }
	execFail := func(r int64, exe string, args []byte, env any) []any {
		var lim unix.Rlimit
		unix.Getrlimit(unix.RLIMIT_NOFILE, &lim)
		self, _ := os.Readlink("/proc/self/exe")
		var st syscall.Stat_t
		syscall.Stat(self, &st)
		return []any{r, exe, args, unix.Gettid(), unix.Getpid(), nonzero, nil, lim.Cur, anything, anything, nonzero, nonzero, 0,
			comm(), nonzero, env, anything, anything, anything, 1, cap("CapInh"), cap("CapPrm"), cap("CapEff"), st.Ino, st.Ctim.Nano(), st.Mtim.Nano(), 0,
			self, anything, 0}
	}
	return []callCase{
		{"clone/fails", func(c *child) want {
			w := newTaskWant(sys(unix.SYS_CLONE, unix.CLONE_THREAD|unix.CLONE_NEWNS, 0, 0, 0, 0), 1<<13|1<<5)
			w.params[1], w.params[2] = nil, nil
			return w
		}},
		{"clone", func(c *child) want {
			r := must(forkExit(unix.SYS_CLONE, uintptr(unix.SIGCHLD)|unix.CLONE_VFORK|unix.CLONE_FS))
			unix.Wait4(int(r), nil, 0, nil)
			return newTaskWant(r, 1<<27|1<<1)
		}},
		{"clone/child", func(c *child) want {
			r := must(forkExit(unix.SYS_CLONE, uintptr(unix.SIGCHLD)|unix.CLONE_VFORK))
			unix.Wait4(int(r), nil, 0, nil)
			w := newTaskWant(0, 1<<27)
			w.tid, w.params[3], w.params[4], w.params[5], w.params[20] = r, r, r, unix.Getpid(), anything
			return w
		}},
		{"fork", func(c *child) want {
			r := must(forkExit(unix.SYS_FORK, 0))
			unix.Wait4(int(r), nil, 0, nil)
			return newTaskWant(r, 0)
		}},
		{"fork/child", func(c *child) want {
			r := must(forkExit(unix.SYS_FORK, 0))
			unix.Wait4(int(r), nil, 0, nil)
			w := newTaskWant(0, 0)
			w.tid, w.params[3], w.params[4], w.params[5], w.params[20] = r, r, r, unix.Getpid(), anything
			return w
		}},
		{"vfork", func(c *child) want {
			if sh, _ := os.Readlink("/bin/sh"); !strings.HasSuffix(sh, "dash") {
				return skip("no shell that calls vfork") // a Go program cannot
			}
			tid := run(nil, "/bin/sh", "-c", "/bin/true; exit 0")
			w := newTaskWant(0, 0)
			w.tid = tid
			w.params[0], w.params[1], w.params[2], w.params[13] = nonzero, "/bin/sh", []byte("-c\x00/bin/true; exit 0\x00"), "sh"
			w.params[3], w.params[4], w.params[5] = tid, tid, unix.Getpid()
			return w
		}},
		{"clone3", func(c *child) want {
			args := c.words(unix.CLONE_FS, 0, 0, 0, uint64(unix.SIGCHLD), 0, 0, 0)
			r := must(forkExit(unix.SYS_CLONE3, args, 64))
			unix.Wait4(int(r), nil, 0, nil)
			return newTaskWant(r, 1<<1)
		}},
		{"execve/fails", func(c *child) want {
			argv := c.words(uint64(c.str("prog")), uint64(c.str("x")), uint64(c.str("yy")), 0)
			env := c.words(uint64(c.str("A=b")), uint64(c.str("C=")), 0)
			r := sys(unix.SYS_EXECVE, c.str("/none"), argv, env)
			return want{params: append(execFail(r, "prog", []byte("x\x00yy\x00"), []byte("A=b\x00C=\x00")), "/none")}
		}},
		{"execveat/fails", func(c *child) want {
			argv := c.words(uint64(c.str("prog")), 0)
			r := sys(unix.SYS_EXECVEAT, cwd, c.str("none"), argv, 0, 0)
			return want{params: execFail(r, "prog", nil, nil)}
		}},
		{"execve", func(c *child) want {
			path, err := exec.LookPath("true")
			if err != nil {
				return skip("no true")
			}
			tid := run(nil, path, "one", "two")
			var st syscall.Stat_t
			syscall.Stat(path, &st)
			real := path
			if l, err := os.Readlink("/bin"); err == nil && strings.HasPrefix(path, "/bin/") {
				real = "/" + l + path[4:]
			}
			w := want{tid: tid, params: execFail(0, path, []byte("one\x00two\x00"), []byte("A=1\x00LANG=C\x00"))}
			p := w.params
			p[3], p[4], p[5], p[13] = tid, tid, unix.Getpid(), "true"
			p[9], p[11] = anything, anything
			p[23], p[24], p[25], p[27] = st.Ino, st.Ctim.Nano(), st.Mtim.Nano(), real
			w.params = append(p, path)
			return w
		}},
		{"execve/memfd", func(c *child) want {
			path, err := exec.LookPath("true")
			if err != nil {
				return skip("no true")
			}
			b, _ := os.ReadFile(path)
			fd, _ := unix.MemfdCreate("secret", 0)
			unix.Write(fd, b)
			w := want{tid: run(nil, "/proc/self/fd/"+itoa(fd)), params: make([]any, 31)}
			for i := range w.params {
				w.params[i] = anything
			}
			w.params[19], w.params[27] = 1|4, "memfd:secret"
			return w
		}},
		{"procexit", func(c *child) want {
			return want{code: "PROCEXIT_1_E", tid: run(nil, "/bin/sh", "-c", "exit 7"), params: []any{7 << 8, 7, 0, 0, 0}}
		}},
		{"procexit/killed", func(c *child) want {
			return want{code: "PROCEXIT_1_E", tid: run(nil, "/bin/sh", "-c", "kill -9 $$"), params: []any{9, 0, 9, 0, 0}}
		}},
		{"procexit/with children", func(c *child) want {
			return want{code: "PROCEXIT_1_E", tid: run(nil, "/bin/sh", "-c", "sleep 1 & exit 0"), params: []any{0, 0, 0, 0, nonzero}}
		}},
		{"signaldeliver", func(c *child) want {
			tid := run(nil, "/bin/sh", "-c", "trap : TERM; kill -TERM $$; exit 0")
			return want{code: "SIGNALDELIVER_E", tid: tid, params: []any{tid, tid, 15}}
		}},
		{"setsid", func(c *child) want { unix.Setpgid(0, 0); return params(sys(unix.SYS_SETSID)) }},
		{"setpgid", func(c *child) want { return params(sys(unix.SYS_SETPGID, minus(1), minus(2)), -1, -2) }},
		{"unshare", func(c *child) want {
			return params(sys(unix.SYS_UNSHARE, unix.CLONE_FS|unix.CLONE_SYSVSEM), 1<<1|1<<12)
		}},
		{"setns", func(c *child) want {
			return params(sys(unix.SYS_SETNS, minus(1), unix.CLONE_NEWNET|unix.CLONE_NEWUTS), -1, 1<<4|1<<7)
		}},
		{"prctl/name", func(c *child) want {
			return params(must(sys(unix.SYS_PRCTL, unix.PR_SET_NAME, c.str("renamed"))), 15, "renamed", 0)
		}},
		{"prctl/subreaper", func(c *child) want {
			b := []byte{9, 9, 9, 9}
			r := must(sys(unix.SYS_PRCTL, unix.PR_GET_CHILD_SUBREAPER, c.mem(b)))
			return params(r, 37, nil, binary.LittleEndian.Uint32(b))
		}},
		{"prctl", func(c *child) want { return params(must(sys(unix.SYS_PRCTL, unix.PR_GET_DUMPABLE, 55)), 3, nil, 55) }},
		{"ptrace/fails", func(c *child) want {
			return params(sys(unix.SYS_PTRACE, unix.PTRACE_ATTACH, 1<<30, 3, 4), append([]byte{0}, make([]byte, 8)...), append([]byte{0}, make([]byte, 8)...), 11, 1<<30)
		}},
		{"seccomp", func(c *child) want { return params(sys(unix.SYS_SECCOMP, 99, 7, 0), 99, 7) }},
		{"kill", func(c *child) want { return params(sys(unix.SYS_KILL, uintptr(unix.Getpid()), 0), unix.Getpid(), 0) }},
		{"tkill", func(c *child) want { return params(sys(unix.SYS_TKILL, minus(3), 10), -3, 10) }},
		{"tgkill", func(c *child) want { return params(sys(unix.SYS_TGKILL, minus(3), minus(4), 10), -3, -4, 10) }},
		{"nanosleep", func(c *child) want { return params(sys(unix.SYS_NANOSLEEP, c.words(0, 1234567), 0), 1234567) }},
		{"futex", func(c *child) want {
			p := c.words(5)
			return params(sys(unix.SYS_FUTEX, p, 1|128, 3), p, 1|128, 3)
		}},
		{"getrlimit", func(c *child) want {
			var l unix.Rlimit
			unix.Getrlimit(unix.RLIMIT_CORE, &l)
			return params(must(sys(unix.SYS_GETRLIMIT, unix.RLIMIT_CORE, c.words(0, 0))), l.Cur, l.Max, 4)
		}},
		{"getrlimit/fails", func(c *child) want { return params(sys(unix.SYS_GETRLIMIT, 99, 0), -1, -1, 255) }},
		{"setrlimit", func(c *child) want {
			return params(must(sys(unix.SYS_SETRLIMIT, unix.RLIMIT_CORE, c.words(0, 0))), 0, 0, 4)
		}},
		{"prlimit64", func(c *child) want {
			return params(must(sys(unix.SYS_PRLIMIT64, 0, unix.RLIMIT_CORE, c.words(0, 0), c.words(8, 8))), 0, 0, 0, 0, 0, 4)
		}},
		{"getuid", func(c *child) want { return params(sys(unix.SYS_GETUID)) }},
		{"geteuid", func(c *child) want { return params(sys(unix.SYS_GETEUID)) }},
		{"getgid", func(c *child) want { return params(sys(unix.SYS_GETGID)) }},
		{"getegid", func(c *child) want { return params(sys(unix.SYS_GETEGID)) }},
		{"getresuid", func(c *child) want {
			return params(must(sys(unix.SYS_GETRESUID, c.words(9), c.words(9), c.words(9))), 0, 0, 0)
		}},
		{"getresgid", func(c *child) want {
			return params(must(sys(unix.SYS_GETRESGID, c.words(9), c.words(9), c.words(9))), 0, 0, 0)
		}},
		{"setuid", func(c *child) want { return params(sys(unix.SYS_SETUID, 0), 0) }},
		{"setgid", func(c *child) want { return params(sys(unix.SYS_SETGID, 0), 0) }},
		{"setreuid", func(c *child) want { return params(sys(unix.SYS_SETREUID, minus(1), 0), uint32(1<<32-1), 0) }},
		{"setregid", func(c *child) want { return params(sys(unix.SYS_SETREGID, 0, minus(1)), 0, uint32(1<<32-1)) }},
		{"setresuid", func(c *child) want { return params(sys(unix.SYS_SETRESUID, 0, minus(1), 0), 0, uint32(1<<32-1), 0) }},
		{"setresgid", func(c *child) want { return params(sys(unix.SYS_SETRESGID, 0, 0, minus(1)), 0, 0, uint32(1<<32-1)) }},
		{"capset", func(c *child) want {
			return params(sys(unix.SYS_CAPSET, 0, 0), cap("CapInh"), cap("CapPrm"), cap("CapEff"))
		}},
		{"keyctl", func(c *child) want {
			r := sys(unix.SYS_KEYCTL, 10, 5, c.str("user"), c.str("name"), 6) // SEARCH
			num := func(v uint64) []byte { return binary.LittleEndian.AppendUint64([]byte{0}, v) }
			return params(r, 10, num(5), []byte("\x01user\x00"), []byte("\x01name\x00"), num(6))
		}},
		{"bpf", func(c *child) want { return params(sys(unix.SYS_BPF, 999, 0, 0), 999) }},
	}
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + itoa(n%10)
}
