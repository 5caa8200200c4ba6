//go:build linux

package procsnap

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"falcoreplay/scap"
)

// level is how much of a process is recorded.
type level uint8

const (
	nothing level = iota
	bare          // ids and the name of the first thread
	name          // ids and names
	light         // what can be read without touching its memory and files
	whole
)

// A scanner reads processes, one after the other. It keeps what many of them
// share.
type scanner struct {
	opts     *Options
	proc     int // fd of /proc
	progress *atomic.Uint64

	files, links buffer
	status       status

	mounts    map[string]*mounts // by mount namespace
	mountByID map[uint64]mount
	cgroups   *cgroups
	netns     map[string]*sockets // by network namespace
	reading   uint64              // number of the process that is being read
}

func newScanner(opts *Options, progress *atomic.Uint64) (*scanner, error) {
	dir := path.Join(opts.Root, "proc")
	fd, err := openat(unix.AT_FDCWD, dir, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", dir, err)
	}
	s := &scanner{
		opts: opts, proc: fd, progress: progress,
		mounts: make(map[string]*mounts), mountByID: make(map[uint64]mount), netns: make(map[string]*sockets),
	}
	s.cgroups = newCgroups(fd, opts.Root, &s.files)
	return s, nil
}

func (s *scanner) close() { unix.Close(s.proc) }

// A process is what was read of one.
type process struct {
	threads   []scap.Thread // none if it is not to be recorded
	fds       []scap.FD
	pidNS     string // the namespace that its ids are of, "" for the reader's
	initStart uint64 // when it began, if it is the first of its namespace
	stats     Stats
}

const (
	statBytes   = 4096
	statusBytes = 1 << 20 // 65536 supplementary groups fit (Linux, include/uapi/linux/limits.h, NGROUPS_MAX)
	smallBytes  = 4096
	unknownID   = ^uint32(0)

	clCloneFiles  = 1 << 0  // driver/ppm_events_public.h, PPM_CL_CLONE_FILES
	clCloneThread = 1 << 13 // same, PPM_CL_CLONE_THREAD
)

// read reads a process. One that runs another program meanwhile is read again.
func (s *scanner) read(pid int, lvl level) (p process) {
	s.reading++
	dir, err := openat(s.proc, strconv.Itoa(pid), unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		p.stats.Vanished++
		return p
	}
	defer unix.Close(dir)
	for range 3 {
		var changed bool
		if p, changed = s.readOnce(dir, pid, lvl); !changed {
			break
		}
	}
	return p
}

func (s *scanner) readOnce(dir, pid int, lvl level) (p process, changed bool) {
	lead := scap.Thread{LoginUID: unknownID}
	runs := true
	if lvl == whole || lvl == name {
		if runs = s.program(dir, &lead, &p); !runs && s.isKernelThread(dir) {
			return process{stats: Stats{KernelThreads: 1}}, false
		}
	}
	tids := []int{pid}
	if lvl >= light {
		list, err := numbers(dir, "task")
		if err != nil {
			p.stats.Vanished++
			return p, false
		}
		tids = list
	}

	// The memory and the fds of a process can be asked of any thread that has
	// not ended, and the first may have ended before the others.
	alive := dir
	if !runs {
		for _, tid := range tids {
			if tid == pid {
				continue
			}
			fd, err := openat(dir, "task/"+strconv.Itoa(tid), unix.O_PATH|unix.O_DIRECTORY)
			if err != nil {
				continue
			}
			defer unix.Close(fd)
			if s.program(fd, &lead, &p) {
				alive = fd
				break
			}
		}
	}
	if lvl == whole {
		s.memory(alive, &lead, &p)
		s.shared(alive, &lead)
	}

	st, err := s.ids(dir, pid, lvl, &lead)
	if err != nil {
		p.stats.Vanished++
		return process{stats: p.stats}, false
	}
	none := lead.Exe == "" && lead.ExePath == "" && lead.Args == ""
	switch {
	case st.flags&pfKThread != 0:
		return process{stats: Stats{KernelThreads: 1}}, false
	case (st.state == 'Z' || st.state == 'X') && (none || lvl == light || lvl == bare) && len(tids) <= 1:
		return process{stats: Stats{Zombies: 1}}, false
	}
	if s.status.namespaces > 1 {
		if l, err := s.links.link(dir, "ns/pid"); err == nil {
			p.pidNS = string(l)
		}
	}
	if s.status.vtid == 1 || s.status.namespaces <= 1 && pid == 1 {
		p.initStart = st.startTime(s.opts.BootTime)
	}
	if lvl <= name {
		lead.UID, lead.GID, lead.Cgroups, lead.Args = unknownID, unknownID, "", ""
		p.threads = []scap.Thread{lead}
		return p, false
	}
	if lvl == whole {
		s.exe(alive, &lead)
	}
	p.threads = make([]scap.Thread, 0, len(tids))
	p.threads = append(p.threads, lead)
	for _, tid := range tids {
		if tid != pid {
			s.thread(dir, tid, lvl, &lead, &p)
		}
	}
	if lvl != whole {
		return p, false
	}
	if err := s.fds(alive, pid, &p); err != nil {
		p.denied(err)
	}
	if l, err := s.links.link(alive, "exe"); err == nil && string(cut(l)) != lead.ExePath {
		return p, true
	}
	return p, false
}

