package field

import (
	"math"
	"strconv"

	"falcoreplay/replay"
	"falcoreplay/scap/event"
)

// threadFields are the fields of processes and threads from the properties of
// the executable on (falcosecurity/libs at 48dfd53,
// userspace/libsinsp/sinsp_filtercheck_thread.cpp).
var threadFields = []Def{
	boolean("proc.is_exe_writable", "Executable is writable", "Whether the user who started the process could write its executable.", threadTruth(func(t *replay.Thread) bool { return t.ExeWritable })),
	boolean("proc.is_exe_upper_layer", "Executable is in the upper layer", "Whether the executable lies in the upper layer of an overlay file system, as a file does that was added to a container after it began.", threadTruth(func(t *replay.Thread) bool { return t.ExeUpperLayer })),
	boolean("proc.is_exe_lower_layer", "Executable is in the lower layer", "Whether the executable lies in the lower layer of an overlay file system, as files of a container's image do.", threadTruth(func(t *replay.Thread) bool { return t.ExeLowerLayer })),
	boolean("proc.is_exe_from_memfd", "Executable is in memory only", "Whether the executable is an anonymous file made with memfd_create.", threadTruth(func(t *replay.Thread) bool { return t.ExeFromMemfd })),
	boolean("proc.is_sid_leader", "Leads its session", "Whether proc.sid is proc.vpid.", threadTruth(func(t *replay.Thread) bool { return t.SID == t.VPID })),
	boolean("proc.is_vpgid_leader", "Leads its virtual process group", "Whether proc.vpgid is proc.vpid, as for a command typed in a terminal and unlike one that a script runs.", threadTruth(func(t *replay.Thread) bool { return t.VPGID == t.VPID })),
	boolean("proc.is_pgid_leader", "Leads its process group", "Whether proc.pgid is proc.pid.", threadTruth(func(t *replay.Thread) bool { return t.PGID == t.PID })),
	signed("proc.exe_ino", "Executable's inode", "Inode number of the executable.", threadKnown(func(t *replay.Thread) uint64 { return t.ExeIno })),
	moment("proc.exe_ino.ctime", "Executable's change time", "When the inode of the executable last changed, in nanoseconds since the epoch.", threadKnown(func(t *replay.Thread) uint64 { return t.ExeInoCtime })),
	moment("proc.exe_ino.mtime", "Executable's modification time", "When the contents of the executable last changed, in nanoseconds since the epoch.", threadKnown(func(t *replay.Thread) uint64 { return t.ExeInoMtime })),
	moment("proc.exe_ino.ctime_duration_proc_start", "Executable's change to process start", "Nanoseconds from the change time of the executable to the start of the process.", threadKnown(func(t *replay.Thread) uint64 { return t.ExeInoCtimeDurationClone })),
	moment("proc.exe_ino.ctime_duration_pidns_start", "Pid namespace's start to executable's change", "Nanoseconds from the start of the pid namespace to the change time of the executable.", threadKnown(func(t *replay.Thread) uint64 { return t.ExeInoCtimeDurationPIDNS })),
	unsigned("proc.pidns_init_start_ts", "Pid namespace's start", "When the pid namespace began, in nanoseconds since the epoch.", threadKnown(func(t *replay.Thread) uint64 { return t.PIDNSInitStartTS })),
	text("thread.cap_permitted", "Permitted capabilities", "Capabilities that the thread may take up.", capabilities(func(t *replay.Thread) uint64 { return t.CapPermitted })),
	text("thread.cap_inheritable", "Inheritable capabilities", "Capabilities that the thread hands on to programs it runs.", capabilities(func(t *replay.Thread) uint64 { return t.CapInheritable })),
	text("thread.cap_effective", "Effective capabilities", "Capabilities that the thread has.", capabilities(func(t *replay.Thread) uint64 { return t.CapEffective })),
	unsigned("proc.fdopencount", "Open file descriptors", "Number of file descriptors that the process has open.", threadNumber(fdCount)),
	signed("proc.fdlimit", "Limit of file descriptors", "Number of file descriptors that the process may have open.", threadNumber(fdLimit)),
	double("proc.fdusage", "Usage of file descriptors", "Open file descriptors in percent of the limit.", threadNumber(fdUsage)),
	unsigned("proc.vmsize", "Virtual memory", "Virtual memory of the process in KiB.", threadNumber(func(t *replay.Thread) uint64 { return uint64(t.VMSizeKB) })),
	unsigned("proc.vmrss", "Resident memory", "Memory of the process that is not swapped out, in KiB.", threadNumber(func(t *replay.Thread) uint64 { return uint64(t.VMRSSKB) })),
	unsigned("proc.vmswap", "Swapped memory", "Memory of the process that is swapped out, in KiB.", threadNumber(func(t *replay.Thread) uint64 { return uint64(t.VMSwapKB) })),
	unsigned("thread.pfmajor", "Major page faults", "Page faults since the thread started that needed a disk.", threadNumber(func(t *replay.Thread) uint64 { return t.PFMajor })),
	unsigned("thread.pfminor", "Minor page faults", "Page faults since the thread started that needed no disk.", threadNumber(func(t *replay.Thread) uint64 { return t.PFMinor })),
	id("thread.tid", "Thread id", "Id of the thread that made the event.", threadTID),
	boolean("thread.ismain", "Main thread", "Whether the thread is the first of its process.", threadTruth((*replay.Thread).IsMain)),
	id("thread.vtid", "Virtual thread id", "Id of the thread as its own pid namespace counts.", threadID(func(t *replay.Thread) replay.TID { return t.VTID })),
	text("thread.nametid", "Name and thread id", "proc.name and thread.tid, one after the other.", nameTID).with(TableOnly),
	duration("thread.exectime", "Time since the last switch", "Nanoseconds since the processor's last switch of threads. Always 0, as in Falco for captures.", zero),
	duration("thread.totexectime", "Processor time", "Nanoseconds that switch events have shown for the thread so far. Always 0, as in Falco for captures.", totalExecTime),
	text("thread.cgroups", "Cgroups", "All cgroups of the thread, as SUBSYSTEM=PATH separated by spaces.", cgroups),
	text("thread.cgroup", "Cgroup", "Path of the thread's cgroup of one subsystem, as in thread.cgroup.memory.", nil).required(cgroupField),
	unsigned("proc.nthreads", "Threads", "Number of threads of the process that have not exited.", threadNumber(threadCount)),
	unsigned("proc.nchilds", "Other threads", "Number of threads of the process that have not exited, without its main thread.", threadNumber(otherThreadCount)),
	double("thread.cpu", "Processor use", "Processor time of the thread since its last procinfo event; for these events only. Always 0.0 in JSON, as in Falco.", threadCPU(0)).as(jsonZeroDouble),
	double("thread.cpu.user", "Processor use, user", "The part of thread.cpu that was spent in user mode.", threadCPU(1)).as(jsonZeroDouble),
	double("thread.cpu.system", "Processor use, system", "The part of thread.cpu that was spent in the kernel.", threadCPU(2)).as(jsonZeroDouble),
	unsigned("thread.vmsize", "Virtual memory of main threads", "proc.vmsize for the main thread of a process, 0 for the others.", threadNumber(func(t *replay.Thread) uint64 { return ofMain(t, uint64(t.VMSizeKB)) })),
	unsigned("thread.vmrss", "Resident memory of main threads", "proc.vmrss for the main thread of a process, 0 for the others.", threadNumber(func(t *replay.Thread) uint64 { return ofMain(t, uint64(t.VMRSSKB)) })),
	unsigned("thread.vmsize.b", "Virtual memory of main threads in bytes", "thread.vmsize in bytes.", threadNumber(func(t *replay.Thread) uint64 { return ofMain(t, uint64(t.VMSizeKB)*1024) })).with(TableOnly),
	unsigned("thread.vmrss.b", "Resident memory of main threads in bytes", "thread.vmrss in bytes.", threadNumber(func(t *replay.Thread) uint64 { return ofMain(t, uint64(t.VMRSSKB)*1024) })).with(TableOnly),
	text("proc.stdin.type", "Standard input's type", "fd.type of file descriptor 0.", standardFD(0, fdTypeName)),
	text("proc.stdout.type", "Standard output's type", "fd.type of file descriptor 1.", standardFD(1, fdTypeName)),
	text("proc.stderr.type", "Standard error's type", "fd.type of file descriptor 2.", standardFD(2, fdTypeName)),
	text("proc.stdin.name", "Standard input", "fd.name of file descriptor 0.", standardFD(0, fdNameOf)),
	text("proc.stdout.name", "Standard output", "fd.name of file descriptor 1.", standardFD(1, fdNameOf)),
	text("proc.stderr.name", "Standard error", "fd.name of file descriptor 2.", standardFD(2, fdNameOf)),
}

