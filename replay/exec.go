package replay

import (
	"strings"

	"falcoreplay/scap/event"
)

// Parameters of execve's and execveat's exit events behind those that clone's
// have too (falcosecurity/libs, driver/event_table.c,
// PPME_SYSCALL_EXECVE_19_X).
const (
	parEnv            = 15
	parTTY            = 16
	parVPGID          = 17
	parLoginUID       = 18
	parExeFlags       = 19
	parCapInheritable = 20
	parCapPermitted   = 21
	parCapEffective   = 22
	parExeIno         = 23
	parExeInoCtime    = 24
	parExeInoMtime    = 25
	parExecUID        = 26
	parExePath        = 27
	parPGID           = 28
	parExecGID        = 29
)

// Flags of an executable (falcosecurity/libs, driver/ppm_events_public.h,
// PPM_EXE_*).
const (
	exeWritable   = 1 << 0
	exeUpperLayer = 1 << 1
	exeFromMemfd  = 1 << 2
	exeLowerLayer = 1 << 3
)

// atEmptyPath says that execveat was given a file and no path
// (driver/ppm_events_public.h, PPM_EXVAT_AT_EMPTY_PATH).
const atEmptyPath = 1 << 0

// AtCWD is the directory file descriptor that stands for the working directory
// (driver/ppm_events_public.h, PPM_AT_FDCWD).
const AtCWD = -100

// applyExec handles a successful execve or execveat: the thread becomes the
// main thread of a new program.
func applyExec(h *Host, ev *event.Event) {
	t := h.Current.Thread
	if t == nil || result(ev) < 0 {
		return
	}
	if t.IsDead() { // the main thread had exited, and another one's execve took its place
		t.Flags &^= ThreadClosed
		if t.Group != nil {
			t.Group.alive++
		}
	}
	t.LastExecTS = ev.TS
	h.readNames(t, ev)
	t.PID = TID(number(ev, parPID))
	if t.IsInvalid() {
		t.PTID = TID(number(ev, parPTID))
		if t.Flags&ChildInPIDNS == 0 {
			t.VTID, t.VPID = t.TID, t.PID
		}
		h.link(t)
	}
	t.FDLimit = number(ev, parFDLimit)
	t.readMemory(ev)
	if present(ev, parEnv) {
		h.setEnv(t, ev.Param(parEnv))
	}
	if present(ev, parCgroups) {
		h.setCgroups(t, ev.Param(parCgroups))
	}
	if present(ev, parTTY) {
		t.TTY = uint32(unsigned(ev, parTTY))
	}
	if present(ev, parExePath) {
		t.setExePath(text(ev, parExePath))
	} else if enter := t.enterEvent(ev); enter != nil {
		t.setExePath(h.enteredExePath(t, enter))
	}
	t.readExecIDs(ev)
	t.readExecInode(ev)
	h.ensureContainerUser(t)
	if tab := t.FDTable(); tab != nil {
		tab.removeIf((*FD).closesOnExec)
	}
	t.Flags = t.Flags&(PipeSource|PipeDest|MainThread|CloneInverted) | NameChanged
	h.removeSiblings(t)
}

// removeSiblings takes out the other threads of t's process, which an execve
// ends.
func (h *Host) removeSiblings(t *Thread) {
	if t.Group == nil || t.Group.alive <= 1 {
		return
	}
	for _, s := range append([]*Thread(nil), t.Group.threads...) {
		if !s.removed && !s.IsMain() && s.TID != t.TID {
			h.removeThread(s.TID)
		}
	}
}

