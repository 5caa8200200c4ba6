//go:build linux && (amd64 || arm64)

package recorder

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// execCases make processes and programs.
func execCases() []callCase {
	const vfork, newPID = 1 << 27, 1 << 6
	many := func(c *child, n int) (array uintptr, all string) {
		var w []uint64
		for i := range n {
			s := "v" + strconv.Itoa(i)
			w, all = append(w, uint64(c.str(s))), all+s+"\x00"
		}
		return c.words(append(w, 0)...), all
	}
	// program is a path of true and what the kernel calls it.
	program := func() (path, real string, st syscall.Stat_t) {
		path, err := exec.LookPath("true")
		if err != nil {
			panic(err)
		}
		real = path
		if l, err := os.Readlink("/bin"); err == nil && strings.HasPrefix(path, "/bin/") {
			real = "/" + l + path[4:]
		}
		syscall.Stat(path, &st)
		return path, real, st
	}
	return []callCase{
		{"clone/fails", func(c *child) want {
			m := now()
			return m.newTask(sys(unix.SYS_CLONE, unix.CLONE_THREAD|unix.CLONE_NEWNS, 0, 0, 0, 0), 1<<13|1<<5)
		}},
		{"clone", func(c *child) want {
			m := now()
			return m.newTask(forked(nil, unix.SYS_CLONE, uintptr(unix.SIGCHLD)|unix.CLONE_VFORK|unix.CLONE_FS), vfork|1<<1)
		}},
		{"clone/child", func(c *child) want {
			m := now()
			return m.newChild(forked(nil, unix.SYS_CLONE, uintptr(unix.SIGCHLD)|unix.CLONE_VFORK), vfork)
		}},
		{"clone/namespace", func(c *child) want {
			m := now()
			return m.newTask(forked(nil, unix.SYS_CLONE, uintptr(unix.SIGCHLD)|unix.CLONE_NEWPID), newPID)
		}},
		{"clone/namespace child", func(c *child) want {
			var ts [2]unix.Timespec
			m := now()
			unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts[0])
			w := m.newChild(forked(nil, unix.SYS_CLONE, uintptr(unix.SIGCHLD)|unix.CLONE_NEWPID), newPID|inPIDNS)
			unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts[1])
			w.params[18], w.params[19], w.params[20] = 1, 1, span{uint64(ts[0].Nano()), uint64(ts[1].Nano())}
			return w
		}},
		{"fork", func(c *child) want { m := now(); return m.newTask(forked(nil, sysFork), 0) }},
		{"fork/child", func(c *child) want { m := now(); return m.newChild(forked(nil, sysFork), 0) }},
		{"vfork", func(c *child) want {
			if sh, _ := os.Readlink("/bin/sh"); !strings.HasSuffix(sh, "dash") {
				return skip("no shell that calls vfork") // a Go program cannot
			}
			m := now()
			tid := run(nil, "/bin/sh", "-c", "/bin/true; exit 0")
			w := m.newTask(0, 0)
			w.tid = tid
			p := w.params
			p[0], p[1], p[2], p[13] = nonzero, "/bin/sh", []byte("-c\x00/bin/true; exit 0\x00"), "sh"
			p[3], p[4], p[5], p[18], p[19] = tid, tid, unix.Gettid(), tid, tid
			p[8], p[9], p[10], p[11] = span{0, 99}, span{1, 9999}, nonzero, span{0, 1 << 20}
			return w
		}},
		{"clone3", func(c *child) want {
			m := now()
			args := c.words(unix.CLONE_FS, 0, 0, 0, uint64(unix.SIGCHLD), 0, 0, 0)
			return m.newTask(forked(nil, unix.SYS_CLONE3, args, 64), 1<<1)
		}},
		{"clone3/child", func(c *child) want {
			m := now()
			args := c.words(unix.CLONE_FS, 0, 0, 0, uint64(unix.SIGCHLD), 0, 0, 0)
			return m.newChild(forked(nil, unix.SYS_CLONE3, args, 64), 1<<1)
		}},
		{"clone3/bad pointer", func(c *child) want { m := now(); return m.newTask(sys(unix.SYS_CLONE3, 1, 64), 0) }},
		{"execve/fails", func(c *child) want {
			argv := c.words(uint64(c.str("prog")), uint64(c.str("x")), uint64(c.str("yy")), 0)
			env := c.words(uint64(c.str("A=b")), uint64(c.str("C=")), 0)
			m := now()
			r := sys(unix.SYS_EXECVE, c.str("/none"), argv, env)
			return want{params: append(m.exec(r, "prog", []byte("x\x00yy\x00"), []byte("A=b\x00C=\x00")), "/none")}
		}},
		{"execve/many", func(c *child) want { // no more than 16 of each are taken
			argv, all := many(c, 20)
			m := now()
			r := sys(unix.SYS_EXECVE, c.str("/none"), argv, argv)
			first := all[:strings.Index(all, "v16")]
			return want{params: append(m.exec(r, "v0", []byte(first[3:]), []byte(first)), "/none")}
		}},
		{"execve/no arguments", func(c *child) want {
			m := now()
			return want{params: append(m.exec(sys(unix.SYS_EXECVE, c.str("/none"), 0, 0), "", nil, nil), "/none")}
		}},
		{"execve/bad pointers", func(c *child) want {
			m := now()
			w := want{params: append(m.exec(sys(unix.SYS_EXECVE, 1, 1, 1), "", nil, nil), nil)}
			w.params[1] = nil
			return w
		}},
		{"execveat/fails", func(c *child) want {
			argv := c.words(uint64(c.str("prog")), 0)
			m := now()
			r := sys(unix.SYS_EXECVEAT, cwd, c.str("none"), argv, 0, 0)
			return want{params: m.exec(r, "prog", nil, nil)}
		}},
		{"execve", func(c *child) want {
			path, real, st := program()
			m := now()
			return m.program(run(nil, path, "one", "two"), path, "true", []byte("one\x00two\x00"), []byte("A=1\x00LANG=C\x00"), real, &st, path)
		}},
		{"execveat", func(c *child) want {
			path, real, st := program()
			dir, _ := unix.Open(path[:strings.LastIndexByte(path, '/')], unix.O_DIRECTORY, 0)
			argv, env := c.words(uint64(c.str("arg0")), uint64(c.str("one")), 0), c.words(uint64(c.str("E=1")), 0)
			m := now()
			tid := must(fork([]uintptr{unix.SYS_EXECVEAT, uintptr(dir), c.str("true"), argv, env, 0}, unix.SYS_CLONE, uintptr(unix.SIGCHLD)))
			var status unix.WaitStatus
			unix.Wait4(int(tid), &status, 0, nil)
			if status.ExitStatus() == 3 { // fork's own, seen on 5.10 for arm64
				return skip("the kernel starts no program by a folder's descriptor")
			}
			return m.program(tid, "arg0", "true", []byte("one\x00"), []byte("E=1\x00"), real, &st, "/dev/fd/"+strconv.Itoa(dir)+"/true")
		}},
		{"execve/memfd", func(c *child) want {
			path, _, _ := program()
			b, _ := os.ReadFile(path)
			fd, _ := unix.MemfdCreate("secret", 0)
			unix.Write(fd, b)
			name := "/proc/self/fd/" + strconv.Itoa(fd)
			m := now()
			tid := run(nil, name)
			var st syscall.Stat_t
			syscall.Fstat(fd, &st)
			w := m.program(tid, name, strconv.Itoa(fd), nil, []byte("A=1\x00LANG=C\x00"), "memfd:secret", &st, name)
			w.params[19] = 1 | 4
			return w
		}},
		// Layers of overlayfs, and a path that crosses mounts.
		{"execve/lower layer", func(c *child) want {
			path, _, _ := program()
			dir, why := overlay(path)
			if why != nil {
				return skip("overlayfs: %v", why)
			}
			var st syscall.Stat_t
			syscall.Stat(dir+"/low", &st)
			m := now()
			w := m.program(run(nil, dir+"/low"), dir+"/low", "low", nil, []byte("A=1\x00LANG=C\x00"), c.dir+"/"+filepath.Clean(dir)+"/low", &st, dir+"/low")
			w.params[19] = 1 | 8
			return w
		}},
		{"execve/upper layer", func(c *child) want {
			path, _, _ := program()
			dir, why := overlay(path)
			if why != nil {
				return skip("overlayfs: %v", why)
			}
			os.Chmod(dir+"/low", 0o700) // copied up
			var st syscall.Stat_t
			syscall.Stat(dir+"/low", &st)
			m := now()
			w := m.program(run(nil, dir+"/low"), dir+"/low", "low", nil, []byte("A=1\x00LANG=C\x00"), c.dir+"/"+filepath.Clean(dir)+"/low", &st, dir+"/low")
			w.params[19] = 1 | 2
			return w
		}},
	}
}
