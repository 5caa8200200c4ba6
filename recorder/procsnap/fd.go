//go:build linux

package procsnap

import (
	"bytes"
	"strconv"

	"golang.org/x/sys/unix"

	"falcoreplay/scap"
)

// fds reads the open fds of a process, as Falco's
// userspace/libscap/linux/scap_fds.c, scap_fd_scan_fd_dir, but for what an fd
// is being told from where its link leads before the file is asked: that works
// in all kernels, for pidfds have been regular files in one.
func (s *scanner) fds(dir, pid int, p *process) error {
	list, err := numbers(dir, "fd")
	if err != nil || len(list) == 0 {
		return err
	}
	if len(list) > s.opts.FDs {
		p.stats.FDsLeftOut += len(list) - s.opts.FDs
		list = list[:s.opts.FDs]
	}
	fdDir, err := openat(dir, "fd", unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return err
	}
	defer unix.Close(fdDir)
	m := s.mountsOf(dir)
	p.fds = make([]scap.FD, 0, len(list))
	for _, n := range list {
		fd, ok, err := s.fd(dir, fdDir, pid, n, m, p)
		s.progress.Add(1)
		if err != nil {
			return err
		}
		if ok {
			p.fds = append(p.fds, fd)
		}
	}
	return nil
}

// fd reads one fd. It is an error that none of the process may be read.
func (s *scanner) fd(dir, fdDir, pid, n int, m *mounts, p *process) (f scap.FD, ok bool, err error) {
	num := strconv.Itoa(n)
	l, err := s.links.link(fdDir, num)
	if err == unix.EACCES || err == unix.EPERM {
		return f, false, err
	}
	if err != nil {
		p.stats.FDsVanished++
		return f, false, nil
	}
	f.FD = int64(n)
	if ino, ok := inodeOf(l, "socket:["); ok {
		f, ok = s.socket(dir, pid, f, ino, p)
		return f, ok, nil
	}
	if ino, ok := inodeOf(l, "pipe:["); ok {
		f.Type, f.Ino, f.Name = scap.FDFIFO, ino, string(l)
		return f, true, nil
	}
	if kind, anon := anonType(l); anon {
		// Not one that can block: these have no server behind them.
		f.Type = kind
		if st, err := statx(fdDir, num, 0); err == nil {
			f.Ino = st.Ino
		}
		return f, true, nil
	}

	name := string(cut(l))
	info := s.fdinfo(dir, num)
	mnt, known := s.mountOf(m, info.mount)
	var st unix.Statx_t
	if mnt.slow {
		// Asking might wait for a server. Directories are opened as such.
		st.Ino, st.Mode = info.ino, unix.S_IFREG
		if info.flags&unix.O_DIRECTORY != 0 {
			st.Mode = unix.S_IFDIR
		}
	} else if st, err = statx(fdDir, num, 0); err != nil {
		p.stats.FDsVanished++
		return f, false, nil
	}
	f.Ino, f.Name = st.Ino, name
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFIFO:
		f.Type = scap.FDFIFO
	case unix.S_IFDIR:
		f.Type = scap.FDDirectory
	case unix.S_IFSOCK: // one of another kind of file system: an O_PATH fd
		f.Type = scap.FDUnsupported
	case unix.S_IFREG, unix.S_IFBLK, unix.S_IFCHR, unix.S_IFLNK:
		if bytes.HasPrefix(l, []byte(memfdPrefix)) {
			f.Type = scap.FDMemFD
			break
		}
		f.Type, f.OpenFlags, f.Dev = scap.FDFileV2, openFlags(info.flags), mnt.dev
		if !known {
			f.Dev = device(st.Dev_major, st.Dev_minor)
		}
	default:
		f.Type, f.Name = scap.FDUnsupported, ""
	}
	return f, true, nil
}

// inodeOf is the number in a link such as "pipe:[123]".
func inodeOf(link []byte, prefix string) (uint64, bool) {
	rest, ok := bytes.CutPrefix(link, []byte(prefix))
	if !ok {
		return 0, false
	}
	rest, ok = bytes.CutSuffix(rest, []byte{']'})
	if !ok {
		return 0, false
	}
	ino, err := strconv.ParseUint(string(rest), 10, 64)
	return ino, err == nil
}

// anonType is the type of an fd that no file system holds
// (scap_fds.c, classify_anon_inode_file; Linux 6.9 has pidfds in a file system
// of their own, whose links were "pidfd:[NUMBER]" until they were changed back).
func anonType(link []byte) (scap.FDType, bool) {
	if bytes.HasPrefix(link, []byte("pidfd:[")) {
		return scap.FDPIDFD, true
	}
	rest, ok := bytes.CutPrefix(link, []byte("anon_inode:"))
	if !ok {
		return 0, false
	}
	switch string(rest) {
	case "[eventfd]":
		return scap.FDEvent, true
	case "[eventpoll]":
		return scap.FDEventPoll, true
	case "inotify":
		return scap.FDInotify, true
	case "[signalfd]":
		return scap.FDSignalFD, true
	case "[timerfd]":
		return scap.FDTimerFD, true
	case "[io_uring]":
		return scap.FDIOURing, true
	case "[userfaultfd]":
		return scap.FDUserfaultFD, true
	case "[pidfd]":
		return scap.FDPIDFD, true
	case "bpf-map", "bpf-prog", "bpf-link", "bpf_link", "bpf_iter":
		return scap.FDBPF, true
	}
	return scap.FDUnsupported, true
}

type fdInfo struct {
	flags uint64 // O_*, of this machine
	mount uint64
	ino   uint64 // since Linux 5.14
}

func (s *scanner) fdinfo(dir int, num string) (info fdInfo) {
	b, err := s.files.file(dir, "fdinfo/"+num, smallBytes)
	if err != nil {
		return info
	}
	for len(b) > 0 {
		var line []byte
		line, b, _ = bytes.Cut(b, []byte{'\n'})
		key, value, _ := bytes.Cut(line, []byte{':'})
		f, _ := field(value)
		switch string(key) {
		case "flags":
			info.flags = number(f, 8)
		case "mnt_id":
			info.mount = number(f, 10)
		case "ino":
			info.ino = number(f, 10)
			return info
		}
	}
	return info
}

// openFlagBits has what each PPM_O_* stands for (driver/ppm_events_public.h).
// As in scap_fds.c, open_flags_to_scap, and in what the kernel side says of an
// open, one bit is enough where a flag has several: O_DSYNC is O_SYNC too, and
// O_DIRECTORY is O_TMPFILE too.
var openFlagBits = [...]struct{ os, scap uint32 }{
	{unix.O_CREAT, 1 << 2},
	{unix.O_TMPFILE, 1 << 13},
	{unix.O_APPEND, 1 << 3},
	{unix.O_DSYNC, 1 << 4},
	{unix.O_EXCL, 1 << 5},
	{unix.O_NONBLOCK, 1 << 6},
	{unix.O_SYNC, 1 << 7},
	{unix.O_TRUNC, 1 << 8},
	{unix.O_DIRECT, 1 << 9},
	{unix.O_DIRECTORY, 1 << 10},
	{kernelLargeFile, 1 << 11},
	{unix.O_CLOEXEC, 1 << 12},
}

func openFlags(flags uint64) uint32 {
	var out uint32
	switch flags & unix.O_ACCMODE {
	case unix.O_WRONLY:
		out = 2
	case unix.O_RDWR:
		out = 3
	default:
		out = 1
	}
	for _, b := range openFlagBits {
		if uint32(flags)&b.os != 0 {
			out |= b.scap
		}
	}
	return out
}
