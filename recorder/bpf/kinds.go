package bpf

// Kind is what fills a parameter of a record: enum kind of c/record.h, which
// says more of each. A test compares the two.
type Kind uint8

// The kinds of numbers, which take Op.Width bytes.
const (
	KindRet        Kind = iota + 1 // the result
	KindArg                        // an argument
	KindArgMask                    // its bits that extra has, as 32 bits
	KindArgInt32                   // an argument of 32 bits with a sign: file descriptors, pids
	KindConst                      // extra
	KindBits                       // an argument's flags, translated by table
	KindEnum                       // an argument's value, translated by table
	KindUser                       // width bytes of user memory at argument + extra
	KindUserOk                     // as user, if the call succeeded, else -1
	KindUserLong                   // the long of the caller's width at argument, extra longs on
	KindUserLongOk                 // the same, if the call succeeded, else -1
	KindUserBits                   // 4 bytes at argument + extra, translated by table
	KindOffset                     // a file offset: an argument, in 32-bit calls the next one has its upper half
	KindTimespec                   // nanoseconds of a struct timespec there
	KindOpenFlags                  // flags of an open: argument or (extra) user memory; from the new file: created, overlay layer
	KindOpenMode                   // mode of an open: argument, flags in argument extra
	KindOpenat2Flags
	KindOpenat2Mode
	KindFDDevice   // device of the file that the result refers to
	KindFDInode    // its inode
	KindCreatFlags // its overlay layer
	KindPipeFD     // an end (extra) of a new pipe or pair
	KindPipeInode  // inode of the pipe
	KindPairSocket // address of a socket (extra 0) or its peer (1) of a new pair
	KindQueueLen   // accept queue of the listening socket
	KindQueueMax
	KindQueuePct
	KindIOVSize     // bytes in an iovec, its count in argument extra
	KindMMsgRet     // bytes moved by one message of several
	KindMMsgSize    // bytes of one message of several, 0 where none was moved
	KindMoved       // the result, 0 where it is an error
	KindSockoptName // option in argument extra, level in argument arg
	KindVMSize      // kB of the process
	KindVMRSS
	KindVMSwap
	KindCaps // capabilities of the task: 0 inheritable, 1 permitted, 2 effective
	KindTID  // ids in the first namespace
	KindPID
	KindPPID
	KindPGID
	KindVTID // ids in the task's own namespace
	KindVPID
	KindVPGID
	KindFDLimit
	KindPageFaultsMajor
	KindPageFaultsMinor
	KindEUID
	KindEGID
	KindTTY
	KindLoginUID
	KindExeFlags
	KindExeInode
	KindExeCtime
	KindExeMtime
	KindPIDNSStart  // when the task's pid namespace began
	KindCloneFlags  // argument
	KindClone3Flags // in user memory
	KindForkFlags   // worked out from parent and child
	KindForkFaults  // page faults of the parent: 0 minor, 1 major
	KindExitStatus  // 0 the raw status, 1 the code, 2 the signal, 3 whether it left a core
	KindReaper      // who gets the children of an exiting task
	KindSignal      // extra: 0 sender, 1 receiver, 2 number
	KindSCCode      // the call's scap code
	KindNative      // the call's number
	KindMountFlags
	KindMknodMode
	KindDevice // a device number
	KindLLSeekOffset
	KindSemctlVal
	KindSembuf // extra: operation*4 + 0 number, 1 operation, 2 flags
	KindPrctlInt
	KindSigset
	KindQuota // extra: which member
	KindFutexOp
)

// The kinds of bytes, whose Op.Width is 0.
const (
	KindEmpty     Kind = iota + 128
	KindPath           // text in user memory, at most extra bytes
	KindPathOk         // the same if the call succeeded
	KindReadData       // bytes that came in: pointer
	KindWriteData      // bytes that go out: pointer, size in argument extra
	KindBytes          // bytes, the snap length aside: pointer, size in argument extra, modulo 65536 as in Falco
	KindIOVIn          // bytes of an iovec: pointer, count in argument extra
	KindIOVOut
	KindMsgIn // bytes of a msghdr
	KindMsgOut
	KindMsgControl
	KindMsgSize  // bytes in a msghdr, a number of 4 bytes that is absent where there is no msghdr
	KindSockAddr // pointer, length in argument extra
	KindTuple    // socket in arg, extra: direction and where an address may be
	KindSockopt  // extra: 1 if the length is pointed to
	KindPtraceAddr
	KindPtraceData
	KindPrctlText
	KindFDList    // pollfds: pointer, number in argument extra
	KindKeyctl    // extra: which argument
	KindQuotaPath // of QUOTAON
	KindFsconfig  // extra: 0 bytes, 1 text
	KindExe       // of the process
	KindArgs
	KindEnv
	KindExeArgv // of a failed exec: argv
	KindArgsArgv
	KindEnvArgv
	KindComm
	KindCgroups
	KindExePath
	KindFilename // of a successful exec
	KindFDPath   // of the file that the result refers to
)

