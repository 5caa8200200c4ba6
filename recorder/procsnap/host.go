//go:build linux

package procsnap

import (
	"bytes"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"falcoreplay/scap"
)

// hostFileBytes bounds the files that describe the host: 16 MB are some two
// hundred thousand accounts.
const hostFileBytes = 16 << 20

// readMachine reads what the machine is (userspace/libscap/linux/
// scap_machine_info.c, scap_os_get_machine_info). What is not there stays 0.
func readMachine(opts *Options) scap.Machine {
	var b buffer
	proc := path.Join(opts.Root, "proc")
	m := scap.Machine{Hostname: opts.Hostname}
	if f, err := b.file(unix.AT_FDCWD, proc+"/stat", hostFileBytes); err == nil {
		m.CPUs, m.BootTime = parseHostStat(f)
	}
	if opts.BootTime != 0 {
		m.BootTime = opts.BootTime
	}
	if f, err := b.file(unix.AT_FDCWD, proc+"/meminfo", hostFileBytes); err == nil {
		for _, line := range splitLines(f) {
			if value, ok := bytes.CutPrefix(line, []byte("MemTotal:")); ok {
				v, _ := field(value)
				m.MemoryBytes = number(v, 10) * 1024
			}
		}
	}
	if f, err := b.file(unix.AT_FDCWD, proc+"/sys/kernel/pid_max", smallBytes); err == nil {
		m.MaxPID = number(bytes.TrimSpace(f), 10)
	}
	if f, err := b.file(unix.AT_FDCWD, proc+"/sys/kernel/hostname", smallBytes); err == nil && m.Hostname == "" {
		m.Hostname = string(bytes.TrimSuffix(f, []byte{'\n'}))
	}
	return m
}

// parseHostStat finds the number of processors that are online and the time of
// the boot in /proc/stat (proc_stat(5)).
func parseHostStat(b []byte) (cpus uint32, boot uint64) {
	for _, line := range splitLines(b) {
		key, rest := field(line)
		switch {
		case len(key) > 3 && string(key[:3]) == "cpu":
			cpus++
		case string(key) == "btime":
			f, _ := field(rest)
			boot = number(f, 10) * 1e9
		}
	}
	return cpus, boot
}

// readUsers reads the accounts that the host has in files. ok tells whether
// there are any: a host may have none.
func readUsers(root string) (users []scap.User, groups []scap.Group, ok bool) {
	var b buffer
	if f, err := b.file(unix.AT_FDCWD, path.Join(root, "etc/passwd"), hostFileBytes); err == nil {
		users, ok = parsePasswd(string(f)), true
	}
	if f, err := b.file(unix.AT_FDCWD, path.Join(root, "etc/group"), hostFileBytes); err == nil {
		groups, ok = parseGroups(string(f)), true
	}
	return users, groups, ok
}

// parsePasswd reads passwd(5). Lines that are no accounts are passed over.
func parsePasswd(text string) (users []scap.User) {
	for line := range strings.Lines(text) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), ":")
		if len(f) < 7 || !isAccountName(f[0]) {
			continue
		}
		uid, err1 := strconv.ParseUint(f[2], 10, 32)
		gid, err2 := strconv.ParseUint(f[3], 10, 32)
		if err1 != nil || err2 != nil {
			continue
		}
		users = append(users, scap.User{UID: uint32(uid), GID: uint32(gid), Name: clipText(f[0]), Home: clipText(f[5]), Shell: clipText(f[6])})
	}
	return users
}

// parseGroups reads group(5).
func parseGroups(text string) (groups []scap.Group) {
	for line := range strings.Lines(text) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), ":")
		if len(f) < 3 || !isAccountName(f[0]) {
			continue
		}
		if gid, err := strconv.ParseUint(f[2], 10, 32); err == nil {
			groups = append(groups, scap.Group{GID: uint32(gid), Name: clipText(f[0])})
		}
	}
	return groups
}

// isAccountName tells accounts from comments and from references to NIS.
func isAccountName(s string) bool { return s != "" && s[0] != '#' && s[0] != '+' && s[0] != '-' }

// clipText is a copy of s, so that a few names do not keep the file.
func clipText(s string) string { return strings.Clone(s[:min(len(s), maxPathBytes)]) }
