//go:build linux

package procsnap

import (
	"bytes"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"falcoreplay/scap"
)

const (
	capDACOverride = 1 // Linux, include/uapi/linux/capability.h
	capFOwner      = 3

	memfdPrefix = "/memfd:" // Linux, mm/memfd.c, MFD_NAME_PREFIX, behind a slash
)

// exe fills in what is known of the file that a process runs. s.status is the
// process's. A file on a slow mount is not asked about.
func (s *scanner) exe(dir int, t *scap.Thread) {
	if t.ExePath == "" {
		return
	}
	t.ExeFromMemfd = strings.HasPrefix(t.ExePath, memfdPrefix)
	m := s.mountsOf(dir)
	if m.isSlowPath(t.ExePath) {
		return
	}
	st, err := statx(dir, "exe", 0)
	s.progress.Add(1)
	if err != nil {
		return
	}
	t.ExeIno, t.ExeInoCtime, t.ExeInoMtime = st.Ino, nanoseconds(st.Ctime), nanoseconds(st.Mtime)
	mnt, _ := s.mountOf(m, st.Mnt_id)
	t.ExeWritable = !mnt.readOnly && s.mayWrite(dir, &st)
	if mnt.overlay != nil && mnt.overlay.upper != "" {
		t.ExeUpperLayer, t.ExeLowerLayer = s.layer(mnt.overlay, t.ExePath)
	}
}

func nanoseconds(t unix.StatxTimestamp) uint64 { return uint64(t.Sec*1e9 + int64(t.Nsec)) }

// mayWrite is what the kernel side finds when a program is run
// (driver/modern_bpf/helpers/extract/extract_from_kernel.h,
// extract__exe_writable): its owner may, those whom the mode lets, and those
// with the capabilities over the user and the group that it belongs to. Modes
// are looked at as there: for others' bits, not being in the group is enough.
func (s *scanner) mayWrite(dir int, st *unix.Statx_t) bool {
	u := &s.status
	if st.Attributes&unix.STATX_ATTR_IMMUTABLE != 0 {
		return false
	}
	if u.fsuid == st.Uid {
		return true
	}
	inGroup := u.fsgid == st.Gid
	for _, g := range u.groups {
		inGroup = inGroup || g == st.Gid
	}
	mode := st.Mode
	if inGroup {
		mode >>= 3
	}
	if mode&2 != 0 {
		return true
	}
	if u.capEff&(1<<capDACOverride|1<<capFOwner) == 0 || !s.mapped(dir, "uid_map", st.Uid) {
		return false
	}
	return u.capEff&(1<<capFOwner) != 0 || s.mapped(dir, "gid_map", st.Gid)
}

// mapped reports whether an id, as the reader counts, is one in the user
// namespace of a process (user_namespaces(7)).
func (s *scanner) mapped(dir int, file string, id uint32) bool {
	b, err := s.files.file(dir, file, 64<<10)
	if err != nil {
		return true // a kernel without user namespaces
	}
	for _, line := range splitLines(b) {
		_, rest := field(line)
		outside, rest := field(rest)
		n, _ := field(rest)
		if first := number(outside, 10); len(n) > 0 && uint64(id) >= first && uint64(id)-first < number(n, 10) {
			return true
		}
	}
	return false
}

// layer tells whether a file of an overlay file system is in the upper layer,
// which is a directory of whoever made the mount: where that cannot be found,
// it is not known.
func (s *scanner) layer(o *overlay, file string) (upper, lower bool) {
	if !path.IsAbs(o.upper) || !isBelow(file, o.point) {
		return false, false
	}
	top := path.Join(s.opts.Root, o.upper)
	if _, err := statx(unix.AT_FDCWD, top, 0); err != nil {
		return false, false
	}
	rel := path.Join(o.root, strings.TrimPrefix(strings.TrimSuffix(file, " (deleted)"), o.point))
	// A link in the upper layer's path would lead out of it.
	st, err := statx(unix.AT_FDCWD, top+path.Clean("/"+rel), unix.AT_SYMLINK_NOFOLLOW)
	if err == unix.ENOENT || err == unix.ENOTDIR {
		return false, true
	}
	if err != nil {
		return false, false
	}
	if st.Mode&unix.S_IFMT == unix.S_IFREG {
		return true, false
	}
	return false, true // a whiteout: the program was removed
}

func splitLines(b []byte) [][]byte {
	return bytes.Split(bytes.TrimSuffix(b, []byte{'\n'}), []byte{'\n'})
}
