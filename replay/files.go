package replay

import (
	"strconv"

	"falcoreplay/scap/event"
)

// Flags of open files (falcosecurity/libs, driver/ppm_events_public.h, PPM_O_*
// and the like).
const (
	openDirectory      = 1 << 10
	openCloexec        = 1 << 12
	openCreated        = 1 << 14 // PPM_O_F_CREATED; from here up the exit event knows more than the enter event
	openUpperLayer     = 1 << 15
	openLowerLayer     = 1 << 16
	creatUpperLayer    = 1 << 0
	creatLowerLayer    = 1 << 1
	memfdCloexec       = 1 << 0
	epollCloexec       = 1 << 0
	closeRangeCloexec  = 1 << 2
	fdCloexec          = 1 << 0 // FD_CLOEXEC of fcntl(2)
	fcntlDupFD         = 1      // PPM_FCNTL_F_DUPFD
	fcntlSetFD         = 3      // PPM_FCNTL_F_SETFD
	fcntlDupFDCloexec  = 26     // PPM_FCNTL_F_DUPFD_CLOEXEC
	rlimitNoFile       = 7      // PPM_RLIMIT_NOFILE
	enterFlagsKeptMask = ^uint32(openCreated - 1)
)

// closesOnExec reports whether an execve closes the file descriptor.
func (f *FD) closesOnExec() bool {
	return f.OpenFlags&openCloexec != 0 ||
		f.Type == FDEventPoll && f.OpenFlags&epollCloexec != 0 ||
		f.Type == FDMemfd && f.OpenFlags&memfdCloexec != 0
}

func (f *FD) clearCloseOnExec() {
	f.OpenFlags &^= openCloexec | epollCloexec | memfdCloexec
}

// addFD opens file descriptor num of the current thread and makes it the one
// that the event is about.
func (h *Host) addFD(num int64, f *FD) {
	h.Current.FD = h.Current.Thread.addFD(num, f)
}

func (t *Thread) addFD(num int64, f *FD) *FD {
	tab := t.FDTable()
	if tab == nil {
		return nil
	}
	t.LastEventFD = num
	return tab.add(num, f)
}

// openCall is what the events of the open family have in common.
type openCall struct {
	name, dir string
	flags     uint32
	dev       uint32
	ino       uint64
}

// readInode takes device and inode from parameters at and at+1.
func (o *openCall) readInode(ev *event.Event, at int) {
	if present(ev, at) {
		o.dev = uint32(unsigned(ev, at))
		o.ino = unsigned(ev, at+1)
	}
}

// preferEnter takes name and flags from the enter event, which cannot have
// been changed by the program during the call, if it holds the name.
func (o *openCall) preferEnter(enter *event.Event, nameAt, flagsAt int) bool {
	if enter == nil {
		return false
	}
	name := text(enter, nameAt)
	if name == notRead {
		return false
	}
	o.name = name
	o.flags = o.flags&enterFlagsKeptMask | uint32(unsigned(enter, flagsAt))
	return true
}

func applyOpen(h *Host, ev *event.Event) {
	t := h.Current.Thread
	if t == nil || result(ev) < 0 {
		return
	}
	o := openCall{name: text(ev, 1), flags: uint32(unsigned(ev, 2)), dir: t.CWD()}
	o.readInode(ev, 4)
	o.preferEnter(t.enterEvent(ev), 0, 1)
	h.opened(result(ev), &o)
}

func applyCreat(h *Host, ev *event.Event) {
	t := h.Current.Thread
	if t == nil || result(ev) < 0 {
		return
	}
	o := openCall{name: text(ev, 1), dir: t.CWD()}
	o.readInode(ev, 3)
	switch layer := unsigned(ev, 5); {
	case layer&creatUpperLayer != 0:
		o.flags |= openUpperLayer
	case layer&creatLowerLayer != 0:
		o.flags |= openLowerLayer
	}
	if enter := t.enterEvent(ev); enter != nil {
		if name := text(enter, 0); name != notRead {
			o.name = name
		}
	}
	h.opened(result(ev), &o)
}

func applyOpenat(h *Host, ev *event.Event) {
	t := h.Current.Thread
	if t == nil || result(ev) < 0 {
		return
	}
	o := openCall{name: text(ev, 2), flags: uint32(unsigned(ev, 3))}
	if ev.Type == event.SyscallOpenat_2X {
		o.readInode(ev, 5)
	} else {
		o.readInode(ev, 6)
	}
	dirFD, hasDir := ev.Int(1)
	if enter := t.enterEvent(ev); o.preferEnter(enter, 1, 2) {
		dirFD, hasDir = enter.Int(0)
	}
	if hasDir {
		o.dir, _ = t.DirPath(o.name, dirFD)
	}
	h.opened(result(ev), &o)
}

func applyOpenByHandle(h *Host, ev *event.Event) {
	if h.Current.Thread == nil || result(ev) < 0 {
		return
	}
	o := openCall{flags: uint32(unsigned(ev, 2)), name: text(ev, 3)}
	o.readInode(ev, 4)
	h.opened(result(ev), &o)
}

// opened adds the file that a call opened.
func (h *Host) opened(num int64, o *openCall) {
	f := h.newFD()
	f.Type, f.OpenFlags, f.Dev, f.Ino = FDFileV2, o.flags, o.dev, o.ino
	f.Name, f.NameRaw = JoinPath(o.dir, o.name), o.name
	if o.flags&openDirectory != 0 {
		f.Type = FDDirectory
	}
	if o.flags&openUpperLayer != 0 {
		f.Flags |= FDOverlayUpper
	}
	if o.flags&openLowerLayer != 0 {
		f.Flags |= FDOverlayLower
	}
	h.addFD(num, f)
}

