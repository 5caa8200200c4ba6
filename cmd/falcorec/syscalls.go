//go:build linux && (amd64 || arm64)

package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"falcoreplay/engine"
	"falcoreplay/internal/rulefile"
	"falcoreplay/recorder"
	"falcoreplay/replay"
	"falcoreplay/rules"
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

// selectSyscalls reads --syscalls; nil stands for all.
func selectSyscalls(flag string) ([]string, error) {
	path, isRules := strings.CutPrefix(flag, "rules:")
	switch {
	case isRules:
		wanted, err := ofRules(path)
		return merge(stateful(), wanted), err
	case flag == "all":
		return nil, nil
	case flag == "default":
		return merge(stateful(), stock), nil
	}
	names := strings.Split(flag, ",")
	var unknown []string
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
		if !recorder.Recordable(names[i]) {
			unknown = append(unknown, fmt.Sprintf("%q is no system call", name))
		}
	}
	if len(unknown) > 0 {
		return nil, errors.New(strings.Join(unknown, ", "))
	}
	return merge(stateful(), names), nil
}

// stateful are the calls without which the state of the host gets lost.
func stateful() []string {
	names := []string{"procexit"}
	for _, s := range event.Syscalls() {
		if !s.Generic && replay.Changes(s.Exit) && !slices.Contains(bulk, s.Name) {
			names = append(names, s.Name)
		}
	}
	return names
}

// ofRules are the calls that the rules of a file or a directory look at.
func ofRules(path string) ([]string, error) {
	files, err := rulefile.Read([]string{path})
	if err != nil {
		return nil, err
	}
	checker := engine.NewChecker()
	set, result := rules.Load(files, rules.Options{KnownField: engine.CheckField, Check: checker.Check})
	if err := result.Err(); err != nil {
		return nil, err
	}
	eng, problems := checker.New(set, engine.Options{NoFields: true})
	if len(problems) > 0 {
		return nil, fmt.Errorf("%s: %s", problems[0].Pos.File, problems[0].Message)
	}
	var names []string
	for _, s := range event.Syscalls() {
		if eng.Wants(s.Exit) {
			names = append(names, s.Name)
		}
	}
	if eng.Wants(event.SignaldeliverE) {
		names = append(names, "signaldeliver")
	}
	return names, nil
}

// merge sorts names and leaves each once.
func merge(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}
