package field

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"falcoreplay/scap/event"
)

// UnknownError says that there is no field of a name, or none with such an
// argument, where Falco does not tell the one from the other.
type UnknownError struct {
	Name string // as written, with its argument
}

func (e *UnknownError) Error() string { return fmt.Sprintf("there is no field %s", e.Name) }

// resolver completes a field from what stands behind its name: arg in brackets
// if hasArg is set, and rest, the part of the name behind the definition's.
type resolver func(f *Field, rest, arg string, hasArg bool) error

// Resolve finds the field that a rule means by a name, with an argument in
// brackets if hasArg is set. Some fields have their argument behind a dot, such
// as evt.arg.name, evt.type.is.open and thread.cgroup.memory. The error is an
// *UnknownError if there is no field of that name; other errors are about the
// argument.
func Resolve(name, arg string, hasArg bool) (*Field, error) {
	full := name
	if hasArg {
		full += "[" + arg + "]"
	}
	d, rest := find(name)
	if d == nil {
		return nil, &UnknownError{full}
	}
	f := &Field{Def: d, Name: full, Type: d.Type, Format: d.Format, List: d.List, index: -1, get: d.get, multi: d.multi, all: d.all}
	switch {
	case !hasArg && d.resolve == nil:
		return f, nil
	case hasArg && d.resolve == nil && d.Plugin != "":
		return nil, fmt.Errorf("field %s takes no argument", name)
	case d.resolve == nil, strings.IndexByte(arg, ']') >= 0:
		return nil, &UnknownError{full}
	}
	if err := d.resolve(f, rest, arg, hasArg); err != nil {
		return nil, err
	}
	return f, nil
}

// find looks for the definition that a name belongs to. Those with an argument
// behind a dot are found by the part before it.
func find(name string) (d *Def, rest string) {
	if d := Lookup(name); d != nil {
		return d, ""
	}
	for _, prefix := range dotted {
		if rest, ok := strings.CutPrefix(name, prefix+"."); ok {
			return Lookup(prefix), rest
		}
	}
	return nil, ""
}

// dotted are the fields that take what stands behind a dot.
var dotted = []string{"evt.arg", "evt.rawarg", "evt.type.is", "evt.abspath", "thread.cgroup"}

// number reads an argument that is a number, as C's scanf does: blanks before
// it are skipped, it may have a sign, and of what is too large for the bits the
// low ones are taken (falcosecurity/libs, userspace/libsinsp/utils.cpp,
// sinsp_numparser).
func number(f *Field, arg string, bits int) (int64, error) {
	s := strings.TrimLeft(arg, " \t\n\v\f\r")
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, fmt.Errorf("field %s: the index %q is not a number", f.Name, arg)
	}
	return n << (64 - bits) >> (64 - bits), nil // n is the nearest if it is out of range
}

// needArg says that a field misses its argument.
func needArg(f *Field, example string) error {
	return fmt.Errorf("field %s needs an argument, as in %s", f.Def.Name, example)
}

// ancestorField is for fields with the generation of an ancestor. Index -1 is
// none, as in Falco.
func ancestorField(single, joined, all extractor) resolver {
	return func(f *Field, _, arg string, hasArg bool) error {
		if hasArg {
			n, err := number(f, arg, 32)
			if err != nil {
				return &UnknownError{f.Name}
			}
			f.index = n
		}
		if f.index != -1 {
			f.get = single
			return nil
		}
		f.get = joined
		if all != nil {
			f.multi, f.all = MultiAncestors, all
		}
		return nil
	}
}

// argsField is for proc.args. A negative index is none.
func argsField(f *Field, _, arg string, hasArg bool) error {
	f.get = threadText(args)
	if !hasArg {
		return nil
	}
	n, err := number(f, arg, 32)
	if err != nil {
		return &UnknownError{f.Name}
	}
	if f.index = n; n >= 0 {
		f.get = argAt
	}
	return nil
}

func argAt(f *Field, c *Context, dst []Value) ([]Value, bool) {
	t := c.thread()
	if t == nil {
		return dst, false
	}
	if f.index < int64(len(t.Args)) {
		return str(dst, t.Args[f.index])
	}
	return str(dst, "")
}

// variable reads the argument of proc.env and proc.aenv: digits are an index,
// everything else is a name.
func variable(f *Field, arg string) error {
	if arg == "" || strings.Trim(arg, "0123456789") != "" {
		f.key = arg
		return nil
	}
	n, err := number(f, arg, 32)
	f.index = n
	return err
}

// envField is for proc.env, which does not use an index.
func envField(f *Field, _, arg string, hasArg bool) error {
	if hasArg {
		if err := variable(f, arg); err != nil {
			return err
		}
	}
	f.get = threadText(env)
	if f.key != "" {
		f.get = envVariable
	}
	return nil
}

func ancestorEnvField(f *Field, _, arg string, hasArg bool) error {
	if hasArg {
		if err := variable(f, arg); err != nil {
			return err
		}
	}
	switch {
	case f.key != "":
		f.get = ancestorVariable
		return nil
	case f.index < 1:
		f.get = threadText(env)
	default:
		f.get = ancestorEnv
	}
	f.multi, f.all = MultiAncestors, aenvAll
	return nil
}

