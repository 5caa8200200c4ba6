//go:build linux

package procsnap

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"time"

	"falcoreplay/scap"
)

// Limits of what Falco reads (userspace/libscap/scap_limits.h,
// SCAP_MAX_ARGS_SIZE, SCAP_MAX_ENV_SIZE, SCAP_MAX_CGROUPS_SIZE,
// SCAP_MAX_PATH_SIZE): it refuses a capture with more.
const (
	maxArgsBytes    = 4096
	maxEnvBytes     = 4096
	maxCgroupsBytes = 4096
	maxPathBytes    = 1023 // without the NUL
)

const (
	defaultFDs          = 1 << 16 // some 10 MB for the process that has as many
	defaultStallTimeout = 2 * time.Second
)

// Options say what a snapshot holds. The zero value is all of the host that
// runs the program, with the values of variables that look like secrets masked.
type Options struct {
	Root string // where the host's file system is; "/" if empty

	Env       EnvMode
	ArgsBytes int // of the arguments of a process, at most and by default 4096
	EnvBytes  int // of the environment of a process, at most and by default 4096

	// Redact, where it is not nil, returns what stands for an argument, argv[0]
	// included, or for a value of the environment that is not masked. It may be
	// called by several goroutines, and where a process stalled, after Take has
	// returned.
	Redact func(string) string

	// Keep, where it is not nil, tells which processes are wanted. Parents are
	// asked about before their children, and the children of those that are
	// kept are kept. Of the ancestors of a process that is kept there are ids
	// and names, of others nothing.
	Keep func(Process) bool

	// OnlyUsersOfThreads leaves out users and groups that no thread runs as, but
	// for the system's own, which are much the same everywhere.
	OnlyUsersOfThreads bool

	SkipPIDs []int // processes that are as if they were not there, such as the recorder

	FDs int // of one process at most; 65536 by default

	// StallTimeout is how long one read may last before the process that it
	// asks about is recorded without memory and fds; 2 s by default.
	StallTimeout time.Duration

	Hostname string // in place of the kernel's
	BootTime uint64 // nanoseconds since the epoch, in place of /proc/stat's full seconds
}

// Stats count what was read and what was not.
type Stats struct {
	Processes, Threads, FDs int

	KernelThreads, Zombies int // processes left out for being such
	Filtered               int // processes that Options.Keep left out, or left only a name of
	Vanished               int // processes and threads that ended while they were read
	Denied                 int // processes of which something may not be read
	Stalled                int // processes that could not be read in time
	FDsVanished            int // fds closed while they were read
	FDsLeftOut             int // fds above Options.FDs
	SocketsUnknown         int // sockets of families that a capture has no record for
	EnvMasked              int // variables whose value was masked
}

func (s *Stats) add(o Stats) {
	s.Processes += o.Processes
	s.Threads += o.Threads
	s.FDs += o.FDs
	s.KernelThreads += o.KernelThreads
	s.Zombies += o.Zombies
	s.Filtered += o.Filtered
	s.Vanished += o.Vanished
	s.Denied += o.Denied
	s.Stalled += o.Stalled
	s.FDsVanished += o.FDsVanished
	s.FDsLeftOut += o.FDsLeftOut
	s.SocketsUnknown += o.SocketsUnknown
	s.EnvMasked += o.EnvMasked
}

func (o *Options) complete() error {
	var errs []error
	limit := func(name string, n *int, most int) {
		if *n < 0 || *n > most {
			errs = append(errs, fmt.Errorf("%s is %d, and must be from 0 to %d", name, *n, most))
		}
		if *n == 0 {
			*n = most
		}
	}
	limit("ArgsBytes", &o.ArgsBytes, maxArgsBytes)
	limit("EnvBytes", &o.EnvBytes, maxEnvBytes)
	if o.FDs == 0 {
		o.FDs = defaultFDs
	}
	limit("FDs", &o.FDs, math.MaxInt32)
	if o.Env > EnvNone {
		errs = append(errs, fmt.Errorf("Env is %d, and must be from 0 to %d", o.Env, EnvNone))
	}
	if o.StallTimeout < 0 {
		errs = append(errs, fmt.Errorf("StallTimeout is %v, and must not be negative", o.StallTimeout))
	}
	if o.StallTimeout == 0 {
		o.StallTimeout = defaultStallTimeout
	}
	if o.Root == "" {
		o.Root = "/"
	}
	o.Root = filepath.Clean(o.Root)
	return errors.Join(errs...)
}

