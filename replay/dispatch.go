package replay

import "falcoreplay/scap/event"

// applyFunc takes the host to the state after an event. Current tells the
// event's thread and file descriptor, and may be changed.
type applyFunc func(*Host, *event.Event)

// bindKind is how the thread of an event is found.
type bindKind uint8

const (
	bindThread  bindKind = iota // added if it is unknown
	bindNoQuery                 // nil if it is unknown
	bindKnown                   // the same, and nothing else is looked at
	bindNone                    // there is none
)

// binding is how an event of one type is tied to the state.
type binding struct {
	kind       bindKind
	newProcess bool // the thread may be in another container after it
	usesFD     bool
	meta       bool // written by the recorder rather than the kernel
	fdParam    int8 // parameter with the file descriptor, -1 where the type uses none
}

// bindings and appliers have what is done for the event types, by their
// numbers. A type without an applier changes nothing, and an event whose idle
// test is true does not either.
var (
	bindings  = makeBindings()
	appliers  = makeAppliers()
	idleTests = makeIdleTests()
)

func makeBindings() (d [event.NumTypes]binding) {
	for i := range d {
		info := event.Lookup(event.Type(i))
		d[i] = binding{
			usesFD: info.Is(event.FlagUsesFD), meta: info.Source == event.SourceMeta, fdParam: -1,
		}
		if d[i].usesFD && !isExit(event.Type(i)) {
			d[i].fdParam = 0
		}
		if info.Is(event.FlagSkipParserReset) {
			d[i].kind = bindNone
		}
	}
	for typ, par := range fdParams {
		if d[typ].usesFD {
			d[typ].fdParam = par
		}
	}
	for typ, kind := range bindKinds {
		d[typ].kind = kind
	}
	for _, typ := range newProcess {
		d[typ].newProcess = true
	}
	return d
}

func makeAppliers() (d [event.NumTypes]applyFunc) {
	for typ, apply := range applyFuncs {
		d[typ] = apply
	}
	return d
}

func makeIdleTests() (d [event.NumTypes]func(*Thread, *event.Event) bool) {
	for _, typ := range plainTransfers {
		d[typ] = idleTransfer
	}
	d[event.SyscallFcntlX] = idleFcntl
	return d
}

// plainTransfers has the types that read or write and tell no address.
var plainTransfers = []event.Type{
	event.SyscallReadX, event.SyscallReadvX, event.SyscallPreadX, event.SyscallPreadvX,
	event.SyscallWriteX, event.SyscallWritevX, event.SyscallPwriteX, event.SyscallPwritevX,
}

// bindKinds has the types whose threads are not simply looked up
// (falcosecurity/libs, userspace/libsinsp/parsers.cpp, sinsp_parser::reset and
// can_query_os_for_thread_info). Those that the event table marks as
// EF_SKIPPARSERESET are bindNone too.
var bindKinds = map[event.Type]bindKind{
	event.ProcinfoE:       bindKnown,
	event.Schedswitch6E:   bindKnown,
	event.SyscallClone20X: bindNoQuery,
	event.SyscallClone3X:  bindNoQuery,
	event.SyscallFork20X:  bindNoQuery,
	event.SyscallVfork20X: bindNoQuery,
	event.Procexit1E:      bindNoQuery,
	event.ContainerJson2E: bindNone,
	event.UserAddedE:      bindNone,
	event.UserDeletedE:    bindNone,
	event.GroupAddedE:     bindNone,
	event.GroupDeletedE:   bindNone,
	event.PlugineventE:    bindNone,
	event.AsynceventE:     bindNone,
}

// newProcess has the types after which a thread's container is looked up again
// (the container plugin, src/macros.h.in, PARSE_EVENT_CODES).
var newProcess = []event.Type{
	event.SyscallClone20X, event.SyscallFork20X, event.SyscallVfork20X, event.SyscallClone3X,
	event.SyscallExecve19X, event.SyscallExecveatX, event.SyscallChrootX,
}

