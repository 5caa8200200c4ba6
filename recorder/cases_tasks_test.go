//go:build linux && (amd64 || arm64)

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

func taskCases() []callCase {
	cap := func(f string) uint64 { return status(f) }
	return []callCase{
		{"procexit", func(c *child) want {
			return want{code: "PROCEXIT_1_E", tid: run(nil, "/bin/sh", "-c", "exit 7"), params: []any{7 << 8, 7, 0, 0, 0}}
		}},
		{"procexit/killed", func(c *child) want {
			return want{code: "PROCEXIT_1_E", tid: run(nil, "/bin/sh", "-c", "kill -9 $$"), params: []any{9, 0, 9, 0, 0}}
		}},
		{"procexit/with children", func(c *child) want {
			return want{code: "PROCEXIT_1_E", tid: run(nil, "/bin/sh", "-c", "sleep 1 & exit 0"), params: []any{0, 0, 0, 0, nonzero}}
		}},
		{"procexit/subreaper", func(c *child) want {
			must(sys(unix.SYS_PRCTL, unix.PR_SET_CHILD_SUBREAPER, 1))
			defer sys(unix.SYS_PRCTL, unix.PR_SET_CHILD_SUBREAPER, 0)
			return want{code: "PROCEXIT_1_E", tid: run(nil, "/bin/sh", "-c", "sleep 0.1 & exit 0"), params: []any{0, 0, 0, 0, unix.Getpid()}}
		}},
		{"signaldeliver", func(c *child) want {
			tid := run(nil, "/bin/sh", "-c", "trap : TERM; kill -TERM $$; exit 0")
			return want{code: "SIGNALDELIVER_E", tid: tid, params: []any{tid, tid, 15}}
		}},
		{"signaldeliver/real-time", func(c *child) want { // the kernel's begin at 32, the C library's at 34
			unix.Kill(unix.Getpid(), 33)
			return want{code: "SIGNALDELIVER_E", params: []any{unix.Getpid(), unix.Getpid(), 33}}
		}},
		{"signaldeliver/user", func(c *child) want { // other signals do not say who sent them
			unix.Kill(unix.Getpid(), unix.SIGURG)
			return want{code: "SIGNALDELIVER_E", params: []any{0, unix.Getpid(), int(unix.SIGURG)}}
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
