package scap

import (
	"encoding/binary"
	"fmt"
)

// headerBlock reads the body of one block that holds no event, or passes over
// it where its type is not known; known tells.
func (s *Snapshot) headerBlock(t blockType, d *decoder, maxEntries int) (known bool) {
	d.sub = -1
	entry := func() bool {
		if !d.more() {
			return false
		}
		if s.entries++; s.entries > maxEntries {
			d.fail(ErrUnsupported, "the snapshot has more than %d entries", maxEntries)
			return false
		}
		return true
	}
	if version := threadsVersion(t); version > 0 {
		for entry() {
			s.Threads = append(s.Threads, d.thread(version))
		}
		return true
	}
	switch t {
	case blockMachine, blockMachineInt:
		s.HasMachine = true
		d.machine(&s.Machine)
	case blockFDs, blockFDsInt, blockFDsV2:
		l := FDs{TID: d.i64()}
		for entry() {
			l.FDs = append(l.FDs, d.fd(t == blockFDsV2))
		}
		s.FDs = append(s.FDs, l)
	case blockInterfaces, blockInterfacesInt, blockInterfacesV2:
		// A later list replaces an earlier one, as in libscap.
		s.HasInterfaces, s.Interfaces = true, nil
		for entry() {
			s.Interfaces = append(s.Interfaces, d.iface(t == blockInterfacesV2))
		}
	case blockUsers, blockUsersInt, blockUsersV2:
		s.HasUsers, s.Users, s.Groups = true, nil, nil
		for entry() {
			d.userOrGroup(t == blockUsersV2, s)
		}
	default:
		return false
	}
	return true
}

// section reads the body of a section header block
// (userspace/libscap/engine/savefile/scap_savefile.c, scap_read_section_header).
func (d *decoder) section() {
	d.sub = -1
	b := d.bytes(sectionBytes) // the last 8 are the length of the section, which no writer sets
	if b == nil {
		return
	}
	magic := le32(b)
	major, minor := binary.LittleEndian.Uint16(b[4:]), binary.LittleEndian.Uint16(b[6:])
	switch {
	case magic == byteOrderMagicSwapped:
		d.fail(ErrUnsupported, "the capture was made on a big-endian machine")
	case magic != byteOrderMagic:
		d.fail(ErrCorrupt, "byte order magic %#x", magic)
	case major > majorVersion:
		d.fail(ErrUnsupported, "format version %d.%d is later than %d", major, minor, majorVersion)
	}
	d.skip(d.left) // options
}

// readBlock reads a block that holds no event: its header, which is there but
// not yet consumed, its body and its trailer.
func (r *Reader) readBlock(t blockType, total int) error {
	start := r.in.offset()
	if total < minBlockBytes {
		return r.fail(start, ErrCorrupt, fmt.Sprintf("block length %d is less than %d", total, minBlockBytes))
	}
	r.in.pos += blockHeaderBytes
	d := decoder{in: &r.in, left: total - minBlockBytes}
	switch {
	case t == blockSection:
		d.section()
	case t == blockInfo && !r.inEvents:
		if i := d.info(); i != nil {
			r.info = i
		} else {
			r.stats.UnknownBlocks++
		}
	case r.inEvents || !r.snapshot.headerBlock(t, &d, r.opts.MaxSnapshotEntries):
		r.stats.UnknownBlocks++
	}
	d.skip(d.left)
	if d.err != nil {
		return r.fail(d.at, d.err, fmt.Sprintf("%s (block of type %#x at %d)", d.reason, uint32(t), start))
	}
	d.left, d.sub = blockTrailerBytes, -1
	trailer := d.u32()
	if d.err != nil {
		return r.fail(d.at, d.err, d.reason)
	}
	if int64(trailer) != int64(total) {
		return r.fail(start, ErrCorrupt, fmt.Sprintf("block length %d before and %d behind the block of type %#x", total, trailer, uint32(t)))
	}
	r.stats.Blocks++
	return nil
}
