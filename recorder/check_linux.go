//go:build linux && (amd64 || arm64)

package recorder

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"falcoreplay/recorder/container"
	"falcoreplay/recorder/procsnap"
)

// Level is how a Finding bears on a recording.
type Level uint8

// The levels.
const (
	Good Level = iota
	Poor       // a recording has less than it could
	Bad        // there can be no recording
)

// Finding is what Check has to say about one thing.
type Finding struct {
	Level Level
	About string // a word or two
	Text  string // what was found, and what to do about it
}

// Check looks whether this host can be recorded, and how well. It loads and
// attaches the program and takes a snapshot, but records nothing.
func Check() []Finding {
	found := append(checkPrivileges(), checkKernel()...)
	for _, f := range found {
		if f.Level == Bad {
			return found
		}
	}
	return append(found, checkProgram(), checkSnapshot(), checkCgroups(), checkRuntimes(), checkCompat())
}

func checkPrivileges() []Finding {
	must, useful, err := Missing()
	if err != nil {
		return []Finding{{Bad, "privileges", err.Error()}}
	}
	var found []Finding
	for _, p := range must {
		found = append(found, Finding{Bad, "privileges", fmt.Sprintf("no %s, %s; run it as root", p.Name, p.Why)})
	}
	for _, p := range useful {
		found = append(found, Finding{Poor, "privileges", fmt.Sprintf("no %s, %s", p.Name, p.Why)})
	}
	if found == nil {
		found = append(found, Finding{Good, "privileges", "all that are needed; others are given up while recording"})
	}
	return found
}

func checkKernel() []Finding {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return []Finding{{Bad, "kernel", err.Error()}}
	}
	release := unix.ByteSliceToString(u.Release[:])
	found := []Finding{{Good, "kernel", fmt.Sprintf("Linux %s, %s", release, unix.ByteSliceToString(u.Machine[:]))}}
	var major, minor int
	if _, err := fmt.Sscanf(release, "%d.%d", &major, &minor); err == nil && (major < 5 || major == 5 && minor < 8) {
		found[0] = Finding{Bad, "kernel", fmt.Sprintf("Linux %s is too old: 5.8 is the first with rings for BPF programs", release)}
	} else if err == nil && major == 5 && minor < 10 {
		found[0] = Finding{Poor, "kernel", fmt.Sprintf("Linux %s: the oldest kernel that the recorder was tried on is 5.10", release)}
	}
	const btf = "/sys/kernel/btf/vmlinux"
	if _, err := os.Stat(btf); err != nil {
		found = append(found, Finding{Bad, "BTF", fmt.Sprintf("no %s: a kernel built with CONFIG_DEBUG_INFO_BTF is needed", btf)})
	} else {
		found = append(found, Finding{Good, "BTF", "the kernel describes its types"})
	}
	if b, err := os.ReadFile("/sys/kernel/security/lockdown"); err == nil && strings.Contains(string(b), "[confidentiality]") {
		found = append(found, Finding{Bad, "lockdown", "the kernel is locked down for confidentiality, so no program may read its memory; boot with lockdown=integrity or none"})
	}
	return found
}

func checkProgram() Finding {
	start := time.Now()
	src, err := OpenSource(SourceOptions{})
	if err != nil {
		return Finding{Bad, "program", err.Error()}
	}
	took, cpus, rings := time.Since(start), src.prog.CPUs(), src.prog.Rings()
	if err := src.Close(); err != nil {
		return Finding{Bad, "program", err.Error()}
	}
	return Finding{Good, "program", fmt.Sprintf("loaded, attached and seen to work within %v; for %d CPUs, rings: %d", took.Round(time.Millisecond), cpus, rings)}
}

func checkSnapshot() Finding {
	start := time.Now()
	_, stats, err := procsnap.Take(procsnap.Options{})
	if err != nil {
		return Finding{Bad, "snapshot", err.Error()}
	}
	text := fmt.Sprintf("%d processes, %d threads and %d files described within %v", stats.Processes, stats.Threads, stats.FDs, time.Since(start).Round(time.Millisecond))
	switch {
	case stats.Stalled > 0:
		return Finding{Poor, "snapshot", fmt.Sprintf("%s; %d did not let themselves be read, and are described in part", text, stats.Stalled)}
	case stats.Denied > 0:
		return Finding{Poor, "snapshot", fmt.Sprintf("%s; %d may not be read, and are described in part", text, stats.Denied)}
	}
	return Finding{Good, "snapshot", text}
}

func checkCgroups() Finding {
	_, controller, err := cgroupRoot()
	switch {
	case err != nil:
		return Finding{Poor, "cgroups", err.Error() + ": nothing tells which process is in which container"}
	case controller == "":
		return Finding{Good, "cgroups", "version 2"}
	}
	return Finding{Good, "cgroups", "version 1; -f goes by the tree of " + controller}
}

func checkRuntimes() Finding {
	ctx, cancel := context.WithTimeout(context.Background(), listTimeout)
	defer cancel()
	w := container.Start(ctx, container.Options{Timeout: listTimeout})
	n := len(w.List(ctx, nil))
	asked := w.Runtimes()
	cancel()
	w.Close()
	switch {
	case len(asked) == 0:
		return Finding{Good, "containers", "no runtime listens at its usual socket; what containers there are is told by control groups"}
	case slices.ContainsFunc(asked, func(s string) bool { return strings.HasSuffix(s, "(no answer)") }):
		return Finding{Poor, "containers", strings.Join(asked, ", ")}
	}
	return Finding{Good, "containers", fmt.Sprintf("%d running, told by %s", n, strings.Join(asked, ", "))}
}

func checkCompat() Finding {
	switch {
	case machine == "amd64":
		return Finding{Good, "32-bit calls", "decoded"}
	default:
		return Finding{Poor, "32-bit calls", "not decoded on " + machine + ", and left out"}
	}
}
