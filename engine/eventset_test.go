package engine

import (
	"testing"

	"falcoreplay/rules/syntax"
	"falcoreplay/scap/event"
)

func TestEventTypes(t *testing.T) {
	opens := []event.Type{event.SyscallOpenX}
	for _, c := range []struct {
		condition string
		in, out   []event.Type
	}{
		{"evt.type = open", opens, []event.Type{event.SyscallCloseX, event.GenericX}},
		{"not evt.type = open", []event.Type{event.SyscallCloseX, event.GenericX}, opens},
		{"evt.type != open", []event.Type{event.SyscallCloseX}, opens},
		{"not evt.type != open", opens, []event.Type{event.SyscallCloseX}},
		{"evt.type in (open, close)", []event.Type{event.SyscallOpenX, event.SyscallCloseX}, []event.Type{event.SyscallReadX}},
		{"evt.type in ()", nil, []event.Type{event.SyscallOpenX}},
		{"evt.type = open and proc.name = a", opens, []event.Type{event.SyscallCloseX}},
		{"evt.type = open or proc.name = a", []event.Type{event.SyscallOpenX, event.SyscallCloseX}, nil},
		{"not (evt.type = open or proc.name = a)", []event.Type{event.SyscallCloseX}, opens},
		{"not (evt.type = open and proc.name = a)", []event.Type{event.SyscallCloseX, event.SyscallOpenX}, nil},
		{"evt.type startswith op", []event.Type{event.SyscallCloseX}, nil},
		{"evt.type = anyof (open)", []event.Type{event.SyscallCloseX}, nil},
		{"evt.type exists", opens, nil},
		{"not evt.type exists", nil, opens},
		{"not proc.name exists", opens, nil},
		{"evt.type = getpriority", []event.Type{event.GenericX, event.GenericE}, opens},
		{"evt.type != getpriority", opens, []event.Type{event.GenericX}},
		{"syscall.type = open", opens, []event.Type{event.SyscallCloseX}},
		// Falco takes the constant for the name of a type.
		{"not concat(proc.name, \"x\") = y", nil, opens}, {"not join(\"x\", (proc.name, 5)) in (y)", nil, opens},
		{"concat(proc.name, \"x\") = y", opens, nil}, {"not concat(\"x\", proc.name) = y", opens, nil},
		{"not join(\"x\", ()) != y", nil, opens}, {"not concat(proc.name, \"x\") contains y", opens, nil},
		{"not concat(proc.name, \"x\") = anyof (y)", opens, nil}, {"not concat(proc.name, \"x\") exists", opens, nil},
		{"evt.num = 0", nil, opens}, {"evt.num != 0", opens, nil}, {"not evt.num > 0", nil, opens},
		{"evt.num in (0, 0)", nil, opens}, {"evt.num in (0, 1)", opens, nil}, {"evt.num < 2", opens, nil},
		{"evt.num >= 1", opens, nil}, {"not evt.num >= 1", nil, opens}, {"evt.num = -1", opens, nil},
	} {
		e, err := syntax.Parse(c.condition)
		if err != nil {
			t.Fatal(err)
		}
		s := eventTypes(e)
		for _, typ := range c.in {
			if !s.has(typ) {
				t.Errorf("%s: not for %s", c.condition, event.Lookup(typ).Code)
			}
		}
		for _, typ := range c.out {
			if s.has(typ) {
				t.Errorf("%s: for %s", c.condition, event.Lookup(typ).Code)
			}
		}
	}
}

func TestTypeSearch(t *testing.T) {
	for condition, ok := range map[string]bool{
		"evt.type = open":                    true,
		"toupper(evt.type) startswith close": true,
		"toupper(evt.type) = close":          false,
		"toupper(evt.type) exists":           false,
		"evt.type = val(syscall.type)":       false,
		"proc.name = val(evt.type)":          true,
		"evt.type startswith val(proc.name)": true,
	} {
		e, err := syntax.Parse(condition)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := checkTypeSearch(e); (err == nil) != ok {
			t.Errorf("%s: %v", condition, err)
		}
	}
}
