package replay

import "falcoreplay/scap/event"

func applyChdir(h *Host, ev *event.Event) {
	if t := h.Current.Thread; t != nil && result(ev) >= 0 {
		t.setCWD(text(ev, 1))
	}
}

func applyFchdir(h *Host, ev *event.Event) {
	if t := h.Current.Thread; t != nil && h.Current.FD != nil && result(ev) >= 0 {
		t.setCWD(h.Current.FD.Name)
	}
}

// setCWD changes the process's working directory, to a path that may be
// relative to the one before.
func (t *Thread) setCWD(path string) {
	m := t.Main()
	if m == nil {
		return
	}
	m.cwd = JoinPath(t.cwd, path)
	if m.cwd == "" || m.cwd[len(m.cwd)-1] != '/' {
		m.cwd += "/"
	}
}

func applyChroot(h *Host, ev *event.Event) {
	t := h.Current.Thread
	if t == nil || result(ev) != 0 {
		return
	}
	path := text(ev, 1)
	if path == notRead || path == "" || path[0] == '/' {
		t.Root = path
	} else {
		t.Root = JoinPath(t.CWD(), path)
	}
}

func applySetsid(h *Host, ev *event.Event) {
	if t := h.Current.Thread; t != nil && result(ev) >= 0 {
		t.SID = TID(result(ev))
	}
}

// applySetUser makes a handler for the setuid family; at is the parameter with
// the effective user.
func applySetUser(at int) applyFunc {
	return func(h *Host, ev *event.Event) {
		t := h.Current.Thread
		if t == nil || result(ev) != 0 || !present(ev, at) {
			return
		}
		t.UID = uint32(unsigned(ev, at))
		h.ensureContainerUser(t)
	}
}

// applySetGroup is applySetUser for the setgid family.
func applySetGroup(at int) applyFunc {
	return func(h *Host, ev *event.Event) {
		t := h.Current.Thread
		if t == nil || result(ev) != 0 || !present(ev, at) {
			return
		}
		t.GID = uint32(unsigned(ev, at))
		h.ensureContainerUser(t)
	}
}

func applyCapset(h *Host, ev *event.Event) {
	if t := h.Current.Thread; t != nil && result(ev) >= 0 {
		t.CapInheritable, t.CapPermitted, t.CapEffective = unsigned(ev, 1), unsigned(ev, 2), unsigned(ev, 3)
	}
}

// allCaps is every capability that Falco knows, up to CAP_CHECKPOINT_RESTORE
// (falcosecurity/libs, userspace/libsinsp/utils.cpp, get_max_caps).
const allCaps = 1<<41 - 1

// applyNamespace makes a handler for unshare and setns, which grant all
// capabilities in a new user namespace; at is the parameter with the flags.
func applyNamespace(at int) applyFunc {
	return func(h *Host, ev *event.Event) {
		t := h.Current.Thread
		if t == nil || result(ev) < 0 || uint32(unsigned(ev, at))&CloneNewUser == 0 {
			return
		}
		t.CapInheritable, t.CapPermitted, t.CapEffective = allCaps, allCaps, allCaps
	}
}

// applyRlimit handles getrlimit and setrlimit.
func applyRlimit(h *Host, ev *event.Event) {
	if t := h.Current.Thread; t != nil && result(ev) >= 0 && unsigned(ev, 3) == rlimitNoFile {
		t.setFDLimit(number(ev, 1))
	}
}

func applyPrlimit(h *Host, ev *event.Event) {
	if result(ev) != 0 || !present(ev, 5) || !present(ev, 6) || unsigned(ev, 6) != rlimitNoFile {
		return
	}
	limit, tid := number(ev, 1), TID(number(ev, 5))
	if limit == -1 {
		return
	}
	if tid == 0 {
		tid = TID(ev.TID)
	}
	if t := h.threadOrUnknown(tid); t != nil && !t.IsInvalid() {
		t.setFDLimit(limit)
	}
}

func (t *Thread) setFDLimit(limit int64) {
	if m := t.Main(); m != nil && limit != -1 {
		m.FDLimit = limit
	}
}

// Options of prctl that change who adopts children (falcosecurity/libs,
// driver/ppm_events_public.h, PPM_PR_*).
const (
	prSetChildSubreaper = 36
	prGetChildSubreaper = 37
)

func applyPrctl(h *Host, ev *event.Event) {
	t := h.Current.Thread
	if t == nil || t.IsInvalid() || t.Group == nil || result(ev) < 0 {
		return
	}
	if opt := unsigned(ev, 1); opt == prSetChildSubreaper || opt == prGetChildSubreaper {
		t.Group.Reaper = number(ev, 3) != 0
	}
}

// applyMemory handles brk, mmap and munmap, which tell how much memory the
// process has.
func applyMemory(h *Host, ev *event.Event) {
	t := h.Current.Thread
	if t == nil {
		return
	}
	if present(ev, 1) {
		t.VMSizeKB = uint32(unsigned(ev, 1))
	}
	if present(ev, 3) {
		t.VMRSSKB, t.VMSwapKB = uint32(unsigned(ev, 2)), uint32(unsigned(ev, 3))
	}
}

func applySwitch(h *Host, ev *event.Event) {
	t := h.Current.Thread
	if t == nil || !present(ev, 5) {
		return
	}
	t.PFMajor, t.PFMinor = unsigned(ev, 1), unsigned(ev, 2)
	if m := t.Main(); m != nil {
		m.VMSizeKB, m.VMRSSKB = uint32(unsigned(ev, 3)), uint32(unsigned(ev, 4))
		m.VMSwapKB = uint32(unsigned(ev, 5))
	}
}
