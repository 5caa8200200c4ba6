package scap

import "math"

// Snapshot is the state of the recorded host when a section of a capture
// began: what the header blocks of the section say. It has memory of its own.
type Snapshot struct {
	Machine    Machine
	Threads    []Thread // in the order of the file
	FDs        []FDs    // in the order of the file; a thread may have several lists
	Interfaces []Interface
	Users      []User
	Groups     []Group

	// HasMachine, HasInterfaces and HasUsers tell whether there was such a
	// block: an empty list is not the same as none.
	HasMachine, HasInterfaces, HasUsers bool

	entries int
}

// Machine describes the recorded host (userspace/libscap/scap_machine_info.h,
// scap_machine_info).
type Machine struct {
	CPUs        uint32
	MemoryBytes uint64
	MaxPID      uint64
	Hostname    string
	BootTime    uint64 // nanoseconds since the epoch, 0 where the recorder did not know it
	Flags       uint64
	Reserved3   uint64
	Reserved4   uint64
}

// Thread is one thread of the process list (userspace/libscap/scap.h,
// scap_threadinfo). What the version of the list does not have is as
// newThread sets it.
type Thread struct {
	TID, PID, PTID int64 // as the host's pid namespace numbers them
	SID            int64 // session, -1 where unknown
	VPGID, PGID    int64 // process group in the thread's and in the host's pid namespace, -1 where unknown
	VTID, VPID     int64 // ids in the thread's own pid namespace, -1 where unknown
	Comm           string
	Exe            string // the first argument
	ExePath        string
	Args           string // all but the first argument, each ended by a NUL
	Env            string // variables, each ended by a NUL
	Cgroups        string // subsystem=path pairs, each ended by a NUL
	Cwd            string
	Root           string
	FDLimit        int64
	Flags          uint32 // PPM_CL_*
	UID, GID       uint32
	LoginUID       uint32 // all ones where there is none
	TTY            uint32

	VMSizeKB, VMRSSKB, VMSwapKB      uint32
	MajorFaults, MinorFaults         uint64
	PIDNSInitStart                   uint64 // start of the pid namespace's init, nanoseconds since the epoch
	CapInheritable                   uint64
	CapPermitted, CapEffective       uint64
	ExeWritable                      bool
	ExeUpperLayer, ExeLowerLayer     bool // of an overlay file system
	ExeFromMemfd                     bool
	ExeIno, ExeInoCtime, ExeInoMtime uint64 // times in nanoseconds since the epoch
}

func newThread() Thread {
	return Thread{SID: -1, VPGID: -1, PGID: -1, VTID: -1, VPID: -1, LoginUID: math.MaxUint32}
}

// FDs is one fd list: the open fds of a thread.
type FDs struct {
	TID int64
	FDs []FD
}

// FDType is what an fd is (userspace/libscap/scap.h, scap_fd_type).
type FDType uint8

// The types of fds.
const (
	FDUnknown     FDType = 0
	FDFile        FDType = 1
	FDDirectory   FDType = 2
	FDIPv4Socket  FDType = 3
	FDIPv6Socket  FDType = 4
	FDIPv4Server  FDType = 5
	FDIPv6Server  FDType = 6
	FDFIFO        FDType = 7
	FDUnixSocket  FDType = 8
	FDEvent       FDType = 9
	FDUnsupported FDType = 10
	FDSignalFD    FDType = 11
	FDEventPoll   FDType = 12
	FDInotify     FDType = 13
	FDTimerFD     FDType = 14
	FDNetlink     FDType = 15
	FDFileV2      FDType = 16
	FDBPF         FDType = 17
	FDUserfaultFD FDType = 18
	FDIOURing     FDType = 19
	FDMemFD       FDType = 20
	FDPIDFD       FDType = 21
)

// FD is one open fd. Which fields hold something depends on its type.
type FD struct {
	FD   int64
	Ino  uint64
	Type FDType

	Name string // path or name; of a unix socket, the path it is bound to

	// Sockets: addresses are in network order, of IPv4 in the first 4 bytes. A
	// server has source address and port only.
	SrcIP, DstIP     [16]byte
	SrcPort, DstPort uint16
	L4Proto          uint8 // scap_l4_proto: 1 none, 2 TCP, 3 UDP, 4 ICMP, 5 raw

	UnixSrc, UnixDst uint64 // unix sockets: addresses of the two ends in the kernel

	OpenFlags uint32 // FDFileV2: PPM_O_*
	Dev       uint32 // FDFileV2: device of the file, 0 where unknown
}

// Interface is one address of a network interface.
type Interface struct {
	Name                     string
	IPv6                     bool
	Addr, Netmask, Broadcast [16]byte // in network order, of IPv4 in the first 4 bytes
	LinkSpeed                uint64   // as the recorder wrote it, 0 where unknown
}

// User is an account of the host.
type User struct {
	UID, GID    uint32
	Name        string
	Home, Shell string
}

// Group is a group of the host.
type Group struct {
	GID  uint32
	Name string
}
