package field

import (
	"math"

	"falcoreplay/replay"
)

// The extractors of texts that take a generation.
var (
	anameOne, anameJoined, anameAll          = ancestorText(addComm, comm)
	aexeOne, aexeJoined, aexeAll             = ancestorText(addExe, exe)
	aexepathOne, aexepathJoined, aexepathAll = ancestorText(addExePath, exePath)
	acmdlineOne, acmdlineJoined, acmdlineAll = ancestorText(addCmdLine, cmdLine)
	aargsOne, aargsJoined, _                 = ancestorText(addArgs, args)
	_, _, aenvAll                            = ancestorText(addEnv, env)
)

// processFields are the fields of processes up to their ids (falcosecurity/libs
// at 48dfd53, userspace/libsinsp/sinsp_filtercheck_thread.cpp).
var processFields = []Def{
	text("proc.exe", "First argument", "argv[0]: the first word of the command line, which the caller is free to choose and which may differ from the name of the executable.", threadText(exe)),
	text("proc.pexe", "Parent's first argument", "proc.exe of the parent process.", parentText(exe)),
	text("proc.aexe", "Ancestor's first argument", "proc.exe of an ancestor: 1 is the parent, 2 its parent, 0 the process itself. Without an index a condition holds if it holds for one of the ancestors, and an output shows all of them.", nil).
		with(NoRHS | NoTransformer).optional(ancestorField(aexeOne, aexeJoined, aexeAll)),
	text("proc.exepath", "Executable", "Full path of the executable, with symbolic links resolved.", nil).quickly(quickText(exePath)),
	text("proc.pexepath", "Parent's executable", "proc.exepath of the parent process.", parentText(exePath)),
	text("proc.aexepath", "Ancestor's executable", "proc.exepath of an ancestor, with an index as for proc.aexe. Without an index a condition holds if it holds for one of the ancestors, and an output shows all of them.", nil).
		with(NoRHS | NoTransformer).optional(ancestorField(aexepathOne, aexepathJoined, aexepathAll)),
	text("proc.name", "Name", "Name of the process as the kernel keeps it, at most 15 bytes.", nil).quickly(quickText(comm)),
	text("proc.pname", "Parent's name", "proc.name of the parent process.", parentText(comm)),
	text("proc.aname", "Ancestor's name", "proc.name of an ancestor, with an index as for proc.aexe. Without an index a condition holds if it holds for one of the ancestors, and an output shows all of them.", nil).
		with(NoRHS | NoTransformer).optional(ancestorField(anameOne, anameJoined, anameAll)),
	text("proc.args", "Arguments", "Arguments of the command line without argv[0], separated by spaces. With an index, one of them, the first being 0.", nil).optional(argsField),
	text("proc.aargs", "Ancestor's arguments", "proc.args of an ancestor, with an index as for proc.aexe. Without an index, those of all ancestors together.", nil).
		optional(ancestorField(aargsOne, aargsJoined, nil)),
	text("proc.cmdline", "Command line", "proc.name and proc.args.", threadText(cmdLine)),
	text("proc.pcmdline", "Parent's command line", "proc.cmdline of the parent process.", parentText(cmdLine)),
	text("proc.acmdline", "Ancestor's command line", "proc.cmdline of an ancestor, with an index as for proc.aexe. Without an index a condition holds if it holds for one of the ancestors, and an output shows all of them.", nil).
		with(NoRHS | NoTransformer).optional(ancestorField(acmdlineOne, acmdlineJoined, acmdlineAll)),
	unsigned("proc.cmdnargs", "Number of arguments", "Number of arguments in proc.args.", threadNumber(argCount)),
	unsigned("proc.cmdlenargs", "Length of arguments", "Bytes of all arguments in proc.args, without the spaces between them.", threadNumber(argBytes)),
	text("proc.exeline", "Command line as called", "proc.exe and proc.args.", threadText(exeLine)),
	text("proc.env", "Environment", "Environment of the process, as NAME=value separated by spaces. With a name, the value of that variable.", nil).optional(envField),
	text("proc.aenv", "Ancestor's environment", "proc.env of an ancestor, with an index as for proc.aexe; with a name, the value of that variable in the nearest ancestor that has it. Without a name a condition holds if it holds for the environment of one of the ancestors.", nil).
		with(NoRHS | NoTransformer).optional(ancestorEnvField),
	text("proc.cwd", "Working directory", "Working directory of the process, with a slash at its end.", threadText(cwd)),
	id("proc.loginshellid", "Login shell", "Pid of the eldest shell among the process and its ancestors, which tells user sessions apart.", loginShell),
	id32("proc.tty", "Terminal", "Device number of the controlling terminal, 0 without one.", threadNumber(func(t *replay.Thread) uint64 { return uint64(t.TTY) })),
	id("proc.pid", "Process id", "Pid of the process.", procPID),
	id("proc.ppid", "Parent's process id", "Pid of the parent process.", parentPID),
	id("proc.apid", "Ancestor's process id", "Pid of an ancestor, with an index as for proc.aexe. Without an index a condition holds if it holds for one of the ancestors, and an output shows the process's own.", nil).
		with(NoRHS | NoTransformer).optional(ancestorField(ancestorPID, procPIDOfMain, ancestorPIDs)),
	id("proc.vpid", "Virtual process id", "Pid as the process's own pid namespace counts.", threadID(func(t *replay.Thread) replay.TID { return t.VPID })),
	id("proc.pvpid", "Parent's virtual process id", "proc.vpid of the parent.", parentThread(func(p *replay.Thread) uint64 { return uint64(p.VPID) })),
	id("proc.sid", "Session id", "Id of the session that the process is in.", threadNumber(func(t *replay.Thread) uint64 { return uint64(t.SID) })),
	text("proc.sname", "Session leader's name", "proc.name of the session's leader: the process with that number, or the eldest ancestor in the same session.", leaderText(sessionOf, true, comm)),
	text("proc.sid.exe", "Session leader's first argument", "proc.exe of the session's leader.", leaderText(sessionOf, true, exe)),
	text("proc.sid.exepath", "Session leader's executable", "proc.exepath of the session's leader.", leaderText(sessionOf, true, exePath)),
	id("proc.vpgid", "Virtual process group id", "Process group as the process's own pid namespace counts.", threadNumber(func(t *replay.Thread) uint64 { return uint64(t.VPGID) })),
	text("proc.vpgid.name", "Virtual process group leader's name", "proc.name of the leader of the process group that proc.vpgid names: the process with that number, or the eldest ancestor in the same group.", leaderText(virtualGroupOf, true, comm)),
	text("proc.vpgid.exe", "Virtual process group leader's first argument", "proc.exe of the leader of the process group that proc.vpgid names.", leaderText(virtualGroupOf, true, exe)),
	text("proc.vpgid.exepath", "Virtual process group leader's executable", "proc.exepath of the leader of the process group that proc.vpgid names.", leaderText(virtualGroupOf, true, exePath)),
	id("proc.pgid", "Process group id", "Process group as the host's pid namespace counts.", threadNumber(func(t *replay.Thread) uint64 { return uint64(t.PGID) })),
	text("proc.pgid.name", "Process group leader's name", "proc.name of the leader of the process group.", leaderText(groupOf, false, comm)),
	text("proc.pgid.exe", "Process group leader's first argument", "proc.exe of the leader of the process group.", leaderText(groupOf, false, exe)),
	text("proc.pgid.exepath", "Process group leader's executable", "proc.exepath of the leader of the process group.", leaderText(groupOf, false, exePath)),
	duration("proc.duration", "Age", "Nanoseconds since the process started.", age),
	duration("proc.ppid.duration", "Parent's age", "Nanoseconds since the parent process started. Where that start is unknown, the number of open file descriptors of the process itself, as in Falco.", parentAge),
	duration("proc.pid.ts", "Start", "When the process started, in nanoseconds since the epoch.", threadKnown(func(t *replay.Thread) uint64 { return t.CloneTS })),
	duration("proc.ppid.ts", "Parent's start", "When the parent process started, in nanoseconds since the epoch, 0 if that is unknown.", parentThread(func(p *replay.Thread) uint64 { return p.CloneTS })),
}

