//go:build linux

package procsnap

import (
	"bytes"
	"os"
	"path"
	"slices"
	"strconv"
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

	// own has, where the reader is in a cgroup namespace of its own, the root of
	// that as init sees it, by subsystem and "" for version 2: the paths of all
	// processes are told from there.
	own map[string]string
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
	var points, points1 []string
	var options1 []string
	for line := range bytes.SplitSeq(b, []byte{'\n'}) {
		f := bytes.Fields(line)
		switch {
		case len(f) < 4:
		case string(f[2]) == "cgroup2":
			points = append(points, unescape(f[1]))
		case string(f[2]) == "cgroup":
			points1, options1 = append(points1, unescape(f[1])), append(options1, string(f[3]))
		}
	}
	if inNamespace(proc, m) {
		c.own = make(map[string]string)
		self := selfCgroups(proc, m)
		for i, point := range points1 {
			for opt := range strings.SplitSeq(options1[i], ",") {
				if rel, ok := self[opt]; ok {
					c.findOwn(opt, path.Join(root, "proc/1/root", point), rel, m)
				}
			}
		}
		for _, point := range points {
			c.findOwn("", path.Join(root, "proc/1/root", point), self[""], m)
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

// inNamespace reports whether the reader is in another cgroup namespace than
// the host's init.
func inNamespace(proc int, m *buffer) bool {
	l, err := m.link(proc, "1/ns/cgroup")
	if err != nil {
		return false
	}
	init := string(l)
	l, err = m.link(proc, "self/ns/cgroup")
	return err == nil && string(l) != init
}

// selfCgroups are the reader's own cgroups as its namespace has them.
func selfCgroups(proc int, m *buffer) map[string]string {
	self := make(map[string]string)
	b, err := m.file(proc, "self/cgroup", cgroupFileBytes)
	if err != nil {
		return self
	}
	for _, line := range splitLines(b) {
		_, rest, _ := strings.Cut(string(line), ":")
		subsystems, dir, ok := strings.Cut(rest, ":")
		if !ok {
			continue
		}
		for s := range strings.SplitSeq(subsystems, ",") {
			self[s] = dir
		}
	}
	return self
}

// maxCgroups bounds the search for the reader's cgroup.
const maxCgroups = 1 << 17

// findOwn looks for the reader in the cgroups below a mount, as the kernel tells
// it nowhere else.
func (c *cgroups) findOwn(subsystem, mount, rel string, m *buffer) {
	pid := []byte(strconv.Itoa(os.Getpid()))
	todo := []string{"/"}
	for n := 0; len(todo) > 0 && n < maxCgroups; n++ {
		dir := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		b, err := m.file(unix.AT_FDCWD, mount+dir+"/cgroup.procs", mountsBytes)
		if err == nil && slices.ContainsFunc(splitLines(b), func(line []byte) bool { return bytes.Equal(line, pid) }) {
			c.own[subsystem] = path.Clean("/" + strings.TrimSuffix(dir, strings.TrimSuffix(rel, "/")))
			return
		}
		entries, err := os.ReadDir(mount + dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			if e.IsDir() {
				todo = append(todo, path.Join(dir, e.Name()))
			}
		}
	}
}

// absolute is a path as the host's init would have it.
func (c *cgroups) absolute(subsystem, dir string) string {
	if own, ok := c.own[subsystem]; ok {
		return path.Join(own, dir)
	}
	return dir
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
				out = appendCgroup(out, string(s), c.absolute(string(s), string(dir)))
			}
		case string(id) == "0" && c.v2 != "":
			out = c.appendV2(out, c.absolute("", string(dir)), m)
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
