package recorder

import (
	"fmt"
	"strings"

	"falcoreplay/recorder/bpf"
)

// tableNames are the headings of the tables of flags and values.
var tableNames = [numFlagTables]string{
	openFlags: "open flags", nonblockCloexec: "flags of new descriptors", socketFlags: "socket flags", pipeFlags: "pipe flags",
	dupFlags: "dup flags", resolveFlags: "resolve flags", cloneFlags: "clone flags", socketFamilies: "socket families",
	protFlags: "memory protection", mmapFlags: "mmap flags", fcntlCommands: "fcntl commands", sockoptLevels: "socket option levels",
	sockoptNames: "socket options", pollFlags: "poll events", accessFlags: "access modes", rlimitResources: "resource limits",
	shutdownHow: "shutdown modes", lseekWhence: "seek modes", semopFlags: "semaphore operation flags", semgetFlags: "semget flags",
	semctlCommands: "semctl commands", flockFlags: "flock operations", quotaCommands: "quota commands", ptraceRequests: "ptrace requests",
	mlockallFlags: "mlockall flags", mlock2Flags: "mlock2 flags", memfdFlags: "memfd flags", unlinkatFlags: "unlinkat flags",
	linkatFlags: "linkat flags", statFlags: "newfstatat flags", chmodMode: "file modes", umountFlags: "umount flags",
	fchownatFlags: "fchownat flags", epollCreateFlags: "epoll flags", spliceFlags: "splice flags", pidfdFlags: "pidfd flags",
	moduleFlags: "finit_module flags", deleteModuleFlags: "delete_module flags", closeRangeFlags: "close_range flags",
	ringSetupFlags: "io_uring flags", ringFeatures: "io_uring features", ringEnterFlags: "io_uring_enter flags",
	timerfdFlags: "timerfd flags",
}

