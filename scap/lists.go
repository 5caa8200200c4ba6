package scap

import "strconv"

// fd reads one entry of an fd list
// (userspace/libscap/engine/savefile/scap_savefile.c, scap_fd_read_from_disk).
func (d *decoder) fd(v2 bool) FD {
	var f FD
	if v2 {
		d.entry(true)
	}
	f.FD, f.Ino = d.i64(), d.u64()
	f.Type = FDType(d.u8())
	switch f.Type {
	case FDIPv4Socket:
		copy(f.SrcIP[:], d.bytes(4))
		copy(f.DstIP[:], d.bytes(4))
		f.SrcPort, f.DstPort, f.L4Proto = d.u16(), d.u16(), d.u8()
	case FDIPv4Server:
		copy(f.SrcIP[:], d.bytes(4))
		f.SrcPort, f.L4Proto = d.u16(), d.u8()
	case FDIPv6Socket:
		copy(f.SrcIP[:], d.bytes(16))
		copy(f.DstIP[:], d.bytes(16))
		f.SrcPort, f.DstPort, f.L4Proto = d.u16(), d.u16(), d.u8()
	case FDIPv6Server:
		copy(f.SrcIP[:], d.bytes(16))
		f.SrcPort, f.L4Proto = d.u16(), d.u8()
	case FDUnixSocket:
		f.UnixSrc, f.UnixDst = d.u64(), d.u64()
		f.Name = d.str()
	case FDFileV2:
		f.OpenFlags = d.u32()
		f.Name = d.str()
		d.opt32(&f.Dev)
	case FDUnknown:
	default:
		if f.Type > FDPIDFD {
			// A type of a later version: libscap gives it this name.
			f.Name = "unknown-type:[" + strconv.Itoa(int(f.Type)) + "]"
			f.Type = FDUnsupported
			if !v2 {
				d.fail(ErrCorrupt, "fd type %s, whose length is not known", f.Name)
			}
		} else {
			f.Name = d.str()
		}
	}
	if v2 {
		d.endEntry()
	}
	return f
}

// The types of interface entries (userspace/libscap/scap.h, scap_ifinfo_type).
const (
	interfaceIPv4            = 1
	interfaceIPv6            = 2
	interfaceIPv4NoLinkSpeed = 3
	interfaceIPv6NoLinkSpeed = 4
)

// iface reads one entry of an interface list (same file, scap_read_iflist).
func (d *decoder) iface(v2 bool) Interface {
	var i Interface
	if v2 {
		d.entry(false)
	}
	typ, nameLen := d.u16(), int(d.u16())
	size := 4
	switch typ {
	case interfaceIPv4, interfaceIPv4NoLinkSpeed:
	case interfaceIPv6, interfaceIPv6NoLinkSpeed:
		i.IPv6, size = true, 16
	default:
		d.fail(ErrCorrupt, "interface type %d", typ)
	}
	copy(i.Addr[:], d.bytes(size))
	copy(i.Netmask[:], d.bytes(size))
	copy(i.Broadcast[:], d.bytes(size))
	if typ == interfaceIPv4 || typ == interfaceIPv6 {
		i.LinkSpeed = d.u64()
	}
	i.Name = cString(d.bytes(nameLen))
	if v2 {
		d.endEntry()
	}
	return i
}

// userOrGroup reads one entry of a user list (same file, scap_read_userlist;
// types: userspace/libscap/scap.h, USERBLOCK_TYPE_*).
func (d *decoder) userOrGroup(v2 bool, s *Snapshot) {
	if v2 {
		d.entry(true)
	}
	if d.u8() == 0 {
		u := User{UID: d.u32(), GID: d.u32()}
		u.Name, u.Home, u.Shell = d.str(), d.str(), d.str()
		s.Users = append(s.Users, u)
	} else {
		g := Group{GID: d.u32()}
		g.Name = d.str()
		s.Groups = append(s.Groups, g)
	}
	if v2 {
		d.endEntry()
	}
}

// machine reads a machine information block. One that is shorter or longer
// than today's is read as far as both go.
func (d *decoder) machine(m *Machine) {
	var b [machineBytes]byte
	n := min(len(b), d.left)
	copy(b[:], d.bytes(n))
	m.CPUs = le32(b[0:])
	m.MemoryBytes = le64(b[4:])
	m.MaxPID = le64(b[12:])
	m.Hostname = cString(b[20:148])
	m.BootTime = le64(b[148:])
	m.Flags = le64(b[156:])
	m.Reserved3 = le64(b[164:])
	m.Reserved4 = le64(b[172:])
	d.skip(d.left)
}