func argCount(t *replay.Thread) uint64 { return uint64(len(t.Args)) }

func argBytes(t *replay.Thread) (n uint64) {
	for _, a := range t.Args {
		n += uint64(len(a))
	}
	return n
}

func exeLine(c *Context, t *replay.Thread) string {
	return c.build(t, func(dst []byte, t *replay.Thread) []byte {
		return addJoined(append(append(dst, t.Exe...), ' '), t.Args)
	})
}

func cwd(_ *Context, t *replay.Thread) string { return t.CWD() }

func procPID(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	if t := c.thread(); t != nil && shown(int64(t.PID)) {
		return num(dst, uint64(t.PID))
	}
	return dst, false
}

func pidOfAncestor(c *Context, dst []Value, n int64) ([]Value, bool) {
	t := c.thread()
	if t == nil {
		return dst, false
	}
	if a := c.ancestor(t, n); a != nil && shown(int64(a.PID)) {
		return num(dst, uint64(a.PID))
	}
	return dst, false
}

func parentPID(_ *Field, c *Context, dst []Value) ([]Value, bool) { return pidOfAncestor(c, dst, 1) }
func ancestorPID(f *Field, c *Context, dst []Value) ([]Value, bool) {
	return pidOfAncestor(c, dst, f.index)
}
func procPIDOfMain(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	return pidOfAncestor(c, dst, 0)
}

