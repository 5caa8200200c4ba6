package recorder

import (
	"falcoreplay/recorder/bpf"
	"falcoreplay/scap/event"
)

// row says how the parameters of an event are filled in, in their order. A
// number takes as many bytes as the event table says.
type row struct {
	event  event.Type
	params []bpf.Op
}

// What fills a parameter. Arguments count from 0.

func kind(k bpf.Kind) bpf.Op { return bpf.Op{Kind: k} }
func with(k bpf.Kind, arg uint8, extra int) bpf.Op {
	return bpf.Op{Kind: k, Arg: arg, Extra: int32(extra)}
}

// arg is an argument, fd one of 32 bits with a sign, also for ids.
func arg(n uint8) bpf.Op     { return with(bpf.KindArg, n, 0) }
func fd(n uint8) bpf.Op      { return with(bpf.KindArgInt32, n, 0) }
func constant(v int) bpf.Op  { return with(bpf.KindConst, 0, v) }
func path(n uint8) bpf.Op    { return with(bpf.KindPath, n, 0) }
func bits(n, t uint8) bpf.Op { return bpf.Op{Kind: bpf.KindBits, Arg: n, Table: t} }
func enum(n, t uint8) bpf.Op { return bpf.Op{Kind: bpf.KindEnum, Arg: n, Table: t} }
func table(o bpf.Op, t uint8) bpf.Op {
	o.Table = t
	return o
}

// user is a number in user memory, off bytes after where an argument points;
// userOK is -1 unless the call succeeded.
func user(n uint8, off int) bpf.Op   { return with(bpf.KindUser, n, off) }
func userOK(n uint8, off int) bpf.Op { return with(bpf.KindUserOk, n, off) }

// userLong is a number as wide as the program's long, n longs after where an
// argument points; userLongOK is -1 unless the call succeeded. offset is a file
// offset.
func userLong(arg uint8, n int) bpf.Op   { return with(bpf.KindUserLong, arg, n) }
func userLongOK(arg uint8, n int) bpf.Op { return with(bpf.KindUserLongOk, arg, n) }
func offset(n uint8) bpf.Op              { return with(bpf.KindOffset, n, 0) }

// uintArg is an argument of 32 bits without a sign, shortArg one of 16 bits,
// in a wider parameter.
func uintArg(n uint8) bpf.Op  { return with(bpf.KindArgMask, n, -1) }
func shortArg(n uint8) bpf.Op { return with(bpf.KindArgMask, n, 0xffff) }

// quota is a member of what quotactl is given or gives, sembuf one of what
// semop is given.
func quota(which int) bpf.Op  { return table(with(bpf.KindQuota, 0, which), quotaCommands) }
func sembuf(which int) bpf.Op { return table(with(bpf.KindSembuf, 1, which), semopFlags) }

// tuple is the pair of addresses of a socket.
func tuple(n uint8, how int) bpf.Op { return with(bpf.KindTuple, n, how) }

var (
	ret    = kind(bpf.KindRet)
	empty  = kind(bpf.KindEmpty)
	vmSize = kind(bpf.KindVMSize)
	vmRSS  = kind(bpf.KindVMRSS)
	vmSwap = kind(bpf.KindVMSwap)
	moved  = kind(bpf.KindMoved) // the result where it is not an error
	newDev = kind(bpf.KindFDDevice)
	newIno = kind(bpf.KindFDInode)
)

// opened are flags and mode of an open.
func openedFlags(n uint8) bpf.Op { return table(with(bpf.KindOpenFlags, n, 0), openFlags) }