// Take reads a snapshot. Threads and fds are in the order of their numbers,
// processes whole one after the other. What can be had of a process is had: it
// is an error only if there is no process list at all. It may be called by many
// goroutines at once. A process that never lets itself be read costs a thread of
// this program until it ends.
func Take(opts Options) (*scap.Snapshot, Stats, error) {
	var stats Stats
	if err := opts.complete(); err != nil {
		return nil, stats, fmt.Errorf("procsnap: %w", err)
	}
	snap := &scap.Snapshot{HasMachine: true}
	snap.Machine = readMachine(&opts)
	if opts.BootTime == 0 {
		opts.BootTime = snap.Machine.BootTime
	}
	pids, err := listPIDs(&opts)
	if err != nil {
		return nil, stats, fmt.Errorf("procsnap: %w", err)
	}
	inits := make(map[string]uint64)
	var wanted map[int]level
	if opts.Keep != nil {
		if wanted, err = choose(&opts, pids, inits); err != nil {
			return nil, stats, fmt.Errorf("procsnap: %w", err)
		}
	}

	jobs := make([]job, 0, len(pids))
	for _, pid := range pids {
		lvl := whole
		if wanted != nil {
			if lvl = wanted[pid]; lvl != whole {
				stats.Filtered++
			}
		}
		if lvl != nothing {
			jobs = append(jobs, job{pid, lvl})
		}
	}
	var nsOf []string // of each thread, the pid namespace
	err = readAll(&opts, jobs, func(j job, p process) {
		stats.add(p.stats)
		if len(p.threads) == 0 {
			return
		}
		stats.Processes++
		stats.Threads += len(p.threads)
		stats.FDs += len(p.fds)
		if p.initStart != 0 {
			inits[p.pidNS] = p.initStart
		}
		for range p.threads {
			nsOf = append(nsOf, p.pidNS)
		}
		snap.Threads = append(snap.Threads, p.threads...)
		if len(p.fds) > 0 {
			snap.FDs = append(snap.FDs, scap.FDs{TID: int64(j.pid), FDs: p.fds})
		}
	})
	if err != nil {
		return nil, stats, fmt.Errorf("procsnap: %w", err)
	}
	for i := range snap.Threads {
		if t := &snap.Threads[i]; t.UID != unknownID {
			t.PIDNSInitStart = inits[nsOf[i]]
		}
	}

	snap.Users, snap.Groups, snap.HasUsers = readUsers(opts.Root)
	if opts.OnlyUsersOfThreads {
		keepUsersOf(snap)
	}
	if ifs, err := readInterfaces(); err == nil {
		snap.Interfaces, snap.HasInterfaces = ifs, true
	}
	return snap, stats, nil
}

// firstOwnID is the first id that systems give to users and groups of their own
// (login.defs(5), UID_MIN).
const firstOwnID = 1000

// keepUsersOf drops the users and groups that no thread runs as.
func keepUsersOf(snap *scap.Snapshot) {
	uids, gids := make(map[uint32]bool), make(map[uint32]bool)
	for i := range snap.Threads {
		t := &snap.Threads[i]
		uids[t.UID], uids[t.LoginUID], gids[t.GID] = true, true, true
	}
	snap.Users = slices.DeleteFunc(snap.Users, func(u scap.User) bool { return u.UID >= firstOwnID && !uids[u.UID] })
	snap.Groups = slices.DeleteFunc(snap.Groups, func(g scap.Group) bool { return g.GID >= firstOwnID && !gids[g.GID] })
}