func (s *scanner) isKernelThread(dir int) bool {
	b, err := s.files.file(dir, "stat", statBytes)
	if err != nil {
		return false
	}
	st, err := parseStat(b)
	return err == nil && st.flags&pfKThread != 0
}

// denied counts a process once.
func (p *process) denied(err error) {
	if err == unix.EACCES || err == unix.EPERM {
		p.stats.Denied = 1
	}
}

// program reads what a process runs, and reports whether it runs anything:
// kernel threads and threads that have ended do not.
func (s *scanner) program(dir int, t *scap.Thread, p *process) bool {
	l, err := s.links.link(dir, "exe")
	if err != nil {
		p.denied(err)
	}
	t.ExePath = string(cut(l))
	b, err := s.files.file(dir, "cmdline", s.opts.ArgsBytes)
	s.progress.Add(1)
	if err != nil {
		p.denied(err)
		b = nil
	}
	t.Exe, t.Args = s.arguments(b)
	return t.ExePath != "" || len(b) > 0
}

// arguments splits a command line into argv[0] and the others. Programs that
// write over theirs may leave the last one without a NUL.
func (s *scanner) arguments(b []byte) (exe, args string) {
	if len(b) == 0 {
		return "", ""
	}
	list := make([]byte, 0, len(b)+1)
	list = append(list, b...)
	if list[len(list)-1] != 0 {
		if len(list) == s.opts.ArgsBytes {
			list = list[:len(list)-1]
		}
		list = append(list, 0)
	}
	if s.opts.Redact != nil {
		var out []byte
		for _, arg := range splitNUL(list) {
			out = append(out, s.opts.Redact(string(arg))...)
			out = append(out, 0)
		}
		list = clip(out, s.opts.ArgsBytes)
	}
	end := slices.Index(list, 0)
	return string(cut(list[:end])), string(list[end+1:])
}

// splitNUL is a list of texts that each end with a NUL.
func splitNUL(b []byte) (list [][]byte) {
	for len(b) > 0 {
		end := slices.Index(b, 0)
		if end < 0 {
			return append(list, b)
		}
		list, b = append(list, b[:end]), b[end+1:]
	}
	return list
}

// clip shortens a list of texts, and keeps the NUL at its end.
func clip(b []byte, limit int) []byte {
	if len(b) > limit {
		b = b[:limit]
		b[limit-1] = 0
	}
	return b
}

// memory reads the environment.
func (s *scanner) memory(dir int, t *scap.Thread, p *process) {
	if s.opts.Env == EnvNone {
		return
	}
	b, err := s.files.file(dir, "environ", s.opts.EnvBytes)
	s.progress.Add(1)
	if err != nil {
		p.denied(err)
		return
	}
	if len(b) > 0 {
		env, masked := AppendEnv(nil, b, s.opts.Env, s.opts.Redact)
		t.Env = string(clip(env, s.opts.EnvBytes))
		p.stats.EnvMasked += masked
	}
}

