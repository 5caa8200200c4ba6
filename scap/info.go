package scap

import (
	"encoding/binary"
	"fmt"

	"github.com/vmihailenco/msgpack/v5"
)

// Info says how a capture came to be. The recorder writes it once a section, in
// a block that other readers pass over: as a msgpack map, in which readers pass
// over keys that they do not know. What is empty is not known or does not
// apply.
type Info struct {
	Recorder string `msgpack:"recorder,omitempty"` // name and version

	// Clocks: Start is when the recording, or this file of it, began, in
	// nanoseconds since the epoch. Clock names the clock of the events' times,
	// and ClockOffset is what was added to it, in nanoseconds.
	Start       uint64 `msgpack:"start,omitempty"`
	Clock       string `msgpack:"clock,omitempty"`
	ClockOffset int64  `msgpack:"clock_offset,omitempty"`

	// The recorded host; its name and size are in Machine.
	Kernel       string `msgpack:"kernel,omitempty"`       // release, as uname -r
	Architecture string `msgpack:"architecture,omitempty"` // as uname -m
	System       string `msgpack:"system,omitempty"`       // PRETTY_NAME of os-release
	MachineID    string `msgpack:"machine_id,omitempty"`
	OnlineCPUs   string `msgpack:"online_cpus,omitempty"` // as in /sys/devices/system/cpu/online

	// What was recorded, as it was asked for.
	Filter       string   `msgpack:"filter,omitempty"`
	Syscalls     []string `msgpack:"syscalls,omitempty"` // all that were recorded, by name
	Snapshot     string   `msgpack:"snapshot,omitempty"` // all or filtered
	SnapLenBytes uint32   `msgpack:"snaplen,omitempty"`  // of data buffers
	Runtimes     []string `msgpack:"runtimes,omitempty"` // container runtimes that were asked

	// What was left out or masked.
	EnvMode        string   `msgpack:"env,omitempty"`      // all, masked, names or none
	RedactPatterns []string `msgpack:"redact,omitempty"`   // of arguments and data
	Redacted       []string `msgpack:"redacted,omitempty"` // what kinds of values were masked

	FileNumber uint32 `msgpack:"file_number,omitempty"` // from 1, where the recording has several files
}

const (
	infoTag      = "FRinfo\x00\x01" // which blocks of this type are ours; the last byte is the version
	infoHeader   = len(infoTag) + 4
	maxInfoBytes = 64 << 10 // of the msgpack; the names of all system calls take 5 KiB
)

// encode returns the body of the block.
func (i *Info) encode() ([]byte, error) {
	b, err := msgpack.Marshal(i)
	if err != nil {
		return nil, fmt.Errorf("capture information: %w", err)
	}
	if len(b) > maxInfoBytes {
		return nil, fmt.Errorf("capture information of %d bytes is longer than %d", len(b), maxInfoBytes)
	}
	body := binary.LittleEndian.AppendUint32([]byte(infoTag), uint32(len(b)))
	return append(body, b...), nil
}

// info reads the body of the block. It is nil for a block of somebody else and
// for one that cannot be read: a capture is good without it.
func (d *decoder) info() *Info {
	d.sub = -1
	if d.left < infoHeader || d.left > infoHeader+maxInfoBytes+3 {
		return nil
	}
	if string(d.bytes(len(infoTag))) != infoTag {
		return nil
	}
	n := d.u32()
	if int64(n) > int64(d.left) {
		return nil
	}
	i := new(Info)
	if b := d.bytes(int(n)); b == nil || unmarshal(b, i) != nil {
		return nil
	}
	return i
}
