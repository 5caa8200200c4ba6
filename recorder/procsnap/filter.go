//go:build linux

package procsnap

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Process is what Options.Keep decides by.
type Process struct {
	PID, PPID int
	Comm      string
	UID       uint32 // effective
	Cgroups   string // as in scap.Thread
}

// listPIDs are the processes that are not to be skipped.
func listPIDs(opts *Options) ([]int, error) {
	pids, err := numbers(unix.AT_FDCWD, path.Join(opts.Root, "proc"))
	if err != nil {
		return nil, fmt.Errorf("process list: %w", err)
	}
	return slices.DeleteFunc(pids, func(pid int) bool { return slices.Contains(opts.SkipPIDs, pid) }), nil
}

// Processes lists the processes of a host by pid, kernel threads too. Of the
// options it heeds Root and SkipPIDs.
func Processes(opts Options) ([]Process, error) {
	if err := opts.complete(); err != nil {
		return nil, fmt.Errorf("procsnap: %w", err)
	}
	pids, err := listPIDs(&opts)
	if err != nil {
		return nil, fmt.Errorf("procsnap: %w", err)
	}
	list, err := outline(&opts, pids, make(map[string]uint64))
	if err != nil {
		return nil, fmt.Errorf("procsnap: %w", err)
	}
	return list, nil
}

// outline reads little of every process, nothing that can make it wait, and
// puts when pid namespaces began into inits.
func outline(opts *Options, pids []int, inits map[string]uint64) ([]Process, error) {
	s, err := newScanner(opts, new(atomic.Uint64))
	if err != nil {
		return nil, err
	}
	defer s.close()
	list := make([]Process, 0, len(pids))
	for _, pid := range pids {
		dir, err := openat(s.proc, strconv.Itoa(pid), unix.O_PATH|unix.O_DIRECTORY)
		if err != nil {
			continue
		}
		if p, ok := s.outline(dir, pid, inits); ok {
			list = append(list, p)
		}
		unix.Close(dir)
	}
	return list, nil
}

func (s *scanner) outline(dir, pid int, inits map[string]uint64) (p Process, ok bool) {
	if b, err := s.files.file(dir, "cgroup", cgroupFileBytes); err == nil {
		p.Cgroups = s.cgroups.text(b, &s.files)
	}
	b, err := s.files.file(dir, "status", statusBytes)
	if err != nil || parseStatus(b, &s.status) != nil {
		return p, false
	}
	p.PID, p.PPID, p.UID = pid, int(s.status.ppid), s.status.euid
	if b, err = s.files.file(dir, "stat", statBytes); err != nil {
		return p, false
	}
	st, err := parseStat(b)
	if err != nil {
		return p, false
	}
	p.Comm = string(cut(st.comm))
	if s.status.namespaces <= 1 && pid == 1 {
		inits[""] = st.startTime(s.opts.BootTime)
	} else if s.status.namespaces > 1 && s.status.vtid == 1 {
		if l, err := s.links.link(dir, "ns/pid"); err == nil {
			inits[string(l)] = st.startTime(s.opts.BootTime)
		}
	}
	return p, true
}

// choose asks Options.Keep, parents first.
func choose(opts *Options, pids []int, inits map[string]uint64) (map[int]level, error) {
	list, err := outline(opts, pids, inits)
	if err != nil {
		return nil, err
	}
	return chooseOf(list, opts.Keep), nil
}

func chooseOf(list []Process, keep func(Process) bool) map[int]level {
	at := make(map[int]int, len(list)) // pid to index
	for i, p := range list {
		at[p.PID] = i
	}
	levels := make(map[int]level, len(list))
	asked := make(map[int]bool, len(list))
	var line []int // indexes, the youngest first
	for i := range list {
		line = line[:0]
		for j, ok := i, true; ok && !asked[list[j].PID]; j, ok = at[list[j].PPID] {
			asked[list[j].PID] = true
			line = append(line, j)
		}
		for _, j := range slices.Backward(line) {
			p := list[j]
			if levels[p.PPID] == whole || keep(p) {
				levels[p.PID] = whole
			}
		}
	}
	for i := range list {
		if levels[list[i].PID] != whole {
			continue
		}
		for j, ok := at[list[i].PPID]; ok && levels[list[j].PID] == nothing; j, ok = at[list[j].PPID] {
			levels[list[j].PID] = name
		}
	}
	return levels
}
