//go:build linux && (amd64 || arm64)

package recorder

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"falcoreplay/recorder/container"
	"falcoreplay/recorder/procsnap"
	"falcoreplay/scap"
)

// Record records this host into files until the context ends, a limit of the
// options is reached or something fails; a file that a failure left is good up
// to its last whole chunk. It needs the privileges that Missing checks, and
// gives up all others once it has what they are needed for.
func Record(ctx context.Context, opt Options) (Status, error) {
	src, err := OpenSource(SourceOptions{
		RingBytes: opt.RingBytes, Rings: opt.Rings, SnapLen: opt.SnapLen,
		Filter: opt.Filter, State: opt.State, FilterState: opt.FilterSnapshot,
	})
	if err != nil {
		return Status{}, err
	}
	defer src.Close()
	r := &recording{opt: opt, src: src, mask: masker{mode: opt.Env, redact: opt.Redact}}
	snapshot := procsnap.Options{Env: opt.Env, SkipPIDs: []int{os.Getpid()}}
	if opt.Filter != nil && opt.FilterSnapshot {
		snapshot.Keep, snapshot.OnlyUsersOfThreads = src.keeps(opt.Filter), true
	}
	if opt.Redact != nil {
		snapshot.Redact = func(s string) string { return redactText(opt.Redact, s) }
	}
	r.takeSnap = func() (*scap.Snapshot, procsnap.Stats, error) { return procsnap.Take(snapshot) }
	// What happens from here on is recorded, and the snapshot is taken after it.
	if opt.Syscalls == nil {
		err = src.SelectAll()
	} else {
		err = src.Select(opt.Syscalls)
	}
	if err != nil {
		return Status{}, err
	}
	if err := dropPrivileges(); err != nil {
		return Status{}, fmt.Errorf("giving up privileges: %w", err)
	}
	if opt.Containers != nil {
		w := container.Start(ctx, container.Options{Sockets: *opt.Containers, Mask: maskEnv(opt.Env, opt.Redact), Warn: opt.Warn})
		defer w.Close()
		r.boxes = newContainers(w, opt.FilterSnapshot)
	}
	err = r.run(ctx)
	return r.figures(time.Now()), err
}

// envModes are the names of the modes in the capture information.
var envModes = map[procsnap.EnvMode]string{
	procsnap.EnvMasked: "masked", procsnap.EnvAll: "all", procsnap.EnvNames: "names", procsnap.EnvNone: "none",
}

// ParseEnvMode reads masked, all, names or none.
func ParseEnvMode(s string) (procsnap.EnvMode, error) {
	for mode, name := range envModes {
		if name == s {
			return mode, nil
		}
	}
	return 0, fmt.Errorf("%q is none of masked, all, names and none", s)
}

// info is the capture information of the nth file.
func (opt *Options) info(at time.Time, n int) *scap.Info {
	info := &scap.Info{
		Recorder: strings.TrimSpace("falcorec " + opt.Version), Start: uint64(at.UnixNano()), Clock: "realtime",
		System: prettyName(), OnlineCPUs: firstLine("/sys/devices/system/cpu/online"),
		Syscalls: opt.Syscalls, Snapshot: "all", SnapLenBytes: opt.SnapLen,
		EnvMode: envModes[opt.Env], FileNumber: uint32(n),
	}
	if opt.Filter != nil {
		info.Filter = opt.Filter.Text
	}
	if opt.FilterSnapshot {
		info.Snapshot = "filtered"
	}
	if opt.Env != procsnap.EnvAll {
		info.Redacted = []string{"environment"}
	}
	if opt.Redact != nil {
		info.RedactPatterns = []string{opt.Redact.String()}
		info.Redacted = append(info.Redacted, "arguments", "data")
	}
	// Not as uname(2) says: a mount namespace may have another name there, for
	// captures that are to say nothing of the machine.
	info.Kernel = firstLine("/proc/sys/kernel/osrelease")
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		info.Architecture = unix.ByteSliceToString(u.Machine[:])
	}
	return info
}

func firstLine(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(b), "\n")
	return line
}

// prettyName is the name of the host's system, "" if it does not say.
func prettyName() string {
	f, err := os.Open("/etc/os-release")
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, ok := strings.CutPrefix(lines.Text(), "PRETTY_NAME="); ok {
			return strings.Trim(name, `"'`)
		}
	}
	return ""
}
