package scap

// threadsVersion is the version of a process list, 0 for other blocks.
func threadsVersion(t blockType) int {
	switch t {
	case blockThreadsV1, blockThreadsV1Int:
		return 1
	case blockThreadsV2, blockThreadsV2Int:
		return 2
	case blockThreadsV3, blockThreadsV3Int:
		return 3
	case blockThreadsV4, blockThreadsV5, blockThreadsV6, blockThreadsV7, blockThreadsV8, blockThreadsV9:
		return int(t-blockThreadsV4) + 4
	}
	return 0
}

// thread reads one entry of a process list
// (userspace/libscap/engine/savefile/scap_savefile.c, scap_read_proclist).
func (d *decoder) thread(version int) Thread {
	t := newThread()
	if version >= 9 {
		d.entry(true)
	}
	t.TID, t.PID, t.PTID = d.i64(), d.i64(), d.i64()
	if version >= 6 {
		t.SID = d.i64()
	}
	if version >= 8 {
		t.VPGID = d.i64()
	}
	t.Comm, t.Exe = d.str(), d.str()
	if version >= 7 {
		t.ExePath = d.str()
	}
	t.Args = d.list()
	t.Cwd = d.str()
	t.FDLimit = d.i64()
	t.Flags, t.UID, t.GID = d.u32(), d.u32(), d.u32()
	if version >= 2 {
		t.VMSizeKB, t.VMRSSKB, t.VMSwapKB = d.u32(), d.u32(), d.u32()
		t.MajorFaults, t.MinorFaults = d.u64(), d.u64()
	}
	if version >= 3 {
		t.Env = d.list()
	}
	if version >= 4 {
		t.VTID, t.VPID = d.i64(), d.i64()
		t.Cgroups = d.raw()
	}
	if version >= 5 {
		t.Root = d.str()
	}
	if version >= 9 {
		d.threadTail(&t)
		d.endEntry()
	}
	return t
}

// oldTailBytes is the length of all that entries had behind Root before libs
// 0.10.0, which added two fields in the middle: an entry with more than that
// left has them (same function).
const oldTailBytes = 4 + 1 + 3*8

// threadTail reads the fields that have been added to version 9. An entry may
// end before any of them, and a field that does not fit into what is left is
// passed over in favour of the next, as libscap does.
func (d *decoder) threadTail(t *Thread) {
	if d.sub > oldTailBytes {
		d.opt64(&t.PIDNSInitStart)
		d.opt32(&t.TTY)
	}
	d.opt32(&t.LoginUID)
	d.optBool(&t.ExeWritable)
	d.opt64(&t.CapInheritable)
	d.opt64(&t.CapPermitted)
	d.opt64(&t.CapEffective)
	d.optBool(&t.ExeUpperLayer)
	d.opt64(&t.ExeIno)
	d.opt64(&t.ExeInoCtime)
	d.opt64(&t.ExeInoMtime)
	d.optBool(&t.ExeFromMemfd)
	d.optBool(&t.ExeLowerLayer)
	if d.has(8) {
		t.PGID = d.i64()
	}
}

func (d *decoder) opt64(v *uint64) {
	if d.has(8) {
		*v = d.u64()
	}
}

func (d *decoder) opt32(v *uint32) {
	if d.has(4) {
		*v = d.u32()
	}
}

func (d *decoder) optBool(v *bool) {
	if d.has(1) {
		*v = d.u8() != 0
	}
}