// shared reads what all threads of a process have in common, or what it would
// cost too much to ask of each.
func (s *scanner) shared(dir int, t *scap.Thread) {
	if b, err := s.files.file(dir, "loginuid", smallBytes); err == nil {
		t.LoginUID = unknownID
		if f, _ := field(b); len(f) > 0 {
			t.LoginUID = uint32(number(f, 10))
		}
	}
	t.FDLimit = -1
	if b, err := s.files.file(dir, "limits", smallBytes); err == nil {
		t.FDLimit = parseFDLimit(b)
	}
}

// ids reads the ids, rights and figures of a thread. The stat file comes last:
// its state tells whether the thread was alive until then.
func (s *scanner) ids(dir, tid int, lvl level, t *scap.Thread) (st stat, err error) {
	if lvl >= light {
		if b, err := s.files.file(dir, "cgroup", cgroupFileBytes); err == nil {
			t.Cgroups = s.cgroups.text(b, &s.files)
		}
		if l, err := s.links.link(dir, "cwd"); err == nil {
			t.Cwd = same(cut(l), t.Cwd)
		}
		if l, err := s.links.link(dir, "root"); err == nil {
			t.Root = same(cut(l), t.Root)
		}
	}
	b, err := s.files.file(dir, "status", statusBytes)
	if err != nil {
		return st, err
	}
	u := &s.status
	if err := parseStatus(b, u); err != nil {
		return st, err
	}
	t.TID, t.PID, t.PTID = int64(tid), u.tgid, u.ppid
	t.UID, t.GID = u.euid, u.egid
	t.VMSizeKB, t.VMRSSKB, t.VMSwapKB = u.vmSize, u.vmRSS, u.vmSwap
	t.CapInheritable, t.CapPermitted, t.CapEffective = u.capInh, u.capPrm, u.capEff
	t.VTID, t.VPID, t.VPGID, t.PGID = u.vtid, u.vpid, u.vpgid, u.pgid
	if t.VTID < 0 {
		t.VTID, t.VPID = t.TID, t.PID
	}

	if b, err = s.files.file(dir, "stat", statBytes); err != nil {
		return st, err
	}
	if st, err = parseStat(b); err != nil {
		return st, err
	}
	s.progress.Add(1)
	t.Comm = string(cut(st.comm))
	t.SID, t.TTY = st.sid, st.tty
	if t.PGID < 0 {
		t.PGID, t.VPGID = st.pgid, st.pgid
	}
	t.MinorFaults, t.MajorFaults = st.minflt, st.majflt
	return st, nil
}

// same is old if b says the same: threads share the memory of texts.
func same(b []byte, old string) string {
	if string(b) == old {
		return old
	}
	return string(b)
}

// thread reads a thread that is not the first of its process. It has no
// environment: nobody asks for another than the first thread's, and a process
// of a thousand threads would have it a thousand times.
func (s *scanner) thread(dir, tid int, lvl level, lead *scap.Thread, p *process) {
	fd, err := openat(dir, "task/"+strconv.Itoa(tid), unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		p.stats.Vanished++
		return
	}
	defer unix.Close(fd)
	t := *lead
	t.Env = ""
	st, err := s.ids(fd, tid, lvl, &t)
	if err != nil || st.state == 'Z' || st.state == 'X' {
		p.stats.Vanished++
		return
	}
	t.Flags = clCloneThread | clCloneFiles
	p.threads = append(p.threads, t)
}

// parseFDLimit finds the soft limit of open files in a limits file
// (proc_pid_limits(5)), -1 where there is none.
func parseFDLimit(b []byte) int64 {
	const key = "Max open files"
	for _, line := range splitLines(b) {
		if len(line) > len(key) && string(line[:len(key)]) == key {
			f, _ := field(line[len(key):])
			if string(f) == "unlimited" {
				return -1
			}
			return int64(number(f, 10))
		}
	}
	return -1
}