func ancestorPIDs(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	m := c.mainThread()
	if m == nil {
		return dst, false
	}
	n := len(dst)
	a := c.ancestors(m)
	for p := a.next(); p != nil; p = a.next() {
		dst = append(dst, Value{N: uint64(p.PID)})
	}
	return dst, len(dst) > n
}

// parentThread makes an extractor of a number of the parent thread, which is
// not always its process's first.
func parentThread(number func(*replay.Thread) uint64) extractor {
	return func(_ *Field, c *Context, dst []Value) ([]Value, bool) {
		if t := c.thread(); t != nil {
			if p := c.Host.Parent(t); p != nil {
				return num(dst, number(p))
			}
		}
		return dst, false
	}
}

// loginShell looks for the eldest process whose name ends as those of shells
// do.
func loginShell(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	m := c.mainThread()
	if m == nil {
		return dst, false
	}
	found := isShell(m)
	pid := m.PID
	a := c.ancestors(m)
	for p := a.next(); p != nil; p = a.next() {
		if isShell(p) {
			found, pid = true, p.PID
		}
	}
	if !found {
		return dst, false
	}
	return num(dst, uint64(pid))
}

func isShell(t *replay.Thread) bool {
	n := len(t.Comm)
	return n >= 2 && t.Comm[n-2:] == "sh"
}

func age(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	if t := c.thread(); t != nil && t.CloneTS != 0 {
		return num(dst, c.Host.Current.Event.TS-t.CloneTS)
	}
	return dst, false
}

// parentAge is Falco's, with what it does where the start is unknown
// (sinsp_filtercheck_thread.cpp, TYPE_PPID_DURATION goes on with
// TYPE_FDOPENCOUNT).
func parentAge(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	t := c.thread()
	if t == nil {
		return dst, false
	}
	p := c.ancestor(t, 1)
	switch {
	case p == nil:
		return dst, false
	case p.CloneTS != 0:
		return num(dst, c.Host.Current.Event.TS-p.CloneTS)
	}
	return num(dst, fdCount(t))
}

// fdCount is the number of open file descriptors of the process.
func fdCount(t *replay.Thread) uint64 {
	m := t.Main()
	if m == nil {
		return 0
	}
	return uint64(m.FDTable().Len())
}

// fdUsage is the share of the limit in percent.
func fdUsage(t *replay.Thread) uint64 {
	m := t.Main()
	if m == nil || m.FDLimit <= 0 {
		return math.Float64bits(0)
	}
	n := fdCount(t)
	if n > uint64(m.FDLimit) {
		return math.Float64bits(100)
	}
	return math.Float64bits(float64(n) * 100 / float64(m.FDLimit))
}
