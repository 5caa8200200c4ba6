package bpf

// Places among the calls, and other limits: enum limits of c/record.h.
const (
	FirstNative     = 0    // native system calls by number
	FirstCompat     = 512  // 32-bit system calls by number
	FirstSocketcall = 1024 // what a 32-bit socketcall stands for, by its number
	CallExec        = 1056 // the program of a process was replaced
	CallFork        = 1057 // a thread began, where its first return from the kernel shows no system call
	CallExit        = 1058 // a thread ended
	CallSignal      = 1059 // a signal was delivered
	CallAny         = 1060 // all calls together, for what was lost
	NumCalls        = 1061

	countSlots    = 2048 // of each CPU, for at least NumCalls
	MaxNative     = 512
	MaxCompat     = 512
	MaxSocketcall = 32
	MaxParams     = 32
	MaxRows       = 24
	MaxTables     = 64

	headerSize = 26 // struct ppm_evt_hdr of falcosecurity/libs, driver/ppm_events_public.h
)

// Where a tuple's address of the peer is, and its direction: enum tuple.
const (
	TupleIn   = 0
	TupleOut  = 1
	TupleAddr = 2  // in argument 4
	TupleMsg  = 4  // in the msghdr that argument 1 points to
	TupleUser = 8  // at argument 1
	TupleRet  = 16 // the socket is the result
	TupleMany = 32 // one of several messages
)

// Op says how a parameter is filled in: struct op.
type Op struct {
	Kind  Kind
	Arg   uint8 // index of the argument that it is about
	Width uint8 // bytes of a number, 0 for bytes
	Table uint8 // of flags or values
	Extra int32 // see enum kind
}

// Call is a system call, or another tracepoint, and the record of it: struct
// call.
type Call struct {
	Type    uint16 // of the event
	Code    uint16 // scap's number of the system call
	Native  uint16 // number of the system call
	NParams uint8
	Many    uint8  // 1 if there is a record for each message
	When    uint32 // 1 if a result of 0 has another tracepoint
	About   uint32 // the filter's atoms that are true of it, and CallState
	Ops     [MaxParams]Op
}

// Row is a row of a Table: struct row.
type Row struct {
	Mask  uint32 // bits that are moved, or the first value
	To    uint32 // what the first value becomes
	Shift int32  // by how much to the left, or the number of values
}

// Table translates flags or values: struct table.
type Table struct {
	Rows     uint16
	Values   uint8 // 1 if the rows are of values
	Negative uint8 // 1 if flags that are negative as 32 bits are none
	Other    uint32
	Row      [MaxRows]Row
}

// Counts are the events of a call on one CPU: struct counts.
// Seen = Written + Lost + Filtered.
type Counts struct {
	Seen, Written, Lost, Filtered uint64
}

// Add adds the counts of another call or CPU.
func (c *Counts) Add(o Counts) {
	c.Seen += o.Seen
	c.Written += o.Written
	c.Lost += o.Lost
	c.Filtered += o.Filtered
}
