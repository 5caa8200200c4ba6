package field

import (
	"falcoreplay/replay"
	"falcoreplay/scap/event"
)

// eventFields are the fields of system calls (falcosecurity/libs at 48dfd53,
// userspace/libsinsp/sinsp_filtercheck_event.cpp). The latencies are what
// Falco has left of them: always 0.
var eventFields = []Def{
	duration("evt.latency", "Latency", "Always 0.", zero).with(Deprecated).as(jsonNumber),
	duration("evt.latency.s", "Latency (s)", "Always 0.", zero).with(Deprecated).as(jsonNumber),
	duration("evt.latency.ns", "Latency (ns)", "Always 0.", zero).padded().with(Deprecated).as(jsonNumber),
	unsigned("evt.latency.quantized", "Latency, quantized", "Always 0.", zero).with(TableOnly | Deprecated),
	text("evt.latency.human", "Latency, readable", "Always 0ns.", constant("0ns")).with(Deprecated),
	duration("evt.deltatime", "Time since the event before", "Nanoseconds since the event before. Always 0 in JSON, as in Falco.", deltaTime(func(ns uint64) uint64 { return ns })).as(jsonZero),
	duration("evt.deltatime.s", "Time since the event before (s)", "Whole seconds since the event before. Always 0 in JSON, as in Falco.", deltaTime(func(ns uint64) uint64 { return ns / second })).as(jsonZero),
	duration("evt.deltatime.ns", "Time since the event before (ns)", "Nanoseconds behind evt.deltatime.s. Always 0 in JSON, as in Falco.", deltaTime(func(ns uint64) uint64 { return ns % second })).padded().as(jsonZero),
	text("evt.outputtime", "Time of day for outputs", "evt.time.", clock("15:04:05.000000000")).with(PrintOnly).as(jsonTime),
	define(event.PTCharBuf, event.FormatDir, "evt.dir", "Direction", "> for the beginning of a system call, < for its end.", direction).with(Deprecated),
	text("evt.type", "Type", "Name of the event, such as open.", typeName),
	define(event.PTUint32, event.FormatNA, "evt.type.is", "Is of type", "1 for events of the type that is named behind a dot, as in evt.type.is.open, else 0.", nil).required(typeIsField),
	text("syscall.type", "System call", "Name of the system call; absent for other events.", syscallType),
	text("evt.category", "Category", "What the event is about, such as file, net, process or memory.", category),
	define(event.PTInt16, event.FormatID, "evt.cpu", "Processor", "Number of the processor on which the event happened.", eventNumber(func(e *event.Event) uint64 { return uint64(int16(e.CPU)) })),
	text("evt.args", "Arguments", "All parameters of the event as name=value, separated by spaces.", allArgs),
	text("evt.arg", "Argument", "One parameter of the event, by name as in evt.arg.name, or by number as in evt.arg[0]. File descriptors, ids, flags and results are shown by name.", nil).with(NoPtrStability).required(argField),
	define(event.PTDyn, event.FormatNA, "evt.rawarg", "Raw argument", "One parameter of the event by name, as in evt.rawarg.fd, with the type that the parameter has.", nil).with(NoRHS | NoTransformer).required(rawArgField),
	text("evt.info", "Information", "The same as evt.args.", allArgs),
	define(event.PTByteBuf, event.FormatNA, "evt.buffer", "Data", "Bytes that the event read or wrote, as far as they were recorded.", dataParam).with(NoPtrStability),
	unsigned("evt.buflen", "Length of data", "Number of bytes that were read or written.", bufLen(allFDs, ioAny)),
	textDec("evt.res", "Result", "SUCCESS, or the name of the error, such as ENOENT.", result).with(NoPtrStability),
	signed("evt.rawres", "Raw result", "What the system call returned, negative for an error.", nil).quickly(rawResult),
	boolean("evt.failed", "Failed", "Whether the system call returned an error.", failed(anyEvent)),
	boolean("evt.is_io", "Reads or writes", "Whether events of this type read from or write to a file descriptor.", hasFlag(event.FlagReadsFromFD|event.FlagWritesToFD)),
	boolean("evt.is_io_read", "Reads", "Whether events of this type read from a file descriptor.", hasFlag(event.FlagReadsFromFD)),
	boolean("evt.is_io_write", "Writes", "Whether events of this type write to a file descriptor.", hasFlag(event.FlagWritesToFD)),
	text("evt.io_dir", "Direction of data", "read or write; absent for events that do neither.", ioDirection),
	boolean("evt.is_wait", "Waits", "Whether events of this type make the thread wait, such as sleep and poll.", hasFlag(event.FlagWaits)),
	duration("evt.wait_latency", "Waiting time", "Always 0.", zero).with(Deprecated),
	boolean("evt.is_syslog", "Is for syslog", "Whether the event writes to /dev/log.", isSyslog),
	unsigned32("evt.count", "Count", "Always 1.", constantNumber(1)),
	unsigned32("evt.count.error", "Errors", "1 for system calls that returned an error, 0 for the others.", failed(anyEvent)),
	unsigned32("evt.count.error.file", "Errors with files", "evt.count.error for events about files.", failed(aboutFile)),
	unsigned32("evt.count.error.net", "Errors with the network", "evt.count.error for events about sockets.", failed(aboutNet)),
	unsigned32("evt.count.error.memory", "Errors with memory", "evt.count.error for events about memory.", failed(aboutMemory)),
	unsigned32("evt.count.error.other", "Other errors", "evt.count.error for events about neither files nor sockets nor memory.", failed(aboutOther)),
	unsigned32("evt.count.exit", "Exit events", "1 for the ends of system calls; absent for other events.", countExit),
	unsigned32("evt.count.procinfo", "Procinfo events of processes", "1 for procinfo events of main threads, else 0.", countProcinfo(true)).with(TableOnly),
	unsigned32("evt.count.threadinfo", "Procinfo events", "1 for procinfo events, else 0.", countProcinfo(false)).with(TableOnly),
	unsigned("evt.around", "Around a time", "For conditions: evt.around[T]=D holds for events within D milliseconds of the time T, which is given as evt.rawtime shows it.", nil).
		with(FilterOnly | NoRHS | NoTransformer).required(aroundField),
	text("evt.abspath", "Absolute path", "Absolute path made of the directory and the path that a system call like renameat was given. evt.abspath.src and evt.abspath.dst for those with two paths.", nil).required(absPathField),
	unsigned("evt.buflen.in", "Length of data read", "evt.buflen of events that read.", bufLen(allFDs, ioRead)).with(TableOnly),
	unsigned("evt.buflen.out", "Length of data written", "evt.buflen of events that write.", bufLen(allFDs, ioWrite)).with(TableOnly),
	unsigned("evt.buflen.file", "Length of file data", "evt.buflen for files.", bufLen(fileFDs, ioAny)).with(TableOnly),
	unsigned("evt.buflen.file.in", "Length of file data read", "evt.buflen of events that read files.", bufLen(fileFDs, ioRead)).with(TableOnly),
	unsigned("evt.buflen.file.out", "Length of file data written", "evt.buflen of events that write files.", bufLen(fileFDs, ioWrite)).with(TableOnly),
	unsigned("evt.buflen.net", "Length of network data", "evt.buflen for internet sockets.", bufLen(netFDs, ioAny)).with(TableOnly),
	unsigned("evt.buflen.net.in", "Length of network data read", "evt.buflen of events that read internet sockets.", bufLen(netFDs, ioRead)).with(TableOnly),
	unsigned("evt.buflen.net.out", "Length of network data written", "evt.buflen of events that write internet sockets.", bufLen(netFDs, ioWrite)).with(TableOnly),
	boolean("evt.is_open_read", "Opens for reading", "Whether a file was opened, with open, openat, openat2 or open_by_handle_at, for reading.", nil).quickly(opens(openedForReading)),
	boolean("evt.is_open_write", "Opens for writing", "Whether a file was opened, with open, openat, openat2 or open_by_handle_at, for writing.", nil).quickly(opens(openedForWriting)),
	text("evt.infra.docker.name", "Docker event", "Name of an event of docker's.", infrastructure("Event")).with(TableOnly),
	text("evt.infra.docker.container.id", "Docker container", "Id of the container that an event of docker's is about.", infrastructure("ID")).with(TableOnly),
	text("evt.infra.docker.container.name", "Docker container's name", "Name of the container that an event of docker's is about.", infrastructure("name")).with(TableOnly),
	text("evt.infra.docker.container.image", "Docker image", "Image of the container that an event of docker's is about.", infrastructure("Image")).with(TableOnly),
	boolean("evt.is_open_exec", "Creates an executable", "Whether a file was opened or created with permission to execute it, if it did not exist.", opensExecutable),
	boolean("evt.is_open_create", "Creates", "Whether a file was opened, with open, openat, openat2 or open_by_handle_at, and created by that.", nil).quickly(opens(created)),
}

