package replay

import (
	"hash/maphash"
	"strings"
)

// recent keeps what was made of bytes that events bring again and again, such as
// environments and cgroups: most processes have those of their parents.
type recent[T any] struct {
	seed  maphash.Seed
	slots [recentSlots]recentSlot[T]
}

type recentSlot[T any] struct {
	raw  string
	made *T
}

const (
	recentSlots = 256
	// maxRecentBytes bounds the memory: longer ones are made anew each time.
	maxRecentBytes = 8 << 10
)

func newRecent[T any]() *recent[T] { return &recent[T]{seed: maphash.MakeSeed()} }

// of is what was made of the same bytes before, or what make makes of a copy of
// them. It is shared.
func (r *recent[T]) of(p []byte, make func(string) T) *T {
	if len(p) > maxRecentBytes {
		made := make(string(p))
		return &made
	}
	s := &r.slots[maphash.Bytes(r.seed, p)%recentSlots]
	if s.made == nil || s.raw != string(p) {
		s.raw = string(p)
		made := make(s.raw)
		s.made = &made
	}
	return s.made
}

// arguments are arguments and the command line that was made of them last.
type arguments struct {
	list       []string
	name, line string
}

func splitArguments(s string) arguments { return arguments{list: splitTexts(s)} }

// setArgs sets the arguments and the command line that is made of them and of
// the thread's name.
func (h *Host) setArgs(t *Thread, p []byte) {
	a := h.args.of(p, splitArguments)
	if a.line == "" || a.name != t.Comm {
		a.name, a.line = t.Comm, commandLine(t.Comm, a.list)
	}
	t.Args, t.CmdLine = a.list, a.line
}

// setEnv sets the environment.
func (h *Host) setEnv(t *Thread, p []byte) { t.Env = *h.envs.of(p, splitTexts) }

// setCgroups takes NUL-separated SUBSYSTEM=PATH texts. One that has no "="
// makes all of them unusable, and the thread keeps what it had.
func (h *Host) setCgroups(t *Thread, p []byte) {
	if c := *h.cgroups.of(p, splitCgroups); c != nil {
		t.Cgroups = c
	}
}

// splitCgroups is nil for what is unusable.
func splitCgroups(s string) []Cgroup {
	defs := splitTexts(s)
	cgroups := make([]Cgroup, 0, len(defs))
	for _, def := range defs {
		subsys, path, ok := strings.Cut(def, "=")
		if !ok {
			return nil
		}
		subsys = strings.Replace(subsys, "_cgroup", "", 1)
		if known, ok := cgroupNames[subsys]; ok {
			subsys = known
		}
		cgroups = append(cgroups, Cgroup{subsys, path})
	}
	return cgroups
}

// splitTexts splits NUL-separated texts; the last one may lack its NUL.
func splitTexts(s string) []string {
	s = strings.TrimSuffix(s, "\x00")
	if s == "" {
		return nil
	}
	return strings.Split(s, "\x00")
}

// cgroupNames has the usual names of the subsystems that the kernel shortens
// (falcosecurity/libs, userspace/libsinsp/threadinfo.cpp,
// sinsp_threadinfo::set_cgroups).
var cgroupNames = map[string]string{"perf": "perf_event", "mem": "memory", "io": "blkio"}
