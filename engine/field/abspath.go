package field

import (
	"falcoreplay/replay"
	"falcoreplay/scap/event"
)

// absPathParams has the parameters with a directory and a path relative to it,
// for evt.abspath and evt.abspath.src, and for evt.abspath.dst.
var absPathParams = map[event.Type][2][2]string{
	event.SyscallRenameatX:  {{"olddirfd", "oldpath"}, {"newdirfd", "newpath"}},
	event.SyscallRenameat2X: {{"olddirfd", "oldpath"}, {"newdirfd", "newpath"}},
	event.SyscallLinkat2X:   {{"olddir", "oldpath"}, {"newdir", "newpath"}},
	event.SyscallSymlinkatX: {{"linkdirfd", "linkpath"}, {"linkdirfd", "linkpath"}},
	event.SyscallOpenat_2X:  {{"dirfd", "name"}, {"dirfd", "name"}},
	event.SyscallOpenat2X:   {{"dirfd", "name"}, {"dirfd", "name"}},
	event.SyscallUnlinkat2X: {{"dirfd", "name"}, {"dirfd", "name"}},
	event.SyscallMkdiratX:   {{"dirfd", "path"}, {"dirfd", "path"}},
	event.SyscallFchmodatX:  {{"dirfd", "filename"}, {"dirfd", "filename"}},
	event.SyscallFchownatX:  {{"dirfd", "pathname"}, {"dirfd", "pathname"}},
}

// absPathIndex is absPathParams with the parameters' numbers, by event type; 0
// is none, since parameter 0 is always the result.
var absPathIndex = makeAbsPathIndex()

func makeAbsPathIndex() (index [event.NumTypes][2][2]int8) {
	for t, pairs := range absPathParams {
		info := event.Lookup(t)
		for i, pair := range pairs {
			index[t][i] = [2]int8{int8(info.Param(pair[0])), int8(info.Param(pair[1]))}
		}
	}
	return index
}

// absPath is a path that a call was given, from the root on
// (sinsp_filtercheck_event.cpp, extract_abspath).
func absPath(f *Field, c *Context, dst []Value) ([]Value, bool) {
	ev, t := c.Host.Current.Event, c.Host.Current.Thread
	if t == nil {
		return dst, false
	}
	mark := len(c.arena)
	if ev.Type == event.SyscallOpenByHandleAtX {
		if int32(resultOf(ev)) <= 0 {
			return dst, false
		}
		c.arena = replay.AppendPath(c.arena, "", false, view(textParam(ev, 3)))
		return str(dst, c.since(mark))
	}
	pair := absPathIndex[ev.Type][0]
	if f.index == 2 {
		pair = absPathIndex[ev.Type][1]
	}
	number, ok := ev.Int(int(pair[0]))
	if pair[1] == 0 || !ok || len(ev.Param(int(pair[1]))) == 0 {
		return dst, false
	}
	path := view(textParam(ev, int(pair[1])))
	switch {
	case number == atFDCWD || path != "" && path[0] == '/':
		c.arena = replay.AppendPath(c.arena, t.CWD(), false, path)
	default:
		dir := "<UNKNOWN>"
		if fd := t.FD(number); fd != nil {
			dir = fd.Name
		}
		c.arena = replay.AppendPath(c.arena, dir, true, path)
	}
	return str(dst, c.since(mark))
}
