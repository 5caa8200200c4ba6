package event

import "strconv"

// ParamType is the type of a parameter or of a field: how its bytes are laid
// out and what they mean. The numbers are those of ppm_param_type
// (falcosecurity/libs at 48dfd53, driver/ppm_events_public.h). Numbers in a
// capture are little endian.
type ParamType uint8

// The parameter types. Those from PTBool on that no event uses occur as types
// of fields only.
const (
	PTNone             ParamType = 0
	PTInt8             ParamType = 1
	PTInt16            ParamType = 2
	PTInt32            ParamType = 3
	PTInt64            ParamType = 4
	PTUint8            ParamType = 5
	PTUint16           ParamType = 6
	PTUint32           ParamType = 7
	PTUint64           ParamType = 8
	PTCharBuf          ParamType = 9  // text that ends with a NUL
	PTByteBuf          ParamType = 10 // bytes
	PTErrno            ParamType = 11 // 64 bits: a result, negative for an error number
	PTSockAddr         ParamType = 12 // 1 byte of family, then an address
	PTSockTuple        ParamType = 13 // 1 byte of family, then two addresses
	PTFD               ParamType = 14 // 64 bits
	PTPID              ParamType = 15 // 64 bits
	PTFDList           ParamType = 16 // 16 bits of count, then 64 bits of fd and 16 of flags for each
	PTFSPath           ParamType = 17 // a path that ends with a NUL
	PTSyscallID        ParamType = 18 // 16 bits, see SyscallName
	PTSigType          ParamType = 19 // 8 bits: a signal
	PTRelTime          ParamType = 20 // 64 bits of nanoseconds
	PTAbsTime          ParamType = 21 // 64 bits of nanoseconds since the epoch
	PTPort             ParamType = 22 // 16 bits
	PTL4Proto          ParamType = 23 // 8 bits
	PTSockFamily       ParamType = 24 // 8 bits
	PTBool             ParamType = 25 // 32 bits
	PTIPv4Addr         ParamType = 26 // 4 bytes in network order
	PTDyn              ParamType = 27 // the first byte chooses the type of the rest: see DynTable
	PTFlags8           ParamType = 28 // a set of bits: see SymbolTable
	PTFlags16          ParamType = 29
	PTFlags32          ParamType = 30
	PTUID              ParamType = 31 // 32 bits, all ones for none
	PTGID              ParamType = 32 // 32 bits, all ones for none
	PTDouble           ParamType = 33
	PTSigSet           ParamType = 34 // 32 bits
	PTCharBufArray     ParamType = 35 // texts, each of which ends with a NUL
	PTCharBufPairArray ParamType = 36
	PTIPv4Net          ParamType = 37
	PTIPv6Addr         ParamType = 38 // 16 bytes
	PTIPv6Net          ParamType = 39
	PTIPAddr           ParamType = 40 // 4 or 16 bytes
	PTIPNet            ParamType = 41
	PTMode             ParamType = 42 // 32 bits of file mode
	PTFSRelPath        ParamType = 43 // a path relative to the fd in parameter Param.Dirfd
	PTEnumFlags8       ParamType = 44 // one of the values of a SymbolTable
	PTEnumFlags16      ParamType = 45
	PTEnumFlags32      ParamType = 46
	PTFD32             ParamType = 47 // 32 bits
	PTPID32            ParamType = 48 // 32 bits

	// NumParamTypes is one more than the largest of them.
	NumParamTypes = 49
)

// paramSize is the number of bytes that a value of a type takes, 0 where it
// depends on the value, for the types that events use (driver/ppm_param_helpers.h,
// ppm_param_min_len_from_type).
var paramSize = [NumParamTypes]uint8{
	PTInt8: 1, PTUint8: 1, PTFlags8: 1, PTEnumFlags8: 1, PTSigType: 1,
	PTInt16: 2, PTUint16: 2, PTFlags16: 2, PTEnumFlags16: 2, PTSyscallID: 2, PTPort: 2,
	PTInt32: 4, PTUint32: 4, PTFlags32: 4, PTEnumFlags32: 4, PTUID: 4, PTGID: 4,
	PTMode: 4, PTSigSet: 4, PTFD32: 4, PTPID32: 4, PTIPv4Addr: 4,
	PTInt64: 8, PTUint64: 8, PTRelTime: 8, PTAbsTime: 8, PTErrno: 8, PTFD: 8, PTPID: 8,
	PTIPv6Addr: 16,
}

