//go:build linux

package procsnap

import (
	"bytes"
	"fmt"
	"strconv"
)

// status is what is needed of /proc/PID/status.
type status struct {
	tgid, ppid       int64
	euid, fsuid      uint32
	egid, fsgid      uint32
	groups           []uint32
	capInh, capPrm   uint64
	capEff           uint64
	vmSize, vmRSS    uint32 // KiB
	vmSwap           uint32 // KiB
	vtid, vpid       int64  // in the innermost namespace, -1 where the kernel does not tell
	vpgid, pgid      int64
	namespaces       int // pid namespaces that the thread is in, counted from the reader's
	hasTgid, hasUIDs bool
}

// parseStatus reads a status file into s, whose memory it reuses.
func parseStatus(b []byte, s *status) error {
	*s = status{vtid: -1, vpid: -1, vpgid: -1, pgid: -1, groups: s.groups[:0]}
	for len(b) > 0 {
		var line []byte
		line, b, _ = bytes.Cut(b, []byte{'\n'})
		key, value, ok := bytes.Cut(line, []byte{':'})
		if !ok {
			continue
		}
		switch string(key) {
		case "Tgid":
			s.tgid, s.hasTgid = lastInt(value), true
		case "PPid":
			s.ppid = lastInt(value)
		case "Uid":
			s.euid, s.fsuid, s.hasUIDs = ids(value)
		case "Gid":
			s.egid, s.fsgid, _ = ids(value)
		case "Groups":
			for g, rest := field(value); len(g) > 0; g, rest = field(rest) {
				s.groups = append(s.groups, uint32(number(g, 10)))
			}
		case "NSpid":
			s.vtid = lastInt(value)
			s.namespaces = len(bytes.Fields(value))
		case "NStgid":
			s.vpid = lastInt(value)
		case "NSpgid":
			g, _ := field(value)
			s.pgid, s.vpgid = int64(number(g, 10)), lastInt(value)
		case "VmSize":
			s.vmSize = kib(value)
		case "VmRSS":
			s.vmRSS = kib(value)
		case "VmSwap":
			s.vmSwap = kib(value)
		case "CapInh":
			s.capInh = hexNumber(value)
		case "CapPrm":
			s.capPrm = hexNumber(value)
		case "CapEff":
			s.capEff = hexNumber(value)
		}
	}
	if !s.hasTgid || !s.hasUIDs {
		return fmt.Errorf("status without Tgid or Uid")
	}
	return nil
}

// ids are the effective and the file system's id of a line with the real,
// effective, saved and file system's.
func ids(value []byte) (effective, fs uint32, ok bool) {
	var id [4]uint32
	for i := range id {
		var f []byte
		if f, value = field(value); len(f) == 0 {
			return 0, 0, false
		}
		id[i] = uint32(number(f, 10))
	}
	return id[1], id[3], true
}

func kib(value []byte) uint32 {
	f, _ := field(value)
	return uint32(number(f, 10))
}

func hexNumber(value []byte) uint64 {
	f, _ := field(value)
	return number(f, 16)
}

// field cuts the first word off.
func field(b []byte) (word, rest []byte) {
	start := 0
	for start < len(b) && (b[start] == ' ' || b[start] == '\t') {
		start++
	}
	end := start
	for end < len(b) && b[end] != ' ' && b[end] != '\t' {
		end++
	}
	return b[start:end], b[end:]
}

func lastInt(b []byte) int64 {
	b = bytes.TrimRight(b, " \t")
	return int64(number(b[bytes.LastIndexAny(b, " \t")+1:], 10))
}

// number is 0 for what is none.
func number(b []byte, base int) uint64 {
	n, err := strconv.ParseUint(string(b), base, 64)
	if err != nil {
		return 0
	}
	return n
}

// stat is what is needed of /proc/PID/stat (Linux, fs/proc/array.c,
// do_task_stat; proc_pid_stat(5)).
type stat struct {
	comm           []byte // borrowed
	state          byte
	ppid           int64
	pgid, sid      int64
	tty            uint32
	flags          uint32
	minflt, majflt uint64
	startTicks     uint64 // after boot
}

// userHZ is the unit of times in /proc on every machine that Go compiles for
// (Linux, include/asm-generic/param.h, USER_HZ).
const userHZ = 100

const pfKThread = 0x00200000 // Linux, include/linux/sched.h, PF_KTHREAD

func parseStat(b []byte) (s stat, err error) {
	open, end := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if open < 0 || end < open {
		return s, fmt.Errorf("stat without a name in parentheses")
	}
	s.comm = b[open+1 : end]
	b = bytes.TrimRight(b[end+1:], "\n")
	for i := 3; i <= 22; i++ { // counted as proc_pid_stat(5) does
		var f []byte
		if f, b = field(b); len(f) == 0 {
			return s, fmt.Errorf("stat with %d fields", i-1)
		}
		switch i {
		case 3:
			s.state = f[0]
		case 4:
			s.ppid = int64(number(f, 10))
		case 5:
			s.pgid = int64(number(f, 10))
		case 6:
			s.sid = int64(number(f, 10))
		case 7:
			tty, _ := strconv.ParseInt(string(f), 10, 64) // printed as an int
			s.tty = uint32(tty)
		case 9:
			s.flags = uint32(number(f, 10))
		case 10:
			s.minflt = number(f, 10)
		case 12:
			s.majflt = number(f, 10)
		case 22:
			s.startTicks = number(f, 10)
		}
	}
	return s, nil
}

// startTime is when the thread began, in nanoseconds since the epoch.
func (s *stat) startTime(boot uint64) uint64 { return boot + s.startTicks*(1e9/userHZ) }