// applyClose has the file descriptor leave its table before the next event,
// so that this one still sees it.
func applyClose(h *Host, ev *event.Event) {
	if h.Current.Thread == nil || h.Current.FD == nil || result(ev) < 0 {
		return
	}
	h.closing, h.closingTID, h.closingFD = true, h.Current.Thread.TID, h.Current.Thread.LastEventFD
}

func applyCloseRange(h *Host, ev *event.Event) {
	if h.Current.Thread == nil || result(ev) < 0 {
		return
	}
	tab := h.Current.Thread.FDTable()
	if tab == nil {
		return
	}
	first, last := int64(uint32(unsigned(ev, 1))), int64(uint32(unsigned(ev, 2)))
	inRange := func(f *FD) bool { return f.Num >= first && f.Num <= last }
	if unsigned(ev, 3)&closeRangeCloexec == 0 {
		tab.removeIf(inRange)
		return
	}
	for f := range tab.All() {
		if inRange(f) {
			f.OpenFlags |= openCloexec
		}
	}
}

func applyDup(h *Host, ev *event.Event) {
	t, num := h.Current.Thread, result(ev)
	if t == nil || h.Current.FD == nil || num < 0 {
		return
	}
	switch num {
	case 0:
		t.Flags |= PipeDest
	case 1:
		t.Flags |= PipeSource
	}
	f := h.Current.FD.dup()
	if ev.Type == event.SyscallDup3X && unsigned(ev, 3)&openCloexec != 0 {
		f.OpenFlags |= openCloexec
	}
	t.currentFD(num) // what it replaces counts as looked at
	h.addFD(num, f)
}

// dup is a copy of f that survives an execve.
func (f *FD) dup() *FD {
	d := *f
	d.clearCloseOnExec()
	return &d
}

func applyFcntl(h *Host, ev *event.Event) {
	f, num := h.Current.FD, result(ev)
	if h.Current.Thread == nil || f == nil || num < 0 {
		return
	}
	switch cmd := unsigned(ev, 2); cmd {
	case fcntlSetFD:
		f.clearCloseOnExec()
		if unsigned(ev, 3)&fdCloexec != 0 {
			f.OpenFlags |= openCloexec
		}
	case fcntlDupFD, fcntlDupFDCloexec:
		d := f.dup()
		if cmd == fcntlDupFDCloexec {
			d.OpenFlags |= openCloexec
		}
		h.addFD(num, d)
	}
}

// idleFcntl tells the commands that applyFcntl does nothing for.
func idleFcntl(_ *Thread, ev *event.Event) bool {
	switch unsigned(ev, 2) {
	case fcntlSetFD, fcntlDupFD, fcntlDupFDCloexec:
		return false
	}
	return true
}

func applyPipe(h *Host, ev *event.Event) {
	if h.Current.Thread == nil || result(ev) < 0 {
		return
	}
	f := FD{Type: FDFifo, Ino: unsigned(ev, 3)}
	if ev.Type == event.SyscallPipe2X {
		f.OpenFlags = uint32(unsigned(ev, 4))
	}
	read, write := f, f
	h.addFD(number(ev, 1), &read)
	h.addFD(number(ev, 2), &write)
}

// applyNewFD makes a handler for calls that return a file descriptor of a kind
// that has no name; flagsAt is the parameter with its flags, -1 for none.
func applyNewFD(typ FDType, flagsAt int) applyFunc {
	return func(h *Host, ev *event.Event) {
		num := result(ev)
		if h.Current.Thread == nil || num < 0 {
			return
		}
		f := &FD{Type: typ}
		if flagsAt >= 0 {
			f.OpenFlags = uint32(unsigned(ev, flagsAt))
		}
		h.addFD(num, f)
	}
}

func applyEpollCreate1(h *Host, ev *event.Event) {
	num := result(ev)
	if h.Current.Thread == nil || num < 0 {
		return
	}
	f := &FD{Type: FDEventPoll}
	if unsigned(ev, 1)&epollCloexec != 0 {
		f.OpenFlags |= openCloexec
	}
	h.addFD(num, f)
}

func applyMemfd(h *Host, ev *event.Event) {
	num := result(ev)
	if h.Current.Thread == nil || num < 0 {
		return
	}
	h.addFD(num, &FD{Type: FDMemfd, Name: text(ev, 1), OpenFlags: uint32(unsigned(ev, 2))})
}

func applyPidfdOpen(h *Host, ev *event.Event) {
	num := result(ev)
	if h.Current.Thread == nil || num < 0 {
		return
	}
	pid := number(ev, 1)
	h.addFD(num, &FD{
		Type: FDPidfd, PID: TID(pid), OpenFlags: uint32(unsigned(ev, 2)),
		Name: "/proc/" + strconv.FormatInt(pid, 10),
	})
}

// applyPidfdGetfd copies another process's file descriptor.
func applyPidfdGetfd(h *Host, ev *event.Event) {
	t, num := h.Current.Thread, result(ev)
	if t == nil || num < 0 {
		return
	}
	pidfd := t.currentFD(number(ev, 1))
	if pidfd == nil || pidfd.Type != FDPidfd {
		return
	}
	owner := h.threads[pidfd.PID]
	if owner == nil {
		return
	}
	if f := owner.currentFD(number(ev, 2)); f != nil {
		d := f.dup()
		d.OpenFlags |= openCloexec
		h.addFD(num, d)
	}
}
