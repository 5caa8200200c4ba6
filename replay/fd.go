package replay

// FDType is what a file descriptor refers to (falcosecurity/libs,
// userspace/libscap/scap.h, scap_fd_type).
type FDType int8

const (
	FDUninitialized FDType = iota - 1
	FDUnknown
	FDFile
	FDDirectory
	FDIPv4
	FDIPv6
	FDIPv4Server
	FDIPv6Server
	FDFifo
	FDUnix
	FDEvent
	FDUnsupported
	FDSignal
	FDEventPoll
	FDInotify
	FDTimer
	FDNetlink
	FDFileV2
	FDBPF
	FDUserfault
	FDIOUring
	FDMemfd
	FDPidfd
)

// FDFlags is what has become known of a file descriptor (falcosecurity/libs,
// userspace/libsinsp/fdinfo.h, sinsp_fdinfo::flags).
type FDFlags uint32

const (
	FDFromProc          FDFlags = 1 << 0
	FDRoleClient        FDFlags = 1 << 2
	FDRoleServer        FDFlags = 1 << 3
	FDSocketPipe        FDFlags = 1 << 6
	FDSocketConnected   FDFlags = 1 << 13
	FDCloned            FDFlags = 1 << 14
	FDConnectionPending FDFlags = 1 << 15
	FDConnectionFailed  FDFlags = 1 << 16
	FDOverlayUpper      FDFlags = 1 << 17
	FDOverlayLower      FDFlags = 1 << 18
)

// L4Proto is the transport protocol of a socket (falcosecurity/libs,
// userspace/libscap/scap.h, scap_l4_proto).
type L4Proto uint8

const (
	L4Unknown L4Proto = iota
	L4NA
	L4TCP
	L4UDP
	L4ICMP
	L4Raw
)

// IP is an address in network order: all 16 bytes for IPv6, the first 4 for
// IPv4, whichever the FD's type says.
type IP [16]byte

// FD is an open file descriptor. FDs belong to their table.
type FD struct {
	Num       int64
	Type      FDType
	Flags     FDFlags
	OpenFlags uint32 // PPM_O_* of the call that opened it
	Name      string // path, or the tuple of a socket as text, or what the type shows
	NameRaw   string // path as the program gave it
	OldName   string // Name before the current event
	Dev       uint32
	MountID   uint32
	Ino       uint64
	PID       TID // the process of a pidfd

	// Sockets of the internet families. A server socket (FDIPv4Server,
	// FDIPv6Server) has its address in Src. Src is the client's side once the
	// roles are known.
	SrcIP, DstIP     IP
	SrcPort, DstPort uint16
	L4               L4Proto

	// Unix sockets: kernel addresses.
	UnixSrc, UnixDst uint64
}

func (f *FD) has(flag FDFlags) bool { return f.Flags&flag != 0 }

// IsRoleServer reports whether the host is known to be this socket's server side.
func (f *FD) IsRoleServer() bool { return f.has(FDRoleServer) }

// IsRoleClient reports whether the host is known to be this socket's client side.
func (f *FD) IsRoleClient() bool { return f.has(FDRoleClient) }

// IsRoleNone reports whether neither side is known.
func (f *FD) IsRoleNone() bool { return f.Flags&(FDRoleClient|FDRoleServer) == 0 }

// Proto is the transport protocol, L4NA where it does not apply or the roles
// are unknown.
func (f *FD) Proto() L4Proto {
	switch f.Type {
	case FDIPv4Server, FDIPv6Server:
		return f.L4
	case FDIPv4, FDIPv6:
		if f.L4 == L4Raw || !f.IsRoleNone() {
			return f.L4
		}
	}
	return L4NA
}

var fdTypeNames = [...]struct {
	name string
	char byte
}{
	FDUnknown:     {"<NA>", 'o'},
	FDFile:        {"file", 'f'},
	FDDirectory:   {"directory", 'd'},
	FDIPv4:        {"ipv4", '4'},
	FDIPv6:        {"ipv6", '6'},
	FDIPv4Server:  {"ipv4", '4'},
	FDIPv6Server:  {"ipv6", '6'},
	FDFifo:        {"pipe", 'p'},
	FDUnix:        {"unix", 'u'},
	FDEvent:       {"event", 'e'},
	FDUnsupported: {"<NA>", 'X'},
	FDSignal:      {"signalfd", 's'},
	FDEventPoll:   {"eventpoll", 'l'},
	FDInotify:     {"inotify", 'i'},
	FDTimer:       {"timerfd", 't'},
	FDNetlink:     {"netlink", 'n'},
	FDFileV2:      {"file", 'f'},
	FDBPF:         {"bpf", 'b'},
	FDUserfault:   {"userfaultfd", 'u'},
	FDIOUring:     {"io_uring", 'r'},
	FDMemfd:       {"memfd", 'm'},
	FDPidfd:       {"pidfd", 'P'},
}

// String is the type as fd.type shows it, "<NA>" where it has no name there.
func (t FDType) String() string {
	if t >= 0 && int(t) < len(fdTypeNames) {
		return fdTypeNames[t].name
	}
	return "<NA>"
}

// Char is the type as fd.typechar shows it.
func (t FDType) Char() byte {
	if t >= 0 && int(t) < len(fdTypeNames) {
		return fdTypeNames[t].char
	}
	return '?'
}
