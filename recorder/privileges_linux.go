package recorder

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
	"kernel.org/pub/linux/libs/security/libcap/psx"
)

// Privilege is a capability that recording needs.
type Privilege struct {
	Name string // as in capabilities(7)
	Why  string
	bit  uint
	must bool
}

// privileges are what the recorder needs, and keeps.
var privileges = []Privilege{
	{"CAP_BPF", "to load the program that records", unix.CAP_BPF, true},
	{"CAP_PERFMON", "to attach it to tracepoints", unix.CAP_PERFMON, true},
	{"CAP_SYS_PTRACE", "to read the files, sockets and environments of other users' processes", unix.CAP_SYS_PTRACE, false},
	{"CAP_DAC_READ_SEARCH", "to look into folders and files of other users", unix.CAP_DAC_READ_SEARCH, false},
}

// Missing returns the privileges that the process does not have: must are those
// without which nothing can be recorded, useful those without which processes
// that run at the start are described in part.
func Missing() (must, useful []Privilege, err error) {
	have, err := effective()
	if err != nil {
		return nil, nil, err
	}
	for _, p := range privileges {
		switch {
		case have&(1<<p.bit) != 0:
		case !p.must:
			useful = append(useful, p)
		case have&(1<<unix.CAP_SYS_ADMIN) == 0: // stands for both of those, capabilities(7)
			must = append(must, p)
		}
	}
	return must, useful, nil
}

// effective is the set of capabilities that the process has.
func effective() (uint64, error) {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if hex, ok := strings.CutPrefix(line, "CapEff:"); ok {
			return strconv.ParseUint(strings.TrimSpace(hex), 16, 64)
		}
	}
	return 0, errors.New("/proc/self/status has no CapEff")
}

// dropPrivileges gives up every capability but those that are needed to go on,
// for all threads, and the ability to get new ones from a program.
func dropPrivileges() error {
	have, err := effective()
	if err != nil {
		return err
	}
	var keep uint64
	for _, p := range privileges {
		keep |= 1 << p.bit
	}
	keep &= have
	// Capabilities are a thread's. psx changes all threads, whether the program
	// was linked with C or not.
	if _, _, errno := psx.Syscall6(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0); errno != 0 {
		return fmt.Errorf("no new privileges: %w", errno)
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	for i := range data {
		part := uint32(keep >> (32 * i))
		data[i] = unix.CapUserData{Effective: part, Permitted: part}
	}
	_, _, errno := psx.Syscall3(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&data)), 0)
	if errno != 0 {
		return fmt.Errorf("capabilities: %w", errno)
	}
	return nil
}
