package scap

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// The longest texts that libscap reads; longer ones are cut
// (userspace/libscap/scap_limits.h, SCAP_MAX_*_SIZE; scap.h,
// MAX_CREDENTIALS_STR_LEN; engine/savefile/scap_savefile.c).
const (
	maxTextBytes       = 1024 // of threads
	maxFDNameBytes     = 1023
	maxArgsBytes       = 4096 // also of the environment and of cgroups
	maxCredentialBytes = 255

	// maxListBlockBytes is where a process or fd list goes on in another
	// block, so that chunks stay small and so do the readers' buffers:
	// Wireshark takes no block of more than 16 MiB (wiretap/pcapng.c,
	// MAX_BLOCK_SIZE).
	maxListBlockBytes = 1 << 20
)

// WriteSnapshot begins a section with the state of a host; the events that
// follow belong to it. The section is in chunks of its own. A capture has one
// section, unless several were joined.
//
// Texts that are longer than other readers take are cut: 1024 bytes of paths
// and names, 4096 of arguments, of the environment and of cgroups, 255 of
// users' names, homes and shells.
func (w *Writer) WriteSnapshot(s *Snapshot) error {
	if err := w.failed(); err != nil {
		return err
	}
	w.endChunk()
	w.beginSection()
	if s.HasMachine {
		w.machine(&s.Machine)
	}
	if s.HasInterfaces {
		if err := w.oneBlock(blockInterfacesV2, func(e *encoder) {
			for i := range s.Interfaces {
				e.iface(&s.Interfaces[i])
			}
		}); err != nil {
			return err
		}
	}
	if s.HasUsers {
		if err := w.oneBlock(blockUsersV2, func(e *encoder) {
			for i := range s.Users {
				e.user(&s.Users[i])
			}
			for i := range s.Groups {
				e.group(&s.Groups[i])
			}
		}); err != nil {
			return err
		}
	}
	w.listBlocks(blockThreadsV9, nil, len(s.Threads), func(e *encoder, i int) { e.thread(&s.Threads[i]) })
	for i := range s.FDs {
		l := &s.FDs[i]
		tid := binary.LittleEndian.AppendUint64(nil, uint64(l.TID))
		if len(l.FDs) == 0 {
			w.block(blockFDsV2, func(e *encoder) { e.b = append(e.b, tid...) })
			continue
		}
		w.listBlocks(blockFDsV2, tid, len(l.FDs), func(e *encoder, i int) { e.fd(&l.FDs[i]) })
	}
	w.endChunk()
	return w.failed()
}

// beginSection writes a section header and the capture information.
func (w *Writer) beginSection() {
	w.inSection, w.cur.meta.Section = true, true
	w.block(blockSection, func(e *encoder) {
		e.u32(byteOrderMagic)
		e.u16(majorVersion)
		e.u16(minorVersion)
		e.i64(-1) // the length of the section is not known
	})
	if w.info != nil {
		w.block(blockInfo, func(e *encoder) { e.b = append(e.b, w.info...) })
	}
}

// block adds a block whose body put appends, and ends the chunk if it is long
// enough.
func (w *Writer) block(t blockType, put func(*encoder)) {
	c := w.cur
	start := len(c.raw)
	e := encoder{b: c.raw}
	e.u32(uint32(t))
	e.u32(0)
	put(&e)
	for (len(e.b)-start)%4 != 0 {
		e.u8(0)
	}
	total := uint32(len(e.b) - start + blockTrailerBytes)
	binary.LittleEndian.PutUint32(e.b[start+4:], total)
	e.u32(total)
	c.raw = e.b
	if len(c.raw) >= w.max {
		w.endChunk()
	}
}

// oneBlock adds a list that cannot go on in another block: a second one would
// replace it.
func (w *Writer) oneBlock(t blockType, put func(*encoder)) error {
	var e encoder
	put(&e)
	if len(e.b) > defaultMaxEventBytes-minBlockBytes {
		return fmt.Errorf("list of %d bytes in a block of type %#x is longer than %d", len(e.b), uint32(t), defaultMaxEventBytes)
	}
	w.block(t, func(to *encoder) { to.b = append(to.b, e.b...) })
	return nil
}

// listBlocks adds a list of n entries, in several blocks if it is long, with
// the same bytes at the head of each.
func (w *Writer) listBlocks(t blockType, head []byte, n int, put func(*encoder, int)) {
	for i := 0; i < n; {
		w.block(t, func(e *encoder) {
			e.b = append(e.b, head...)
			for start := len(e.b); i < n && len(e.b)-start < maxListBlockBytes; i++ {
				put(e, i)
			}
		})
	}
}

func (w *Writer) machine(m *Machine) {
	w.block(blockMachine, func(e *encoder) {
		e.u32(m.CPUs)
		e.u64(m.MemoryBytes)
		e.u64(m.MaxPID)
		var host [128]byte
		copy(host[:len(host)-1], m.Hostname)
		e.b = append(e.b, host[:]...)
		e.u64(m.BootTime)
		e.u64(m.Flags)
		e.u64(m.Reserved3)
		e.u64(m.Reserved4)
	})
}

// encoder appends the fields of header blocks.
type encoder struct{ b []byte }

func (e *encoder) u8(v uint8)   { e.b = append(e.b, v) }
func (e *encoder) u16(v uint16) { e.b = binary.LittleEndian.AppendUint16(e.b, v) }
func (e *encoder) u32(v uint32) { e.b = binary.LittleEndian.AppendUint32(e.b, v) }
func (e *encoder) u64(v uint64) { e.b = binary.LittleEndian.AppendUint64(e.b, v) }
func (e *encoder) i64(v int64)  { e.u64(uint64(v)) }