// newTask are the parameters of a new process or thread, seen from either side.
func newTask(flags bpf.Op) []bpf.Op {
	return []bpf.Op{
		ret, kind(bpf.KindExe), kind(bpf.KindArgs), kind(bpf.KindTID), kind(bpf.KindPID), kind(bpf.KindPPID), empty,
		kind(bpf.KindFDLimit), kind(bpf.KindPageFaultsMajor), kind(bpf.KindPageFaultsMinor), vmSize, vmRSS, vmSwap,
		kind(bpf.KindComm), kind(bpf.KindCgroups), table(flags, cloneFlags), kind(bpf.KindEUID), kind(bpf.KindEGID),
		kind(bpf.KindVTID), kind(bpf.KindVPID), kind(bpf.KindPIDNSStart),
	}
}

// forkedTask are those of a child that the fork itself tells of. Its page faults are
// its parent's, as in Falco's.
func forkedTask() []bpf.Op {
	p := newTask(kind(bpf.KindForkFlags))
	p[8], p[9] = with(bpf.KindForkFaults, 0, 1), with(bpf.KindForkFaults, 0, 0)
	return p
}

// newProgram are the parameters of execve, whose last one, filename, execveat
// has not.
func newProgram(exe, args, env, filename bpf.Op) []bpf.Op {
	return []bpf.Op{
		ret, exe, args, kind(bpf.KindTID), kind(bpf.KindPID), kind(bpf.KindPPID), empty,
		kind(bpf.KindFDLimit), kind(bpf.KindPageFaultsMajor), kind(bpf.KindPageFaultsMinor), vmSize, vmRSS, vmSwap,
		kind(bpf.KindComm), kind(bpf.KindCgroups), env, kind(bpf.KindTTY), kind(bpf.KindVPGID), kind(bpf.KindLoginUID),
		kind(bpf.KindExeFlags), with(bpf.KindCaps, 0, 0), with(bpf.KindCaps, 0, 1), with(bpf.KindCaps, 0, 2),
		kind(bpf.KindExeInode), kind(bpf.KindExeCtime), kind(bpf.KindExeMtime), kind(bpf.KindEUID), kind(bpf.KindExePath),
		kind(bpf.KindPGID), kind(bpf.KindEGID), filename,
	}
}

// tracepoints are the events that are not the end of a system call.
var tracepoints = map[int]row{
	bpf.CallExec: {event.SyscallExecve19X, newProgram(kind(bpf.KindExe), kind(bpf.KindArgs), kind(bpf.KindEnv), kind(bpf.KindFilename))},
	bpf.CallFork: {event.SyscallClone20X, forkedTask()},
	bpf.CallExit: {event.Procexit1E, []bpf.Op{with(bpf.KindExitStatus, 0, 0), with(bpf.KindExitStatus, 0, 1),
		with(bpf.KindExitStatus, 0, 2), with(bpf.KindExitStatus, 0, 3), kind(bpf.KindReaper)}},
	bpf.CallSignal: {event.SignaldeliverE, []bpf.Op{with(bpf.KindSignal, 0, 0), with(bpf.KindSignal, 0, 1), with(bpf.KindSignal, 0, 2)}},
}

// generic is the event of every other system call.
var generic = row{event.GenericX, []bpf.Op{kind(bpf.KindSCCode), kind(bpf.KindNative)}}

