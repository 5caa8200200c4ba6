package field

import (
	"strconv"

	"falcoreplay/replay"
	"falcoreplay/scap/event"
)

// fdFields are the fields of file descriptors (falcosecurity/libs at 48dfd53,
// userspace/libsinsp/sinsp_filtercheck_fd.cpp).
var fdFields = []Def{
	id("fd.num", "Number", "Number of the file descriptor that the event is about.", nil).quickly(fdNumber),
	textDec("fd.type", "Type", "What the file descriptor refers to: file, directory, ipv4, ipv6, unix, pipe, event, signalfd, eventpoll, inotify, timerfd, netlink, bpf, userfaultfd, io_uring, memfd, pidfd.", fdText(fdTypeName)),
	textDec("fd.typechar", "Type as a letter", "fd.type in one letter, such as f for files and 4 for IPv4 sockets, o if it is unknown.", nil).quickly(fdTypeChar),
	text("fd.name", "Name", "Full path of a file, addresses of a socket.", fdName),
	text("fd.directory", "Directory", "Directory that a file is in.", fdDirectory),
	text("fd.filename", "File name", "Last part of the path of a file.", fdFilename),
	either(event.PTIPAddr, event.FormatNA, "fd.ip", "Address", "For conditions: address of the client or the server.", MultiAddress, anyIP),
	define(event.PTIPAddr, event.FormatNA, "fd.cip", "Client's address", "IP address of the client.", clientIP),
	define(event.PTIPAddr, event.FormatNA, "fd.sip", "Server's address", "IP address of the server.", serverIP),
	define(event.PTIPAddr, event.FormatNA, "fd.lip", "Local address", "IP address of this host's side.", sideIP(true)),
	define(event.PTIPAddr, event.FormatNA, "fd.rip", "Remote address", "IP address of the other side.", sideIP(false)),
	either(event.PTPort, event.FormatDec, "fd.port", "Port", "For conditions: port of the client or the server.", MultiPort, anyPort),
	define(event.PTPort, event.FormatDec, "fd.cport", "Client's port", "Port of the client.", clientPort),
	define(event.PTPort, event.FormatDec, "fd.sport", "Server's port", "Port of the server.", serverPort),
	define(event.PTPort, event.FormatDec, "fd.lport", "Local port", "Port of this host's side.", sidePort(true)),
	define(event.PTPort, event.FormatDec, "fd.rport", "Remote port", "Port of the other side.", sidePort(false)),
	text("fd.l4proto", "Transport protocol", "tcp, udp, icmp or raw.", fdText(l4Proto)),
	text("fd.sockfamily", "Socket family", "ip or unix.", sockFamily),
	boolean("fd.is_server", "Is the server's", "Whether this host is the server's side of the connection.", isServer),
	text("fd.uid", "Unique id", "Ids of the thread and of the file descriptor, one after the other.", fdUID),
	text("fd.containername", "Container and name", "Id of the container, a colon, and fd.name.", inContainer(containerFDName)),
	text("fd.containerdirectory", "Container and directory", "Id of the container, a colon, and fd.directory.", inContainer((*Context).directory)),
	either(event.PTPort, event.FormatNA, "fd.proto", "Service", "For conditions: fd.port, with names of services.", MultiPort, anyPort),
	text("fd.cproto", "Client's service", "Port of the client as a text.", clientService),
	text("fd.sproto", "Server's service", "Port of the server as a text.", serverService),
	text("fd.lproto", "Local service", "Port of this host's side as a text.", sideService(true)),
	text("fd.rproto", "Remote service", "Port of the other side as a text.", sideService(false)),
	either(event.PTIPNet, event.FormatNA, "fd.net", "Network", "For conditions: network of the client or the server.", MultiNet, anyIP),
	network("fd.cnet", "Client's network", "For conditions: network of the client.", clientIP),
	network("fd.snet", "Server's network", "For conditions: network of the server.", serverIP),
	network("fd.lnet", "Local network", "For conditions: network of this host's side.", sideIP(true)),
	network("fd.rnet", "Remote network", "For conditions: network of the other side.", sideIP(false)),
	boolean("fd.connected", "Is connected", "Whether the socket is connected.", fdTruth(hasFDFlag(replay.FDSocketConnected))),
	boolean("fd.name_changed", "Name has changed", "Whether the event changed the name of the file descriptor, as sending to another address does.", fdNameChanged),
	hostName("fd.cip.name", "Client's host name", "Name of the host that fd.cip is. Always absent: captures do not tell."),
	hostName("fd.sip.name", "Server's host name", "Name of the host that fd.sip is. Always absent: captures do not tell."),
	hostName("fd.lip.name", "Local host name", "Name of the host that fd.lip is. Always absent: captures do not tell."),
	hostName("fd.rip.name", "Remote host name", "Name of the host that fd.rip is. Always absent: captures do not tell."),
	define(event.PTInt32, event.FormatHex, "fd.dev", "Device", "Number of the device that a file is on.", fdValue(func(fd *replay.FD) uint64 { return uint64(int32(fd.Dev)) })),
	define(event.PTInt32, event.FormatDec, "fd.dev.major", "Device, major", "Major number of the device that a file is on.", fdValue(deviceMajor)),
	define(event.PTInt32, event.FormatDec, "fd.dev.minor", "Device, minor", "Minor number of the device that a file is on.", fdValue(deviceMinor)),
	signed("fd.ino", "Inode", "Inode number of a file.", fdValue(func(fd *replay.FD) uint64 { return fd.Ino })),
	text("fd.nameraw", "Name as given", "Path of a file as the program gave it, but for repeated slashes.", fdNameRaw),
	listOf(textDec("fd.types", "Types", "fd.type of all file descriptors of the process, each once. With the number of a file descriptor, its type.", nil)).with(NoRHS).optional(fdTypesField),
	boolean("fd.is_upper_layer", "Is in the upper layer", "Whether a file lies in the upper layer of an overlay file system.", fdTruth(hasFDFlag(replay.FDOverlayUpper))),
	boolean("fd.is_lower_layer", "Is in the lower layer", "Whether a file lies in the lower layer of an overlay file system.", fdTruth(hasFDFlag(replay.FDOverlayLower))),
}