// kindTexts say what each kind of parameter holds. {a} is its argument, {x} the
// argument that extra counts, {n} extra itself, {t} its table, {w} its size.
var kindTexts = map[bpf.Kind]string{
	bpf.KindRet:             "the result, or the error as a negative number",
	bpf.KindArg:             "{a}",
	bpf.KindArgInt32:        "{a}, 32 bits with a sign",
	bpf.KindConst:           "always {n}",
	bpf.KindBits:            "{a}, as {t}",
	bpf.KindEnum:            "{a}, as {t}",
	bpf.KindUser:            "{w} bytes of memory at {a}+{n}",
	bpf.KindUserOk:          "{w} bytes of memory at {a}+{n}; -1 unless the call succeeded",
	bpf.KindUserLong:        "long {n} in memory at {a}",
	bpf.KindUserLongOk:      "long {n} in memory at {a}; -1 unless the call succeeded",
	bpf.KindUserBits:        "4 bytes of memory at {a}+{n}, as {t}",
	bpf.KindOffset:          "{a}; of 32-bit programs with the next one as its upper half",
	bpf.KindTimespec:        "nanoseconds of the timespec in memory at {a}",
	bpf.KindOpenFlags:       "{a}, as {t}; of a new descriptor whether the file was created and its layer of overlayfs",
	bpf.KindOpenat2Flags:    "the first member of the open_how in memory at {a}, as {t}; of a new descriptor whether the file was created and its layer of overlayfs",
	bpf.KindOpenat2Mode:     "the second member of the open_how in memory at {a}, if its flags may create a file, else 0",
	bpf.KindFDDevice:        "the device of the file that the result refers to, 0 on failure",
	bpf.KindFDInode:         "its inode, 0 on failure",
	bpf.KindCreatFlags:      "its layer of overlayfs: 1 upper, 2 lower, else 0",
	bpf.KindPipeInode:       "the inode of the pipe, 0 on failure",
	bpf.KindQueueLen:        "connections that wait at the listening socket",
	bpf.KindQueueMax:        "its limit of them",
	bpf.KindQueuePct:        "the one as a percentage of the other",
	bpf.KindIOVSize:         "the sum of the lengths in the iovec at {a}, whose number of parts is {x}; at most 32 parts",
	bpf.KindMsgSize:         "the sum of the lengths in the msghdr at argument 1; empty if that cannot be read",
	bpf.KindMMsgRet:         "bytes of the message, the result where none was moved; an event for each of up to 64 messages",
	bpf.KindMoved:           "the result, 0 on failure",
	bpf.KindSockoptName:     "{x}, as {t}, if {a} is SOL_SOCKET, else 0",
	bpf.KindVMSize:          "KiB of the process's address space",
	bpf.KindVMRSS:           "KiB of it in memory",
	bpf.KindVMSwap:          "KiB of it in swap",
	bpf.KindTID:             "the thread, in the first pid namespace",
	bpf.KindPID:             "the process, there",
	bpf.KindPPID:            "the thread that made the process, or who took it over, there",
	bpf.KindPGID:            "the process group, there",
	bpf.KindVTID:            "the thread, in its own pid namespace",
	bpf.KindVPID:            "the process, there",
	bpf.KindVPGID:           "the process group, in the thread's own pid namespace",
	bpf.KindFDLimit:         "the limit of open files",
	bpf.KindPageFaultsMajor: "major page faults of the thread",
	bpf.KindPageFaultsMinor: "minor page faults of the thread",
	bpf.KindEUID:            "the effective user",
	bpf.KindEGID:            "the effective group",
	bpf.KindTTY:             "the device of the controlling terminal, 0 for none",
	bpf.KindLoginUID:        "the login user, 4294967295 for none",
	bpf.KindExeFlags:        "of the executable: 1 the thread may write to it, 2 upper and 8 lower layer of overlayfs, 4 in memory (memfd)",
	bpf.KindExeInode:        "the inode of the executable",
	bpf.KindExeCtime:        "when that was changed, nanoseconds",
	bpf.KindExeMtime:        "when its contents were changed, nanoseconds",
	bpf.KindPIDNSStart:      "in a child when the first process of its pid namespace began, nanoseconds since boot; else 0",
	bpf.KindCloneFlags:      "{a}, as {t}, and whether the child is in another pid namespace",
	bpf.KindClone3Flags:     "the first member of the clone_args in memory at {a}, as {t}, and whether the child is in another pid namespace",
	bpf.KindForkFlags:       "as clone flags, from what parent and child share: threads, files, pid namespace",
	bpf.KindReaper:          "the thread that gets its children, 0 if it has none",
	bpf.KindSCCode:          "the number of the call in captures",
	bpf.KindNative:          "its number on the machine, that of the 64-bit call for 32-bit programs",
	bpf.KindMountFlags:      "{a} without the magic number of old",
	bpf.KindMknodMode:       "{a}, a regular file where it names no kind",
	bpf.KindDevice:          "{a}, as if it were the kernel's own form of a device number",
	bpf.KindLLSeekOffset:    "arguments 1 and 2 as the halves of a number",
	bpf.KindSemctlVal:       "argument 3 if the command is SETVAL, else 0",
	bpf.KindPrctlInt:        "argument 1, or the number there for PR_GET_CHILD_SUBREAPER; 0 for PR_SET_NAME and PR_GET_NAME",
	bpf.KindSigset:          "the first 32 signals of the set in memory at {a}",
	bpf.KindFutexOp:         "{a}: operation and flags",

	bpf.KindEmpty:      "nothing; replay has it from elsewhere",
	bpf.KindPath:       "text in memory at {a}",
	bpf.KindPathOk:     "text in memory at {a}; empty on failure",
	bpf.KindReadData:   "data in memory at {a}, as long as the result",
	bpf.KindWriteData:  "data in memory at {a}, as long as the result, or {x} on failure",
	bpf.KindBytes:      "bytes in memory at {a}, {x} modulo 65536 of them",
	bpf.KindIOVIn:      "data of the iovec at {a}, whose number of parts is {x}, as long as the result",
	bpf.KindIOVOut:     "data of the iovec at {a}, whose number of parts is {x}, as long as the result, or all on failure",
	bpf.KindMsgIn:      "data of the message, as long as what was moved",
	bpf.KindMsgOut:     "data of the message, as long as what was moved, or all on failure",
	bpf.KindMsgControl: "control data of the message; empty on failure",
	bpf.KindSockAddr:   "the address in memory at {a}, {x} bytes long: family, and address and port or path",
	bpf.KindPtraceAddr: "{a}, 0 on failure",
	bpf.KindPtraceData: "what a PEEK request has read, the signal of a request that goes on, else {a}; 0 on failure",
	bpf.KindPrctlText:  "text in memory at {a} for PR_SET_NAME and PR_GET_NAME",
	bpf.KindFDList:     "the first 16 of the {x} pollfds in memory at {a}: descriptor and returned events, as {t}",
	bpf.KindKeyctl:     "{a}, if the operation has it: a number or text",
	bpf.KindQuotaPath:  "text in memory at {a} for Q_QUOTAON",
	bpf.KindExe:        "the first argument of the program",
	bpf.KindArgs:       "its other arguments, one after another",
	bpf.KindEnv:        "the environment of the program",
	bpf.KindExeArgv:    "the first text of the array in memory at {a}",
	bpf.KindArgsArgv:   "those after it, up to the sixteenth",
	bpf.KindEnvArgv:    "the first 16 texts of the array in memory at {a}",
	bpf.KindComm:       "the name of the thread",
	bpf.KindCgroups:    "its control groups of cpuset, cpu, cpuacct, io and memory: controller=path, the last six levels",
	bpf.KindExePath:    "the path of the executable",
	bpf.KindFilename:   "the name that the program was started by",
	bpf.KindFDPath:     "the path of the file that the result refers to; empty on failure",
}

