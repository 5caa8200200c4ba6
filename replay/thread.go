package replay

import "falcoreplay/scap/event"

// TID is the number of a thread or process as the host's own pid namespace
// counts it. A process has the TID of its main thread. -1 is none.
type TID int64

// Flags of a thread (falcosecurity/libs, driver/ppm_events_public.h, PPM_CL_*).
const (
	CloneFiles    uint32 = 1 << 0  // shares its table of file descriptors with its main thread
	CloneNewPID   uint32 = 1 << 6  // first of a new pid namespace
	CloneParent   uint32 = 1 << 8  // has its creator's parent as its own
	CloneThread   uint32 = 1 << 13 // a thread of its creator's process
	CloneInverted uint32 = 1 << 16 // its first event was its own side of clone, not its creator's
	NameChanged   uint32 = 1 << 17 // not recorded yet, or new since an execve
	ThreadClosed  uint32 = 1 << 18 // dead: kept only while others need it
	CloneNewUser  uint32 = 1 << 20 // first of a new user namespace
	PipeSource    uint32 = 1 << 21 // writes into a shell's pipe
	PipeDest      uint32 = 1 << 22 // reads from a shell's pipe
	CloneVfork    uint32 = 1 << 27 // its creator waits for its execve or exit
	ChildInPIDNS  uint32 = 1 << 29 // runs in a pid namespace other than the host's
	MainThread    uint32 = 1 << 30 // first of its process although its TID is not the PID
)

// Cgroup is a thread's place in one cgroup hierarchy.
type Cgroup struct {
	Subsystem string // e.g. "cpuset"; "cgroup" stands for the unified hierarchy where the recorder said so
	Path      string
}

// noEnter says that a thread has made no enter event.
const noEnter = 1 << 16

// Category is why a container runs a process (the container plugin,
// src/consts.h, CAT_*).
type Category uint8

const (
	CategoryNone Category = iota
	CategoryContainer
	CategoryHealthcheck
	CategoryLivenessProbe
	CategoryReadinessProbe
)

// Thread is a thread of the recorded host, and, where it is a main thread, its
// process. Threads belong to their Host. A number of which nothing is known is
// -1, a text of which nothing is known is empty.
type Thread struct {
	TID       TID
	PID       TID // process, the TID of the main thread
	PTID      TID // parent; where the parent died, who adopted it
	ReaperTID TID // who adopts this thread's children, as the kernel said at its exit; -1 before
	SID       TID // session
	PGID      TID // process group
	VTID      TID // the same four as the thread's own pid namespace counts them
	VPID      TID
	VPGID     TID

	Comm    string // name, up to 15 bytes
	CmdLine string // Comm and Args, joined when Args were last set
	Exe     string // argv[0]
	ExePath string // full path of the executable
	Args    []string
	Env     []string // NAME=value
	Cgroups []Cgroup // these three are shared with other threads and must not be changed
	Root    string   // root directory, as the host sees it
	cwd     string   // working directory with a trailing slash, kept by the main thread

	ExeWritable   bool
	ExeUpperLayer bool // the executable lies in the upper layer of an overlay file system
	ExeLowerLayer bool
	ExeFromMemfd  bool

	Flags    uint32
	UID      uint32
	GID      uint32
	LoginUID uint32 // 0xffffffff where no login set it
	TTY      uint32 // device number of the controlling terminal, 0 without one

	FDLimit        int64 // largest number of open file descriptors, -1 unknown
	CapPermitted   uint64
	CapEffective   uint64
	CapInheritable uint64

	ExeIno                      uint64
	ExeInoCtime                 uint64 // ns since the epoch
	ExeInoMtime                 uint64 // ns since the epoch
	ExeInoCtimeDurationClone    uint64 // ns from ExeInoCtime to CloneTS
	ExeInoCtimeDurationPIDNS    uint64 // ns from the start of the pid namespace to ExeInoCtime
	PIDNSInitStartTS            uint64 // ns at which the pid namespace began, 0 for the host's: since boot in events, since the epoch in snapshots
	VMSizeKB, VMRSSKB, VMSwapKB uint32
	PFMajor, PFMinor            uint64 // page faults since the start

	CloneTS     uint64 // ns since the epoch, 0 unknown
	LastExecTS  uint64 // ns since the epoch, 0 if there was no execve since the capture began
	LastEventFD int64  // file descriptor of the thread's last event that used one, -1 for none

	Group       *ThreadGroup
	Children    []*Thread // newest first; may hold threads that were removed since
	ContainerID string    // short id; "" for the host
	Category    Category  // why a container runs the process

	fds         FDTable
	removed     bool         // no longer in the host's table
	liveKids    int          // children that are in the host's table
	lastEnter   uint32       // type of the last enter event, noEnter before the first
	enter       *event.Event // copy of the last enter event that its exit event may need
	enterPaired bool         // the current exit event is that of lastEnter
}

// IsMain reports whether the thread is its process's first.
func (t *Thread) IsMain() bool { return t.TID == t.PID || t.Flags&MainThread != 0 }

// IsDead reports whether the thread has exited.
func (t *Thread) IsDead() bool { return t.Flags&ThreadClosed != 0 }

// IsInvalid reports whether nothing but the TID is known of the thread.
func (t *Thread) IsInvalid() bool { return t.TID < 0 || t.PID < 0 || t.PTID < 0 }

// InPIDNamespace reports whether the thread runs in a pid namespace other than
// the host's.
func (t *Thread) InPIDNamespace() bool {
	return t.Flags&ChildInPIDNS != 0 || (t.TID != t.VTID && t.VTID >= 0)
}

// Main is the main thread of the thread's process, nil where it is unknown.
func (t *Thread) Main() *Thread {
	if t.IsMain() {
		return t
	}
	if t.Group == nil {
		return nil
	}
	if first := t.Group.first(); first != nil && first.IsMain() {
		return first
	}
	return nil
}

// FDTable is the table of file descriptors that the thread uses: its own or
// its main thread's; nil where the main thread is unknown.
func (t *Thread) FDTable() *FDTable {
	if t.Flags&CloneFiles == 0 {
		return &t.fds
	}
	if m := t.Main(); m != nil {
		return &m.fds
	}
	return nil
}

// FD is the thread's file descriptor num, nil where it is unknown.
func (t *Thread) FD(num int64) *FD {
	if num < 0 {
		return nil
	}
	if tab := t.FDTable(); tab != nil {
		return tab.Get(num)
	}
	return nil
}

// CWD is the process's working directory with a trailing slash, "./" where the
// main thread is unknown and "" where the directory is.
func (t *Thread) CWD() string {
	if m := t.Main(); m != nil {
		return m.cwd
	}
	return "./"
}

// ThreadGroup is the threads of one process.
type ThreadGroup struct {
	PID    TID
	Reaper bool // the process adopts its descendants' children (PR_SET_CHILD_SUBREAPER, or init of a namespace)

	alive   int
	threads []*Thread // main thread first, if known
}

// Alive is the number of the group's threads that have not exited.
func (g *ThreadGroup) Alive() int { return g.alive }

// first is the first thread of the group, nil if it has been removed.
func (g *ThreadGroup) first() *Thread {
	if len(g.threads) == 0 || g.threads[0].removed {
		return nil
	}
	return g.threads[0]
}
