package replay

import (
	"encoding/binary"

	"falcoreplay/scap"
	"falcoreplay/scap/event"
)

// New makes a host as it was when a section of a capture began. It keeps
// nothing of the snapshot.
func New(snap *scap.Snapshot) *Host {
	h := &Host{
		Name:        snap.Machine.Hostname,
		threads:     make(map[TID]*Thread, len(snap.Threads)),
		groupsByPID: make(map[TID]*ThreadGroup, len(snap.Threads)),
		users:       make(map[string]map[uint32]*User),
		groups:      make(map[string]map[uint32]*Group),
		containers:  map[string]*Container{"": hostContainer()},
		cgroupCache: make(map[string][2]string),
		args:        newRecent[arguments](),
		envs:        newRecent[[]string](),
		cgroups:     newRecent[[]Cgroup](),
	}
	for i := range snap.Interfaces {
		h.interfaces.add(&snap.Interfaces[i])
	}
	order := make([]*Thread, 0, len(snap.Threads))
	for i := range snap.Threads {
		t := h.snapshotThread(&snap.Threads[i])
		if old := h.threads[t.TID]; old != nil {
			old.removed = true
		}
		h.threads[t.TID] = t
		h.ensureUser(t.UID, t.GID)
		order = append(order, t)
	}
	servers := make(map[uint16]bool)
	for i := range snap.FDs {
		t := h.threads[TID(snap.FDs[i].TID)]
		if t == nil {
			continue
		}
		for j := range snap.FDs[i].FDs {
			f := h.snapshotFD(&snap.FDs[i].FDs[j])
			if f == nil {
				continue
			}
			t.fds.add(f.Num, f)
			if f.Type == FDIPv4Server || f.Type == FDIPv6Server {
				servers[f.SrcPort] = true
			}
		}
	}
	for _, t := range order {
		if !t.removed {
			h.link(t)
		}
	}
	for _, u := range snap.Users {
		h.putUser("", User(u))
	}
	for _, g := range snap.Groups {
		h.putGroup("", Group(g))
	}
	for _, t := range order {
		t.fds.directSockets(servers)
	}
	h.starting, h.started = order, false
	return h
}

// isInitial reports whether events of a type belong to the snapshot where they
// stand at the head of a capture (falcosecurity/libs,
// userspace/libsinsp/sinsp.cpp, sinsp::is_initialstate_event).
func isInitial(typ event.Type) bool {
	switch typ {
	case event.ContainerJson2E, event.UserAddedE, event.UserDeletedE,
		event.GroupAddedE, event.GroupDeletedE, event.AsynceventE:
		return true
	}
	return false
}

// start ends the snapshot: the containers of its threads are looked up, which
// the events at the head of a capture may have described.
func (h *Host) start() {
	for _, t := range h.starting {
		if !t.removed {
			h.joinContainer(t)
		}
	}
	h.starting = nil
}

// hostContainer stands for the host where a container is asked for.
func hostContainer() *Container {
	const name = "host"
	return &Container{ID: name, FullID: name, Name: name, Type: name}
}