func zero(_ *Field, _ *Context, dst []Value) ([]Value, bool) { return num(dst, 0) }

func constant(s string) extractor {
	return func(_ *Field, _ *Context, dst []Value) ([]Value, bool) { return str(dst, s) }
}

func constantNumber(n uint64) extractor {
	return func(_ *Field, _ *Context, dst []Value) ([]Value, bool) { return num(dst, n) }
}

// deltaTime makes an extractor of the time since the event before, 0 for the
// first.
func deltaTime(part func(ns uint64) uint64) extractor {
	return func(_ *Field, c *Context, dst []Value) ([]Value, bool) {
		cur := &c.Host.Current
		if cur.PrevTS == 0 {
			return num(dst, 0)
		}
		return num(dst, part(cur.Event.TS-cur.PrevTS))
	}
}

// isExit tells the ends of system calls, which have odd numbers.
func isExit(t event.Type) bool { return t&1 == 1 }

func direction(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	if isExit(c.Host.Current.Event.Type) {
		return str(dst, "<")
	}
	return str(dst, ">")
}

func typeName(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	return str(dst, eventName(c.Host.Current.Event))
}

func typeIs(f *Field, c *Context, dst []Value) ([]Value, bool) {
	t := int64(c.Host.Current.Event.Type)
	return truth(dst, t == f.index || f.key != "" && t == f.index+1)
}

