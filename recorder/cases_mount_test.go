//go:build linux && (amd64 || arm64)

package recorder

import (
	"encoding/binary"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// mountCases are of file systems: their configuration, their quotas, and the
// layers of overlayfs.
func mountCases() []callCase {
	// tmpfs is a file system that is being configured.
	tmpfs := func(c *child) uintptr {
		fd := sys(unix.SYS_FSOPEN, c.str("tmpfs"), 0)
		return uintptr(must(fd))
	}
	// quota is a call of quotactl that fails, with what it is given.
	const user, group = 0, 1
	quota := func(c *child, cmd, kind, id uintptr, p uintptr) int64 {
		return sys(unix.SYS_QUOTACTL, cmd<<8|kind, c.str("/dev/none"), id, p)
	}
	limits := func(c *child, valid uint32) uintptr { // struct if_dqblk
		var b []byte
		for i := range 8 {
			b = binary.LittleEndian.AppendUint64(b, uint64(11+i))
		}
		return c.mem(binary.LittleEndian.AppendUint64(b, uint64(valid)))
	}
	grace := func(c *child, valid uint32) uintptr { // struct if_dqinfo
		b := binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, 21), 22)
		return c.mem(binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(b, 1), valid))
	}
	// Parameters: result, device, file, 7 limits, 2 grace times, flags, format that was
	// asked for, command, type, id, format that was given.
	return []callCase{
		{"fsconfig/fails", func(c *child) want {
			return params(sys(unix.SYS_FSCONFIG, minus(1), 1, c.str("k"), c.str("v"), 0), -1, 1, "k", nil, nil, 0)
		}},
		{"fsconfig/flag", func(c *child) want {
			fd := tmpfs(c)
			return params(must(sys(unix.SYS_FSCONFIG, fd, 0, c.str("ro"), 0, 0)), fd, 0, "ro", nil, nil, 0)
		}},
		{"fsconfig/string", func(c *child) want {
			fd := tmpfs(c)
			return params(must(sys(unix.SYS_FSCONFIG, fd, 1, c.str("size"), c.str("1m"), 0)), fd, 1, "size", nil, "1m", 0)
		}},
		{"fsconfig/create", func(c *child) want {
			fd := tmpfs(c)
			return params(must(sys(unix.SYS_FSCONFIG, fd, 6, 0, 0, 0)), fd, 6, nil, nil, nil, 0)
		}},
		{"fsconfig/path fails", func(c *child) want {
			fd := tmpfs(c)
			return params(sys(unix.SYS_FSCONFIG, fd, 3, c.str("source"), c.str("/"), cwd), fd, 3, "source", nil, nil, wantCWD)
		}},
		{"fsconfig/binary fails", func(c *child) want {
			fd := tmpfs(c)
			return params(sys(unix.SYS_FSCONFIG, fd, 2, c.str("data"), c.str("abc"), 3), fd, 2, "data", nil, nil, 3)
		}},
		{"quotactl/sync", func(c *child) want {
			r := sys(unix.SYS_QUOTACTL, 0x800001<<8, 0, 12, 0) // succeeds where the kernel has quotas
			return params(r, nil, nil, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 128, 1, 0, 1)
		}},
		{"quotactl/on", func(c *child) want {
			return params(quota(c, 0x800002, group, 2, c.str("/quota.file")), "/dev/none", "/quota.file", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 0, 4)
		}},
		{"quotactl/off", func(c *child) want {
			return params(quota(c, 0x800003, user, 2, c.str("/x")), "/dev/none", nil, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 1, 0, 1)
		}},
		{"quotactl/get", func(c *child) want { // no pointer
			return params(quota(c, 0x800007, user, 12, 0), "/dev/none", nil, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 32, 1, 12, 1)
		}},
		{"quotactl/set", func(c *child) want { // all limits
			return params(quota(c, 0x800008, group, 12, limits(c, 63)), "/dev/none", nil, 11, 12, 13, 14, 15, 17, 18, 0, 0, 0, 1, 64, 2, 12, 1)
		}},
		{"quotactl/set some", func(c *child) want { // those of space in use and of time for blocks
			return params(quota(c, 0x800008, user, 7, limits(c, 2|16)), "/dev/none", nil, 0, 0, 13, 0, 0, 17, 0, 0, 0, 0, 1, 64, 1, 7, 1)
		}},
		{"quotactl/set info", func(c *child) want {
			return params(quota(c, 0x800006, user, 7, grace(c, 7)), "/dev/none", nil, 0, 0, 0, 0, 0, 0, 0, 21, 22, 1, 1, 16, 1, 0, 1)
		}},
		{"quotactl/set some info", func(c *child) want {
			return params(quota(c, 0x800006, user, 7, grace(c, 2)), "/dev/none", nil, 0, 0, 0, 0, 0, 0, 0, 0, 22, 0, 1, 16, 1, 0, 1)
		}},
		{"quotactl/format", func(c *child) want {
			return params(quota(c, 0x800004, user, 0, c.words(4)), "/dev/none", nil, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 4, 1, 0, 1)
		}},
		{"quotactl/xfs", func(c *child) want {
			return params(quota(c, 0x5803, 9, 5, 0), "/dev/none", nil, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1024, 0, 5, 1)
		}},
		{"openat/lower layer", func(c *child) want {
			dir, why := overlay("")
			if why != nil {
				return skip("overlayfs: %v", why)
			}
			r := must(sys(unix.SYS_OPENAT, cwd, c.str(dir+"/low"), unix.O_RDONLY))
			dev, ino := statOf(dir + "/low")
			sys(unix.SYS_CLOSE, uintptr(r))
			return params(r, wantCWD, dir+"/low", 1|1<<16, 0, dev, ino)
		}},
		{"openat/upper layer", func(c *child) want {
			dir, why := overlay("")
			if why != nil {
				return skip("overlayfs: %v", why)
			}
			r := must(sys(unix.SYS_OPENAT, cwd, c.str(dir+"/new"), unix.O_WRONLY|unix.O_CREAT, 0o600))
			dev, ino := statOf(dir + "/new")
			sys(unix.SYS_CLOSE, uintptr(r))
			return params(r, wantCWD, dir+"/new", 2|4|1<<14|1<<15, 0o600, dev, ino)
		}},
		{"openat2/lower layer", func(c *child) want {
			dir, why := overlay("")
			if why != nil {
				return skip("overlayfs: %v", why)
			}
			r := must(sys(unix.SYS_OPENAT2, cwd, c.str(dir+"/low"), c.words(unix.O_RDONLY, 0, 0), 24))
			dev, ino := statOf(dir + "/low")
			sys(unix.SYS_CLOSE, uintptr(r))
			return params(r, wantCWD, dir+"/low", 1|1<<16, 0, 0, dev, ino)
		}},
		{"creat/upper layer", func(c *child) want {
			dir, why := overlay("")
			if why != nil {
				return skip("overlayfs: %v", why)
			}
			r := must(sys(sysCreat, c.str(dir+"/low"), 0o640)) // copied up
			dev, ino := statOf(dir + "/low")
			sys(unix.SYS_CLOSE, uintptr(r))
			os.Remove(dir + "/low")
			return params(r, dir+"/low", 0o640, dev, ino, 1)
		}},
	}
}

// overlay mounts an overlayfs on a directory of its own, in a mount namespace
// that ends with the child. It holds a file named low in its lower layer, which
// is a copy of another if one is named.
func overlay(file string) (string, error) {
	dir, err := os.MkdirTemp(".", "overlay")
	if err != nil {
		return "", err
	}
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return "", err
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return "", err
	}
	// The layers lie on a tmpfs, as overlayfs does not lie on itself.
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, ""); err != nil {
		return "", err
	}
	for _, d := range []string{"l", "u", "w", "m"} {
		if err := os.Mkdir(dir+"/"+d, 0o755); err != nil {
			return "", err
		}
	}
	var b []byte
	if file != "" {
		if b, err = os.ReadFile(file); err != nil {
			return "", err
		}
	}
	if err := os.WriteFile(dir+"/l/low", b, 0o755); err != nil {
		return "", err
	}
	opt := strings.ReplaceAll("lowerdir=D/l,upperdir=D/u,workdir=D/w", "D", dir)
	return dir + "/m", unix.Mount("overlay", dir+"/m", "overlay", 0, opt)
}
