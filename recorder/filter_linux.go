//go:build linux && (amd64 || arm64)

package recorder

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"falcoreplay/recorder/bpf"
	"falcoreplay/recorder/filter"
	"falcoreplay/recorder/procsnap"
)

// compileFilter makes the kernel's form of a filter, and notes in the table
// what it says of each call.
func compileFilter(opt *SourceOptions, table *callTable) (*bpf.Filter, error) {
	f := opt.Filter
	out := &bpf.Filter{On: 1, NAtoms: uint32(len(f.Atoms)), NTerms: uint32(len(f.Terms))}
	if opt.FilterState {
		out.Strict = 1
	}
	for i, a := range f.Atoms {
		k := &out.Atoms[i]
		switch a.Kind {
		case filter.Name, filter.NamePrefix:
			*k = nameAtom(a.Text, a.Kind == filter.Name)
		case filter.PID:
			*k = bpf.Atom{Kind: bpf.AtomPID, V: [4]uint64{uint64(a.Lo)}}
		case filter.UID:
			*k = bpf.Atom{Kind: bpf.AtomUID, V: [4]uint64{uint64(a.Lo), uint64(a.Hi)}}
		case filter.Descendant:
			k.Kind, out.HasTree = bpf.AtomTree, 1
		case filter.Cgroup, filter.Container:
			k.Kind, out.HasCgroup = bpf.AtomCgroup, 1
		case filter.Call:
			if !Recordable(a.Text) {
				return nil, fmt.Errorf("no system call %q", a.Text)
			}
			for c, name := range table.names {
				if name == a.Text {
					table.calls[c].About |= 1 << i
				}
			}
		}
	}
	copyTerms(out.Terms[:], f.Terms)
	who := f.Who()
	copyTerms(out.Who[:], who)
	out.NWho = uint32(len(who))
	for c, name := range table.names {
		if slices.Contains(opt.State, name) {
			table.calls[c].About |= bpf.CallState
		}
	}
	return out, nil
}

func copyTerms(to []bpf.Term, from []filter.Term) {
	for i, t := range from {
		to[i] = bpf.Term(t)
	}
}

// nameAtom compares the 16 bytes of a name, whole or as far as the text goes.
func nameAtom(text string, whole bool) bpf.Atom {
	var mask, name [16]byte
	copy(name[:], text)
	n := len(text)
	if whole {
		n++ // its NUL
	}
	for i := range mask[:n] {
		mask[i] = 0xff
	}
	at := func(b [16]byte, i int) uint64 { return binary.NativeEndian.Uint64(b[i:]) }
	return bpf.Atom{Kind: bpf.AtomName, V: [4]uint64{at(mask, 0), at(mask, 8), at(name, 0), at(name, 8)}}
}

// follow tells the attached program which processes descend from those that the
// filter names.
func (s *Source) follow(f *filter.Filter) error {
	roots := map[int]uint32{} // pid to the atoms that are true of its descendants
	for i, a := range f.Atoms {
		if a.Kind == filter.Descendant {
			roots[int(a.Lo)] |= 1 << i
		}
	}
	known := map[int]uint32{}
	for pid, atoms := range roots {
		if _, err := os.Stat(fmt.Sprintf("/proc/%d", pid)); err != nil {
			return fmt.Errorf("there is no process %d", pid)
		}
		if err := s.prog.Follow(uint32(pid), bpf.Descent{Children: atoms}); err != nil {
			return err
		}
	}
	for added := len(roots) > 0; added; { // what was born meanwhile of one not yet known is found by the next look
		added = false
		list, err := procsnap.Processes(procsnap.Options{})
		if err != nil {
			return err
		}
		parents := make(map[int]int, len(list))
		for _, p := range list {
			parents[p.PID] = p.PPID
		}
		for _, p := range list {
			var atoms uint32
			for pid, up := parents[p.PID], 0; pid != 0 && up < len(list); pid, up = parents[pid], up+1 {
				atoms |= roots[pid]
			}
			if atoms&^known[p.PID] == 0 {
				continue
			}
			known[p.PID] |= atoms
			added = true
			if err := s.prog.Follow(uint32(p.PID), bpf.Descent{Own: atoms, Children: atoms}); err != nil {
				return err
			}
		}
	}
	return nil
}