// fdListFields are the fields of poll (sinsp_filtercheck_fdlist.cpp).
var fdListFields = []Def{
	define(event.PTCharBuf, event.FormatID, "fdlist.nums", "Numbers", "Numbers of the file descriptors that poll waits for, separated by commas.", fdListEntries(listNumber)),
	text("fdlist.names", "Names", "Names of the file descriptors that poll waits for, separated by commas.", fdListEntries(listName)),
	text("fdlist.cips", "Clients' addresses", "Addresses of the clients of the sockets that poll waits for, separated by commas.", fdListEntries(listClientIP)),
	text("fdlist.sips", "Servers' addresses", "Addresses of the servers of the sockets that poll waits for, separated by commas.", fdListEntries(listServerIP)),
	textDec("fdlist.cports", "Clients' ports", "Ports of the clients of the sockets that poll waits for, separated by commas.", fdListEntries(listClientPort)),
	textDec("fdlist.sports", "Servers' ports", "Ports of the servers of the sockets that poll waits for, separated by commas.", fdListEntries(listServerPort)),
}

// either is a field for conditions that stands for several values.
func either(typ event.ParamType, format event.PrintFormat, name, display, desc string, multi MultiKind, all extractor) Def {
	d := define(typ, format, name, display, desc, absent).with(FilterOnly | NoRHS | NoTransformer)
	d.multi, d.all = multi, all
	return d
}

func network(name, display, desc string, get extractor) Def {
	return define(event.PTIPNet, event.FormatNA, name, display, desc, get).with(FilterOnly | NoRHS | NoTransformer)
}

func hostName(name, display, desc string) Def {
	d := text(name, display, desc, absent).with(NoRHS | NoTransformer)
	d.multi, d.all = MultiName, noName
	return d
}

func listOf(d Def) Def {
	d.List = true
	return d
}

func containerFDName(c *Context) (string, bool) {
	name, _, ok := c.name()
	return name, ok
}

func hasFDFlag(flag replay.FDFlags) func(*replay.FD) bool {
	return func(fd *replay.FD) bool { return fd.Flags&flag == flag }
}

// A device number has its parts where the kernel puts them (Linux,
// include/linux/kdev_t.h, new_encode_dev).
func deviceMajor(fd *replay.FD) uint64 { return uint64(fd.Dev&0xfff00) >> 8 }
func deviceMinor(fd *replay.FD) uint64 { return uint64(fd.Dev&0xff | fd.Dev>>12&0xfff00) }

func polls(t event.Type) bool { return t == event.SyscallPollX || t == event.SyscallPpollX }

func listNumber(dst []byte, number int64, _ *replay.FD) []byte {
	return strconv.AppendInt(dst, number, 10)
}

func listName(dst []byte, _ int64, fd *replay.FD) []byte {
	if fd == nil || fd.Name == "" {
		return append(dst, notRead...)
	}
	return append(dst, fd.Name...)
}

func listClientIP(dst []byte, _ int64, fd *replay.FD) []byte {
	if fd == nil || !isConn(fd.Type) {
		return dst
	}
	return AppendText(dst, Value{S: address(fd, &fd.SrcIP)}, event.PTIPAddr, event.FormatNA)
}

func listServerIP(dst []byte, _ int64, fd *replay.FD) []byte {
	switch {
	case fd == nil || !netFDs(fd.Type):
		return dst
	case isConn(fd.Type):
		return AppendText(dst, Value{S: address(fd, &fd.DstIP)}, event.PTIPAddr, event.FormatNA)
	}
	return AppendText(dst, Value{S: address(fd, &fd.SrcIP)}, event.PTIPAddr, event.FormatNA)
}

func listClientPort(dst []byte, _ int64, fd *replay.FD) []byte {
	if fd == nil || !isConn(fd.Type) {
		return dst
	}
	return strconv.AppendUint(dst, uint64(fd.SrcPort), 10)
}

func listServerPort(dst []byte, _ int64, fd *replay.FD) []byte {
	if fd == nil || !isConn(fd.Type) {
		return dst
	}
	return strconv.AppendUint(dst, uint64(fd.DstPort), 10)
}