func cgroupField(f *Field, rest, _ string, hasArg bool) error {
	if hasArg || rest == "" {
		return needArg(f, "thread.cgroup.memory")
	}
	for _, r := range rest {
		if r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return &UnknownError{f.Name}
		}
	}
	f.key, f.get = rest, cgroup
	return nil
}

// argField is for evt.arg, whose parameter is named or numbered.
func argField(f *Field, rest, arg string, hasArg bool) error {
	switch {
	case rest != "" && !hasArg:
		if f.params, _ = paramNamed(rest); f.params == nil {
			return fmt.Errorf("field %s: no event has a parameter %s", f.Name, rest)
		}
		f.get = paramByName
	case rest != "":
		return &UnknownError{f.Name}
	case hasArg:
		n, err := number(f, arg, 32)
		if err != nil {
			return err
		}
		f.index, f.get = n, paramByIndex
	default:
		return needArg(f, "evt.arg.name or evt.arg[0]")
	}
	return nil
}

// rawArgField is for evt.rawarg.
func rawArgField(f *Field, rest, _ string, hasArg bool) error {
	if rest == "" {
		return needArg(f, "evt.rawarg.fd")
	}
	if hasArg {
		return &UnknownError{f.Name}
	}
	params, first := paramNamed(rest)
	if params == nil {
		return fmt.Errorf("field %s: no event has a parameter %s", f.Name, rest)
	}
	f.params, f.Type, f.Format = params, first.Type, first.Format
	f.get, f.multi, f.all = rawParam, MultiRaw, rawCandidate
	return nil
}

// paramNamed tells for each event type which of its parameters has the name, -1
// for none, and the first of them in the order of the types.
func paramNamed(name string) (params *[event.NumTypes]int8, first *event.Param) {
	params = new([event.NumTypes]int8)
	for t := range params {
		info := event.Lookup(event.Type(t))
		i := info.Param(name)
		if params[t] = int8(i); i >= 0 && first == nil {
			first = &info.Params[i]
		}
	}
	if first == nil {
		return nil, nil
	}
	return params, first
}

func aroundField(f *Field, _, arg string, hasArg bool) error {
	if !hasArg {
		return needArg(f, "evt.around[1404996934793590564]")
	}
	s := strings.TrimLeft(arg, " \t\n\v\f\r")
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return fmt.Errorf("field %s: %q is not a time in nanoseconds", f.Name, arg)
	}
	f.index, f.multi = int64(n), MultiAround
	f.get = absent
	f.all = func(f *Field, _ *Context, dst []Value) ([]Value, bool) { return num(dst, uint64(f.index)) }
	return nil
}

// absPathField is for evt.abspath, which Falco lists as needing an argument and
// takes without one.
func absPathField(f *Field, rest, _ string, hasArg bool) error {
	if hasArg {
		return &UnknownError{f.Name}
	}
	switch rest {
	case "":
		f.index = 0
	case "src":
		f.index = 1
	case "dst":
		f.index = 2
	default:
		return &UnknownError{f.Name}
	}
	f.get = absPath
	return nil
}

// typeIsField is for evt.type.is, with the name or the number of an event type.
// A name stands for the first type that has it and for the one behind that,
// which is its exit event.
func typeIsField(f *Field, rest, _ string, hasArg bool) error {
	if hasArg || rest == "" {
		return needArg(f, "evt.type.is.open")
	}
	f.get = typeIs
	if n, err := strconv.ParseUint(rest, 10, 32); err == nil {
		f.index = int64(n)
		return nil
	}
	for t := event.Type(0); t < event.NumTypes; t++ {
		if event.Lookup(t).Name == rest {
			f.index, f.key = int64(t), "pair"
			return nil
		}
	}
	return &UnknownError{f.Name}
}

// fdTypesField is for fd.types. Index -1 is none.
func fdTypesField(f *Field, _, arg string, hasArg bool) error {
	f.get = fdTypes
	if !hasArg {
		return nil
	}
	n, err := number(f, arg, 64)
	if err != nil {
		return err
	}
	if f.index = n; n != -1 {
		f.get = fdTypeAt
	}
	return nil
}

// keyField is for fields of the container plugin with a key.
func keyField(get extractor) resolver {
	return func(f *Field, _, arg string, hasArg bool) error {
		if !hasArg {
			return needArg(f, f.Def.Name+"[KEY]")
		}
		if strings.ContainsRune(arg, ' ') {
			return fmt.Errorf("field %s: the key may not hold a blank", f.Name)
		}
		f.key, f.get = arg, get
		return nil
	}
}

// pluginIndex reads the argument of a field that takes an index or a key: a
// number without leading zeros is an index.
func pluginIndex(arg string) (int64, bool) {
	if arg == "" || strings.Trim(arg, "0123456789") != "" || len(arg) > 1 && arg[0] == '0' {
		return 0, false
	}
	n, err := strconv.ParseUint(arg, 10, 64)
	if err != nil || n > math.MaxInt64 {
		return 0, false
	}
	return int64(n), true
}

// absent is the extractor of fields that never have a value.
func absent(_ *Field, _ *Context, dst []Value) ([]Value, bool) { return dst, false }
