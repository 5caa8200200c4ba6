package recorder

import (
	"bytes"
	"encoding/binary"
	"regexp"

	"falcoreplay/recorder/procsnap"
	"falcoreplay/scap/event"
)

// masker masks environments in events, and whatever matches a pattern in
// arguments and data.
type masker struct {
	mode     procsnap.EnvMode
	redact   *regexp.Regexp // nil for none
	masked   uint64         // variables so far
	redacted uint64         // events of which a part was masked for matching redact
	buf      []byte
}

// secretKind is why a parameter may hold a secret.
type secretKind uint8

const (
	notSecret  secretKind = iota
	secretEnv             // an environment
	secretText            // texts that each end with a NUL
	secretData            // data of a call
)

// secrets has the parameters that may hold secrets, nil for an event that has
// none of a kind.
var secrets = func() (all [event.NumTypes][]secretKind) {
	for t := range all {
		info := event.Lookup(event.Type(t))
		if info == nil {
			continue
		}
		kinds, any := make([]secretKind, len(info.Params)), false
		for i, p := range info.Params {
			switch {
			case p.Name == "env":
				kinds[i] = secretEnv
			case p.Name == "args" || p.Name == "exe":
				kinds[i] = secretText
			case p.Type == event.PTByteBuf:
				kinds[i] = secretData
			}
			any = any || kinds[i] != notSecret
		}
		if any {
			all[t] = kinds
		}
	}
	return all
}()

// Layout of an event: struct ppm_evt_hdr of falcosecurity/libs,
// driver/ppm_events_public.h; then a length of 2 bytes for each parameter.
const (
	recordLen    = 16
	recordType   = 20
	recordParams = 22
	recordHeader = 26
)

// record returns an event as it goes into the capture: the same bytes where
// there is nothing to mask, else bytes that are valid until the next call.
func (m *masker) record(b []byte) []byte {
	if m.mode == procsnap.EnvAll && m.redact == nil || len(b) < recordHeader {
		return b
	}
	typ := binary.LittleEndian.Uint16(b[recordType:])
	if int(typ) >= len(secrets) || secrets[typ] == nil {
		return b
	}
	kinds := secrets[typ]
	count := int(binary.LittleEndian.Uint32(b[recordParams:]))
	at := recordHeader + 2*count
	if count > len(kinds) || len(b) < at {
		return b
	}
	m.buf = append(m.buf[:0], b[:at]...)
	before := m.redacted
	for i := range count {
		end := at + int(binary.LittleEndian.Uint16(b[recordHeader+2*i:]))
		if end > len(b) {
			return b // not whole: the writer refuses it
		}
		from := len(m.buf)
		m.append(kinds[i], b[at:end])
		m.buf = m.buf[:min(len(m.buf), from+0xffff)]
		binary.LittleEndian.PutUint16(m.buf[recordHeader+2*i:], uint16(len(m.buf)-from))
		at = end
	}
	m.redacted = min(m.redacted, before+1)
	m.buf = append(m.buf, b[at:]...)
	binary.LittleEndian.PutUint32(m.buf[recordLen:], uint32(len(m.buf)))
	return m.buf
}

// append appends a parameter.
func (m *masker) append(kind secretKind, p []byte) {
	switch {
	case kind == secretEnv:
		var n int
		var redact func(string) string
		if m.redact != nil {
			redact = m.text
		}
		m.buf, n = procsnap.AppendEnv(m.buf, p, m.mode, redact)
		m.masked += uint64(n)
	case m.redact == nil || kind == notSecret:
		m.buf = append(m.buf, p...)
	case kind == secretData:
		m.buf = m.appendData(m.buf, p)
	default:
		for len(p) > 0 {
			text, rest, found := bytes.Cut(p, []byte{0})
			m.buf = append(m.buf, m.text(string(text))...)
			if found {
				m.buf = append(m.buf, 0)
			}
			p = rest
		}
	}
}

// appendData has a star for each byte of a match, so that sizes stay true.
func (m *masker) appendData(dst, p []byte) []byte {
	from := len(dst)
	dst = append(dst, p...)
	for _, at := range m.redact.FindAllIndex(p, -1) {
		m.redacted++
		for i := from + at[0]; i < from+at[1]; i++ {
			dst[i] = '*'
		}
	}
	return dst
}

// text is a text with the matches masked, as in the snapshot.
func (m *masker) text(s string) string {
	masked := redactText(m.redact, s)
	if masked != s {
		m.redacted++
	}
	return masked
}

func redactText(re *regexp.Regexp, s string) string {
	return re.ReplaceAllLiteralString(s, procsnap.Mask)
}
