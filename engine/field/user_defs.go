package field

import (
	"math"

	"falcoreplay/replay"
	"falcoreplay/scap/event"
)

// userFields are the fields of the user who made the event (falcosecurity/libs
// at 48dfd53, userspace/libsinsp/sinsp_filtercheck_user.cpp).
var userFields = []Def{
	id32("user.uid", "Id", "Number of the user.", threadNumber(func(t *replay.Thread) uint64 { return uint64(t.UID) })),
	text("user.name", "Name", "Name of the user, <NA> if the capture does not tell it.", userName),
	text("user.homedir", "Home directory", "Home directory of the user.", threadText(homeDir)),
	text("user.shell", "Shell", "Shell that the user gets at login.", threadText(shell)),
	id("user.loginuid", "Login id", "Number of the user who logged in and from whose session the process comes, -1 if there is none.", threadNumber(loginUID)),
	text("user.loginname", "Login name", "Name of the user who logged in.", threadText(loginName)),
}

// groupFields are the fields of the group (sinsp_filtercheck_group.cpp).
var groupFields = []Def{
	id32("group.gid", "Id", "Number of the group.", threadNumber(func(t *replay.Thread) uint64 { return uint64(t.GID) })),
	text("group.name", "Name", "Name of the group, <NA> if the capture does not tell it.", threadText(groupName)),
}

// userName is the user's name or, for events that describe containers, the one
// that the container of the thread was started for.
func userName(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	t := c.thread()
	if t == nil {
		return dst, false
	}
	if describesContainer(c.Host.Current.Event) && t.ContainerID != "" {
		if cont := c.Host.Container(t.ContainerID); cont != nil && cont.User != "" {
			return str(dst, cont.User)
		}
	}
	return str(dst, nameOf(c, t, t.UID))
}

// containerEvent is the name of events that describe containers, also of the
// asynchronous ones.
const containerEvent = "container"

func describesContainer(ev *event.Event) bool {
	return ev.Type == event.ContainerJson2E || ev.Type == event.AsynceventE && string(ev.Str(1)) == containerEvent
}

func nameOf(c *Context, t *replay.Thread, uid uint32) string {
	switch u := c.Host.User(t.ContainerID, uid); {
	case u != nil:
		return u.Name
	case uid == 0:
		return "root"
	}
	return notRead
}

func homeDir(c *Context, t *replay.Thread) string {
	switch u := c.Host.User(t.ContainerID, t.UID); {
	case u != nil:
		return u.Home
	case t.UID == 0:
		return "/root"
	}
	return notRead
}

func shell(c *Context, t *replay.Thread) string {
	if u := c.Host.User(t.ContainerID, t.UID); u != nil {
		return u.Shell
	}
	return notRead
}

func loginUID(t *replay.Thread) uint64 {
	if t.LoginUID == math.MaxUint32 {
		return math.MaxUint64 // -1
	}
	return uint64(t.LoginUID)
}

func loginName(c *Context, t *replay.Thread) string { return nameOf(c, t, t.LoginUID) }

func groupName(c *Context, t *replay.Thread) string {
	switch g := c.Host.Group(t.ContainerID, t.GID); {
	case g != nil:
		return g.Name
	case t.GID == 0:
		return "root"
	}
	return notRead
}
