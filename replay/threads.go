package replay

import "slices"

// maxThreads is the largest number of threads that a host may have; further
// ones stay unknown (falcosecurity/libs, userspace/libsinsp/thread_manager.h,
// m_thread_table_default_size).
const maxThreads = 262144

// staleChildren is how many removed children or threads a list holds before it
// is cleaned (falcosecurity/libs, userspace/libsinsp/threadinfo.h,
// DEFAULT_EXPIRED_CHILDREN_THRESHOLD).
const staleChildren = 10

// unknownID is a user or group id of which nothing is known.
const unknownID = 0xffffffff

// newThread is a thread of which nothing but its TID is known.
func newThread(tid TID) *Thread {
	return &Thread{
		TID: tid, PID: -1, PTID: -1, ReaperTID: -1, SID: -1, PGID: -1, VTID: -1, VPID: -1, VPGID: -1,
		Flags: NameChanged, UID: unknownID, GID: unknownID, LoginUID: unknownID, FDLimit: -1,
		lastEnter: noEnter,
	}
}

// unknownThread adds a thread that made an event before anything was told of
// it. It is nil where the table is full.
func (h *Host) unknownThread(tid TID) *Thread {
	t := newThread(tid)
	t.Comm, t.Exe = "<NA>", "<NA>"
	return h.addThread(t)
}

// threadOrUnknown is the thread tid, added if it was not known; nil only where
// the table is full.
func (h *Host) threadOrUnknown(tid TID) *Thread {
	if t := h.threads[tid]; t != nil {
		return t
	}
	return h.unknownThread(tid)
}

// addThread puts t into the table in place of a thread with the same TID and
// ties it to its group and parent. It returns nil, and forgets t, where the
// table is full.
func (h *Host) addThread(t *Thread) *Thread {
	if len(h.threads) >= maxThreads {
		h.Stats.ThreadsDropped++
		return nil
	}
	h.link(t)
	if old := h.threads[t.TID]; old != nil {
		old.removed = true
	}
	h.threads[t.TID] = t
	return t
}

// link ties t to the group of its process and to its parent. Of a thread
// without a known process or parent there is nothing to tie.
func (h *Host) link(t *Thread) {
	if t.IsInvalid() || t.Group != nil {
		return
	}
	g := h.groupsByPID[t.PID]
	switch {
	case g == nil:
		g = &ThreadGroup{PID: t.PID, Reaper: t.PID == 1 || t.VPID == 1, threads: []*Thread{t}, alive: 1}
		h.groupsByPID[t.PID] = g
	case t.IsMain():
		g.threads = slices.Insert(g.threads, 0, t)
		g.alive++
	default:
		g.threads = append(g.threads, t)
		g.alive++
	}
	t.Group = g
	if t.PID == 1 {
		return
	}
	parent := h.threads[t.PTID]
	if parent == nil || parent.IsInvalid() {
		t.PTID = 0
		return
	}
	parent.addChild(t)
}

func (t *Thread) addChild(c *Thread) {
	t.Children = append(t.Children, c)
	c.PTID = t.TID
	t.liveKids++
}

// forgetChild counts a child of the thread tid as gone.
func (h *Host) forgetChild(tid TID) {
	p := h.threads[tid]
	if p == nil {
		return
	}
	p.liveKids--
	if len(p.Children)-p.liveKids >= staleChildren {
		p.Children = slices.DeleteFunc(p.Children, func(c *Thread) bool { return c.removed })
	}
}

// exited counts one of the group's threads as dead.
func (g *ThreadGroup) exited() {
	g.alive--
	if len(g.threads)-g.alive > staleChildren {
		g.threads = slices.DeleteFunc(g.threads, func(t *Thread) bool { return t.removed })
	}
}

// drop takes the thread tid out of the table.
func (h *Host) drop(tid TID) {
	if t := h.threads[tid]; t != nil {
		t.removed = true
		delete(h.threads, tid)
	}
}

