//go:build linux

package procsnap

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// cgroups turns cgroup files into the text of a capture, as Falco does
// (userspace/libscap/linux/scap_cgroup.c, scap_cgroup_get_thread).
type cgroups struct {
	v2          string   // where version 2 is mounted, as the reader sees it; "" if it is not
	all         []string // controllers of version 2
	controllers map[string][]string
	texts       map[string]string // by the contents of the file
}

const (
	mountsBytes      = 64 << 20
	controllersBytes = 4096
	cgroupFileBytes  = 64 << 10
)

// newCgroups finds the mount of version 2 as the host's init sees it.
func newCgroups(proc int, root string, m *buffer) *cgroups {
	c := &cgroups{controllers: make(map[string][]string), texts: make(map[string]string)}
	b, err := m.file(proc, "1/mounts", mountsBytes)
	if err != nil {
		return c
	}
	var points []string
	for line := range bytes.SplitSeq(b, []byte{'\n'}) {
		if f := bytes.Fields(line); len(f) >= 3 && string(f[2]) == "cgroup2" {
			points = append(points, unescape(f[1]))
		}
	}
	for _, point := range points {
		for _, from := range []string{"proc/1/root", "."} { // the latter where init may not be looked into
			mount := path.Join(root, from, point)
			list, ok := c.read(mount, m)
			if !ok {
				continue
			}
			c.v2, c.all = mount, list
			if len(list) > 0 {
				return c
			}
			break
		}
	}
	return c
}

// read lists the controllers of a directory.
func (c *cgroups) read(dir string, m *buffer) ([]string, bool) {
	if list, ok := c.controllers[dir]; ok {
		return list, list != nil
	}
	b, err := m.file(unix.AT_FDCWD, dir+"/cgroup.controllers", controllersBytes)
	if err != nil {
		c.controllers[dir] = nil
		return nil, false
	}
	list := append([]string{}, strings.Fields(string(b))...)
	c.controllers[dir] = list
	return list, true
}

// text is a cgroup file as the capture has it: subsystem=path, each ended by a
// NUL.
func (c *cgroups) text(file []byte, m *buffer) string {
	if s, ok := c.texts[string(file)]; ok {
		return s
	}
	var out []byte
	file = slices.Clone(file) // m holds it
	for line := range bytes.SplitSeq(file, []byte{'\n'}) {
		id, rest, ok1 := bytes.Cut(line, []byte{':'})
		subsystems, dir, ok2 := bytes.Cut(rest, []byte{':'})
		switch {
		case !ok1 || !ok2:
		case len(subsystems) > 0:
			for s := range bytes.SplitSeq(subsystems, []byte{','}) {
				out = appendCgroup(out, string(s), string(dir))
			}
		case string(id) == "0" && c.v2 != "":
			out = c.appendV2(out, string(dir), m)
		}
	}
	s := string(out)
	c.texts[string(file)] = s
	return s
}

// appendV2 appends for each controller the innermost cgroup that has it
// (scap_cgroup_resolve_v2).
func (c *cgroups) appendV2(out []byte, dir string, m *buffer) []byte {
	var found []string
	for {
		list, _ := c.read(c.v2+strings.TrimSuffix(dir, "/"), m)
		for _, s := range list {
			if !slices.Contains(found, s) {
				found = append(found, s)
				out = appendCgroup(out, s, dir)
			}
		}
		if len(dir) <= 1 || len(found) >= len(c.all) {
			return out
		}
		if dir = path.Dir(dir); dir == "." {
			return out
		}
	}
}

// appendCgroup leaves out what would not fit.
func appendCgroup(out []byte, subsystem, dir string) []byte {
	if len(out)+len(subsystem)+len(dir)+2 > maxCgroupsBytes {
		return out
	}
	out = append(out, subsystem...)
	out = append(out, '=')
	out = append(out, dir...)
	return append(out, 0)
}
