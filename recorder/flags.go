package recorder

import (
	"fmt"
	"runtime"

	"falcoreplay/recorder/bpf"
	"falcoreplay/scap/event"
)

// flagTable says how Linux flags or values become those of scap. Linux's
// numbers are those of its uapi headers; scap's are looked up by name in the
// event table, or given where it has no name for them.
type flagTable struct {
	symbols  string // the name of scap's table, "" where no pair has a name
	values   bool   // values rather than flags
	other    uint32 // what an unknown value becomes
	negative bool   // flags below 0 are none
	pairs    []flagPair
}

// flagPair maps bits, or count values from first on, to a name, or to a number
// and those after it.
type flagPair struct {
	linux uint32
	name  string
	count uint32 // 0 for 1
	to    uint32 // where there is no name
}

// The tables' numbers.
const (
	openFlags = iota
	nonblockCloexec
	socketFlags
	pipeFlags
	dupFlags
	resolveFlags
	cloneFlags
	socketFamilies
	protFlags
	mmapFlags
	fcntlCommands
	sockoptLevels
	sockoptNames
	pollFlags
	accessFlags
	rlimitResources
	shutdownHow
	lseekWhence
	semopFlags
	semgetFlags
	semctlCommands
	flockFlags
	quotaCommands
	ptraceRequests
	mlockallFlags
	mlock2Flags
	memfdFlags
	unlinkatFlags
	linkatFlags
	statFlags
	chmodMode
	umountFlags
	fchownatFlags
	epollCreateFlags
	spliceFlags
	pidfdFlags
	moduleFlags
	deleteModuleFlags
	closeRangeFlags
	ringSetupFlags
	ringFeatures
	ringEnterFlags
	timerfdFlags
	numFlagTables
)