// enterCgroups tells the program the control groups that the filter names.
func (s *Source) enterCgroups(f *filter.Filter, root string) error {
	for i, a := range f.Atoms {
		var dirs []string
		switch a.Kind {
		case filter.Cgroup:
			dirs = []string{filepath.Join(root, a.Text)}
		case filter.Container:
			var err error
			if dirs, err = containerDirs(root, a.Text); err != nil {
				return err
			}
		default:
			continue
		}
		for _, dir := range dirs {
			var st unix.Stat_t
			if err := unix.Stat(dir, &st); err != nil {
				return fmt.Errorf("no control group %s: %w", a.Text, err)
			}
			if err := s.prog.InCgroup(st.Ino, 1<<i); err != nil {
				return err
			}
		}
	}
	return nil
}

// containerDirs are the directories of a container below the root of a
// hierarchy of control groups.
func containerDirs(root, id string) (dirs []string, err error) {
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // it ended meanwhile
		case err != nil:
			return err
		case !d.IsDir():
			return nil
		case isContainer(d.Name(), id):
			dirs = append(dirs, path)
			return fs.SkipDir
		}
		return nil
	})
	if err == nil && len(dirs) == 0 {
		err = fmt.Errorf("no container %s has a control group; a filter can name only those that run already", id)
	}
	return dirs, err
}

// isContainer reports whether a directory's name is that of a container, and not
// that of the process which looks after it.
func isContainer(dir, id string) bool {
	return strings.Contains(dir, id) && !strings.Contains(dir, "conmon")
}

// v1Hierarchies are the controllers of version 1 whose tree a filter goes by,
// the first that is mounted; every container has control groups of these.
var v1Hierarchies = []string{"memory", "cpu", "cpuset", "pids"}

// cgroupRoot is where the tree of control groups is mounted that a filter goes
// by, and its controller, "" for version 2.
func cgroupRoot() (root, controller string, err error) {
	b, err := os.ReadFile("/proc/1/mounts")
	if err != nil {
		return "", "", fmt.Errorf("mounts: %w", err)
	}
	host := "/proc/1/root"
	if _, err := os.Stat(host + "/"); err != nil {
		host = "/" // whoever may not look into init sees what init sees, most likely
	}
	v1, v2 := map[string]string{}, ""
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) < 4 {
			continue
		}
		at := filepath.Join(host, f[1])
		switch f[2] {
		case "cgroup2":
			v2 = at
		case "cgroup":
			for option := range strings.SplitSeq(f[3], ",") {
				v1[option] = at
			}
		}
	}
	for _, c := range v1Hierarchies {
		if v1[c] != "" {
			return v1[c], c, nil
		}
	}
	if v2 == "" {
		return "", "", errors.New("no control groups are mounted")
	}
	return v2, "", nil
}

// keeps is what a filtered snapshot asks of a process.
func (s *Source) keeps(f *filter.Filter) func(procsnap.Process) bool {
	who := f.Who()
	return func(p procsnap.Process) bool {
		d, err := s.prog.Descent(uint32(p.PID))
		if err != nil {
			d.Own = 0 // the program is gone, and the recording ends
		}
		return filter.Match(who, d.Own|answers(f, &p))
	}
}

// answers are those that a process itself gives.
func answers(f *filter.Filter, p *procsnap.Process) (bits uint32) {
	for i, a := range f.Atoms {
		var yes bool
		switch a.Kind {
		case filter.Name:
			yes = p.Comm == a.Text
		case filter.NamePrefix:
			yes = strings.HasPrefix(p.Comm, a.Text)
		case filter.PID:
			yes = p.PID == int(a.Lo)
		case filter.UID:
			yes = a.Lo <= p.UID && p.UID <= a.Hi
		case filter.Cgroup, filter.Container:
			yes = inCgroup(p.Cgroups, &a)
		}
		if yes {
			bits |= 1 << i
		}
	}
	return bits
}

func inCgroup(cgroups string, a *filter.Atom) bool {
	for entry := range strings.SplitSeq(cgroups, "\x00") {
		_, path, _ := strings.Cut(entry, "=")
		if a.Kind == filter.Cgroup {
			if path == a.Text || strings.HasPrefix(path, strings.TrimSuffix(a.Text, "/")+"/") {
				return true
			}
			continue
		}
		for part := range strings.SplitSeq(path, "/") {
			if isContainer(part, a.Text) {
				return true
			}
		}
	}
	return false
}
