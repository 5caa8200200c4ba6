package field

import (
	"strings"

	"falcoreplay/replay"
)

// thread is the thread that made the event, also where the event itself does
// not need it; nil if it is unknown (event.cpp, sinsp_evt::get_thread_info).
func (c *Context) thread() *replay.Thread {
	cur := &c.Host.Current
	if cur.Thread != nil {
		return cur.Thread
	}
	return c.Host.Thread(replay.TID(cur.Event.TID))
}

// ancestor is the main thread of the process n generations above t, 0 for its
// own; nil if it is unknown (thread_manager.cpp, get_ancestor_process).
func (c *Context) ancestor(t *replay.Thread, n int64) *replay.Thread {
	if n < 0 { // Falco counts to 4 billion
		return nil
	}
	m := t.Main()
	for ; n > 0 && m != nil; n-- {
		if m = c.Host.Parent(m); m != nil {
			m = m.Main()
		}
	}
	return m
}

// ancestors goes from a thread to its parent, the parent's parent and so on. It
// ends where they repeat themselves (thread_manager.cpp,
// traverse_parent_state).
type ancestors struct {
	host       *replay.Host
	slow, fast *replay.Thread
}

func (c *Context) ancestors(t *replay.Thread) ancestors {
	a := ancestors{host: c.Host, slow: c.Host.Parent(t)}
	a.fast = a.parent(a.slow)
	return a
}

func (a *ancestors) parent(t *replay.Thread) *replay.Thread {
	if t == nil {
		return nil
	}
	return a.host.Parent(t)
}

// next is the next ancestor, nil behind the last.
func (a *ancestors) next() *replay.Thread {
	t := a.slow
	if t == nil || t.TID == -1 {
		return nil
	}
	a.slow = a.parent(t)
	for range 2 {
		a.fast = a.parent(a.fast)
		if a.slow != nil && (a.slow == a.fast || a.slow.TID == a.slow.PTID) {
			a.slow = nil
			break
		}
	}
	return t
}

// leader is the process that the id of a session or a process group names: the
// one with that number or, where the id is as the thread's pid namespace counts
// and that is not the host's, the eldest in the unbroken line of ancestors with
// the same id (thread_manager.cpp, get_oldest_matching_ancestor).
func (c *Context) leader(t *replay.Thread, id func(*replay.Thread) replay.TID, virtual bool) (leader *replay.Thread) {
	want := id(t)
	if want == -1 {
		return nil
	}
	if !virtual || !t.InPIDNamespace() {
		if leader = c.Host.Thread(want); leader != nil {
			return leader
		}
	}
	a := c.ancestors(t)
	for p := a.next(); p != nil && id(p) == want; p = a.next() {
		leader = p
	}
	return leader
}

func sessionOf(t *replay.Thread) replay.TID      { return t.SID }
func groupOf(t *replay.Thread) replay.TID        { return t.PGID }
func virtualGroupOf(t *replay.Thread) replay.TID { return t.VPGID }

// threadString is a text of a thread.
type threadString func(*Context, *replay.Thread) string

// leaderText makes an extractor of a text of a session's or group's leader.
func leaderText(id func(*replay.Thread) replay.TID, virtual bool, text threadString) extractor {
	return func(_ *Field, c *Context, dst []Value) ([]Value, bool) {
		t := c.thread()
		if t == nil {
			return dst, false
		}
		if l := c.leader(t, id, virtual); l != nil {
			return str(dst, text(c, l))
		}
		return str(dst, "")
	}
}

// threadText makes an extractor of a text of the thread.
func threadText(text threadString) extractor {
	return func(_ *Field, c *Context, dst []Value) ([]Value, bool) {
		if t := c.thread(); t != nil {
			return str(dst, text(c, t))
		}
		return dst, false
	}
}

