// Package callset holds which system calls are recorded unless one asks for
// others. Nothing but falcorec and the documentation's test import it.
package callset

import (
	"slices"

	"falcoreplay/replay"
	"falcoreplay/scap/event"
)

// bulk are the calls that say something about state, but come in masses and tell
// no more than what is known without them.
var bulk = []string{
	"brk", "mmap", "mmap2", "munmap", "read", "readv", "pread64", "preadv", "preadv2",
	"write", "writev", "pwrite64", "pwritev", "pwritev2", "send", "recv",
}

// stock are the calls that Falco's stock rules look at, beyond those that change
// the state.
var stock = []string{
	"accept", "accept4", "bpf", "chmod", "connect", "dup", "dup2", "dup3", "execve", "execveat", "fchmod", "fchmodat",
	"finit_module", "init_module", "link", "linkat", "listen", "mkdir", "mkdirat", "open", "openat", "openat2", "ptrace",
	"rename", "renameat", "renameat2", "rmdir", "sendmsg", "sendto", "setns", "setuid", "socket", "symlink",
	"symlinkat", "unlink", "unlinkat", "unshare", "userfaultfd",
}

// Default are the names of the calls that are recorded by default.
func Default() []string { return Merge(State(), stock) }

// State are those without which the state of the host gets lost.
func State() []string {
	names := []string{"procexit"}
	for _, s := range event.Syscalls() {
		if !s.Generic && replay.Changes(s.Exit) && !slices.Contains(bulk, s.Name) {
			names = append(names, s.Name)
		}
	}
	return names
}

// Merge sorts names and leaves each once.
func Merge(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}
