package field

import (
	"falcoreplay/scap/event"
)

// Flags are properties of a field (falcosecurity/libs,
// userspace/libsinsp/filter_field.h, filtercheck_field_flags).
type Flags uint16

const (
	// FilterOnly fields cannot stand in an output of the recorder's own
	// command line; in outputs of rules they are absent.
	FilterOnly Flags = 1 << iota
	// PrintOnly fields are for outputs only, and are not listed.
	PrintOnly
	// TableOnly fields are not listed.
	TableOnly
	// Deprecated fields work, and are not listed.
	Deprecated
	// NoRHS fields cannot be compared with another field, on neither side.
	NoRHS
	// NoTransformer fields cannot be the argument of a transformer.
	NoTransformer
	// FormatSuggested fields are appended to outputs on request.
	FormatSuggested
	// NoPtrStability fields have values that the next extraction of the same
	// field overwrites in Falco. Here all values live as long as the event.
	NoPtrStability
)

// ArgNeed tells whether a field takes an argument.
type ArgNeed uint8

const (
	ArgNone ArgNeed = iota
	ArgOptional
	ArgRequired
)

// Arg is the argument that a field takes. Fields of Falco's own do not say
// whether it is an index or a key; those of the container plugin do.
type Arg struct {
	Need       ArgNeed
	Index, Key bool
}

// Def is the definition of a field: a row of the catalogue.
type Def struct {
	Name    string // e.g. "proc.aname"
	Class   string // e.g. "process"
	Display string // a short title
	Desc    string // a sentence or two
	Type    event.ParamType
	Format  event.PrintFormat
	List    bool // the value is a list
	Arg     Arg
	Flags   Flags
	Plugin  string // the plugin that Falco takes the field from, "" if it is Falco's own

	get     extractor
	quick   quick    // what get appends, nil for most
	resolve resolver // for fields with an argument, nil for the others
	multi   MultiKind
	all     extractor // candidates, for fields that are no MultiNone
	json    jsonForm
}

// Hidden tells whether Falco leaves the field out of its list of fields.
func (d *Def) Hidden() bool { return d.Flags&(PrintOnly|TableOnly|Deprecated) != 0 }

// extractor appends the values of a field for the current event to dst; false
// if the field is absent.
type extractor func(f *Field, c *Context, dst []Value) ([]Value, bool)

// quick is an extractor of a value that is read from one place.
type quick func(c *Context) (Value, bool)

// quickly makes a field of one.
func (d Def) quickly(q quick) Def {
	d.quick = q
	d.get = func(_ *Field, c *Context, dst []Value) ([]Value, bool) {
		v, ok := q(c)
		if !ok {
			return dst, false
		}
		return append(dst, v), true
	}
	return d
}

// Field is a field with its argument, ready for extraction. It is not changed
// once it is resolved, and may be used by many goroutines with a Context each.
type Field struct {
	Def  *Def
	Name string // as it is written in rules, e.g. "proc.aname[2]"
	// Type, Format and List are those of the definition, but for evt.rawarg,
	// which has those of the first event parameter of that name. See RawType.
	Type   event.ParamType
	Format event.PrintFormat
	List   bool

	index  int64  // argument that is a number, -1 without one
	key    string // argument that is a text
	get    extractor
	multi  MultiKind
	all    extractor             // candidates
	params *[event.NumTypes]int8 // per event type, the parameter of that name, -1 for none
}

// Extract appends the values of the field for the host's current event to dst,
// and tells whether there are any: false is Falco's absent value, which makes
// every comparison with it false. A field that is no list has one value. A list
// may be present and have no value.
//
// In outputs, evt.buffer and the candidate fields differ: see AppendText.
func (f *Field) Extract(c *Context, dst []Value) ([]Value, bool) { return f.get(f, c, dst) }

// Quick is Extract for a field whose value is read from one place, so that it
// takes no longer to read it again than to remember what it was; nil for others.
func (f *Field) Quick() func(c *Context) (Value, bool) { return f.Def.quick }

// MultiKind tells how a field is compared with constants. Fields of
// MultiNone are compared as their one value (or their list) is. The others have
// no value of their own to compare: their Candidates are. None of them can be
// compared with another field or be transformed.
type MultiKind uint8