// quickText is threadText for a text that is not put together.
func quickText(text threadString) quick {
	return func(c *Context) (Value, bool) {
		t := c.thread()
		if t == nil {
			return Value{}, false
		}
		return Value{S: text(c, t)}, true
	}
}

// parentText makes an extractor of a text of the parent process.
func parentText(text threadString) extractor {
	return func(_ *Field, c *Context, dst []Value) ([]Value, bool) {
		t := c.thread()
		if t == nil {
			return dst, false
		}
		if p := c.ancestor(t, 1); p != nil {
			return str(dst, text(c, p))
		}
		return dst, false
	}
}

// threadNumber makes an extractor of a number of the thread.
func threadNumber(number func(*replay.Thread) uint64) extractor {
	return func(_ *Field, c *Context, dst []Value) ([]Value, bool) {
		if t := c.thread(); t != nil {
			return num(dst, number(t))
		}
		return dst, false
	}
}

// threadKnown is threadNumber for numbers of which 0 is none.
func threadKnown(number func(*replay.Thread) uint64) extractor {
	return func(_ *Field, c *Context, dst []Value) ([]Value, bool) {
		if t := c.thread(); t != nil {
			if n := number(t); n != 0 {
				return num(dst, n)
			}
		}
		return dst, false
	}
}

// threadTruth makes an extractor of a truth about the thread.
func threadTruth(is func(*replay.Thread) bool) extractor {
	return func(_ *Field, c *Context, dst []Value) ([]Value, bool) {
		if t := c.thread(); t != nil {
			return truth(dst, is(t))
		}
		return dst, false
	}
}

// threadID makes an extractor of an id of which -1 is none.
func threadID(id func(*replay.Thread) replay.TID) extractor {
	return func(_ *Field, c *Context, dst []Value) ([]Value, bool) {
		if t := c.thread(); t != nil {
			if n := id(t); n != -1 {
				return num(dst, uint64(n))
			}
		}
		return dst, false
	}
}

// shown tells whether a pid or tid is one that Falco shows
// (sinsp_filtercheck_thread.cpp, should_extract_xid).
func shown(id int64) bool { return id >= -1 && id <= 0xffffffff }

// ancestorText makes the extractors of a text that takes a generation: for one
// ancestor, for all of them in an output, and for comparisons. add appends the
// text of one process, text returns it.
func ancestorText(add func(dst []byte, t *replay.Thread) []byte, text threadString) (single, joined, all extractor) {
	single = func(f *Field, c *Context, dst []Value) ([]Value, bool) {
		t := c.thread()
		if t == nil {
			return dst, false
		}
		if a := c.ancestor(t, f.index); a != nil {
			return str(dst, text(c, a))
		}
		return dst, false
	}
	joined = func(_ *Field, c *Context, dst []Value) ([]Value, bool) {
		m := c.mainThread()
		if m == nil {
			return dst, false
		}
		mark := len(c.arena)
		a := c.ancestors(m)
		for p := a.next(); p != nil; p = a.next() {
			if len(c.arena) > mark {
				c.arena = append(c.arena, ' ')
			}
			c.arena = add(c.arena, p)
		}
		if len(c.arena) == mark {
			return dst, false
		}
		return str(dst, c.since(mark))
	}
	all = func(_ *Field, c *Context, dst []Value) ([]Value, bool) {
		m := c.mainThread()
		if m == nil {
			return dst, false
		}
		n := len(dst)
		a := c.ancestors(m)
		for p := a.next(); p != nil; p = a.next() {
			dst = append(dst, Value{S: text(c, p)})
		}
		return dst, len(dst) > n
	}
	return single, joined, all
}

// mainThread is the main thread of the event's process, nil if it is unknown.
func (c *Context) mainThread() *replay.Thread {
	if t := c.thread(); t != nil {
		return t.Main()
	}
	return nil
}