// flagTables holds the tables by number. The open flags that differ between
// machines are filled in by openMachineFlags.
var flagTables = [numFlagTables]flagTable{
	openFlags: {symbols: "file_flags", pairs: append([]flagPair{
		{linux: 0x40, name: "O_CREAT"}, {linux: 0x80, name: "O_EXCL"}, {linux: 0x200, name: "O_TRUNC"},
		{linux: 0x400, name: "O_APPEND"}, {linux: 0x800, name: "O_NONBLOCK"}, {linux: 0x1000, name: "O_DSYNC"},
		{linux: 0x101000, name: "O_SYNC"}, {linux: 0x80000, name: "O_CLOEXEC"},
	}, openMachineFlags(runtime.GOARCH)...)},
	nonblockCloexec: {symbols: "file_flags", negative: true, pairs: []flagPair{
		{linux: 0x800, name: "O_NONBLOCK"}, {linux: 0x80000, name: "O_CLOEXEC"}}},
	socketFlags:  {symbols: "file_flags", pairs: []flagPair{{linux: 0x800, name: "O_NONBLOCK"}, {linux: 0x80000, name: "O_CLOEXEC"}}},
	timerfdFlags: {symbols: "file_flags", negative: true, pairs: []flagPair{{linux: 0x800, name: "O_NONBLOCK"}}},
	pipeFlags: {symbols: "file_flags", negative: true, pairs: append([]flagPair{
		{linux: 0x800, name: "O_NONBLOCK"}, {linux: 0x80000, name: "O_CLOEXEC"}}, openMachineFlags(runtime.GOARCH)[0])},
	dupFlags: {symbols: "file_flags", pairs: []flagPair{{linux: 0x80000, name: "O_CLOEXEC"}}},
	resolveFlags: {symbols: "openat2_flags", pairs: []flagPair{
		{linux: 0x01, name: "RESOLVE_NO_XDEV"}, {linux: 0x02, name: "RESOLVE_NO_MAGICLINKS"}, {linux: 0x04, name: "RESOLVE_NO_SYMLINKS"},
		{linux: 0x08, name: "RESOLVE_BENEATH"}, {linux: 0x10, name: "RESOLVE_IN_ROOT"}, {linux: 0x20, name: "RESOLVE_CACHED"}}},
	cloneFlags: {symbols: "clone_flags", pairs: []flagPair{
		{linux: 0x400, name: "CLONE_FILES"}, {linux: 0x200, name: "CLONE_FS"}, {linux: 0x80000000, name: "CLONE_IO"},
		{linux: 0x08000000, name: "CLONE_NEWIPC"}, {linux: 0x40000000, name: "CLONE_NEWNET"}, {linux: 0x20000, name: "CLONE_NEWNS"},
		{linux: 0x20000000, name: "CLONE_NEWPID"}, {linux: 0x04000000, name: "CLONE_NEWUTS"}, {linux: 0x100000, name: "CLONE_PARENT_SETTID"},
		{linux: 0x8000, name: "CLONE_PARENT"}, {linux: 0x2000, name: "CLONE_PTRACE"}, {linux: 0x800, name: "CLONE_SIGHAND"},
		{linux: 0x40000, name: "CLONE_SYSVSEM"}, {linux: 0x10000, name: "CLONE_THREAD"}, {linux: 0x800000, name: "CLONE_UNTRACED"},
		{linux: 0x100, name: "CLONE_VM"}, {linux: 0x10000000, name: "CLONE_NEWUSER"}, {linux: 0x200000, name: "CLONE_CHILD_CLEARTID"},
		{linux: 0x01000000, name: "CLONE_CHILD_SETTID"}, {linux: 0x80000, name: "CLONE_SETTLS"}, {linux: 0x4000, name: "CLONE_VFORK"},
		{linux: 0x02000000, name: "CLONE_NEWCGROUP"}}},
	socketFamilies: {symbols: "socket_families", values: true, pairs: []flagPair{{linux: 0, count: 27, to: 0}, {linux: 29, count: 11, to: 29}}},
	protFlags: {symbols: "prot_flags", pairs: []flagPair{
		{linux: 1, name: "PROT_READ"}, {linux: 2, name: "PROT_WRITE"}, {linux: 4, name: "PROT_EXEC"}, {linux: 8, name: "PROT_SEM"},
		{linux: 0x01000000, name: "PROT_GROWSDOWN"}, {linux: 0x02000000, name: "PROT_GROWSUP"}, {linux: 0x10, name: "PROT_SAO"}}},
	mmapFlags: {symbols: "mmap_flags", pairs: []flagPair{
		{linux: 0x01, name: "MAP_SHARED"}, {linux: 0x02, name: "MAP_PRIVATE"}, {linux: 0x10, name: "MAP_FIXED"}, {linux: 0x20, name: "MAP_ANONYMOUS"},
		{linux: 0x40, name: "MAP_32BIT"}, {linux: 0x4000, name: "MAP_NORESERVE"}, {linux: 0x8000, name: "MAP_POPULATE"},
		{linux: 0x10000, name: "MAP_NONBLOCK"}, {linux: 0x100, name: "MAP_GROWSDOWN"}, {linux: 0x800, name: "MAP_DENYWRITE"},
		{linux: 0x1000, name: "MAP_EXECUTABLE"}, {linux: 0x2000, name: "MAP_LOCKED"},
		{linux: 0x80, name: "MAP_INHERIT"}}}, // no flag of the kernel
	fcntlCommands: {symbols: "fcntl_commands", values: true, pairs: []flagPair{
		{linux: 0, name: "F_DUPFD", count: 6}, {linux: 6, name: "F_SETLK", count: 3}, {linux: 9, name: "F_GETOWN", count: 2},
		{linux: 11, name: "F_GETSIG"}, {linux: 12, name: "F_GETLK64", count: 3}, {linux: 15, name: "F_SETOWN_EX", count: 2},
		{linux: 36, name: "F_OFD_GETLK", count: 3}, {linux: 1024, name: "F_SETLEASE", count: 2}, {linux: 1026, name: "F_NOTIFY"},
		{linux: 1029, name: "F_CANCELLK", count: 2}, {linux: 1031, name: "F_SETPIPE_SZ", count: 2}}},
	sockoptLevels: {symbols: "sockopt_levels", values: true, pairs: []flagPair{{linux: 1, name: "SOL_SOCKET"}, {linux: 6, name: "SOL_TCP"}}},
	sockoptNames: {symbols: "sockopt_options", values: true, pairs: []flagPair{
		{linux: 1, count: 31, to: 1}, {linux: 32, count: 2, to: 32}, {linux: 34, count: 17, to: 34},
		{linux: 55, name: "SO_MEMINFO"}, {linux: 57, name: "SO_COOKIE"}, {linux: 59, name: "SO_PEERGROUPS"},
		{linux: 66, name: "SO_RCVTIMEO"}, {linux: 67, name: "SO_SNDTIMEO"}}},
	// Named in scap's table poll_flags, which is no parameter's.
	pollFlags: {pairs: []flagPair{
		{linux: 0x01, to: 1}, {linux: 0x02, to: 2}, {linux: 0x04, to: 4}, {linux: 0x2000, to: 8}, // POLLIN, POLLPRI, POLLOUT, POLLRDHUP
		{linux: 0x08, to: 16}, {linux: 0x10, to: 32}, {linux: 0x20, to: 64}, {linux: 0x40, to: 128}, // POLLERR, POLLHUP, POLLNVAL, POLLRDNORM
		{linux: 0x80, to: 256}, {linux: 0x100, to: 512}, {linux: 0x200, to: 1024}}}, // POLLRDBAND, POLLWRNORM, POLLWRBAND
	accessFlags:     {symbols: "access_flags", pairs: []flagPair{{linux: 1, name: "X_OK"}, {linux: 2, name: "W_OK"}, {linux: 4, name: "R_OK"}}},
	rlimitResources: {symbols: "rlimit_resources", values: true, other: 255, pairs: []flagPair{{linux: 0, name: "RLIMIT_CPU", count: 16}}},
	shutdownHow:     {symbols: "shutdown_how", values: true, other: 0xff, pairs: []flagPair{{linux: 0, name: "SHUT_RD", count: 3}}},
	lseekWhence:     {symbols: "lseek_whence", values: true, pairs: []flagPair{{linux: 0, name: "SEEK_SET", count: 3}}},
	semopFlags:      {symbols: "semop_flags", pairs: []flagPair{{linux: 0x800, name: "IPC_NOWAIT"}, {linux: 0x1000, name: "SEM_UNDO"}}},
	semgetFlags:     {symbols: "semget_flags", pairs: []flagPair{{linux: 0x200, name: "IPC_CREAT"}, {linux: 0x400, name: "IPC_EXCL"}}},
	semctlCommands: {symbols: "semctl_commands", values: true, pairs: []flagPair{
		{linux: 0, name: "IPC_RMID"}, {linux: 1, name: "IPC_SET"}, {linux: 2, name: "IPC_STAT"}, {linux: 3, name: "IPC_INFO"},
		{linux: 11, name: "GETPID"}, {linux: 12, name: "GETVAL"}, {linux: 13, name: "GETALL"}, {linux: 14, name: "GETNCNT"},
		{linux: 15, name: "GETZCNT"}, {linux: 16, name: "SETVAL"}, {linux: 17, name: "SETALL"}, {linux: 18, name: "SEM_STAT"}, {linux: 19, name: "SEM_INFO"}}},
	flockFlags: {symbols: "flock_flags", pairs: []flagPair{{linux: 1, name: "LOCK_SH"}, {linux: 2, name: "LOCK_EX"}, {linux: 4, name: "LOCK_NB"}, {linux: 8, name: "LOCK_UN"}}},
	quotaCommands: {symbols: "quotactl_cmds", values: true, pairs: []flagPair{
		{linux: 0x800001, name: "Q_SYNC"}, {linux: 0x800002, name: "Q_QUOTAON"}, {linux: 0x800003, name: "Q_QUOTAOFF"}, {linux: 0x800004, name: "Q_GETFMT"},
		{linux: 0x800005, name: "Q_GETINFO"}, {linux: 0x800006, name: "Q_SETINFO"}, {linux: 0x800007, name: "Q_GETQUOTA"}, {linux: 0x800008, name: "Q_SETQUOTA"},
		{linux: 0x5801, name: "Q_XQUOTAON"}, {linux: 0x5802, name: "Q_XQUOTAOFF"}, {linux: 0x5803, name: "Q_XGETQUOTA"}, {linux: 0x5804, name: "Q_XSETQLIM"},
		{linux: 0x5805, name: "Q_XGETQSTAT"}, {linux: 0x5806, name: "Q_XQUOTARM"}, {linux: 0x5807, name: "Q_XQUOTASYNC"}}},
	ptraceRequests: {symbols: "ptrace_requests", values: true, pairs: []flagPair{
		{linux: 0, name: "PTRACE_TRACEME", count: 10}, {linux: 16, name: "PTRACE_ATTACH", count: 2}, {linux: 24, name: "PTRACE_SYSCALL"},
		{linux: 0x4200, name: "PTRACE_SETOPTIONS", count: 12}, {linux: 12, name: "PTRACE_GETREGS", count: 4}, {linux: 18, name: "PTRACE_GETFPXREGS", count: 2},
		{linux: 21, name: "PTRACE_OLDSETOPTIONS"}, {linux: 25, name: "PTRACE_GET_THREAD_AREA", count: 2}, {linux: 30, name: "PTRACE_ARCH_PRCTL"},
		{linux: 31, name: "PTRACE_SYSEMU", count: 2}, {linux: 33, name: "PTRACE_SINGLEBLOCK"}}},
	mlockallFlags: {symbols: "mlockall_flags", pairs: []flagPair{{linux: 1, name: "MCL_CURRENT"}, {linux: 2, name: "MCL_FUTURE"}, {linux: 4, name: "MCL_ONFAULT"}}},
	mlock2Flags:   {symbols: "mlock2_flags", pairs: []flagPair{{linux: 1, name: "MLOCK_ONFAULT"}}},
	memfdFlags:    {symbols: "memfd_create_flags", pairs: []flagPair{{linux: 1, name: "MFD_CLOEXEC"}, {linux: 2, name: "MFD_ALLOW_SEALING"}, {linux: 4, name: "MFD_HUGETLB"}}},
	unlinkatFlags: {symbols: "unlinkat_flags", pairs: []flagPair{{linux: 0x200, name: "AT_REMOVEDIR"}}},
	linkatFlags:   {symbols: "linkat_flags", pairs: []flagPair{{linux: 0x400, name: "AT_SYMLINK_FOLLOW"}, {linux: 0x1000, name: "AT_EMPTY_PATH"}}},
	statFlags:     {symbols: "newfstatat_flags", pairs: []flagPair{{linux: 0x100, name: "AT_SYMLINK_NOFOLLOW"}, {linux: 0x1000, name: "AT_EMPTY_PATH"}, {linux: 0x800, name: "AT_NO_AUTOMOUNT"}}},
	chmodMode:     {symbols: "chmod_mode", pairs: []flagPair{{linux: 0o7777, to: 0o7777}}},
	umountFlags:   {symbols: "umount_flags", pairs: []flagPair{{linux: 1, name: "FORCE"}, {linux: 2, name: "DETACH"}, {linux: 4, name: "EXPIRE"}, {linux: 8, name: "NOFOLLOW"}}},
	// scap's name for AT_SYMLINK_FOLLOW's bit is AT_SYMLINK_NOFOLLOW here.
	fchownatFlags:     {symbols: "fchownat_flags", pairs: []flagPair{{linux: 0x400, to: 0x400}, {linux: 0x1000, name: "AT_EMPTY_PATH"}}},
	epollCreateFlags:  {symbols: "epoll_create1_flags", pairs: []flagPair{{linux: 0x80000, name: "EPOLL_CLOEXEC"}}},
	spliceFlags:       {symbols: "splice_flags", pairs: []flagPair{{linux: 1, name: "SPLICE_F_MOVE"}, {linux: 2, name: "SPLICE_F_NONBLOCK"}, {linux: 4, name: "SPLICE_F_MORE"}, {linux: 8, name: "SPLICE_F_GIFT"}}},
	pidfdFlags:        {symbols: "pidfd_open_flags", pairs: []flagPair{{linux: 0x800, name: "PIDFD_NONBLOCK"}}},
	moduleFlags:       {symbols: "finit_module_flags", pairs: []flagPair{{linux: 1, name: "MODULE_INIT_IGNORE_MODVERSIONS"}, {linux: 2, name: "MODULE_INIT_IGNORE_VERMAGIC"}, {linux: 4, name: "MODULE_INIT_COMPRESSED_FILE"}}},
	deleteModuleFlags: {symbols: "delete_module_flags", pairs: []flagPair{{linux: 0x800, name: "O_NONBLOCK"}, {linux: 0x200, name: "O_TRUNC"}}},
	closeRangeFlags:   {symbols: "close_range_flags", pairs: []flagPair{{linux: 2, name: "CLOSE_RANGE_UNSHARE"}, {linux: 4, name: "CLOSE_RANGE_CLOEXEC"}}},
	// scap gives IORING_SQ_NEED_WAKEUP, which has the value of IORING_SETUP_IOPOLL, a bit too.
	ringSetupFlags: {symbols: "io_uring_setup_flags", pairs: []flagPair{
		{linux: 1, name: "IORING_SETUP_IOPOLL"}, {linux: 2, name: "IORING_SETUP_SQPOLL"}, {linux: 1, name: "IORING_SQ_NEED_WAKEUP"},
		{linux: 4, name: "IORING_SETUP_SQ_AFF"}, {linux: 8, name: "IORING_SETUP_CQSIZE"}, {linux: 0x10, name: "IORING_SETUP_CLAMP"},
		{linux: 0x20, to: 64}, {linux: 0x40, name: "IORING_SETUP_R_DISABLED"}}},
	ringFeatures:   {symbols: "io_uring_setup_feats", pairs: []flagPair{{linux: 0x7ff, to: 0x7ff}}},
	ringEnterFlags: {symbols: "io_uring_enter_flags", pairs: []flagPair{{linux: 0xf, to: 0xf}}},
}

