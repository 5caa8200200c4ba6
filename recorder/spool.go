package recorder

import "encoding/binary"

// spool keeps events in memory: each with its CPU and its length before it.
type spool struct {
	bytes  []byte
	events int
}

func (s *spool) add(cpu uint16, record []byte) {
	s.events++
	s.bytes = binary.NativeEndian.AppendUint16(s.bytes, cpu)
	s.bytes = binary.NativeEndian.AppendUint32(s.bytes, uint32(len(record)))
	s.bytes = append(s.bytes, record...)
}

// first is the time of the first event.
func (s *spool) first() (ts uint64, ok bool) {
	if len(s.bytes) == 0 {
		return 0, false
	}
	return binary.LittleEndian.Uint64(s.bytes[6:]), true
}

// drain empties the spool into write, up to the first error.
func (s *spool) drain(write func(cpu uint16, record []byte) error) error {
	b := s.bytes
	*s = spool{}
	for len(b) > 0 {
		cpu, n := binary.NativeEndian.Uint16(b), binary.NativeEndian.Uint32(b[2:])
		if err := write(cpu, b[6:6+n]); err != nil {
			return err
		}
		b = b[6+n:]
	}
	return nil
}
