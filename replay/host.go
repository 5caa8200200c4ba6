// Package replay rebuilds the state of a recorded host, event by event: its
// threads, their file descriptors, its users and containers. It judges
// nothing. Analysis packages read the state through Host; recording packages
// must not import it.
//
// What a capture does not tell stays unknown, as in Falco: nothing is asked of
// the machine that runs the analysis.
package replay

import (
	"falcoreplay/scap/event"
)

// User is a user of the host or of a container.
type User struct {
	UID, GID          uint32
	Name, Home, Shell string
}

// Group is a group of the host or of a container.
type Group struct {
	GID  uint32
	Name string
}

// Current is the state as it concerns the event applied last. It is valid
// until the next Apply or Skip, and tells nothing after a Skip.
type Current struct {
	Event     *event.Event
	Thread    *Thread    // who made the event, nil where there is nobody or it is unknown
	FD        *FD        // the file descriptor that the event is about, nil where there is none or it is unknown
	Container *Container // the container that a container event describes, nil for other events

	FDNameChanged bool   // the event changed the FD's name
	PrevTS        uint64 // ns since the epoch of the event before this one that is not StateOnly, 0 for the first
	FirstTS       uint64 // ns since the epoch of the first event that is no metaevent, 0 before it
}

// Stats counts what a host could not take in.
type Stats struct {
	ThreadsDropped uint64 // threads over the limit of 262,144 at a time
	BadContainers  uint64 // container descriptions that could not be read
}

// Host is a recorded host at one moment of its capture. Not for concurrent use.
type Host struct {
	Current Current
	Stats   Stats
	Name    string // host name, "" where the capture does not hold it

	threads     map[TID]*Thread
	groupsByPID map[TID]*ThreadGroup
	users       map[string]map[uint32]*User // by container id, "" for the host
	groups      map[string]map[uint32]*Group
	containers  map[string]*Container
	cgroupCache map[string][2]string // path -> container id and type
	args        *recent[arguments]
	envs        *recent[[]string]
	cgroups     *recent[[]Cgroup]
	interfaces  interfaces
	exits       recentExits

	starting []*Thread // the snapshot's threads, until the first event behind it
	started  bool

	// What the next event does before anything else.
	exiting    bool
	exitingTID TID
	closing    bool
	closingTID TID
	closingFD  int64

	closed  []*FD   // memory for new ones
	last    *Thread // found last
	lastTS  uint64  // of the last event that is not StateOnly
	scratch []byte
}

// Thread is the thread tid, nil where it is unknown.
func (h *Host) Thread(tid TID) *Thread { return h.threads[tid] }

// Parent is the parent of t, nil where it is unknown.
func (h *Host) Parent(t *Thread) *Thread { return h.threads[t.PTID] }

// User is the user uid inside a container, or on the host for "". It is nil
// where the capture does not say.
func (h *Host) User(containerID string, uid uint32) *User { return h.users[containerID][uid] }

// Group is the group gid inside a container, or on the host for "". It is nil
// where the capture does not say.
func (h *Host) Group(containerID string, gid uint32) *Group { return h.groups[containerID][gid] }

// Container is the container with the short id, nil where the capture does not
// describe it.
func (h *Host) Container(id string) *Container { return h.containers[id] }

// Apply takes the host to the state right after ev and describes it in
// Current. It keeps no reference to ev's memory beyond the next event.
func (h *Host) Apply(ev *event.Event) {
	h.advance(ev)
	h.apply(ev)
}

func (h *Host) apply(ev *event.Event) {
	if !h.started {
		h.started = !(ev.StateOnly && isInitial(ev.Type))
		if h.started {
			h.start()
		}
	}
	h.bind(ev)
	if apply := appliers[ev.Type]; apply != nil {
		apply(h, ev)
	}
	if f := h.Current.FD; f != nil {
		h.Current.FDNameChanged = f.Name != f.OldName
	}
	if t := h.Current.Thread; t != nil {
		if bindings[ev.Type].newProcess && result(ev) >= 0 {
			was := t.ContainerID
			if t := h.threads[TID(ev.TID)]; t != nil {
				h.joinContainer(t)
			}
			if t.ContainerID != was {
				h.ensureContainerUser(t)
			}
		}
		if isExit(ev.Type) {
			t.enter, t.enterPaired = nil, false
		}
	}
}

// Skip is Apply for an event that nobody wants to know more of. It is faster,
// and leaves Current without a description.
func (h *Host) Skip(ev *event.Event) {
	h.advance(ev)
	if !h.started || !h.idle(ev) {
		h.apply(ev)
	}
}