// removeThread takes the thread tid out of the table, gives its children to
// their new parent, and takes its main thread out too if that was only kept
// for it.
func (h *Host) removeThread(tid TID) {
	t := h.threads[tid]
	if t == nil {
		return
	}
	if t.IsInvalid() || t.Group == nil {
		h.forgetChild(t.PTID)
		h.drop(tid)
		return
	}
	if !t.IsDead() {
		t.Group.exited()
		t.Flags |= ThreadClosed
	}
	if len(t.Children) > 0 {
		h.reparentChildren(t)
	}
	if t.Group.alive == 0 {
		h.forgetChild(t.PTID)
		delete(h.groupsByPID, t.PID)
		h.drop(t.PID)
	}
	if !t.IsMain() {
		h.forgetChild(t.PTID)
		h.drop(tid)
	}
}

func (h *Host) reparentChildren(t *Thread) {
	var reaper *Thread
	if t.ReaperTID > 0 {
		reaper = h.threadOrUnknown(t.ReaperTID)
	}
	if reaper == nil || reaper.IsInvalid() || reaper == t {
		reaper = h.findReaper(t)
	}
	if reaper != nil {
		t.ReaperTID = reaper.TID
		if reaper.PID != t.PID && reaper.Group != nil {
			reaper.Group.Reaper = true
		}
	}
	for _, c := range t.Children {
		switch {
		case c.removed:
		case reaper == nil:
			c.PTID = 0
		default:
			reaper.addChild(c)
		}
	}
	t.Children, t.liveKids = nil, 0
}

// findReaper looks for who adopts t's children as the kernel does: another
// thread of its process, else the nearest ancestor that reaps, within the
// same pid namespace as far as that can be told (kernel/exit.c,
// find_new_reaper).
func (h *Host) findReaper(t *Thread) *Thread {
	if r := t.Group.aliveThread(t); r != nil {
		return r
	}
	seen := map[TID]bool{t.TID: true}
	for p := h.threads[t.PTID]; p != nil && !seen[p.TID]; p = h.threads[p.PTID] {
		seen[p.TID] = true
		if p.InPIDNamespace() != t.InPIDNamespace() {
			return nil
		}
		if p.Group != nil && p.Group.Reaper {
			if r := p.Group.aliveThread(nil); r != nil {
				return r
			}
		}
	}
	return nil
}

// aliveThread is a thread of the group that is alive and not the one given,
// nil if there is none. g may be nil.
func (g *ThreadGroup) aliveThread(except *Thread) *Thread {
	if g == nil || g.alive <= 0 {
		return nil
	}
	for _, t := range g.threads {
		if !t.removed && !t.IsDead() && t != except {
			return t
		}
	}
	return nil
}

// exitKey names a thread and its parent.
type exitKey struct{ parent, tid TID }

// recentExits remembers which threads exited of late. It bridges the time
// between a child's exit and its parent's return from clone, when that comes
// second (falcosecurity/libs, userspace/libsinsp/thread_manager.cpp,
// has_recently_exited).
type recentExits struct {
	at   map[exitKey]uint64 // ns since the epoch
	ring []exitKey
	next int
}

const (
	recentExitsKept  = 8192
	recentExitsAgeNS = 2_000_000_000
)

func (r *recentExits) add(k exitKey, ts uint64) {
	if r.at == nil {
		r.at = make(map[exitKey]uint64)
	}
	if len(r.ring) < recentExitsKept {
		r.ring = append(r.ring, k)
	} else {
		delete(r.at, r.ring[r.next])
		r.ring[r.next] = k
		r.next = (r.next + 1) % recentExitsKept
	}
	r.at[k] = ts
}

func (r *recentExits) has(k exitKey, now uint64) bool {
	ts, ok := r.at[k]
	return ok && now >= ts && now-ts < recentExitsAgeNS
}