func (h *Host) snapshotThread(s *scap.Thread) *Thread {
	t := newThread(TID(s.TID))
	t.PID, t.PTID, t.SID = TID(s.PID), TID(s.PTID), TID(s.SID)
	t.VPGID, t.PGID, t.VTID, t.VPID = TID(s.VPGID), TID(s.PGID), TID(s.VTID), TID(s.VPID)
	t.Flags |= s.Flags
	t.Comm, t.Exe, t.Root = s.Comm, s.Exe, s.Root
	t.setExePath(s.ExePath)
	h.setArgs(t, []byte(s.Args))
	if t.IsMain() {
		h.setEnv(t, []byte(s.Env))
		t.setCWD(s.Cwd)
	}
	h.setCgroups(t, []byte(s.Cgroups))
	t.UID, t.GID, t.LoginUID, t.TTY = s.UID, s.GID, s.LoginUID, s.TTY
	t.FDLimit = s.FDLimit
	t.VMSizeKB, t.VMRSSKB, t.VMSwapKB = s.VMSizeKB, s.VMRSSKB, s.VMSwapKB
	t.PFMajor, t.PFMinor = s.MajorFaults, s.MinorFaults
	t.PIDNSInitStartTS = s.PIDNSInitStart
	t.CapInheritable, t.CapPermitted, t.CapEffective = s.CapInheritable, s.CapPermitted, s.CapEffective
	t.ExeWritable, t.ExeFromMemfd = s.ExeWritable, s.ExeFromMemfd
	t.ExeUpperLayer, t.ExeLowerLayer = s.ExeUpperLayer, s.ExeLowerLayer
	t.ExeIno, t.ExeInoCtime, t.ExeInoMtime = s.ExeIno, s.ExeInoCtime, s.ExeInoMtime
	return t
}

// snapshotFD makes an FD of one in the snapshot, nil of one of an unknown
// type.
func (h *Host) snapshotFD(s *scap.FD) *FD {
	f := &FD{
		Num: s.FD, Type: FDType(s.Type), Flags: FDFromProc, Ino: s.Ino,
		SrcIP: s.SrcIP, DstIP: s.DstIP, SrcPort: s.SrcPort, DstPort: s.DstPort, L4: L4Proto(s.L4Proto),
		UnixSrc: s.UnixSrc, UnixDst: s.UnixDst,
	}
	switch f.Type {
	case FDUnknown:
		return nil
	case FDIPv4, FDIPv6:
		if f.Type == FDIPv6 && f.SrcIP.isMapped() && f.DstIP.isMapped() {
			f.Type, f.SrcIP, f.DstIP = FDIPv4, f.SrcIP.mapped(), f.DstIP.mapped()
		}
		if f.L4 == L4TCP {
			f.Flags |= FDSocketConnected
		}
		src, dst := endpoint{f.SrcIP, f.SrcPort}, endpoint{f.DstIP, f.DstPort}
		if f.Type == FDIPv6 {
			f.Name = string(appendTuple6(nil, src, dst))
			break
		}
		h.interfaces.complete(f)
		f.Name = f.tuple4Name()
	case FDIPv4Server:
		f.Name = string(appendEndpoint4(nil, endpoint{f.SrcIP, f.SrcPort}))
	case FDIPv6Server:
		f.Name = string(appendEndpoint6(nil, endpoint{f.SrcIP, f.SrcPort}))
	case FDUnix:
		f.Name = s.Name
		if f.Name == "" {
			f.Flags |= FDRoleClient
		} else {
			f.Flags |= FDRoleServer
		}
	case FDFileV2:
		f.Name, f.OpenFlags, f.Dev = s.Name, s.OpenFlags, s.Dev
	default:
		f.Name = s.Name
	}
	return f
}

func (f *FD) tuple4Name() string {
	return string(appendTuple4(nil, endpoint{f.SrcIP, f.SrcPort}, endpoint{f.DstIP, f.DstPort}))
}

// directSockets finds out which side of its connections the host is: the
// server's where anybody serves the local port. A snapshot has the local side
// first, so the server's are turned round.
func (t *FDTable) directSockets(servers map[uint16]bool) {
	for f := range t.All() {
		switch {
		case f.Type != FDIPv4:
		case !servers[f.SrcPort]:
			f.Flags |= FDRoleClient
		default:
			f.swap()
			f.Name = f.tuple4Name()
			f.Flags |= FDRoleServer
		}
	}
}

func (n *interfaces) add(i *scap.Interface) {
	if i.IPv6 {
		n.v6 = append(n.v6, i.Addr)
		return
	}
	n.v4 = append(n.v4, interface4{binary.LittleEndian.Uint32(i.Addr[:]), binary.LittleEndian.Uint32(i.Netmask[:])})
}