// kindNames are the kinds' names in C, without kind_.
var kindNames = map[Kind]string{
	KindRet:             "ret",
	KindArg:             "arg",
	KindArgMask:         "arg_mask",
	KindArgInt32:        "arg_s32",
	KindConst:           "const",
	KindBits:            "bits",
	KindEnum:            "enum",
	KindUser:            "user",
	KindUserOk:          "user_ok",
	KindUserLong:        "user_long",
	KindUserLongOk:      "user_long_ok",
	KindUserBits:        "user_bits",
	KindOffset:          "offset",
	KindTimespec:        "timespec",
	KindOpenFlags:       "open_flags",
	KindOpenMode:        "open_mode",
	KindOpenat2Flags:    "openat2_flags",
	KindOpenat2Mode:     "openat2_mode",
	KindFDDevice:        "fd_dev",
	KindFDInode:         "fd_ino",
	KindCreatFlags:      "creat_flags",
	KindPipeFD:          "pipe_fd",
	KindPipeInode:       "pipe_ino",
	KindPairSocket:      "pair_sock",
	KindQueueLen:        "queue_len",
	KindQueueMax:        "queue_max",
	KindQueuePct:        "queue_pct",
	KindIOVSize:         "iov_size",
	KindMsgSize:         "msg_size",
	KindMMsgRet:         "mmsg_ret",
	KindMMsgSize:        "mmsg_size",
	KindMoved:           "moved",
	KindSockoptName:     "sockopt_name",
	KindVMSize:          "vm_size",
	KindVMRSS:           "vm_rss",
	KindVMSwap:          "vm_swap",
	KindCaps:            "caps",
	KindTID:             "tid",
	KindPID:             "pid",
	KindPPID:            "ppid",
	KindPGID:            "pgid",
	KindVTID:            "vtid",
	KindVPID:            "vpid",
	KindVPGID:           "vpgid",
	KindFDLimit:         "fdlimit",
	KindPageFaultsMajor: "pgft_maj",
	KindPageFaultsMinor: "pgft_min",
	KindEUID:            "euid",
	KindEGID:            "egid",
	KindTTY:             "tty",
	KindLoginUID:        "loginuid",
	KindExeFlags:        "exe_flags",
	KindExeInode:        "exe_ino",
	KindExeCtime:        "exe_ctime",
	KindExeMtime:        "exe_mtime",
	KindPIDNSStart:      "pidns_start",
	KindCloneFlags:      "clone_flags",
	KindClone3Flags:     "clone3_flags",
	KindForkFlags:       "fork_flags",
	KindForkFaults:      "fork_faults",
	KindExitStatus:      "exit_status",
	KindReaper:          "reaper",
	KindSignal:          "signal",
	KindSCCode:          "sc_code",
	KindNative:          "native",
	KindMountFlags:      "mount_flags",
	KindMknodMode:       "mknod_mode",
	KindDevice:          "dev",
	KindLLSeekOffset:    "llseek_offset",
	KindSemctlVal:       "semctl_val",
	KindSembuf:          "sembuf",
	KindPrctlInt:        "prctl_int",
	KindSigset:          "sigset",
	KindQuota:           "quota",
	KindFutexOp:         "futex_op",
	KindEmpty:           "empty",
	KindPath:            "path",
	KindPathOk:          "path_ok",
	KindReadData:        "read_data",
	KindWriteData:       "write_data",
	KindBytes:           "bytes",
	KindIOVIn:           "iov_in",
	KindIOVOut:          "iov_out",
	KindMsgIn:           "msg_in",
	KindMsgOut:          "msg_out",
	KindMsgControl:      "msg_control",
	KindSockAddr:        "sockaddr",
	KindTuple:           "tuple",
	KindSockopt:         "sockopt",
	KindPtraceAddr:      "ptrace_addr",
	KindPtraceData:      "ptrace_data",
	KindPrctlText:       "prctl_str",
	KindFDList:          "fdlist",
	KindKeyctl:          "keyctl",
	KindQuotaPath:       "quota_path",
	KindFsconfig:        "fsconfig",
	KindExe:             "exe",
	KindArgs:            "args",
	KindEnv:             "env",
	KindExeArgv:         "exe_argv",
	KindArgsArgv:        "args_argv",
	KindEnvArgv:         "env_argv",
	KindComm:            "comm",
	KindCgroups:         "cgroups",
	KindExePath:         "exe_path",
	KindFilename:        "filename",
	KindFDPath:          "fd_path",
}

// String is the kind's name in C.
func (k Kind) String() string { return kindNames[k] }

// IsBytes tells whether the kind is of bytes rather than of a number.
func (k Kind) IsBytes() bool { return k >= KindEmpty }