// calls are the system calls that have an event of their own, each of which
// stands for those that share it. What each parameter holds was learned from
// falcosecurity/libs at 48dfd53, driver/modern_bpf/programs/tail_called (the
// program of each system call) and driver/ppm_flag_helpers.h.
var calls = []struct {
	name   string
	params []bpf.Op
}{
	// Files are opened and closed.
	{"open", []bpf.Op{ret, path(0), openedFlags(1), with(bpf.KindOpenMode, 2, 1), newDev, newIno}},
	{"openat", []bpf.Op{ret, fd(0), path(1), openedFlags(2), with(bpf.KindOpenMode, 3, 2), newDev, newIno}},
	{"openat2", []bpf.Op{ret, fd(0), path(1), table(with(bpf.KindOpenat2Flags, 2, 0), openFlags), with(bpf.KindOpenat2Mode, 2, 0),
		table(with(bpf.KindUserBits, 2, 16), resolveFlags), newDev, newIno}},
	{"creat", []bpf.Op{ret, path(0), with(bpf.KindOpenMode, 1, -1), newDev, newIno, kind(bpf.KindCreatFlags)}},
	{"open_by_handle_at", []bpf.Op{ret, fd(0), openedFlags(2), kind(bpf.KindFDPath), newDev, newIno}},
	{"close", []bpf.Op{ret, fd(0)}},
	{"close_range", []bpf.Op{ret, arg(0), arg(1), bits(2, closeRangeFlags)}},

	// Bytes are moved.
	{"read", []bpf.Op{ret, with(bpf.KindReadData, 1, 0), fd(0), arg(2)}},
	{"write", []bpf.Op{ret, with(bpf.KindWriteData, 1, 2), fd(0), arg(2)}},
	{"pread64", []bpf.Op{ret, with(bpf.KindReadData, 1, 0), fd(0), arg(2), offset(3)}},
	{"pwrite64", []bpf.Op{ret, with(bpf.KindWriteData, 1, 2), fd(0), arg(2), offset(3)}},
	{"readv", []bpf.Op{ret, moved, with(bpf.KindIOVIn, 1, 2), fd(0)}},
	{"writev", []bpf.Op{ret, with(bpf.KindIOVOut, 1, 2), fd(0), with(bpf.KindIOVSize, 1, 2)}},
	{"preadv", []bpf.Op{ret, moved, with(bpf.KindIOVIn, 1, 2), fd(0), offset(3)}},
	{"pwritev", []bpf.Op{ret, with(bpf.KindIOVOut, 1, 2), fd(0), with(bpf.KindIOVSize, 1, 2), offset(3)}},
	{"process_vm_readv", []bpf.Op{ret, arg(0), with(bpf.KindIOVIn, 1, 2)}},
	{"process_vm_writev", []bpf.Op{ret, arg(0), with(bpf.KindIOVIn, 1, 2)}},
	{"sendfile", []bpf.Op{ret, userLong(2, 0), fd(0), fd(1), arg(3)}},
	{"splice", []bpf.Op{ret, fd(0), fd(2), arg(4), bits(5, spliceFlags)}},
	{"copy_file_range", []bpf.Op{ret, fd(2), arg(3), fd(0), arg(1), arg(4)}},

	// Sockets.
	{"socket", []bpf.Op{ret, enum(0, socketFamilies), arg(1), arg(2), bits(1, socketFlags)}},
	{"socketpair", []bpf.Op{ret, with(bpf.KindPipeFD, 3, 2), with(bpf.KindPipeFD, 3, 3), with(bpf.KindPairSocket, 3, 0), with(bpf.KindPairSocket, 3, 1),
		enum(0, socketFamilies), arg(1), arg(2)}},
	{"bind", []bpf.Op{ret, with(bpf.KindSockAddr, 1, 2), fd(0)}},
	{"connect", []bpf.Op{ret, tuple(0, bpf.TupleOut|bpf.TupleUser), fd(0), with(bpf.KindSockAddr, 1, 2)}},
	{"listen", []bpf.Op{ret, fd(0), arg(1)}},
	{"accept", []bpf.Op{ret, tuple(0, bpf.TupleIn|bpf.TupleRet), kind(bpf.KindQueuePct), kind(bpf.KindQueueLen), kind(bpf.KindQueueMax)}},
	{"accept4", []bpf.Op{ret, tuple(0, bpf.TupleIn|bpf.TupleRet), kind(bpf.KindQueuePct), kind(bpf.KindQueueLen), kind(bpf.KindQueueMax),
		bits(3, socketFlags)}},
	{"send", []bpf.Op{ret, with(bpf.KindWriteData, 1, 2), fd(0), arg(2), tuple(0, bpf.TupleOut)}},
	{"sendto", []bpf.Op{ret, with(bpf.KindWriteData, 1, 2), fd(0), arg(2), tuple(0, bpf.TupleOut|bpf.TupleAddr)}},
	{"sendmsg", []bpf.Op{ret, kind(bpf.KindMsgOut), fd(0), kind(bpf.KindMsgSize), tuple(0, bpf.TupleOut|bpf.TupleMsg)}},
	{"sendmmsg", []bpf.Op{kind(bpf.KindMMsgRet), fd(0), kind(bpf.KindMMsgSize), with(bpf.KindMsgOut, 0, 1), tuple(0, bpf.TupleOut|bpf.TupleMsg|bpf.TupleMany)}},
	{"recv", []bpf.Op{ret, with(bpf.KindReadData, 1, 0), fd(0), arg(2), tuple(0, bpf.TupleIn)}},
	{"recvfrom", []bpf.Op{ret, with(bpf.KindReadData, 1, 0), tuple(0, bpf.TupleIn|bpf.TupleAddr), fd(0), arg(2)}},
	{"recvmsg", []bpf.Op{ret, moved, kind(bpf.KindMsgIn), tuple(0, bpf.TupleIn|bpf.TupleMsg), kind(bpf.KindMsgControl), fd(0)}},
	{"recvmmsg", []bpf.Op{kind(bpf.KindMMsgRet), fd(0), with(bpf.KindMMsgSize, 0, 1), with(bpf.KindMsgIn, 0, 1), tuple(0, bpf.TupleIn|bpf.TupleMsg|bpf.TupleMany),
		with(bpf.KindMsgControl, 0, 1)}},
	{"shutdown", []bpf.Op{ret, fd(0), enum(1, shutdownHow)}},
	{"getsockname", nil},
	{"getpeername", nil},
	{"setsockopt", []bpf.Op{ret, fd(0), enum(1, sockoptLevels), table(with(bpf.KindSockoptName, 1, 2), sockoptNames), with(bpf.KindSockopt, 3, 0), shortArg(4)}},
	{"getsockopt", []bpf.Op{ret, fd(0), enum(1, sockoptLevels), table(with(bpf.KindSockoptName, 1, 2), sockoptNames), with(bpf.KindSockopt, 3, 1), user(4, 0)}},

	// Descriptors are made and changed.
	{"dup", []bpf.Op{ret, fd(0)}},
	{"dup2", []bpf.Op{ret, fd(0), fd(1)}},
	{"dup3", []bpf.Op{ret, fd(0), fd(1), bits(2, dupFlags)}},
	{"pipe", []bpf.Op{ret, with(bpf.KindPipeFD, 0, 0), with(bpf.KindPipeFD, 0, 1), kind(bpf.KindPipeInode)}},
	{"pipe2", []bpf.Op{ret, with(bpf.KindPipeFD, 0, 0), with(bpf.KindPipeFD, 0, 1), kind(bpf.KindPipeInode), bits(1, pipeFlags)}},
	{"fcntl", []bpf.Op{ret, fd(0), enum(1, fcntlCommands), arg(2)}},
	{"flock", []bpf.Op{ret, fd(0), bits(1, flockFlags)}},
	{"ioctl", []bpf.Op{ret, fd(0), arg(1), arg(2)}},
	{"lseek", []bpf.Op{ret, fd(0), arg(1), enum(2, lseekWhence)}},
	{"_llseek", []bpf.Op{ret, fd(0), kind(bpf.KindLLSeekOffset), enum(4, lseekWhence)}},
	{"eventfd", []bpf.Op{ret, arg(0), constant(0)}},
	{"eventfd2", []bpf.Op{ret, bits(1, nonblockCloexec), uintArg(0)}},
	{"epoll_create", []bpf.Op{ret, arg(0)}},
	{"epoll_create1", []bpf.Op{ret, bits(0, epollCreateFlags)}},
	{"epoll_wait", []bpf.Op{ret, fd(2)}},
	{"poll", []bpf.Op{ret, table(with(bpf.KindFDList, 0, 1), pollFlags), uintArg(2)}},
	{"ppoll", []bpf.Op{ret, table(with(bpf.KindFDList, 0, 1), pollFlags), with(bpf.KindTimespec, 2, 0), with(bpf.KindSigset, 3, 0)}},
	{"select", []bpf.Op{ret}},
	{"inotify_init", []bpf.Op{ret, constant(0)}},
	{"inotify_init1", []bpf.Op{ret, bits(0, nonblockCloexec)}},
	{"signalfd", []bpf.Op{ret, fd(0), constant(0), constant(0)}},
	{"signalfd4", []bpf.Op{ret, bits(3, nonblockCloexec), fd(0), constant(0)}},
	{"timerfd_create", []bpf.Op{ret, arg(0), bits(1, timerfdFlags)}},
	{"userfaultfd", []bpf.Op{ret, arg(0)}},
	{"memfd_create", []bpf.Op{ret, path(0), bits(1, memfdFlags)}},
	{"pidfd_open", []bpf.Op{ret, fd(0), bits(1, pidfdFlags)}},
	{"pidfd_getfd", []bpf.Op{ret, fd(0), fd(1), arg(2)}},
	{"bpf", []bpf.Op{ret, arg(0)}},
	{"io_uring_setup", []bpf.Op{ret, arg(0), user(1, 0), user(1, 4), table(with(bpf.KindUserBits, 1, 8), ringSetupFlags), user(1, 12), user(1, 16),
		table(with(bpf.KindUserBits, 1, 20), ringFeatures)}},
	{"io_uring_enter", []bpf.Op{ret, fd(0), arg(1), arg(2), bits(3, ringEnterFlags), arg(4)}},
	{"io_uring_register", []bpf.Op{ret, fd(0), arg(1), arg(2), arg(3)}},

	// Names in the file system.
	{"stat", []bpf.Op{ret, path(0)}},
	{"lstat", []bpf.Op{ret, path(0)}},
	{"stat64", []bpf.Op{ret, path(0)}},
	{"lstat64", []bpf.Op{ret, path(0)}},
	{"fstat", []bpf.Op{ret, fd(0)}},
	{"fstat64", []bpf.Op{ret}},
	{"newfstatat", []bpf.Op{ret, fd(0), path(1), bits(3, statFlags)}},
	{"access", []bpf.Op{ret, path(0), bits(1, accessFlags)}},
	{"getdents", []bpf.Op{ret, fd(0)}},
	{"getdents64", []bpf.Op{ret, fd(0)}},
	{"getcwd", []bpf.Op{ret, with(bpf.KindPathOk, 0, 0)}},
	{"chdir", []bpf.Op{ret, path(0)}},
	{"fchdir", []bpf.Op{ret, fd(0)}},
	{"chroot", []bpf.Op{ret, path(0)}},
	{"mkdir", []bpf.Op{ret, path(0), arg(1)}},
	{"mkdirat", []bpf.Op{ret, fd(0), path(1), arg(2)}},
	{"rmdir", []bpf.Op{ret, path(0)}},
	{"unlink", []bpf.Op{ret, path(0)}},
	{"unlinkat", []bpf.Op{ret, fd(0), path(1), bits(2, unlinkatFlags)}},
	{"rename", []bpf.Op{ret, path(0), path(1)}},
	{"renameat", []bpf.Op{ret, fd(0), path(1), fd(2), path(3)}},
	{"renameat2", []bpf.Op{ret, fd(0), path(1), fd(2), path(3), arg(4)}},
	{"link", []bpf.Op{ret, path(0), path(1)}},
	{"linkat", []bpf.Op{ret, fd(0), path(1), fd(2), path(3), bits(4, linkatFlags)}},
	{"symlink", []bpf.Op{ret, path(0), path(1)}},
	{"symlinkat", []bpf.Op{ret, path(0), fd(1), path(2)}},
	{"mknod", []bpf.Op{ret, path(0), with(bpf.KindMknodMode, 1, 0), with(bpf.KindDevice, 2, 0)}},
	{"mknodat", []bpf.Op{ret, fd(0), path(1), with(bpf.KindMknodMode, 2, 0), with(bpf.KindDevice, 3, 0)}},
	{"chmod", []bpf.Op{ret, path(0), bits(1, chmodMode)}},
	{"fchmod", []bpf.Op{ret, fd(0), bits(1, chmodMode)}},
	{"fchmodat", []bpf.Op{ret, fd(0), path(1), bits(2, chmodMode)}},
	{"chown", []bpf.Op{ret, path(0), arg(1), arg(2)}},
	{"lchown", []bpf.Op{ret, path(0), arg(1), arg(2)}},
	{"fchown", []bpf.Op{ret, fd(0), arg(1), arg(2)}},
	{"fchownat", []bpf.Op{ret, fd(0), path(1), arg(2), arg(3), bits(4, fchownatFlags)}},
	{"mount", []bpf.Op{ret, path(0), path(1), path(2), with(bpf.KindMountFlags, 3, 0)}},
	{"umount", []bpf.Op{ret, path(0)}},
	{"umount2", []bpf.Op{ret, path(0), bits(1, umountFlags)}},
	{"fsconfig", []bpf.Op{ret, fd(0), arg(1), path(2), with(bpf.KindFsconfig, 3, 0), with(bpf.KindFsconfig, 3, 1), arg(4)}},
	{"quotactl", []bpf.Op{ret, path(1), with(bpf.KindQuotaPath, 3, 0), quota(0), quota(1), quota(2), quota(3), quota(4), quota(6), quota(7),
		quota(8), quota(9), quota(10), quota(11), quota(15), quota(12), quota(13), quota(14)}},

	// Processes and threads.
	{"clone", newTask(with(bpf.KindCloneFlags, 0, 0))},
	{"clone3", newTask(with(bpf.KindClone3Flags, 0, 0))},
	{"fork", newTask(with(bpf.KindCloneFlags, 6, 0))},
	{"vfork", newTask(with(bpf.KindCloneFlags, 6, 0))},
	{"execve", newProgram(with(bpf.KindExeArgv, 1, 0), with(bpf.KindArgsArgv, 1, 0), with(bpf.KindEnvArgv, 2, 0), path(0))},
	{"execveat", newProgram(with(bpf.KindExeArgv, 2, 0), with(bpf.KindArgsArgv, 2, 0), with(bpf.KindEnvArgv, 3, 0), empty)[:30]},
	{"setsid", []bpf.Op{ret}},
	{"setpgid", []bpf.Op{ret, fd(0), fd(1)}},
	{"unshare", []bpf.Op{ret, bits(0, cloneFlags)}},
	{"setns", []bpf.Op{ret, fd(0), bits(1, cloneFlags)}},
	{"prctl", []bpf.Op{ret, arg(0), with(bpf.KindPrctlText, 1, 0), kind(bpf.KindPrctlInt)}},
	{"ptrace", []bpf.Op{ret, with(bpf.KindPtraceAddr, 2, 0), with(bpf.KindPtraceData, 3, 0), enum(0, ptraceRequests), fd(1)}},
	{"seccomp", []bpf.Op{ret, arg(0), uintArg(1)}},
	{"kill", []bpf.Op{ret, fd(0), arg(1)}},
	{"tkill", []bpf.Op{ret, fd(0), arg(1)}},
	{"tgkill", []bpf.Op{ret, fd(0), fd(1), arg(2)}},
	{"nanosleep", []bpf.Op{ret, with(bpf.KindTimespec, 0, 0)}},
	{"futex", []bpf.Op{ret, arg(0), with(bpf.KindFutexOp, 1, 0), arg(2)}},
	{"getrlimit", []bpf.Op{ret, userLongOK(1, 0), userLongOK(1, 1), enum(0, rlimitResources)}},
	{"setrlimit", []bpf.Op{ret, userLong(1, 0), userLong(1, 1), enum(0, rlimitResources)}},
	{"prlimit64", []bpf.Op{ret, user(2, 0), user(2, 8), userOK(3, 0), userOK(3, 8), fd(0), enum(1, rlimitResources)}},

	// Users and capabilities.
	{"getuid", []bpf.Op{ret}},
	{"geteuid", []bpf.Op{ret}},
	{"getgid", []bpf.Op{ret}},
	{"getegid", []bpf.Op{ret}},
	{"getresuid", []bpf.Op{ret, user(0, 0), user(1, 0), user(2, 0)}},
	{"getresgid", []bpf.Op{ret, user(0, 0), user(1, 0), user(2, 0)}},
	{"setuid", []bpf.Op{ret, arg(0)}},
	{"setgid", []bpf.Op{ret, arg(0)}},
	{"setreuid", []bpf.Op{ret, arg(0), arg(1)}},
	{"setregid", []bpf.Op{ret, arg(0), arg(1)}},
	{"setresuid", []bpf.Op{ret, arg(0), arg(1), arg(2)}},
	{"setresgid", []bpf.Op{ret, arg(0), arg(1), arg(2)}},
	{"capset", []bpf.Op{ret, with(bpf.KindCaps, 0, 0), with(bpf.KindCaps, 0, 1), with(bpf.KindCaps, 0, 2)}},
	{"keyctl", []bpf.Op{ret, arg(0), with(bpf.KindKeyctl, 1, 0), with(bpf.KindKeyctl, 2, 1), with(bpf.KindKeyctl, 3, 2), with(bpf.KindKeyctl, 4, 3)}},

	// Memory.
	{"brk", []bpf.Op{ret, vmSize, vmRSS, vmSwap, arg(0)}},
	{"mmap", []bpf.Op{ret, vmSize, vmRSS, vmSwap, arg(0), arg(1), bits(2, protFlags), bits(3, mmapFlags), fd(4), arg(5)}},
	{"mmap2", []bpf.Op{ret, vmSize, vmRSS, vmSwap, arg(0), arg(1), bits(2, protFlags), bits(3, mmapFlags), fd(4), arg(5)}},
	{"munmap", []bpf.Op{ret, vmSize, vmRSS, vmSwap, arg(0), arg(1)}},
	{"mprotect", []bpf.Op{ret, arg(0), arg(1), bits(2, protFlags)}},
	{"mlock", []bpf.Op{ret, arg(0), arg(1)}},
	{"mlock2", []bpf.Op{ret, arg(0), arg(1), bits(2, mlock2Flags)}},
	{"munlock", []bpf.Op{ret, arg(0), arg(1)}},
	{"mlockall", []bpf.Op{ret, bits(0, mlockallFlags)}},
	{"munlockall", []bpf.Op{ret}},

	// Semaphores and modules.
	{"semget", []bpf.Op{ret, arg(0), arg(1), bits(2, semgetFlags)}},
	{"semop", []bpf.Op{ret, arg(2), sembuf(0), sembuf(1), sembuf(2), sembuf(4), sembuf(5), sembuf(6), arg(0)}},
	{"semctl", []bpf.Op{ret, arg(0), arg(1), enum(2, semctlCommands), kind(bpf.KindSemctlVal)}},
	{"init_module", []bpf.Op{ret, with(bpf.KindBytes, 0, 1), arg(1), path(2)}},
	{"finit_module", []bpf.Op{ret, fd(0), path(1), bits(2, moduleFlags)}},
	{"delete_module", []bpf.Op{ret, path(0), bits(1, deleteModuleFlags)}},
}