// openMachineFlags are the flags of open whose bits differ between machines.
// O_TMPFILE holds the bit of O_DIRECTORY, and either of its bits counts for it.
func openMachineFlags(goarch string) []flagPair {
	if goarch == "arm64" {
		return []flagPair{{linux: 0x10000, name: "O_DIRECT"}, {linux: 0x20000, name: "O_LARGEFILE"}, {linux: 0x4000, name: "O_DIRECTORY"}, {linux: 0x404000, name: "O_TMPFILE"}}
	}
	return []flagPair{{linux: 0x4000, name: "O_DIRECT"}, {linux: 0x8000, name: "O_LARGEFILE"}, {linux: 0x10000, name: "O_DIRECTORY"}, {linux: 0x410000, name: "O_TMPFILE"}}
}

// symbolTables collects the tables of names that events use.
func symbolTables() map[string]*event.SymbolTable {
	m := map[string]*event.SymbolTable{}
	for t := event.Type(0); event.Lookup(t) != nil; t++ {
		for i := range event.Lookup(t).Params {
			if s := event.Lookup(t).Params[i].Symbols; s != nil {
				m[s.Name] = s
			}
		}
	}
	return m
}

// compileFlags makes the tables that the BPF program reads.
func compileFlags() ([]bpf.Table, error) {
	symbols := symbolTables()
	out := make([]bpf.Table, numFlagTables)
	for i := range flagTables {
		if err := flagTables[i].compile(symbols[flagTables[i].symbols], &out[i]); err != nil {
			return nil, fmt.Errorf("flags %s: %w", flagTables[i].symbols, err)
		}
	}
	return out, nil
}

