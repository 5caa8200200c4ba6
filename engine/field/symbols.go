package field

import (
	"encoding/binary"
	"strconv"

	"falcoreplay/scap/event"
)

// appendFlags appends the names of the bits that are set, separated by "|". A
// name that stands for several bits takes them all away; 0 has a name only if
// nothing is set (falcosecurity/libs at 48dfd53, userspace/libsinsp/event.cpp,
// sinsp_evt::get_param_as_str, PT_FLAGS*).
func appendFlags(dst []byte, symbols *event.SymbolTable, flags uint32) []byte {
	if symbols == nil {
		return dst
	}
	mark, rest := len(dst), flags
	for i := range symbols.Symbols {
		s := &symbols.Symbols[i]
		if s.Value == 0 && flags != 0 || s.Value != 0 && (rest&s.Value != s.Value || rest == 0) {
			continue
		}
		rest &^= s.Value
		dst = appendSymbol(dst, mark, s.Name)
		if s.Value == flags {
			break
		}
	}
	return dst
}

// appendEnum appends all names of a value (PT_ENUMFLAGS*).
func appendEnum(dst []byte, symbols *event.SymbolTable, value uint32) []byte {
	if symbols == nil {
		return dst
	}
	mark := len(dst)
	for i := range symbols.Symbols {
		if s := &symbols.Symbols[i]; s.Value == value {
			dst = appendSymbol(dst, mark, s.Name)
		}
	}
	return dst
}

// appendMode is appendFlags for file modes, where a name for all that is set
// ends the list (PT_MODE).
func appendMode(dst []byte, symbols *event.SymbolTable, mode uint32) []byte {
	if symbols == nil {
		return dst
	}
	mark, rest := len(dst), mode
	for i := range symbols.Symbols {
		s := &symbols.Symbols[i]
		if s.Value == mode {
			return appendSymbol(dst, mark, s.Name)
		}
		if s.Value != 0 && rest&s.Value == s.Value && rest != 0 {
			dst = appendSymbol(dst, mark, s.Name)
			rest &^= s.Value
		}
	}
	return dst
}

func appendSymbol(dst []byte, mark int, name string) []byte {
	if len(dst) > mark {
		dst = append(dst, '|')
	}
	return append(dst, name...)
}

// appendSignals appends the names of a set of signals.
func appendSignals(dst []byte, set uint64) []byte {
	mark := len(dst)
	for i := range uint64(32) {
		if set>>i&1 == 0 || signalName(i+1) == "" {
			continue
		}
		if len(dst) > mark {
			dst = append(dst, ' ')
		}
		dst = append(dst, signalName(i+1)...)
	}
	return dst
}

// maxFDListBytes is what Falco's buffer for a list of file descriptors holds.
const maxFDListBytes = 1023

// fdListEntryBytes is the length of one entry of such a list: 8 bytes of file
// descriptor and 2 of flags.
const fdListEntryBytes = 10

// appendFDList appends the file descriptors of poll as "NUMBER:TYPEFLAGS"
// separated by blanks.
func (c *Context) appendFDList(dst []byte, list []byte) []byte {
	t := c.thread()
	if t == nil || len(list) < 2 {
		return dst
	}
	mark := len(dst)
	n := int(binary.LittleEndian.Uint16(list))
	for list = list[2:]; n > 0 && len(list) >= fdListEntryBytes; n, list = n-1, list[fdListEntryBytes:] {
		number := binary.LittleEndian.Uint64(list)
		char := byte('?')
		if fd := t.FD(int64(number)); fd != nil {
			char = fd.Type.Char()
		}
		dst = append(strconv.AppendUint(dst, number, 10), ':', char)
		dst = strconv.AppendUint(dst, uint64(uint32(int32(int16(binary.LittleEndian.Uint16(list[8:]))))), 16)
		if n > 1 {
			dst = append(dst, ' ')
		}
		if len(dst)-mark >= maxFDListBytes {
			return dst[:mark+maxFDListBytes]
		}
	}
	return dst
}