func (e *encoder) flag(v bool) {
	if v {
		e.u8(1)
	} else {
		e.u8(0)
	}
}

// str is a text of at most limit bytes. It ends at its first NUL, as it does
// for readers.
func (e *encoder) str(s string, limit int) {
	if i := strings.IndexByte(s, 0); i >= 0 {
		s = s[:i]
	}
	s = s[:min(len(s), limit)]
	e.u16(uint16(len(s)))
	e.b = append(e.b, s...)
}

// list is texts that end with a NUL each. A list that is too long is cut, in
// its last text unless whole is set.
func (e *encoder) list(s string, whole bool) {
	if len(s) <= maxArgsBytes {
		e.u16(uint16(len(s)))
		e.b = append(e.b, s...)
		return
	}
	if s = s[:maxArgsBytes-1]; whole {
		s = s[:max(0, strings.LastIndexByte(s, 0))]
	}
	e.u16(uint16(len(s) + 1))
	e.b = append(e.b, s...)
	e.u8(0)
}

// entry puts the length of what put appends before it; it counts itself if
// whole.
func (e *encoder) entry(whole bool, put func()) {
	start := len(e.b)
	e.u32(0)
	put()
	n := len(e.b) - start
	if !whole {
		n -= 4
	}
	binary.LittleEndian.PutUint32(e.b[start:], uint32(n))
}

func (e *encoder) thread(t *Thread) {
	e.entry(true, func() {
		e.i64(t.TID)
		e.i64(t.PID)
		e.i64(t.PTID)
		e.i64(t.SID)
		e.i64(t.VPGID)
		e.str(t.Comm, maxTextBytes)
		e.str(t.Exe, maxTextBytes)
		e.str(t.ExePath, maxTextBytes)
		e.list(t.Args, false)
		e.str(t.Cwd, maxTextBytes)
		e.i64(t.FDLimit)
		e.u32(t.Flags)
		e.u32(t.UID)
		e.u32(t.GID)
		e.u32(t.VMSizeKB)
		e.u32(t.VMRSSKB)
		e.u32(t.VMSwapKB)
		e.u64(t.MajorFaults)
		e.u64(t.MinorFaults)
		e.list(t.Env, false)
		e.i64(t.VTID)
		e.i64(t.VPID)
		e.list(t.Cgroups, true) // a part of a path would be another path
		e.str(t.Root, maxTextBytes)
		e.u64(t.PIDNSInitStart)
		e.u32(t.TTY)
		e.u32(t.LoginUID)
		e.flag(t.ExeWritable)
		e.u64(t.CapInheritable)
		e.u64(t.CapPermitted)
		e.u64(t.CapEffective)
		e.flag(t.ExeUpperLayer)
		e.u64(t.ExeIno)
		e.u64(t.ExeInoCtime)
		e.u64(t.ExeInoMtime)
		e.flag(t.ExeFromMemfd)
		e.flag(t.ExeLowerLayer)
		e.i64(t.PGID)
	})
}

func (e *encoder) fd(f *FD) {
	e.entry(true, func() {
		t := f.Type
		if t > FDPIDFD {
			t = FDUnsupported
		}
		e.i64(f.FD)
		e.u64(f.Ino)
		e.u8(uint8(t))
		switch t {
		case FDIPv4Socket, FDIPv6Socket:
			size := addressBytes(t == FDIPv6Socket)
			e.b = append(e.b, f.SrcIP[:size]...)
			e.b = append(e.b, f.DstIP[:size]...)
			e.u16(f.SrcPort)
			e.u16(f.DstPort)
			e.u8(f.L4Proto)
		case FDIPv4Server, FDIPv6Server:
			e.b = append(e.b, f.SrcIP[:addressBytes(t == FDIPv6Server)]...)
			e.u16(f.SrcPort)
			e.u8(f.L4Proto)
		case FDUnixSocket:
			e.u64(f.UnixSrc)
			e.u64(f.UnixDst)
			e.str(f.Name, maxFDNameBytes)
		case FDFileV2:
			e.u32(f.OpenFlags)
			e.str(f.Name, maxFDNameBytes)
			e.u32(f.Dev)
		case FDUnknown:
		default:
			e.str(f.Name, maxFDNameBytes)
		}
	})
}

func addressBytes(ipv6 bool) int {
	if ipv6 {
		return 16
	}
	return 4
}

func (e *encoder) iface(i *Interface) {
	e.entry(false, func() {
		name := i.Name[:min(len(i.Name), maxFDNameBytes)]
		if i.IPv6 {
			e.u16(interfaceIPv6)
		} else {
			e.u16(interfaceIPv4)
		}
		size := addressBytes(i.IPv6)
		e.u16(uint16(len(name)))
		e.b = append(e.b, i.Addr[:size]...)
		e.b = append(e.b, i.Netmask[:size]...)
		e.b = append(e.b, i.Broadcast[:size]...)
		e.u64(i.LinkSpeed)
		e.b = append(e.b, name...)
	})
}

func (e *encoder) user(u *User) {
	e.entry(true, func() {
		e.u8(0)
		e.u32(u.UID)
		e.u32(u.GID)
		e.str(u.Name, maxCredentialBytes)
		e.str(u.Home, maxCredentialBytes)
		e.str(u.Shell, maxCredentialBytes)
	})
}

func (e *encoder) group(g *Group) {
	e.entry(true, func() {
		e.u8(1)
		e.u32(g.GID)
		e.str(g.Name, maxCredentialBytes)
	})
}