// capabilityNames are by the number of the capability (falcosecurity/libs,
// userspace/libsinsp/utils.cpp, capabilities; Linux, capabilities(7)).
var capabilityNames = []string{
	"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
	"CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN",
	"CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT",
	"CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE",
	"CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL",
	"CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND",
	"CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
}

// capabilities makes an extractor of the names in a set of capabilities.
func capabilities(set func(*replay.Thread) uint64) extractor {
	return func(_ *Field, c *Context, dst []Value) ([]Value, bool) {
		t := c.thread()
		if t == nil {
			return dst, false
		}
		mark, bits := len(c.arena), set(t)
		for i, name := range capabilityNames {
			if bits>>i&1 == 0 {
				continue
			}
			if len(c.arena) > mark {
				c.arena = append(c.arena, ' ')
			}
			c.arena = append(c.arena, name...)
		}
		return str(dst, c.since(mark))
	}
}

func fdLimit(t *replay.Thread) uint64 {
	if m := t.Main(); m != nil {
		return uint64(m.FDLimit)
	}
	return 0
}

func ofMain(t *replay.Thread, n uint64) uint64 {
	if t.IsMain() {
		return n
	}
	return 0
}

func threadCount(t *replay.Thread) uint64 {
	if t.Group == nil {
		return 0
	}
	return uint64(t.Group.Alive())
}