var applyFuncs = map[event.Type]applyFunc{
	event.SyscallOpenE: storeIfFilled, event.SyscallCreatE: storeIfFilled,
	event.SyscallOpenat_2E: storeIfFilled, event.SyscallOpenat2E: storeIfFilled,
	event.SyscallExecve19E: storeIfFilled,
	event.SyscallExecveatE: store, event.SocketConnectE: store,

	event.SyscallClone20X: applyClone, event.SyscallClone3X: applyClone,
	event.SyscallFork20X: applyClone, event.SyscallVfork20X: applyClone,
	event.SyscallExecve19X: applyExec, event.SyscallExecveatX: applyExec,
	event.Procexit1E: applyExit,

	event.SyscallOpenX: applyOpen, event.SyscallCreatX: applyCreat,
	event.SyscallOpenat_2X: applyOpenat, event.SyscallOpenat2X: applyOpenat,
	event.SyscallOpenByHandleAtX: applyOpenByHandle,
	event.SyscallCloseX:          applyClose, event.SyscallCloseRangeX: applyCloseRange,
	event.SyscallDup1X: applyDup, event.SyscallDup2X: applyDup, event.SyscallDup3X: applyDup,
	event.SyscallFcntlX: applyFcntl,
	event.SyscallPipeX:  applyPipe, event.SyscallPipe2X: applyPipe,
	event.SyscallMemfdCreateX: applyMemfd,
	event.SyscallPidfdOpenX:   applyPidfdOpen, event.SyscallPidfdGetfdX: applyPidfdGetfd,
	event.SyscallEventfdX: applyNewFD(FDEvent, -1), event.SyscallEventfd2X: applyNewFD(FDEvent, 1),
	event.SyscallSignalfdX: applyNewFD(FDSignal, -1), event.SyscallSignalfd4X: applyNewFD(FDSignal, 1),
	event.SyscallTimerfdCreateX: applyNewFD(FDTimer, 2),
	event.SyscallInotifyInitX:   applyNewFD(FDInotify, -1), event.SyscallInotifyInit1X: applyNewFD(FDInotify, 1),
	event.SyscallBpf2X:         applyNewFD(FDBPF, -1),
	event.SyscallUserfaultfdX:  applyNewFD(FDUserfault, -1),
	event.SyscallIoUringSetupX: applyNewFD(FDIOUring, -1),
	event.SyscallEpollCreateX:  applyNewFD(FDEventPoll, -1), event.SyscallEpollCreate1X: applyEpollCreate1,

	event.SocketSocketX: applySocket, event.SocketSocketpairX: applySocketpair,
	event.SocketBindX: applyBind, event.SocketConnectX: applyConnect,
	event.SocketAccept5X: applyAccept, event.SocketAccept46X: applyAccept,
	event.SyscallReadX: applyRead, event.SyscallReadvX: applyRead,
	event.SyscallPreadX: applyRead, event.SyscallPreadvX: applyRead,
	event.SocketRecvX: applyRead, event.SocketRecvfromX: applyRead,
	event.SocketRecvmsgX: applyRead, event.SocketRecvmmsgX: applyRead,
	event.SyscallWriteX: applyWrite, event.SyscallWritevX: applyWrite,
	event.SyscallPwriteX: applyWrite, event.SyscallPwritevX: applyWrite,
	event.SocketSendX: applyWrite, event.SocketSendtoX: applyWrite,
	event.SocketSendmsgX: applyWrite, event.SocketSendmmsgX: applyWrite,

	event.SyscallChdirX: applyChdir, event.SyscallGetcwdX: applyChdir, event.SyscallFchdirX: applyFchdir,
	event.SyscallChrootX: applyChroot, event.SyscallSetsidX: applySetsid,
	event.SyscallSetuidX: applySetUser(1), event.SyscallSetreuidX: applySetUser(2), event.SyscallSetresuidX: applySetUser(2),
	event.SyscallSetgidX: applySetGroup(1), event.SyscallSetregidX: applySetGroup(2), event.SyscallSetresgidX: applySetGroup(2),
	event.SyscallCapsetX:  applyCapset,
	event.SyscallUnshareX: applyNamespace(1), event.SyscallSetnsX: applyNamespace(2),
	event.SyscallGetrlimitX: applyRlimit, event.SyscallSetrlimitX: applyRlimit, event.SyscallPrlimitX: applyPrlimit,
	event.SyscallPrctlX: applyPrctl,
	event.SyscallBrk4X:  applyMemory, event.SyscallMunmapX: applyMemory,
	event.SyscallMmapX: applyMemory, event.SyscallMmap2X: applyMemory,
	event.Schedswitch6E: applySwitch,

	event.UserAddedE: applyUser, event.UserDeletedE: applyUser,
	event.GroupAddedE: applyGroup, event.GroupDeletedE: applyGroup,
	event.AsynceventE: applyAsync, event.ContainerE: applyContainer,
	event.ContainerJsonE: applyContainerJSON, event.ContainerJson2E: applyContainerJSON,
}

// fdParams has the parameters with the file descriptor of the events that use
// one: enter events where it is not the first, and exit events
// (falcosecurity/libs, userspace/libscap/scap_event.c,
// get_enter_event_fd_location and get_exit_event_fd_location).
var fdParams = map[event.Type]int8{
	event.SyscallMmapE: 4, event.SyscallMmap2E: 4, event.SyscallSpliceE: 1,

	event.SyscallSetnsX: 1, event.SocketListenX: 1, event.SocketShutdownX: 1, event.SyscallFchdirX: 1,
	event.SyscallLseekX: 1, event.SyscallLlseekX: 1, event.SyscallIoctl3X: 1, event.SyscallFstatX: 1,
	event.SyscallCloseX: 1, event.SyscallGetdentsX: 1, event.SyscallGetdents64X: 1, event.SyscallFlockX: 1,
	event.SyscallCopyFileRangeX: 1, event.SyscallFcntlX: 1, event.SyscallDup1X: 1, event.SyscallDup2X: 1,
	event.SyscallDup3X: 1, event.SyscallNewfstatatX: 1, event.SyscallFchownatX: 1, event.SyscallFchmodatX: 1,
	event.SyscallMkdiratX: 1, event.SyscallUnlinkat2X: 1, event.SyscallMknodatX: 1, event.SocketSendmmsgX: 1,
	event.SocketRecvmmsgX: 1, event.SyscallIoUringRegisterX: 1, event.SyscallIoUringEnterX: 1, event.SocketSetsockoptX: 1,
	event.SocketGetsockoptX: 1, event.SyscallFsconfigX: 1, event.SyscallFinitModuleX: 1, event.SyscallFchmodX: 1,
	event.SyscallFchownX: 1,
	event.SyscallReadX:   2, event.SyscallPreadX: 2, event.SocketBindX: 2, event.SyscallWriteX: 2,
	event.SyscallPwriteX: 2, event.SocketRecvX: 2, event.SocketSendX: 2, event.SocketSendtoX: 2,
	event.SocketSendmsgX: 2, event.SyscallSendfileX: 2, event.SyscallSpliceX: 2, event.SyscallWritevX: 2,
	event.SyscallPwritevX: 2, event.SocketConnectX: 2, event.SyscallSymlinkatX: 2,
	event.SocketRecvfromX: 3, event.SyscallReadvX: 3, event.SyscallPreadvX: 3,
	event.SocketRecvmsgX: 5,
	event.SyscallMmapX:   8, event.SyscallMmap2X: 8,
}