func addComm(dst []byte, t *replay.Thread) []byte    { return append(dst, t.Comm...) }
func addExe(dst []byte, t *replay.Thread) []byte     { return append(dst, t.Exe...) }
func addExePath(dst []byte, t *replay.Thread) []byte { return append(dst, t.ExePath...) }
func addArgs(dst []byte, t *replay.Thread) []byte    { return addJoined(dst, t.Args) }

// addCmdLine appends the command line as it was when the arguments were last
// set, put together if it was not kept (threadinfo.cpp, populate_cmdline).
func addCmdLine(dst []byte, t *replay.Thread) []byte {
	if t.CmdLine != "" {
		return append(dst, t.CmdLine...)
	}
	dst = append(dst, t.Comm...)
	for _, a := range t.Args {
		dst = append(append(dst, ' '), a...)
	}
	return dst
}

// cmdLine is what addCmdLine appends.
func cmdLine(c *Context, t *replay.Thread) string {
	if t.CmdLine != "" {
		return t.CmdLine
	}
	return c.build(t, addCmdLine)
}

// build puts a text of a thread together.
func (c *Context) build(t *replay.Thread, add func([]byte, *replay.Thread) []byte) string {
	mark := len(c.arena)
	c.arena = add(c.arena, t)
	return c.since(mark)
}

func comm(_ *Context, t *replay.Thread) string    { return t.Comm }
func exe(_ *Context, t *replay.Thread) string     { return t.Exe }
func exePath(_ *Context, t *replay.Thread) string { return t.ExePath }
func args(c *Context, t *replay.Thread) string    { return c.build(t, addArgs) }
func env(c *Context, t *replay.Thread) string     { return c.build(t, addEnv) }

// environment is the environment of the thread's process: that of its main
// thread or, if that is unknown, its own (threadinfo.cpp, get_env).
func environment(t *replay.Thread) []string {
	if m := t.Main(); m != nil {
		return m.Env
	}
	return t.Env
}

func addEnv(dst []byte, t *replay.Thread) []byte { return addJoined(dst, environment(t)) }

func addJoined(dst []byte, texts []string) []byte {
	for i, s := range texts {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = append(dst, s...)
	}
	return dst
}

// variableOf is the value of a variable in the environment of the thread's
// process, without blanks around it; "" if there is none (threadinfo.cpp,
// sinsp_threadinfo::get_env).
func variableOf(t *replay.Thread, name string) string {
	n := len(name)
	for _, v := range environment(t) {
		if len(v) > n+1 && v[n] == '=' && v[:n] == name {
			return strings.TrimRight(strings.TrimLeft(v[n+1:], " "), " ")
		}
	}
	return ""
}

func envVariable(f *Field, c *Context, dst []Value) ([]Value, bool) {
	if t := c.thread(); t != nil {
		return str(dst, variableOf(t, f.key))
	}
	return dst, false
}

// maxEnvAncestors is how many ancestors are asked for a variable
// (sinsp_filtercheck_thread.cpp, TYPE_AENV).
const maxEnvAncestors = 20

// ancestorVariable is the value that the nearest ancestor has for a variable.
func ancestorVariable(f *Field, c *Context, dst []Value) ([]Value, bool) {
	if c.thread() == nil {
		return dst, false
	}
	p := c.mainThread()
	for range maxEnvAncestors {
		if p == nil {
			break
		}
		if p = c.Host.Parent(p); p != nil {
			if v := variableOf(p, f.key); v != "" {
				return str(dst, v)
			}
		}
	}
	return str(dst, "")
}

// ancestorEnv is the environment of an ancestor; empty if not even the main
// thread is known.
func ancestorEnv(f *Field, c *Context, dst []Value) ([]Value, bool) {
	if c.thread() == nil {
		return dst, false
	}
	p := c.mainThread()
	if p == nil {
		return str(dst, "")
	}
	for range f.index {
		if p = c.Host.Parent(p); p == nil {
			return dst, false
		}
	}
	return str(dst, env(c, p))
}
