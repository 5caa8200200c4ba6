package replay

import "falcoreplay/scap/event"

// maxNameBytes is the longest name of a user or group, with its terminator
// (falcosecurity/libs, userspace/libscap/scap_limits.h,
// MAX_CREDENTIALS_STR_LEN).
const maxNameBytes = 256

// ensureUser makes sure that root is known: whoever else a capture does not
// describe stays unknown. (Falco asks the machine that it runs on.)
func (h *Host) ensureUser(uid, gid uint32) {
	if uid == 0 && h.users[""][0] == nil {
		h.putUser("", User{UID: 0, GID: gid, Name: "root", Home: "/root", Shell: notRead})
	}
	if gid == 0 && h.groups[""][0] == nil {
		h.putGroup("", Group{Name: "root"})
	}
}

// ensureContainerUser is ensureUser for a thread that may be in a container,
// whose users nobody but the capture can tell.
func (h *Host) ensureContainerUser(t *Thread) {
	if t.ContainerID == "" {
		h.ensureUser(t.UID, t.GID)
	}
}

func (h *Host) putUser(container string, u User) {
	if nssEntry(u.Name) {
		return
	}
	m := h.users[container]
	if m == nil {
		m = make(map[uint32]*User)
		h.users[container] = m
	}
	u.Name = clip(u.Name, maxNameBytes)
	u.Home, u.Shell = clip(u.Home, maxPathBytes), clip(u.Shell, maxPathBytes)
	m[u.UID] = &u
}

func (h *Host) putGroup(container string, g Group) {
	if nssEntry(g.Name) {
		return
	}
	m := h.groups[container]
	if m == nil {
		m = make(map[uint32]*Group)
		h.groups[container] = m
	}
	g.Name = clip(g.Name, maxNameBytes)
	m[g.GID] = &g
}

// nssEntry reports whether a name is a directive of the name service rather
// than a user or group.
func nssEntry(name string) bool { return name != "" && (name[0] == '+' || name[0] == '-') }

// clip is s without what does not fit into n bytes and a terminator.
func clip(s string, n int) string { return s[:min(len(s), n-1)] }

func applyUser(h *Host, ev *event.Event) {
	uid, container := uint32(unsigned(ev, 0)), containerParam(ev, 5)
	if ev.Type == event.UserDeletedE {
		delete(h.users[container], uid)
		return
	}
	h.putUser(container, User{
		UID: uid, GID: uint32(unsigned(ev, 1)),
		Name: text(ev, 2), Home: text(ev, 3), Shell: text(ev, 4),
	})
}

func applyGroup(h *Host, ev *event.Event) {
	gid, container := uint32(unsigned(ev, 0)), containerParam(ev, 2)
	if ev.Type == event.GroupDeletedE {
		delete(h.groups[container], gid)
		return
	}
	h.putGroup(container, Group{GID: gid, Name: text(ev, 1)})
}

// containerParam is parameter i as a container id, "" for the host.
func containerParam(ev *event.Event, i int) string {
	if id := text(ev, i); id != notRead {
		return id
	}
	return ""
}
