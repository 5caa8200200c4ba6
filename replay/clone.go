package replay

import "falcoreplay/scap/event"

// Parameters of the exit events of clone, fork, vfork and clone3
// (falcosecurity/libs, driver/event_table.c, PPME_SYSCALL_CLONE_20_X), the
// first of which are execve's as well.
const (
	parExe         = 1
	parArgs        = 2
	parTID         = 3
	parPID         = 4
	parPTID        = 5
	parFDLimit     = 7
	parMajorFaults = 8
	parMinorFaults = 9
	parVMSize      = 10
	parVMRSS       = 11
	parVMSwap      = 12
	parComm        = 13
	parCgroups     = 14
	parCloneFlags  = 15
	parCloneUID    = 16
	parCloneGID    = 17
	parVTID        = 18
	parVPID        = 19
	parPIDNSStart  = 20
)

// staleCloneNS is the age from which a thread with a new thread's TID is taken
// for a dead one whose exit was lost (falcosecurity/libs,
// userspace/libsinsp/settings.h, CLONE_STALE_TIME_NS).
const staleCloneNS = 2_000_000_000

// applyClone handles the return from clone in the creator or in the child.
func applyClone(h *Host, ev *event.Event) {
	switch child := result(ev); {
	case child < 0:
	case child == 0:
		h.cloneChild(ev)
	default:
		h.cloneCaller(ev, TID(child))
	}
}

// cloneCaller handles the return from clone in the creator. It adds the child,
// unless the child's own event is the better source: in another pid
// namespace, whose TIDs the creator does not know, and after vfork, where the
// child may have lived its life already.
func (h *Host) cloneCaller(ev *event.Event, childTID TID) {
	caller := h.threadOrUnknown(TID(ev.TID))
	if caller == nil {
		h.Current.Thread = nil
		return
	}
	known := !caller.IsInvalid()
	if !known {
		caller.PID, caller.PTID = TID(number(ev, parPID)), TID(number(ev, parPTID))
		caller.VTID, caller.VPID = virtualIDs(ev, caller.TID)
		h.link(caller)
	}
	h.Current.Thread = caller

	flags := uint32(unsigned(ev, parCloneFlags))
	if flags&(ChildInPIDNS|CloneNewPID|CloneParent) != 0 || caller.TID != caller.VTID {
		return
	}
	if flags&CloneVfork != 0 || ev.Type == event.SyscallVfork20X {
		return
	}
	if h.exits.has(exitKey{caller.TID, childTID}, ev.TS) {
		return
	}
	collision := false
	if old := h.threads[childTID]; old != nil {
		if old.Flags&CloneInverted != 0 {
			return
		}
		h.removeThread(childTID)
		collision = true
	}

	child := newThread(childTID)
	child.Flags = flags
	if flags&CloneThread == 0 {
		if known {
			child.inheritProcess(caller)
		}
		child.PID, child.PTID = childTID, caller.TID
	} else {
		child.PID, child.PTID = caller.PID, caller.PTID
		child.Flags |= CloneFiles
		child.LastExecTS = caller.LastExecTS
	}
	child.VTID, child.VPID = child.TID, child.PID
	h.readClone(child, ev)
	h.ensureUser(child.UID, child.GID)
	if known {
		child.inheritThread(caller)
	} else {
		caller.takeNames(child)
	}
	if h.addThread(child) != nil && collision {
		h.bind(ev)
	}
}

// cloneChild handles the return from clone in the child. It adds the child
// unless the creator's event did so just before.
func (h *Host) cloneChild(ev *event.Event) {
	if t := h.Current.Thread; t != nil && t.CloneTS != 0 {
		if ev.TS-t.CloneTS < staleCloneNS {
			return
		}
		h.removeThread(TID(ev.TID))
		h.Current.Thread = nil
		defer h.bind(ev)
	}
	child := newThread(TID(ev.TID))
	child.PID, child.PTID = TID(number(ev, parPID)), TID(number(ev, parPTID))
	child.VTID, child.VPID = virtualIDs(ev, child.TID)
	child.Flags = uint32(unsigned(ev, parCloneFlags)) | CloneInverted
	leader := child.Flags&CloneThread == 0
	source := child.PTID
	if !leader {
		source = child.PID
		child.Flags |= CloneFiles
	}
	from := h.threadOrUnknown(source)
	if from == nil {
		h.Current.Thread = nil
		return
	}
	known := !from.IsInvalid()
	if !known && !leader {
		from.PID, from.PTID = child.PID, child.PTID
		from.VPID, from.VTID = child.VPID, child.VPID
		h.link(from)
	}
	h.readClone(child, ev)
	switch {
	case known && leader:
		child.inheritThread(from)
		child.inheritProcess(from)
	case known:
		child.inheritThread(from)
		child.LastExecTS = from.LastExecTS
	case !leader:
		from.takeNames(child)
	}
	h.ensureUser(child.UID, child.GID)
	if child.Flags&(ChildInPIDNS|CloneNewPID) != 0 || child.TID != child.VTID {
		child.PIDNSInitStartTS = unsigned(ev, parPIDNSStart)
	}
	h.Current.Thread = h.addThread(child)
}