func (f *flagTable) compile(symbols *event.SymbolTable, out *bpf.Table) error {
	if symbols == nil && f.symbols != "" {
		return fmt.Errorf("no such table")
	}
	var rows []bpf.Row
	for _, p := range f.pairs {
		to := p.to
		if p.name != "" {
			found := false
			for _, s := range symbols.Symbols {
				if s.Name == p.name {
					to, found = s.Value, true
				}
			}
			if !found {
				return fmt.Errorf("no name %s", p.name)
			}
		}
		if f.values {
			rows = append(rows, bpf.Row{Mask: p.linux, To: to, Shift: int32(max(p.count, 1))})
			continue
		}
		rows = appendBits(rows, p.linux, to)
	}
	if len(rows) > bpf.MaxRows {
		return fmt.Errorf("%d rows, more than %d", len(rows), bpf.MaxRows)
	}
	copy(out.Row[:], rows)
	out.Rows, out.Other = uint16(len(rows)), f.other
	if f.values {
		out.Values = 1
	}
	if f.negative {
		out.Negative = 1
	}
	return nil
}

// appendBits adds bits that become to: bit for bit where both have as many,
// else each of them becomes the one bit of to. Bits that move as far share a row.
func appendBits(rows []bpf.Row, linux, to uint32) []bpf.Row {
	if linux == to {
		return addRow(rows, linux, 0)
	}
	for b := range 32 {
		if linux>>b&1 != 0 {
			rows = addRow(rows, 1<<b, int32(log2(to)-b))
		}
	}
	return rows
}

func addRow(rows []bpf.Row, mask uint32, shift int32) []bpf.Row {
	for i := range rows {
		if rows[i].Shift == shift {
			rows[i].Mask |= mask
			return rows
		}
	}
	return append(rows, bpf.Row{Mask: mask, Shift: shift})
}

func log2(v uint32) int {
	n := -1
	for ; v != 0; v >>= 1 {
		n++
	}
	return n
}