const (
	// MultiNone: the value of Extract is compared.
	MultiNone MultiKind = iota

	// MultiAncestors: the candidates are the values of the process's ancestors,
	// the nearest first, without the process itself. A comparison holds if it
	// holds for one of them, whatever the operator: `proc.aname != sh` is true
	// if one of the ancestors is not sh. Without ancestors it is false.
	// `exists` holds if there is an ancestor. The modifiers oneof, anyof and
	// allof have no effect: the operator is used with the first constant. `in`,
	// `intersects` and `pmatch` work as for single values, but for proc.apid
	// `in` and `intersects` are never true, since Falco takes the pid for a
	// value of no length there. proc.aname, proc.aexe, proc.aexepath,
	// proc.acmdline, proc.apid without an index, and proc.aenv without a
	// variable's name, even with an index.
	// (sinsp_filtercheck_thread.cpp, compare_full_aname and the like)
	MultiAncestors

	// MultiAddress: fd.ip. The candidates are the client's and the server's
	// address of an internet socket, or the one of a server socket; an address
	// of the other IP version than a constant is just another address. `=`
	// holds if it holds for one of the candidates, `!=` if it holds for all;
	// modifiers have no effect, the first constant is used. (In Falco `in` is
	// never true, since it takes the address for a value of no length there, and
	// `intersects` ends its replay; see docs/differences.md.) Candidates returns false if the event
	// is about no known fd, and then every comparison and `exists` are false;
	// true and nothing if the fd is no internet socket, and then `exists` is
	// true and everything else false.
	// (sinsp_filtercheck_fd.cpp, compare_ip)
	MultiAddress

	// MultiNet: fd.net. As MultiAddress, but where the address and a constant
	// are of different IP versions, `!=` is true and the others are false. (Falco
	// looks at the first constant only; see docs/differences.md.)
	// (compare_net)
	MultiNet

	// MultiPort: fd.port and fd.proto. The candidates are the client's and the
	// server's port. `!=` has to hold for both, the other operators (`=`, `<`,
	// `<=`, `>`, `>=`, `in`) for one. `exists` and modifiers as for
	// MultiAddress.
	// (compare_port)
	MultiPort

	// MultiRaw: evt.rawarg. The candidate is the parameter's value, but its
	// type is that of the current event's parameter (RawType), and constants,
	// parsed as Field.Type, are compared as that type. Falco does not hand on
	// the value's length, so that bytes are compared as if there were none, and
	// `in` and `intersects` are true for texts only. An empty parameter is
	// absent.
	// (sinsp_filtercheck_event.cpp, compare_nocache)
	MultiRaw

	// MultiAround: evt.around[T] = D. The candidate is T; the comparison, for
	// which only `=` is allowed, is that T lies within D milliseconds of the
	// event's time: Around. With several constants D is the last of them; with
	// none, and for `exists`, it is 0, whatever the operator.
	// (sinsp_filtercheck_event.cpp, compare_nocache)
	MultiAround

	// MultiName: fd.cip.name, fd.sip.name, fd.lip.name, fd.rip.name. Falco asks
	// the machine that it runs on for the address of the constant and compares
	// that. Here no name is ever known to be an address's: Candidates returns
	// nothing; `=` and `in` are false. `!=` is true where it returns true (an
	// internet socket of known roles), else false. `exists` holds where
	// HasFD does.
	// (sinsp_filtercheck_fd.cpp, compare_domain)
	MultiName
)

// Multi tells how the field is compared.
func (f *Field) Multi() MultiKind { return f.multi }

// Candidates appends the values that a comparison looks at to dst; see
// MultiKind. For fields of MultiNone it is Extract.
func (f *Field) Candidates(c *Context, dst []Value) ([]Value, bool) {
	if f.all == nil {
		return f.get(f, c, dst)
	}
	return f.all(f, c, dst)
}

// HasFD tells whether the current event is about a known file descriptor,
// which is when `exists` holds for MultiName.
func HasFD(c *Context) bool {
	_, fd, ok := c.fd()
	return ok && fd != nil
}

// Around tells whether an event's time lies around t, as evt.around[t]=ms asks.
func Around(c *Context, t, ms uint64) bool {
	ts, delta := c.Host.Current.Event.TS, ms*1_000_000
	return t >= ts-delta && t <= ts+delta
}

// RawType is the type and the format of the parameter that evt.rawarg stands
// for in the current event. For other fields it is Type and Format.
func (f *Field) RawType(c *Context) (event.ParamType, event.PrintFormat) {
	if f.multi != MultiRaw {
		return f.Type, f.Format
	}
	ev := c.Host.Current.Event
	if i := f.params[ev.Type]; i >= 0 && int(i) < ev.NumParams() {
		p := &ev.Info().Params[i]
		return p.Type, p.Format
	}
	return f.Type, f.Format
}
