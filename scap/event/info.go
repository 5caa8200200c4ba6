package event

import "sort"

//go:generate go run ./gen

// Info is what is known of an event type: one row of the event table. It is
// shared by all and must not be changed.
type Info struct {
	Type     Type
	Code     string // name in the source, without PPME_
	Name     string // what evt.type shows
	Exit     bool   // the direction: the end of a system call rather than its beginning
	Category Category
	Source   Source
	Flags    Flags
	Params   []Param // today's parameters; an event of an older capture may have fewer
}

// Param describes one parameter of an event type.
type Param struct {
	Name    string
	Type    ParamType
	Format  PrintFormat
	Dirfd   int8         // index of the parameter that a PTFSRelPath refers to, -1 where there is none
	Symbols *SymbolTable // names of flags or values, nil where it has none
	Dynamic *DynTable    // for PTDyn, else nil
}

// Lookup returns the row of a type, nil for a type that is not in the table.
func Lookup(t Type) *Info {
	if int(t) >= len(infos) {
		return nil
	}
	return &infos[t]
}

// Is tells whether the type has all of the given flags.
func (i *Info) Is(f Flags) bool { return i.Flags&f == f }

// LenSize is the number of bytes of each length in an event of this type.
func (i *Info) LenSize() int {
	if i.Flags&FlagLargePayload != 0 {
		return 4
	}
	return 2
}

// Param returns the index of a parameter by its name, -1 where there is none.
func (i *Info) Param(name string) int {
	for k := range i.Params {
		if i.Params[k].Name == name {
			return k
		}
	}
	return -1
}

// Symbol names one value or one set of bits.
type Symbol struct {
	Name  string
	Value uint32
}

// SymbolTable names the values of a parameter. The order is that of the source
// and decides how a value is written. Tables must not be changed.
type SymbolTable struct {
	Name    string
	Symbols []Symbol
}

// Value returns the first name of exactly this value, "" where it has none.
func (t *SymbolTable) Value(v uint32) string {
	for i := range t.Symbols {
		if t.Symbols[i].Value == v {
			return t.Symbols[i].Name
		}
	}
	return ""
}

// DynTable gives the type of a PTDyn parameter by its first byte; the value
// follows that byte.
type DynTable struct {
	Name  string
	Types []DynType // indexed by the first byte
}

// DynType is one of the types that a PTDyn parameter may have.
type DynType struct {
	Type   ParamType
	Format PrintFormat
}

// The tables of PTDyn parameters (driver/dynamic_params_table.c; indices:
// driver/ppm_events_public.h, PPM_SOCKOPT_IDX_* and the like).
var (
	DynSockopt = DynTable{"sockopt", []DynType{
		{PTByteBuf, FormatHex}, {PTErrno, FormatDec}, {PTUint32, FormatDec}, {PTUint64, FormatDec}, {PTRelTime, FormatDec},
	}}
	DynPtrace = DynTable{"ptrace", []DynType{{PTUint64, FormatHex}, {PTSigType, FormatDec}}}
	DynBPF    = DynTable{"bpf", []DynType{{PTFD, FormatDec}, {PTErrno, FormatDec}}}
	DynKeyctl = DynTable{"keyctl", []DynType{{PTInt64, FormatDec}, {PTCharBuf, FormatNA}}}
)

// Value is the type of a dynamic parameter's value and its bytes; false where
// the parameter is empty or its first byte is not in the table.
func (t *DynTable) Value(param []byte) (DynType, []byte, bool) {
	if len(param) == 0 || int(param[0]) >= len(t.Types) {
		return DynType{}, nil, false
	}
	return t.Types[param[0]], param[1:], true
}

// Syscall is a Linux system call and how it is recorded.
type Syscall struct {
	Name    string
	Code    uint16 // as in the ID parameter of generic events
	Exit    Type   // the event that its end is recorded as
	Generic bool   // recorded as GenericX, with Code
}

// Syscalls lists the system calls by name. The list must not be changed.
func Syscalls() []Syscall { return syscalls[:] }

// SyscallByName finds a system call by its name.
func SyscallByName(name string) (Syscall, bool) {
	i := sort.Search(len(syscalls), func(i int) bool { return syscalls[i].Name >= name })
	if i < len(syscalls) && syscalls[i].Name == name {
		return syscalls[i], true
	}
	return Syscall{}, false
}

// SyscallName is the name of a system-call code, "" for an unknown one.
func SyscallName(code uint16) string {
	if int(code) >= len(syscallNames) {
		return ""
	}
	return syscallNames[code]
}

// NativeX8664 is the code of the system call with this number on x86-64, 0 for
// a number that the table does not have.
func NativeX8664(number uint16) (code uint16) {
	if int(number) >= len(nativeX8664) {
		return 0
	}
	return nativeX8664[number]
}

// SyscallCode is the code of the system call that a GenericX event stands for,
// 0 where it is unknown and for other events. A recorder that did not know the
// call has written code 0 and its number, which is taken as one of x86-64, as
// Falco does on such a machine
// (userspace/libsinsp/sinsp_filtercheck_event.cpp, TYPE_TYPE).
func (e *Event) SyscallCode() uint16 {
	if e.Type != GenericX {
		return 0
	}
	code, _ := e.Uint(0)
	if code == 0 {
		if number, ok := e.Uint(1); ok {
			return NativeX8664(uint16(number))
		}
	}
	return uint16(code)
}

// Name is what evt.type shows, but for the types whose name a plugin gives:
// the name of the type, or the system call of a generic event.
func (e *Event) Name() string {
	if e.Type == GenericX {
		return SyscallName(e.SyscallCode())
	}
	return e.Info().Name
}