func syscallType(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	ev := c.Host.Current.Event
	if ev.Info().Source != event.SourceSyscall {
		return dst, false
	}
	return str(dst, ev.Name())
}

// category is that of the event type, but for reading, writing and other use of
// a file descriptor what that refers to (event.cpp, sinsp_evt::get_category).
func category(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	cat := c.Host.Current.Event.Info().Category
	if !cat.IsIO() || c.Host.Current.FD == nil {
		return str(dst, cat.String())
	}
	switch c.Host.Current.FD.Type {
	case replay.FDFile, replay.FDFileV2, replay.FDDirectory:
		return str(dst, "file")
	case replay.FDIPv4, replay.FDIPv6, replay.FDIPv4Server, replay.FDIPv6Server:
		return str(dst, "net")
	case replay.FDFifo, replay.FDUnix, replay.FDEvent, replay.FDSignal, replay.FDInotify, replay.FDUserfault:
		return str(dst, "ipc")
	}
	return str(dst, "unknown")
}

func hasFlag(flag event.Flags) extractor {
	return func(_ *Field, c *Context, dst []Value) ([]Value, bool) {
		return truth(dst, c.Host.Current.Event.Info().Flags&flag != 0)
	}
}

func ioDirection(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	switch info := c.Host.Current.Event.Info(); {
	case info.Is(event.FlagWritesToFD):
		return str(dst, "write")
	case info.Is(event.FlagReadsFromFD):
		return str(dst, "read")
	}
	return dst, false
}

func countExit(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	if isExit(c.Host.Current.Event.Type) {
		return num(dst, 1)
	}
	return dst, false
}

func countProcinfo(mainOnly bool) extractor {
	return func(_ *Field, c *Context, dst []Value) ([]Value, bool) {
		if c.Host.Current.Event.Type != event.ProcinfoE {
			return num(dst, 0)
		}
		t := c.thread()
		return truth(dst, !mainOnly || t != nil && t.IsMain())
	}
}