func (t *Thread) readExecIDs(ev *event.Event) {
	if present(ev, parVPGID) {
		t.VPGID = TID(number(ev, parVPGID))
	}
	if present(ev, parLoginUID) {
		t.LoginUID = uint32(unsigned(ev, parLoginUID))
	}
	if present(ev, parCapEffective) {
		t.CapInheritable = unsigned(ev, parCapInheritable)
		t.CapPermitted = unsigned(ev, parCapPermitted)
		t.CapEffective = unsigned(ev, parCapEffective)
	}
	if present(ev, parExecUID) {
		t.UID = uint32(unsigned(ev, parExecUID))
	}
	t.PGID = -1
	if present(ev, parPGID) {
		t.PGID = TID(number(ev, parPGID))
	}
	if present(ev, parExecGID) {
		t.GID = uint32(unsigned(ev, parExecGID))
	}
}

func (t *Thread) readExecInode(ev *event.Event) {
	if present(ev, parExeFlags) {
		flags := unsigned(ev, parExeFlags)
		t.ExeWritable = flags&exeWritable != 0
		t.ExeUpperLayer = flags&exeUpperLayer != 0
		t.ExeFromMemfd = flags&exeFromMemfd != 0
		t.ExeLowerLayer = flags&exeLowerLayer != 0
	}
	if !present(ev, parExeInoMtime) {
		return
	}
	t.ExeIno = unsigned(ev, parExeIno)
	t.ExeInoCtime, t.ExeInoMtime = unsigned(ev, parExeInoCtime), unsigned(ev, parExeInoMtime)
	if t.CloneTS != 0 {
		t.ExeInoCtimeDurationClone = t.CloneTS - t.ExeInoCtime
	}
	if t.PIDNSInitStartTS != 0 && t.ExeInoCtime > t.PIDNSInitStartTS {
		t.ExeInoCtimeDurationPIDNS = t.ExeInoCtime - t.PIDNSInitStartTS
	}
}

// enteredExePath is the executable's path as the enter event of an old capture
// gives it, made absolute. "<NA>" where that cannot be done.
func (h *Host) enteredExePath(t *Thread, enter *event.Event) string {
	if enter.Type == event.SyscallExecve19E {
		name := text(enter, 0)
		if name == notRead {
			return notRead
		}
		return JoinPath(t.CWD(), name)
	}
	dirFD, name, flags := number(enter, 0), text(enter, 1), unsigned(enter, 2)
	dir, known := t.DirPath(name, dirFD)
	if known && dir != "." {
		h.Current.FD = t.currentFD(dirFD)
	}
	switch {
	case flags&atEmptyPath == 0 && name == notRead || !known:
		return notRead
	case flags&atEmptyPath != 0:
		return JoinPath("", dir)
	}
	return JoinPath(dir, name)
}

// DirPath is the directory, with a trailing slash, that a path given together
// with the directory file descriptor dirFD is relative to: "." for an absolute
// path, and "<UNKNOWN>" and false where the directory is not known.
func (t *Thread) DirPath(path string, dirFD int64) (dir string, known bool) {
	if strings.HasPrefix(path, "/") {
		return ".", true
	}
	if dirFD == AtCWD {
		return t.CWD(), true
	}
	f := t.FD(dirFD)
	if f == nil {
		return "<UNKNOWN>", false
	}
	if f.Name == "" || strings.HasSuffix(f.Name, "/") {
		return f.Name, true
	}
	return f.Name + "/", true
}

func (t *Thread) setExePath(path string) { t.ExePath = strings.TrimSuffix(path, " (deleted)") }

// applyExit marks a thread as dead. It leaves the table before the next event,
// so that this one still sees it.
func applyExit(h *Host, ev *event.Event) {
	t := h.Current.Thread
	if t == nil {
		return
	}
	if t.Group != nil && !t.IsDead() {
		t.Group.exited()
	}
	t.Flags |= ThreadClosed
	h.exiting, h.exitingTID = true, TID(ev.TID)
	if len(t.Children) == 0 {
		return
	}
	const parReaper = 4
	if ev.NumParams() <= parReaper {
		t.ReaperTID = -1
	} else if present(ev, parReaper) {
		t.ReaperTID = TID(number(ev, parReaper))
	}
}
