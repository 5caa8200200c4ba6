package recorder

import (
	"errors"
	"fmt"
	"runtime"

	"falcoreplay/recorder/bpf"
	"falcoreplay/scap/event"
)

// callTable is what the BPF program is loaded with: what to record of each
// call, and how flags are translated.
type callTable struct {
	calls [bpf.NumCalls]bpf.Call
	flags []bpf.Table
	names [bpf.NumCalls]string
}

// compileCalls makes the table of a machine, and checks it against the event
// table.
func compileCalls(goarch string) (*callTable, error) {
	t := &callTable{}
	var errs []error
	var err error
	if t.flags, err = compileFlags(); err != nil {
		errs = append(errs, err)
	}
	own := map[event.Type][]bpf.Op{}
	for _, c := range calls {
		s, ok := event.SyscallByName(c.name)
		switch {
		case !ok, s.Generic:
			errs = append(errs, fmt.Errorf("%s has no event of its own", c.name))
		case own[s.Exit] != nil:
			errs = append(errs, fmt.Errorf("%s: %s is there already", c.name, event.Lookup(s.Exit).Code))
		default:
			own[s.Exit] = append([]bpf.Op{}, c.params...)
		}
	}
	add := func(at int, name string, native uint16) {
		c := &t.calls[at]
		r, code := generic, uint16(0)
		if s, ok := event.SyscallByName(name); ok {
			code = s.Code
			if params, ok := own[s.Exit]; ok && !s.Generic {
				r = row{s.Exit, params}
			}
		}
		c.Code, c.Native = code, native
		switch name {
		case "execve", "execveat":
			c.When = 1
		case "sendmmsg", "recvmmsg":
			c.Many = 1
		}
		t.names[at] = name
		if err := fill(c, r); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	}
	native := map[string]uint16{} // generic events have the 64-bit number of 32-bit calls too
	for number := range uint16(bpf.MaxNative) {
		if name := nativeName(goarch, number); name != "" {
			native[name] = number
			add(bpf.FirstNative+int(number), name, number)
		}
	}
	if goarch == "amd64" {
		for number := range uint16(bpf.MaxCompat) {
			if name := compatNumbers[number]; name != "" {
				add(bpf.FirstCompat+int(number), name, native[name])
			}
		}
		for number, name := range socketcalls {
			if name != "" {
				add(bpf.FirstSocketcall+number, name, native[name])
			}
		}
	}
	for at, r := range tracepoints {
		t.names[at] = event.Lookup(r.event).Name
		if err := fill(&t.calls[at], r); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", t.names[at], err))
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return t, nil
}

// nativeName is the name of the system call with a number, "" for none.
func nativeName(goarch string, number uint16) string {
	if goarch == "amd64" {
		if code := event.NativeX8664(number); code != 0 {
			return event.SyscallName(code)
		}
		return ""
	}
	return genericNumbers[number]
}

// fill makes the record of a call from a row.
func fill(c *bpf.Call, r row) error {
	info := event.Lookup(r.event)
	if len(r.params) != len(info.Params) {
		return fmt.Errorf("%s has %d parameters, not %d", info.Code, len(info.Params), len(r.params))
	}
	c.Type, c.NParams = uint16(r.event), uint8(len(r.params))
	for i, op := range r.params {
		size := info.Params[i].Type.Size()
		if op.Kind.IsBytes() {
			if size != 0 && op.Kind != bpf.KindEmpty && op.Kind != bpf.KindMsgSize {
				return fmt.Errorf("%s.%s is a number of %d bytes, not bytes (%v)", info.Code, info.Params[i].Name, size, op.Kind)
			}
		} else if size == 0 {
			return fmt.Errorf("%s.%s is bytes, not a number (%v)", info.Code, info.Params[i].Name, op.Kind)
		} else {
			op.Width = uint8(size)
		}
		c.Ops[i] = op
	}
	return nil
}

// machine is the architecture that the recorder runs on.
const machine = runtime.GOARCH
