//go:build linux

package procsnap

import (
	"io"
	"os"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// retry calls a system call again while a signal interrupts it.
func retry[T any](f func() (T, error)) (v T, err error) {
	for {
		if v, err = f(); err != unix.EINTR {
			return v, err
		}
	}
}

func openat(dir int, name string, flags int) (int, error) {
	return retry(func() (int, error) { return unix.Openat(dir, name, flags|unix.O_CLOEXEC, 0) })
}

// A buffer is memory for reading one file or link after the other.
type buffer struct{ b []byte }

// file reads at most limit bytes. They are good until the next call.
func (m *buffer) file(dir int, name string, limit int) ([]byte, error) {
	fd, err := openat(dir, name, unix.O_RDONLY|unix.O_NOCTTY)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	n := 0
	for n < limit {
		if n == len(m.b) {
			m.b = append(m.b, make([]byte, max(4096, len(m.b)))...)
		}
		room := m.b[n:min(len(m.b), limit)]
		got, err := retry(func() (int, error) { return unix.Read(fd, room) })
		if err != nil {
			return nil, err
		}
		if got <= 0 {
			break
		}
		n += got
	}
	return m.b[:n], nil
}

// link reads a symbolic link without following it. It is good until the next
// call.
func (m *buffer) link(dir int, name string) ([]byte, error) {
	if len(m.b) < 4096 {
		m.b = make([]byte, 4096)
	}
	n, err := retry(func() (int, error) { return unix.Readlinkat(dir, name, m.b) })
	if err != nil {
		return nil, err
	}
	return m.b[:n], nil
}

// numbers are the names in a directory that are numbers, in their order.
func numbers(dir int, name string) ([]int, error) {
	fd, err := openat(dir, name, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), name)
	defer f.Close()
	var list []int
	for {
		names, err := f.Readdirnames(1024)
		for _, s := range names {
			if n, err := strconv.Atoi(s); err == nil && n >= 0 {
				list = append(list, n)
			}
		}
		if err == io.EOF || err == nil && len(names) == 0 {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}

// cut is b, or as much of it as a path may be long.
func cut(b []byte) []byte {
	return b[:min(len(b), maxPathBytes)]
}