func otherThreadCount(t *replay.Thread) uint64 {
	n := threadCount(t)
	if m := t.Main(); t.Group != nil && m != nil && !m.IsDead() {
		return n - 1
	}
	return n
}

func threadTID(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	if tid := c.Host.Current.Event.TID; shown(tid) {
		return num(dst, uint64(tid))
	}
	return dst, false
}

func cgroups(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	t := c.thread()
	if t == nil || len(t.Cgroups) == 0 {
		return dst, false
	}
	mark := len(c.arena)
	for i, g := range t.Cgroups {
		if i > 0 {
			c.arena = append(c.arena, ' ')
		}
		c.arena = append(append(append(c.arena, g.Subsystem...), '='), g.Path...)
	}
	return str(dst, c.since(mark))
}

func cgroup(f *Field, c *Context, dst []Value) ([]Value, bool) {
	if t := c.thread(); t != nil {
		for i := range t.Cgroups {
			if t.Cgroups[i].Subsystem == f.key {
				return str(dst, t.Cgroups[i].Path)
			}
		}
	}
	return dst, false
}

// standardFD makes an extractor of a text of one of the thread's file
// descriptors.
func standardFD(number int64, text func(*replay.FD) string) extractor {
	return func(_ *Field, c *Context, dst []Value) ([]Value, bool) {
		if t := c.thread(); t != nil {
			if fd := t.FD(number); fd != nil {
				return str(dst, text(fd))
			}
		}
		return dst, false
	}
}

func fdTypeName(fd *replay.FD) string { return fd.Type.String() }
func fdNameOf(fd *replay.FD) string   { return fd.Name }

// totalExecTime is 0: Falco adds up the times between switches of threads, which
// it takes for 0 in captures because it does not know how many processors the
// recorded host has (sinsp_filtercheck_thread.cpp, extract_exectime).
func totalExecTime(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	if c.thread() == nil {
		return dst, false
	}
	return num(dst, 0)
}

type cpuKey struct {
	tid  int64
	part int
}

// threadCPU makes an extractor of the processor time since the thread's last
// procinfo event: part 0 is all of it, 1 user mode, 2 the kernel. Falco shows
// at most 100 (sinsp_filtercheck_thread.cpp, extract_thread_cpu).
func threadCPU(part int) extractor {
	return func(_ *Field, c *Context, dst []Value) ([]Value, bool) {
		ev := c.Host.Current.Event
		if ev.Type != event.ProcinfoE || c.thread() == nil {
			return dst, false
		}
		user, _ := ev.Uint(0)
		system, _ := ev.Uint(1)
		now := [...]uint64{user + system, user, system}[part]
		if c.cpu == nil {
			c.cpu = make(map[cpuKey]*cpuUse)
		}
		key := cpuKey{ev.TID, part}
		u := c.cpu[key]
		if u == nil {
			u = new(cpuUse)
			c.cpu[key] = u
		}
		if u.event != ev.Num {
			u.event, u.before, u.now = ev.Num, u.now, now
		}
		if u.before == 0 {
			return num(dst, math.Float64bits(0))
		}
		return num(dst, math.Float64bits(min(float64(u.now-u.before), 100)))
	}
}

// cpuUse is the processor time of a thread at its last two procinfo events.
type cpuUse struct{ event, before, now uint64 }

func nameTID(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	t := c.thread()
	if t == nil {
		return dst, false
	}
	mark := len(c.arena)
	c.arena = strconv.AppendInt(append(c.arena, t.Comm...), c.Host.Current.Event.TID, 10)
	return str(dst, c.since(mark))
}
