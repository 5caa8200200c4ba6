//go:build linux

package procsnap

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"os"
	"path"
	"strconv"

	"golang.org/x/sys/unix"

	"falcoreplay/scap"
)

// Protocols of a capture (userspace/libscap/scap.h, scap_l4_proto).
const (
	l4TCP = 2
	l4UDP = 3
	l4RAW = 5
)

// sockets of one network namespace, by inode.
type sockets struct {
	byInode map[uint64]scap.FD
	readFor uint64 // the process that they were last read for
	reads   int
}

// maxSocketReads bounds how often the tables of a namespace are read again for
// sockets that were made since.
const maxSocketReads = 5

// maxSockets bounds the memory for one namespace, to some 200 MB.
const maxSockets = 1 << 20

// socket finds the two ends of a socket (userspace/libscap/linux/scap_fds.c,
// scap_fd_handle_socket).
func (s *scanner) socket(dir, pid int, f scap.FD, ino uint64, p *process) (scap.FD, bool) {
	key := ""
	if l, err := s.links.link(dir, "ns/net"); err == nil {
		key = string(l)
	}
	ns := s.netns[key]
	if ns == nil {
		ns = &sockets{}
		s.netns[key] = ns
		s.readSockets(dir, ns)
	}
	found, ok := ns.byInode[ino]
	if !ok {
		proto := s.protocol(pid, f.FD)
		if made, ok := unbound(proto); ok {
			if ns.readFor != s.reading && ns.reads < maxSocketReads {
				s.readSockets(dir, ns)
				found, ok = ns.byInode[ino]
			} else {
				ok = false
			}
			if !ok {
				found = made
			}
		} else {
			p.stats.SocketsUnknown++
			return f, false
		}
	}
	found.FD, found.Ino = f.FD, ino
	return found, true
}

// protocol is the kernel's name of a socket's protocol, "" where it is not
// known.
func (s *scanner) protocol(pid int, fd int64) string {
	var b [64]byte
	file := path.Join(s.opts.Root, "proc", strconv.Itoa(pid), "fd", strconv.FormatInt(fd, 10))
	n, err := retry(func() (int, error) { return unix.Getxattr(file, "system.sockprotoname", b[:]) })
	if err != nil {
		return ""
	}
	return string(bytes.TrimRight(b[:n], "\x00"))
}

// unbound is a socket that is in no table, as the kernel's iterators show it to
// Falco (userspace/libpman/src/iterators.c): Linux lists those of the internet
// families only once they have a port.
func unbound(proto string) (scap.FD, bool) {
	switch proto {
	case "TCP", "MPTCP":
		return scap.FD{Type: scap.FDIPv4Server, L4Proto: l4TCP}, true
	case "TCPv6", "MPTCPv6":
		return scap.FD{Type: scap.FDIPv6Server, L4Proto: l4TCP}, true
	case "UDP":
		return scap.FD{Type: scap.FDIPv4Server, L4Proto: l4UDP}, true
	case "UDPv6":
		return scap.FD{Type: scap.FDIPv6Server, L4Proto: l4UDP}, true
	case "RAW":
		return scap.FD{Type: scap.FDIPv4Server, L4Proto: l4RAW}, true
	case "RAWv6":
		return scap.FD{Type: scap.FDIPv6Server, L4Proto: l4RAW}, true
	case "UNIX", "UNIX-STREAM":
		return scap.FD{Type: scap.FDUnixSocket}, true
	case "NETLINK":
		return scap.FD{Type: scap.FDNetlink}, true
	}
	return scap.FD{}, false
}

// socketTables are the files of /proc/PID/net, in Falco's order.
var socketTables = []struct {
	file  string
	parse func(line []byte) (scap.FD, bool)
	l4    uint8
}{
	{"tcp", parseInet4, l4TCP},
	{"udp", parseInet4, l4UDP},
	{"raw", parseInet4, l4RAW},
	{"unix", parseUnix, 0},
	{"netlink", parseNetlink, 0},
	{"tcp6", parseInet6, l4TCP},
	{"udp6", parseInet6, l4UDP},
	{"raw6", parseInet6, l4RAW},
}

