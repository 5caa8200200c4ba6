package field

import (
	"falcoreplay/replay"
	"falcoreplay/scap/event"
)

// pathFields are the fields of paths that system calls work on
// (falcosecurity/libs at 48dfd53,
// userspace/libsinsp/sinsp_filtercheck_fspath.cpp).
var pathFields = []Def{
	text("fs.path.name", "Path", "Path that a successful system call such as open, unlink or chmod was given, made absolute.", fsPath(onePath, false)),
	text("fs.path.nameraw", "Path as given", "Path that a successful system call such as open, unlink or chmod was given, as it was given.", fsPath(onePath, true)),
	text("fs.path.source", "Source", "First path of a successful system call with two, such as rename; the new one for links. Made absolute.", fsPath(sourcePath, false)),
	text("fs.path.sourceraw", "Source as given", "fs.path.source as it was given.", fsPath(sourcePath, true)),
	text("fs.path.target", "Target", "Second path of a successful system call with two, such as rename; the old one for links. Made absolute.", fsPath(targetPath, false)),
	text("fs.path.targetraw", "Target as given", "fs.path.target as it was given.", fsPath(targetPath, true)),
}

// Which of the paths of a system call a field is about.
const (
	onePath = iota
	sourcePath
	targetPath
)

// pathParams has the parameters with the paths of a system call, "" for none.
type pathParams [3]string

// fdNamePath stands for the name of the file descriptor.
const fdNamePath = "fd.name"

// pathCall is where the paths of an event type are; index has the parameters'
// numbers, -1 for none.
type pathCall struct {
	index   [3]int8
	byName  bool // the path is that of the file descriptor
	success int8 // parameter with the result, -1 for types without paths
	opens   bool // success is a file descriptor, and anything but -1 is success
}

// pathCalls are by event type.
var pathCalls = makePathCalls()

func makePathCalls() (calls [event.NumTypes]pathCall) {
	for t := range calls {
		calls[t].success = -1
	}
	for t, names := range pathTypes {
		info := event.Lookup(t)
		call := pathCall{success: int8(info.Param("res"))}
		if call.success < 0 {
			call.success, call.opens = int8(info.Param("fd")), true
		}
		for i, name := range names {
			call.index[i] = -1
			if name == fdNamePath {
				call.byName = true
			} else if name != "" {
				call.index[i] = int8(info.Param(name))
			}
		}
		calls[t] = call
	}
	return calls
}

// pathTypes has the parameters with the paths of the event types.
var pathTypes = map[event.Type]pathParams{
	event.SyscallMkdir2X: {"path"}, event.SyscallMkdiratX: {"path"}, event.SyscallRmdir2X: {"path"},
	event.SyscallUnlink2X: {"path"}, event.SyscallUnlinkat2X: {"name"},
	event.SyscallOpenX: {"name"}, event.SyscallOpenat_2X: {"name"}, event.SyscallOpenat2X: {"name"},
	event.SyscallFchmodatX: {"filename"}, event.SyscallChmodX: {"filename"}, event.SyscallFchmodX: {fdNamePath},
	event.SyscallChownX: {"path"}, event.SyscallLchownX: {"path"}, event.SyscallFchownX: {fdNamePath},
	event.SyscallFchownatX: {"pathname"}, event.SyscallQuotactlX: {"special"},
	event.SyscallUmount1X: {"name"}, event.SyscallUmount2X: {"name"},
	event.SyscallRenameX: {"", "oldpath", "newpath"}, event.SyscallRenameatX: {"", "oldpath", "newpath"},
	event.SyscallRenameat2X: {"", "oldpath", "newpath"},
	event.SyscallLink2X:     {"", "newpath", "oldpath"}, event.SyscallLinkat2X: {"", "newpath", "oldpath"},
	event.SyscallSymlinkX: {"", "linkpath", "target"}, event.SyscallSymlinkatX: {"", "linkpath", "target"},
	event.SyscallMountX: {"", "dev", "dir"},
}

// succeeded tells whether a call did what its path is about.
func (p *pathCall) succeeded(ev *event.Event) bool {
	if p.success < 0 {
		return false
	}
	n, ok := ev.Int(int(p.success))
	if p.opens {
		return ok && n != -1
	}
	return ok && n == 0
}

// fsPath makes an extractor of one of the paths of a call.
func fsPath(which int, raw bool) extractor {
	return func(f *Field, c *Context, dst []Value) ([]Value, bool) {
		ev := c.Host.Current.Event
		call := &pathCalls[ev.Type]
		if !call.succeeded(ev) {
			return dst, false
		}
		var path string
		switch i := int(call.index[which]); {
		case call.byName && which == onePath:
			name, _, ok := c.name()
			if !ok {
				return dst, false
			}
			path = name
		case i < 0 || i >= ev.NumParams():
			return dst, false
		default:
			path = view(textParam(ev, i))
		}
		if raw {
			return str(dst, path)
		}
		t := c.thread()
		if t == nil {
			return dst, false
		}
		mark := len(c.arena)
		c.arena = c.appendAbsolute(c.arena, which, t, path)
		return str(dst, c.since(mark))
	}
}

// appendAbsolute appends a path as seen from the root. For calls of the openat
// kind that is the name of what was opened, even where that is the directory.
func (c *Context) appendAbsolute(dst []byte, which int, t *replay.Thread, path string) []byte {
	if path != "" && path[0] == '/' {
		return replay.AppendPath(dst, "", false, path)
	}
	cur := &c.Host.Current
	dir := t.CWD()
	switch cur.Event.Type {
	case event.SyscallOpenat_2X, event.SyscallOpenat2X:
		dir, path = "", unknownDir
		if cur.FD != nil {
			path = cur.FD.Name
		}
	case event.SyscallNewfstatatX, event.SyscallFchownatX, event.SyscallFchmodatX, event.SyscallMkdiratX,
		event.SyscallUnlinkat2X, event.SyscallMknodatX:
		return appendInDir(dst, cur.FD, path)
	case event.SyscallSymlinkatX:
		if which == sourcePath {
			return appendInDir(dst, cur.FD, path)
		}
		dir = unknownDir
	case event.SyscallRenameat2X:
		number, _ := cur.Event.Int(1)
		if which == targetPath {
			number, _ = cur.Event.Int(3)
		}
		return c.appendPathAt(dst, number, path)
	}
	return replay.AppendPath(dst, dir, false, path)
}

// appendInDir appends a path relative to the directory that the event's file
// descriptor is.
func appendInDir(dst []byte, fd *replay.FD, path string) []byte {
	if fd == nil || fd.Type != replay.FDDirectory {
		return replay.AppendPath(dst, unknownDir, false, path)
	}
	return appendPathIn(dst, fd, path)
}