// virtualIDs are a thread's TID and PID in its own namespace; captures that
// are too old to say hold only the TID.
func virtualIDs(ev *event.Event, tid TID) (vtid, vpid TID) {
	if !present(ev, parVPID) {
		return tid, -1
	}
	return TID(number(ev, parVTID)), TID(number(ev, parVPID))
}

// readClone takes from the event what both its kinds tell of the child.
func (h *Host) readClone(t *Thread, ev *event.Event) {
	h.readNames(t, ev)
	t.FDLimit = number(ev, parFDLimit)
	t.readMemory(ev)
	t.UID, t.GID = uint32(unsigned(ev, parCloneUID)), uint32(unsigned(ev, parCloneGID))
	if present(ev, parCgroups) {
		h.setCgroups(t, ev.Param(parCgroups))
	}
	t.CloneTS = ev.TS
}

// readNames takes argv and the name; captures that are too old to hold the
// name show argv[0] instead.
func (h *Host) readNames(t *Thread, ev *event.Event) {
	t.Exe = text(ev, parExe)
	t.Comm = t.Exe
	if present(ev, parComm) {
		t.Comm = text(ev, parComm)
	}
	h.setArgs(t, ev.Param(parArgs))
}

// takeNames makes the names those of another thread of the process.
func (t *Thread) takeNames(from *Thread) {
	t.Exe, t.Comm, t.Args, t.CmdLine = from.Exe, from.Comm, from.Args, from.CmdLine
}

func (t *Thread) readMemory(ev *event.Event) {
	if !present(ev, parVMSwap) {
		return
	}
	t.PFMajor, t.PFMinor = unsigned(ev, parMajorFaults), unsigned(ev, parMinorFaults)
	t.VMSizeKB, t.VMRSSKB = uint32(unsigned(ev, parVMSize)), uint32(unsigned(ev, parVMRSS))
	t.VMSwapKB = uint32(unsigned(ev, parVMSwap))
}

// inheritProcess copies what a new process has from its creator.
func (t *Thread) inheritProcess(from *Thread) {
	if tab := from.FDTable(); tab != nil {
		t.fds = tab.clone()
	}
	t.cwd = from.CWD()
	t.Env = from.Env
}

// inheritThread copies what a new thread has from its creator, where the event
// does not say it.
func (t *Thread) inheritThread(from *Thread) {
	t.ExePath = from.ExePath
	t.ExeWritable, t.ExeFromMemfd = from.ExeWritable, from.ExeFromMemfd
	t.ExeUpperLayer, t.ExeLowerLayer = from.ExeUpperLayer, from.ExeLowerLayer
	t.Root = from.Root
	t.SID, t.VPGID, t.PGID = from.SID, from.VPGID, from.PGID
	t.TTY, t.LoginUID = from.TTY, from.LoginUID
	t.CapPermitted, t.CapInheritable, t.CapEffective = from.CapPermitted, from.CapInheritable, from.CapEffective
	t.ExeIno, t.ExeInoCtime, t.ExeInoMtime = from.ExeIno, from.ExeInoCtime, from.ExeInoMtime
	t.ExeInoCtimeDurationClone = from.ExeInoCtimeDurationClone
}

// commandLine is name and args joined by spaces, "" where there is no name.
func commandLine(name string, args []string) string {
	if name == "" || len(args) == 0 {
		return name
	}
	n := len(name)
	for _, a := range args {
		n += 1 + len(a)
	}
	b := make([]byte, 0, n)
	b = append(b, name...)
	for _, a := range args {
		b = append(append(b, ' '), a...)
	}
	return string(b)
}
