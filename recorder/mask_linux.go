package recorder

import (
	"encoding/binary"

	"falcoreplay/recorder/procsnap"
	"falcoreplay/scap/event"
)

// masker masks environments in events.
type masker struct {
	mode   procsnap.EnvMode
	masked uint64 // variables so far
	buf    []byte
}

// envParam has, for the events that hold an environment, one more than its place
// among the parameters.
var envParam = func() (at [event.NumTypes]uint8) {
	for _, t := range []event.Type{event.SyscallExecve19X, event.SyscallExecveatX} {
		for i, p := range event.Lookup(t).Params {
			if p.Name == "env" {
				at[t] = uint8(i + 1)
			}
		}
	}
	return at
}()

// Layout of an event: struct ppm_evt_hdr of falcosecurity/libs,
// driver/ppm_events_public.h; then a length of 2 bytes for each parameter.
const (
	recordLen    = 16
	recordType   = 20
	recordParams = 22
	recordHeader = 26
)

// record returns an event as the mode has it: the same bytes where there is
// nothing to mask, else bytes that are valid until the next call.
func (m *masker) record(b []byte) []byte {
	if m.mode == procsnap.EnvAll || len(b) < recordHeader {
		return b
	}
	typ := binary.LittleEndian.Uint16(b[recordType:])
	if int(typ) >= len(envParam) || envParam[typ] == 0 {
		return b
	}
	param, count := int(envParam[typ]-1), int(binary.LittleEndian.Uint32(b[recordParams:]))
	at := recordHeader + 2*count
	if count <= param || len(b) < at {
		return b
	}
	for i := range param {
		at += int(binary.LittleEndian.Uint16(b[recordHeader+2*i:]))
	}
	end := at + int(binary.LittleEndian.Uint16(b[recordHeader+2*param:]))
	if end > len(b) {
		return b
	}
	m.buf = append(m.buf[:0], b[:at]...)
	var n int
	m.buf, n = procsnap.AppendEnv(m.buf, b[at:end], m.mode, nil)
	m.masked += uint64(n)
	size := min(len(m.buf)-at, 0xffff)
	m.buf = append(m.buf[:at+size], b[end:]...)
	binary.LittleEndian.PutUint16(m.buf[recordHeader+2*param:], uint16(size))
	binary.LittleEndian.PutUint32(m.buf[recordLen:], uint32(len(m.buf)))
	return m.buf
}