func (s *scanner) readSockets(dir int, ns *sockets) {
	ns.byInode = make(map[uint64]scap.FD)
	ns.readFor = s.reading
	ns.reads++
	for _, t := range socketTables {
		fd, err := openat(dir, "net/"+t.file, unix.O_RDONLY)
		if err != nil {
			continue // a kernel without the protocol
		}
		f := os.NewFile(uintptr(fd), t.file)
		r := bufio.NewReaderSize(f, 64<<10)
		for len(ns.byInode) < maxSockets {
			line, err := r.ReadSlice('\n')
			if err == bufio.ErrBufferFull {
				continue // no such line is written
			}
			if sock, ok := t.parse(bytes.TrimSuffix(line, []byte{'\n'})); ok {
				sock.L4Proto = t.l4
				ns.byInode[sock.Ino] = sock
			}
			if err != nil {
				break
			}
			s.progress.Add(1)
		}
		f.Close()
	}
}

// skipFields cuts n words off.
func skipFields(b []byte, n int) []byte {
	for range n {
		_, b = field(b)
	}
	return b
}

// parseInet4 reads a line of a table of IPv4 (Linux, net/ipv4/tcp_ipv4.c,
// get_tcp4_sock). A socket without a remote address is a server.
func parseInet4(line []byte) (f scap.FD, ok bool) {
	local, remote, ino, ok := inetFields(line)
	if !ok || !endpoint(local, f.SrcIP[:4], &f.SrcPort) || !endpoint(remote, f.DstIP[:4], &f.DstPort) {
		return f, false
	}
	f.Ino, f.Type = ino, scap.FDIPv4Socket
	if f.DstIP == [16]byte{} {
		f.Type, f.DstPort = scap.FDIPv4Server, 0
	}
	return f, true
}

// parseInet6 reads a line of a table of IPv6 (Linux, net/ipv6/tcp_ipv6.c,
// get_tcp6_sock).
func parseInet6(line []byte) (f scap.FD, ok bool) {
	local, remote, ino, ok := inetFields(line)
	if !ok || !endpoint(local, f.SrcIP[:], &f.SrcPort) || !endpoint(remote, f.DstIP[:], &f.DstPort) {
		return f, false
	}
	f.Ino, f.Type = ino, scap.FDIPv6Socket
	if f.DstIP == [16]byte{} {
		f.Type, f.DstPort = scap.FDIPv6Server, 0
	}
	return f, true
}

func inetFields(line []byte) (local, remote []byte, ino uint64, ok bool) {
	_, rest := field(line) // sl
	local, rest = field(rest)
	remote, rest = field(rest)
	inode, _ := field(skipFields(rest, 6))
	ino, err := strconv.ParseUint(string(inode), 10, 64)
	return local, remote, ino, err == nil && ino != 0 // 0: waiting for its end, no fd
}

// endpoint reads "ADDRESS:PORT". An address is 32-bit words in hexadecimal, as
// numbers of this machine, whose bytes are in network order.
func endpoint(b []byte, ip []byte, port *uint16) bool {
	addr, p, ok := bytes.Cut(b, []byte{':'})
	if !ok || len(addr) != 2*len(ip) {
		return false
	}
	var raw [16]byte
	if _, err := hex.Decode(raw[:], addr); err != nil {
		return false
	}
	for i := 0; i < len(ip); i += 4 {
		binary.NativeEndian.PutUint32(ip[i:], binary.BigEndian.Uint32(raw[i:]))
	}
	n, err := strconv.ParseUint(string(p), 16, 16)
	*port = uint16(n)
	return err == nil
}

// parseUnix reads a line of the table of unix sockets (Linux,
// net/unix/af_unix.c, unix_seq_show). Abstract names begin with "@". The
// address is what the kernel shows: a hash of it where kernel.kptr_restrict
// is 0, zero where the reader may not see it.
func parseUnix(line []byte) (f scap.FD, ok bool) {
	num, rest := field(line)
	num, colon := bytes.CutSuffix(num, []byte{':'})
	addr, err := strconv.ParseUint(string(num), 16, 64)
	if !colon || err != nil {
		return f, false
	}
	inode, rest := field(skipFields(rest, 5))
	ino, err := strconv.ParseUint(string(inode), 10, 64)
	if err != nil || ino == 0 {
		return f, false
	}
	f.Type, f.Ino, f.UnixSrc = scap.FDUnixSocket, ino, addr
	f.Name = string(cut(bytes.TrimPrefix(rest, []byte{' '})))
	return f, true
}

// parseNetlink reads a line of the table of netlink sockets (Linux,
// net/netlink/af_netlink.c, netlink_native_seq_show).
func parseNetlink(line []byte) (f scap.FD, ok bool) {
	inode, _ := field(skipFields(line, 9))
	ino, err := strconv.ParseUint(string(inode), 10, 64)
	f.Type, f.Ino = scap.FDNetlink, ino
	return f, err == nil && ino != 0
}
