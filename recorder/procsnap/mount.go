//go:build linux

package procsnap

import (
	"bytes"
	"strings"

	"golang.org/x/sys/unix"
)

// A mount is one line of a mountinfo file (proc_pid_mountinfo(5)).
type mount struct {
	dev      uint32 // as the capture has it
	readOnly bool   // the file system, not only this mount of it
	slow     bool   // asking about a file may wait for another machine or process
	overlay  *overlay
}

type overlay struct{ root, point, upper string }

// mounts of one mount namespace.
type mounts struct {
	byID map[uint64]mount
	slow []string // mount points
}

// mountInfoBytes bounds a mountinfo file: a hundred thousand mounts, which is
// what a namespace may have (Linux, fs/namespace.c, sysctl_mount_max).
const mountInfoBytes = 64 << 20

// isSlow reports whether files of such a file system are served by another
// machine or by a program.
func isSlow(fstype string) bool {
	switch fstype {
	case "nfs", "nfs4", "cifs", "smb3", "smbfs", "ceph", "9p", "afs", "lustre", "gpfs", "glusterfs", "ocfs2", "gfs2",
		"beegfs", "orangefs", "coda", "fuse", "fuseblk", "virtiofs", "autofs", "ncpfs":
		return true
	}
	return strings.HasPrefix(fstype, "fuse.")
}

func parseMounts(b []byte) *mounts {
	m := &mounts{byID: make(map[uint64]mount)}
	for len(b) > 0 {
		var line []byte
		line, b, _ = bytes.Cut(b, []byte{'\n'})
		head, tail, ok := bytes.Cut(line, []byte(" - "))
		if !ok {
			continue
		}
		h, t := bytes.Fields(head), bytes.Fields(tail)
		if len(h) < 6 || len(t) < 3 {
			continue
		}
		major, minor, ok := bytes.Cut(h[2], []byte{':'})
		if !ok {
			continue
		}
		fstype, options := string(t[0]), t[2]
		entry := mount{dev: device(uint32(number(major, 10)), uint32(number(minor, 10))), slow: isSlow(fstype)}
		var upper []byte
		for opt := range bytes.SplitSeq(options, []byte{','}) {
			if string(opt) == "ro" {
				entry.readOnly = true
			} else if dir, ok := bytes.CutPrefix(opt, []byte("upperdir=")); ok {
				upper = dir
			}
		}
		if fstype == "overlay" {
			entry.overlay = &overlay{unescape(h[3]), unescape(h[4]), unescape(upper)}
		}
		if entry.slow {
			m.slow = append(m.slow, unescape(h[4]))
		}
		m.byID[number(h[0], 10)] = entry
	}
	return m
}

// device is a device number as the kernel gives it to programs (Linux,
// include/linux/kdev_t.h, new_encode_dev).
func device(major, minor uint32) uint32 {
	return minor&0xff | major<<8 | minor&^0xff<<12
}

// unescape replaces the octal escapes of mountinfo.
func unescape(b []byte) string {
	if bytes.IndexByte(b, '\\') < 0 {
		return string(b)
	}
	var out []byte
	for i := 0; i < len(b); i++ {
		if b[i] == '\\' && i+3 < len(b) && isOctal(b[i+1]) && isOctal(b[i+2]) && isOctal(b[i+3]) {
			out = append(out, (b[i+1]-'0')<<6|(b[i+2]-'0')<<3|(b[i+3]-'0'))
			i += 3
			continue
		}
		out = append(out, b[i])
	}
	return string(out)
}

func isOctal(c byte) bool { return c >= '0' && c <= '7' }

// isBelow reports whether a path is a directory or below it.
func isBelow(path, dir string) bool {
	if dir == "/" {
		return true
	}
	rest, ok := strings.CutPrefix(path, dir)
	return ok && (rest == "" || rest[0] == '/')
}

// isSlowPath reports whether a path is on a slow mount.
func (m *mounts) isSlowPath(path string) bool {
	for _, point := range m.slow {
		if isBelow(path, point) {
			return true
		}
	}
	return false
}

// mountsOf are the mounts that a process sees, read once for each mount
// namespace.
func (s *scanner) mountsOf(dir int) *mounts {
	key := ""
	if l, err := s.links.link(dir, "ns/mnt"); err == nil {
		key = string(l)
	}
	if m := s.mounts[key]; m != nil && key != "" {
		return m
	}
	b, err := s.files.file(dir, "mountinfo", mountInfoBytes)
	if err != nil {
		return &mounts{}
	}
	m := parseMounts(b)
	s.mounts[key] = m
	for id, entry := range m.byID {
		s.mountByID[id] = entry
	}
	s.progress.Add(1)
	return m
}

// mountOf finds a mount by its id, which is good in all namespaces: a
// process may hold fds of mounts that it does not see.
func (s *scanner) mountOf(m *mounts, id uint64) (mount, bool) {
	if entry, ok := m.byID[id]; ok {
		return entry, true
	}
	entry, ok := s.mountByID[id]
	return entry, ok
}

// statx asks about what a link of /proc leads to, without asking a server.
func statx(dir int, name string, flags int) (st unix.Statx_t, err error) {
	_, err = retry(func() (struct{}, error) {
		const mask = unix.STATX_BASIC_STATS | unix.STATX_MNT_ID
		return struct{}{}, unix.Statx(dir, name, flags|unix.AT_STATX_DONT_SYNC|unix.AT_NO_AUTOMOUNT, mask, &st)
	})
	return st, err
}