// idle notes an event of a known thread if it changes nothing else, as most
// events do: else it is false, and the event is to be applied.
func (h *Host) idle(ev *event.Event) bool {
	test := idleTests[ev.Type]
	if test == nil && appliers[ev.Type] != nil {
		return false
	}
	if bindings[ev.Type].kind >= bindKnown {
		return true
	}
	t := h.find(TID(ev.TID))
	if t == nil {
		return false
	}
	t.touch(ev)
	if test != nil && !test(t, ev) {
		return false
	}
	if isExit(ev.Type) {
		t.enter, t.enterPaired = nil, false
	}
	return true
}

// Changes reports whether events of this type change state.
func Changes(typ event.Type) bool {
	return appliers[typ] != nil || bindings[typ].newProcess
}

// isExit reports whether a type stands for a call's return rather than its
// beginning: the odd numbers do, whatever they are named.
func isExit(typ event.Type) bool { return typ&1 == 1 }

// advance does what the event before left to do.
func (h *Host) advance(ev *event.Event) {
	if h.Current.FirstTS == 0 && !bindings[ev.Type].meta {
		h.Current.FirstTS = ev.TS
	}
	h.Current.PrevTS = h.lastTS
	if !ev.StateOnly { // events that nobody sees do not count
		h.lastTS = ev.TS
	}
	if h.exiting {
		h.exiting = false
		parent := TID(-1)
		if t := h.threads[h.exitingTID]; t != nil {
			parent = t.PTID
		}
		h.exits.add(exitKey{parent, h.exitingTID}, ev.TS)
		h.removeThread(h.exitingTID)
	}
	if h.closing {
		h.closing = false
		if t := h.threads[h.closingTID]; t != nil {
			if tab := t.FDTable(); tab != nil {
				h.recycle(tab.remove(h.closingFD))
			}
		}
	}
}

// bind finds the thread and the file descriptor of an event.
func (h *Host) bind(ev *event.Event) {
	h.Current = Current{Event: ev, FirstTS: h.Current.FirstTS, PrevTS: h.Current.PrevTS}
	tid, kind := TID(ev.TID), &bindings[ev.Type]
	switch kind.kind {
	case bindNone:
		return
	case bindKnown:
		h.Current.Thread = h.find(tid)
		return
	}
	t := h.find(tid)
	if t == nil && kind.kind == bindThread {
		t = h.unknownThread(tid)
	}
	if t == nil {
		return
	}
	h.Current.Thread = t
	t.touch(ev)
	if kind.usesFD {
		h.Current.FD = t.currentFD(t.LastEventFD)
	}
}

// touch notes an event of the thread: whether it belongs to the enter event
// before it, and which file descriptor it is about.
func (t *Thread) touch(ev *event.Event) {
	if isExit(ev.Type) {
		t.enterPaired = uint32(ev.Type) == t.lastEnter+1 ||
			ev.Type == event.SyscallExecve19X && t.lastEnter == uint32(event.SyscallExecveatE)
	} else {
		t.lastEnter, t.enterPaired = uint32(ev.Type), false
	}
	if !t.enterPaired {
		t.LastEventFD = -1
	}
	if par := int(bindings[ev.Type].fdParam); par >= 0 && t.LastEventFD == -1 && present(ev, par) {
		t.LastEventFD = number(ev, par)
	}
}

// find is the thread tid, nil where it is unknown. It is quick where the event
// before was the same thread's.
func (h *Host) find(tid TID) *Thread {
	if t := h.last; t != nil && t.TID == tid && !t.removed {
		return t
	}
	t := h.threads[tid]
	h.last = t
	return t
}

// currentFD is the thread's file descriptor num as an event looks at it: its
// name from before the event is remembered.
func (t *Thread) currentFD(num int64) *FD {
	f := t.FD(num)
	if f != nil {
		f.OldName = f.Name
	}
	return f
}

// enterEvent is the enter event that belongs to the exit event ev, nil where
// the capture does not hold it or no longer needs it.
func (t *Thread) enterEvent(ev *event.Event) *event.Event {
	if !t.enterPaired || t.enter == nil {
		return nil
	}
	switch e := t.enter; {
	case ev.Type == event.SyscallExecve19X && e.Type == event.SyscallExecveatE:
		return e
	case e.Type == ev.Type-1:
		return e
	}
	t.enterPaired = false
	return nil
}

// store keeps a copy of an enter event for its exit event.
func store(h *Host, ev *event.Event) {
	if t := h.Current.Thread; t != nil {
		t.enter = ev.Clone()
	}
}

// storeIfFilled is store for types that recorders also write with nothing in
// them.
func storeIfFilled(h *Host, ev *event.Event) {
	if present(ev, 0) {
		store(h, ev)
	}
}