// extraTexts are those of kinds whose extra chooses.
var extraTexts = map[bpf.Kind]map[int32]string{
	bpf.KindArgMask:    {-1: "{a}, its lower 32 bits", 0xffff: "{a}, its lower 16 bits"},
	bpf.KindOpenMode:   {-1: "{a}", 1: "{a}, if the flags may create a file, else 0", 2: "{a}, if the flags may create a file, else 0"},
	bpf.KindPipeFD:     {0: "the first descriptor in memory at {a}", 1: "the second descriptor in memory at {a}", 2: "the first descriptor in memory at {a}, -1 on failure", 3: "the second descriptor in memory at {a}, -1 on failure"},
	bpf.KindPairSocket: {0: "the address of the first socket, 0 on failure", 1: "the address of its peer, 0 on failure"},
	bpf.KindMMsgSize:   {0: "the sum of the message's lengths, 0 where none was moved", 1: "bytes of the message, 0 where none was moved"},
	bpf.KindCaps:       {0: "inheritable capabilities", 1: "permitted capabilities", 2: "effective capabilities"},
	bpf.KindForkFaults: {0: "minor page faults of the parent", 1: "major page faults of the parent"},
	bpf.KindExitStatus: {0: "the status, as wait tells it", 1: "the exit code", 2: "the signal that ended it, 0 for none", 3: "1 if it left a core"},
	bpf.KindSignal:     {0: "who sent it, where the kernel tells", 1: "the thread that gets it", 2: "its number"},
	bpf.KindSembuf: {0: "the semaphore of the first operation", 1: "the first operation", 2: "its flags, as {t}",
		4: "the semaphore of the second operation", 5: "the second operation", 6: "its flags, as {t}"},
	bpf.KindQuota: {0: "dqb_bhardlimit, of a command that has it", 1: "dqb_bsoftlimit", 2: "dqb_curspace", 3: "dqb_ihardlimit", 4: "dqb_isoftlimit",
		6: "dqb_btime", 7: "dqb_itime", 8: "dqi_bgrace", 9: "dqi_igrace", 10: "dqi_flags", 11: "the format that Q_GETFMT told",
		12: "the kind of quota: 1 users, 2 groups", 13: "argument 2 of a command that has an id, else 0", 14: "the format that Q_QUOTAON asked for", 15: "the command, as {t}"},
	bpf.KindFsconfig: {0: "{a} as bytes, of a command that has them", 1: "{a} as text, of a command that has it"},
	bpf.KindSockopt:  {0: "the option in memory at {a}: a number, a time or bytes, as its name says", 1: "the option in memory at {a}: a number, a time or bytes, as its name says"},
}

// opText says what a parameter holds.
func opText(op bpf.Op, size int) (string, error) {
	text, ok := kindTexts[op.Kind]
	if op.Kind == bpf.KindTuple {
		text, ok = tupleText(op.Extra), true
	} else if !ok {
		text, ok = extraTexts[op.Kind][op.Extra]
	}
	if !ok {
		return "", fmt.Errorf("no words for %v with %d", op.Kind, op.Extra)
	}
	a := fmt.Sprintf("argument %d", op.Arg)
	if op.Arg > 5 { // fork and vfork have no arguments
		a = "no flags"
	}
	table := ""
	if strings.Contains(text, "{t}") {
		table = fmt.Sprintf("[%s](#%s)", tableNames[op.Table], strings.ReplaceAll(tableNames[op.Table], " ", "-"))
	}
	text = strings.ReplaceAll(text, "+{n}", strings.TrimSuffix(fmt.Sprintf("+%d", op.Extra), "+0"))
	return strings.NewReplacer("{a}", a, "{x}", fmt.Sprintf("argument %d", op.Extra&7), "{n}", fmt.Sprint(op.Extra),
		"{t}", table, "{w}", fmt.Sprint(size)).Replace(text), nil
}

func tupleText(how int32) string {
	of, from := "{a}", "from there to here"
	if how&bpf.TupleRet != 0 {
		of = "the result"
	}
	if how&bpf.TupleOut != 0 {
		from = "from here to there"
	}
	text := "addresses of the socket " + of + ", " + from
	switch {
	case how&bpf.TupleAddr != 0:
		return text + "; the peer's from memory at argument 4 where the socket has none"
	case how&bpf.TupleMsg != 0:
		return text + "; the peer's from the msghdr where the socket has none"
	case how&bpf.TupleUser != 0:
		return text + "; the peer's from memory at argument 1 where the socket has none; empty unless connected or connecting"
	}
	return text
}