// Size is the number of bytes that a parameter of this type takes in an event,
// 0 where that depends on its value.
func (t ParamType) Size() int {
	if t >= NumParamTypes {
		return 0
	}
	return int(paramSize[t])
}

// PrintFormat is how a number is written (ppm_print_format, same file).
type PrintFormat uint8

// The print formats.
const (
	FormatNA          PrintFormat = 0
	FormatDec         PrintFormat = 1
	FormatHex         PrintFormat = 2
	Format10PaddedDec PrintFormat = 3
	FormatID          PrintFormat = 4
	FormatDir         PrintFormat = 5
	FormatOct         PrintFormat = 6
)

// Category is what an event is about: the low bits of ppm_event_category, of
// which Source holds the high ones.
type Category uint16

// The categories.
const (
	CategoryUnknown    Category = 0
	CategoryOther      Category = 1
	CategoryFile       Category = 2
	CategoryNet        Category = 3
	CategoryIPC        Category = 4
	CategoryMemory     Category = 5
	CategoryProcess    Category = 6
	CategorySleep      Category = 7
	CategorySystem     Category = 8
	CategorySignal     Category = 9
	CategoryUser       Category = 10
	CategoryTime       Category = 11
	CategoryProcessing Category = 12
	CategoryIORead     Category = 32
	CategoryIOWrite    Category = 33
	CategoryIOOther    Category = 34
	CategoryWait       Category = 1 << 6
	CategoryScheduler  Category = 1 << 7
	CategoryInternal   Category = 1 << 8
)

// IsIO tells the categories of reading, writing and other use of an fd, whose
// events belong to what the fd is: a file, a socket, a pipe.
func (c Category) IsIO() bool { return c >= CategoryIORead && c <= CategoryIOOther }

// String is what evt.category shows for an event of the category
// (userspace/libsinsp/sinsp_filtercheck_event.cpp, TYPE_CATEGORY). For an I/O
// category it is what shows where the fd is not known; where it is, the answer
// is the fd's, and the caller's to give.
func (c Category) String() string {
	switch c {
	case CategoryUnknown, CategoryIORead, CategoryIOWrite, CategoryIOOther:
		return "unknown"
	case CategoryOther:
		return "other"
	case CategoryFile:
		return "file"
	case CategoryNet:
		return "net"
	case CategoryIPC:
		return "IPC"
	case CategoryMemory:
		return "memory"
	case CategoryProcess:
		return "process"
	case CategorySleep:
		return "sleep"
	case CategorySystem:
		return "system"
	case CategorySignal:
		return "signal"
	case CategoryUser:
		return "user"
	case CategoryTime:
		return "time"
	case CategoryProcessing:
		return "processing"
	case CategoryWait:
		return "wait"
	case CategoryScheduler:
		return "scheduler"
	case CategoryInternal:
		return "internal"
	}
	return "category(" + strconv.Itoa(int(c)) + ")"
}

// Source is where an event comes from: the high bits of ppm_event_category.
type Source uint16

// The sources. SourceNone is that of types which exist only to pair another.
const (
	SourceNone       Source = 0
	SourceSyscall    Source = 1 << 9
	SourceTracepoint Source = 1 << 10
	SourcePlugin     Source = 1 << 11
	SourceMeta       Source = 1 << 12 // made by user space, not by the kernel
	SourceIter       Source = 1 << 13 // made by a kernel iterator that lists what there is
)

// Flags are properties of an event type (ppm_event_flags, same file).
type Flags uint16

// The flags.
const (
	FlagCreatesFD        Flags = 1 << 0
	FlagDestroysFD       Flags = 1 << 1
	FlagUsesFD           Flags = 1 << 2
	FlagReadsFromFD      Flags = 1 << 3
	FlagWritesToFD       Flags = 1 << 4
	FlagModifiesState    Flags = 1 << 5
	FlagUnused           Flags = 1 << 6 // never occurs
	FlagWaits            Flags = 1 << 7
	FlagSkipParserReset  Flags = 1 << 8 // does not count as its thread's last event
	FlagOldVersion       Flags = 1 << 9
	FlagLargePayload     Flags = 1 << 11 // its lengths have 4 bytes, not 2
	FlagConverterManaged Flags = 1 << 12 // the conversion table knows it
)
