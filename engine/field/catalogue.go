package field

import (
	"slices"

	"falcoreplay/scap/event"
)

// catalogue has all fields in Falco's order: those of any event, of system
// calls, of processes, users, groups, file descriptors, paths, poll's lists,
// and the container plugin's.
var catalogue = slices.Concat(
	class("evt", genericFields), class("evt", eventFields), class("process", processFields),
	class("process", threadFields), class("user", userFields), class("group", groupFields), class("fd", fdFields),
	class("fs.path", pathFields), class("util", utilFields), class("fdlist", fdListFields),
	plugin("container", class("container", containerFields)), plugin("container", class("k8s", podFields)),
)

// Catalogue is all fields, in Falco's order, also those that Falco does not
// list (Def.Hidden). It must not be changed.
func Catalogue() []Def { return catalogue }

// Lookup finds a definition by the bare name of a field; nil if there is none.
func Lookup(name string) *Def {
	for i := range catalogue {
		if catalogue[i].Name == name {
			return &catalogue[i]
		}
	}
	return nil
}

func class(name string, defs []Def) []Def {
	for i := range defs {
		defs[i].Class = name
	}
	return defs
}

// plugin marks fields as a plugin's, all of which have one format
// (userspace/libsinsp/plugin.cpp), as the length of a text shows.
func plugin(name string, defs []Def) []Def {
	for i := range defs {
		defs[i].Plugin, defs[i].Format = name, event.FormatDec
	}
	return defs
}

// define is the common part of the constructors below, which are named for the
// type and the format of the field.
func define(typ event.ParamType, format event.PrintFormat, name, display, desc string, get extractor) Def {
	return Def{Name: name, Display: display, Desc: desc, Type: typ, Format: format, get: get}
}

func text(name, display, desc string, get extractor) Def {
	return define(event.PTCharBuf, event.FormatNA, name, display, desc, get)
}

func textDec(name, display, desc string, get extractor) Def {
	return define(event.PTCharBuf, event.FormatDec, name, display, desc, get)
}

func boolean(name, display, desc string, get extractor) Def {
	return define(event.PTBool, event.FormatNA, name, display, desc, get)
}

func double(name, display, desc string, get extractor) Def {
	return define(event.PTDouble, event.FormatNA, name, display, desc, get)
}

// id is a signed number that names something.
func id(name, display, desc string, get extractor) Def {
	return define(event.PTInt64, event.FormatID, name, display, desc, get)
}

// id32 is an unsigned number that names something.
func id32(name, display, desc string, get extractor) Def {
	return define(event.PTUint32, event.FormatID, name, display, desc, get)
}

func signed(name, display, desc string, get extractor) Def {
	return define(event.PTInt64, event.FormatDec, name, display, desc, get)
}

func unsigned(name, display, desc string, get extractor) Def {
	return define(event.PTUint64, event.FormatDec, name, display, desc, get)
}

func unsigned32(name, display, desc string, get extractor) Def {
	return define(event.PTUint32, event.FormatDec, name, display, desc, get)
}

func duration(name, display, desc string, get extractor) Def {
	return define(event.PTRelTime, event.FormatDec, name, display, desc, get)
}

func moment(name, display, desc string, get extractor) Def {
	return define(event.PTAbsTime, event.FormatDec, name, display, desc, get)
}

// with adds flags.
func (d Def) with(f Flags) Def {
	d.Flags |= f
	return d
}

// padded makes the field show nine digits.
func (d Def) padded() Def {
	d.Format = event.Format10PaddedDec
	return d
}

// optional gives the field an optional argument.
func (d Def) optional(r resolver) Def {
	d.Arg.Need, d.resolve = ArgOptional, r
	return d
}

// required gives the field an argument that it cannot do without.
func (d Def) required(r resolver) Def {
	d.Arg.Need, d.resolve = ArgRequired, r
	return d
}

// as says how the field is written into output_fields.
func (d Def) as(form jsonForm) Def {
	d.json = form
	return d
}
