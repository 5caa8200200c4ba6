//go:build linux && (amd64 || arm64)

package recorder

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// What events of clone and exec say of a thread, as /proc and the kernel's other
// ways of asking tell it.

// moment is what changes while a thread runs.
type moment struct{ major, minor, vmKB, rssKB uint64 }

func now() moment {
	var r unix.Rusage
	unix.Getrusage(unix.RUSAGE_THREAD, &r)
	f := strings.Fields(procFile("self/statm"))
	page := uint64(os.Getpagesize() / 1024)
	return moment{uint64(r.Majflt), uint64(r.Minflt), decimal(f[0]) * page, decimal(f[1]) * page}
}

func procFile(name string) string {
	b, err := os.ReadFile("/proc/" + name)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func decimal(s string) uint64 {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

// task is the first 15 parameters of the event of a call that was made since m.
func (m moment) task(r int64, exe, args any) []any {
	var lim unix.Rlimit
	unix.Getrlimit(unix.RLIMIT_NOFILE, &lim)
	n := now()
	// The kernel counts pages for each processor and adds them up now and then.
	cpus := uint64(runtime.NumCPU())
	slack := 3 * cpus * max(32, 2*cpus) * 4
	return []any{r, exe, args, unix.Gettid(), unix.Getpid(), parent(), nil, lim.Cur,
		span{m.major, n.major}, span{m.minor, n.minor}, span{min(m.vmKB, n.vmKB), max(m.vmKB, n.vmKB)},
		span{max(m.rssKB, slack) - slack, n.rssKB + slack}, 0, comm(), cgroups()}
}

// parent is one of the threads of the parent process, the one that forked.
func parent() span {
	threads, err := os.ReadDir("/proc/" + strconv.Itoa(unix.Getppid()) + "/task")
	if err != nil {
		panic(err)
	}
	p := span{lo: 1 << 32}
	for _, t := range threads {
		p.lo, p.hi = min(p.lo, decimal(t.Name())), max(p.hi, decimal(t.Name()))
	}
	return p
}

// newTask is what the event of a call that makes a process holds in its parent.
func (m moment) newTask(r int64, flags uint64) want {
	var exe, args any
	if r >= 0 {
		exe, args = cmdline()
	}
	return params(append(m.task(r, exe, args), flags, 0, 0, unix.Gettid(), unix.Getpid(), 0)...)
}

// inPIDNS is scap's flag of a child in another pid namespace.
const inPIDNS = 1 << 29

// newChild is what it holds in the child, whose id is tid.
func (m moment) newChild(tid int64, flags uint64) want {
	code := ""
	if runtime.GOARCH != "amd64" { // seen by another tracepoint, which knows no call and little of its flags
		code, flags = "SYSCALL_CLONE_20_X", flags&inPIDNS
	}
	w := m.newTask(0, flags)
	w.tid, w.code = tid, code
	p := w.params
	p[3], p[4], p[5], p[18], p[19] = tid, tid, unix.Gettid(), tid, tid
	p[8], p[9], p[11] = span{0, 9}, span{0, 999}, span{0, now().vmKB}
	// When init began, in ticks; the clock that stands still in suspend is not told.
	ticks := decimal(strings.Fields(afterComm("1/stat"))[19])
	p[20] = span{0, (ticks + 1) * 10_000_000}
	return w
}

// exec is what the event of a failed exec holds, without the file's name.
func (m moment) exec(r int64, exe string, args, env any) []any {
	self, _ := os.Readlink("/proc/self/exe")
	var st syscall.Stat_t
	syscall.Stat(self, &st)
	stat := strings.Fields(afterComm("self/stat"))
	login := uint64(1<<32 - 1)
	if b, err := os.ReadFile("/proc/self/loginuid"); err == nil {
		login = decimal(strings.TrimSpace(string(b)))
	}
	return append(m.task(r, exe, args), env, decimal(stat[4]), unix.Getpgrp(), login, exeFlags(self), status("CapInh"), status("CapPrm"), status("CapEff"),
		st.Ino, st.Ctim.Nano(), st.Mtim.Nano(), 0, self, unix.Getpgrp(), 0)
}

// program is what the event of a successful exec in a child holds. The file is
// exe as the kernel names it, with what stat says of it.
func (m moment) program(tid int64, exe, name string, args, env any, file string, st *syscall.Stat_t, filename string) want {
	p := m.exec(0, exe, args, env)
	p[3], p[4], p[5], p[13] = tid, tid, unix.Gettid(), name
	p[8], p[9], p[10], p[11] = span{0, 99}, span{0, 99999}, nonzero, span{0, 1 << 20}
	p[19], p[23], p[24], p[25], p[27] = exeFlags(file), st.Ino, st.Ctim.Nano(), st.Mtim.Nano(), file
	return want{code: "SYSCALL_EXECVE_19_X", tid: tid, params: append(p, filename)}
}

// exeFlags are those of a file that root may write to.
func exeFlags(file string) any {
	var fs unix.Statfs_t
	if err := unix.Statfs(file, &fs); err == nil && fs.Type == unix.OVERLAYFS_SUPER_MAGIC {
		return span{1, 15} // in a container: which layer is another test's question
	}
	return 1
}

// afterComm is a stat file from the state on.
func afterComm(name string) string {
	s := procFile(name)
	return s[strings.LastIndexByte(s, ')')+2:]
}

func comm() string { return strings.TrimSpace(procFile("thread-self/comm")) }

func cmdline() (exe string, args []byte) {
	exe, rest, _ := strings.Cut(procFile("self/cmdline"), "\x00")
	if rest != "" {
		args = []byte(rest)
	}
	return exe, args
}

// cgroups are the thread's control groups; "nonzero" where a controller is one
// of the unified hierarchy, which does not say where each controller stops.
func cgroups() any {
	paths := map[string]string{}
	for _, l := range strings.Split(procFile("self/cgroup"), "\n") {
		if f := strings.SplitN(l, ":", 3); len(f) == 3 {
			for _, c := range strings.Split(f[1], ",") {
				paths[c] = f[2]
			}
		}
	}
	known := procFile("cgroups")
	var b []byte
	for _, c := range []string{"cpuset", "cpu", "cpuacct", "blkio", "memory"} {
		path, ok := paths[c]
		if !ok {
			if strings.Contains(known, c+"\t") {
				return nonzero
			}
			continue
		}
		parts := strings.Split(strings.Trim(path, "/"), "/")
		path = "/" + strings.Join(parts[max(0, len(parts)-6):], "/")
		if c == "blkio" {
			c = "io"
		}
		b = append(b, c+"="+path+"\x00"...)
	}
	return b
}

// fork makes a system call that forks without sharing memory; the child makes
// another one, if there is one, and ends.
//
//go:norace
func fork(child []uintptr, nr uintptr, a ...uintptr) int64 {
	var v [3]uintptr
	var w [7]uintptr
	if nr == noCall {
		panic(noCall)
	}
	copy(v[:], a)
	n := copy(w[:], child)
	r, _, e := unix.RawSyscall(nr, v[0], v[1], v[2])
	if e != 0 {
		return -int64(e)
	}
	if r == 0 {
		if n > 0 {
			unix.RawSyscall6(w[0], w[1], w[2], w[3], w[4], w[5], w[6])
		}
		for {
			unix.RawSyscall(unix.SYS_EXIT, 3, 0, 0)
		}
	}
	return int64(r)
}

// forked forks and waits for the child's end; its id.
func forked(child []uintptr, nr uintptr, a ...uintptr) int64 {
	r := must(fork(child, nr, a...))
	unix.Wait4(int(r), nil, 0, nil)
	return r
}
