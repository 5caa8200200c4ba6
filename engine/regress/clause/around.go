package clause

import (
	"strings"

	"falcoreplay/replay"
	"falcoreplay/scap/event"
)

// Process is a process for messages. It holds copies only.
type Process struct {
	PID       int64
	Name      string
	Exe       string // full path of the executable
	Command   string
	User      string // "" if the capture does not know the name
	UID       uint32
	Container string // its name or else its id, "" for the host
}

// maxAncestors is how many processes of a line of descent are shown.
const maxAncestors = 16

// Ancestry is the process that made the current event of a host and its
// ancestors, as far as the capture knows them, nearest first.
func Ancestry(h *replay.Host) []Process {
	var list []Process
	for t := h.Current.Thread; t != nil && !t.IsInvalid() && len(list) < maxAncestors; t = h.Parent(t) {
		if m := t.Main(); m != nil {
			t = m
		}
		p := Process{
			PID: int64(t.PID), Name: strings.Clone(t.Comm), Exe: strings.Clone(t.ExePath), Command: strings.Clone(t.CmdLine), UID: t.UID,
			Container: strings.Clone(t.ContainerID),
		}
		if u := h.User(t.ContainerID, t.UID); u != nil {
			p.User = strings.Clone(u.Name)
		}
		if c := h.Container(t.ContainerID); c != nil && c.Name != "" {
			p.Container = strings.Clone(c.Name)
		}
		list = append(list, p)
		if t.PTID == t.TID {
			break
		}
	}
	return list
}

// History is what happened to a file descriptor up to an event.
type History struct {
	// Num is the number of the file descriptor.
	Num int64
	// Events are those about it since it was opened, the last ones of them if
	// there were many.
	Events []Event
	// Omitted is how many were left out before them.
	Omitted int
}

// maxHistory is how many events of a history are kept.
const maxHistory = 10

// Until looks for one event, and for what is about it: it keeps the history of
// the file descriptors of one process. It is a run.Visitor.
type Until struct {
	// Num is the number of the event.
	Num uint64
	// PID is the process whose file descriptors are followed, 0 for none.
	PID int64
	// Found is called at the event. It may look at the host.
	Found func(h *replay.Host) error

	host *replay.Host
	fds  map[int64]*History
}

// Wants tells that all events are looked at.
func (*Until) Wants(event.Type) bool { return true }

// Begin starts with a host.
func (u *Until) Begin(host *replay.Host) { u.host, u.fds = host, make(map[int64]*History) }

// Event looks at an event.
func (u *Until) Event() error {
	c := &u.host.Current
	if u.PID != 0 && c.Thread != nil && int64(c.Thread.PID) == u.PID && c.FD != nil {
		u.note(c)
	}
	if c.Event.Num == u.Num {
		return u.Found(u.host)
	}
	return nil
}

func (u *Until) note(c *replay.Current) {
	h := u.fds[c.FD.Num]
	if h == nil || c.Event.Info().Is(event.FlagCreatesFD) {
		h = &History{Num: c.FD.Num}
		u.fds[c.FD.Num] = h
	}
	if len(h.Events) == maxHistory {
		h.Events = append(h.Events[:0], h.Events[1:]...)
		h.Omitted++
	}
	h.Events = append(h.Events, Describe(u.host, ""))
}

// Of is the history of the file descriptor of the current event, false if it is
// about none that is known.
func (u *Until) Of() (History, bool) {
	if f := u.host.Current.FD; f != nil && u.fds[f.Num] != nil {
		return *u.fds[f.Num], true
	}
	return History{}, false
}
