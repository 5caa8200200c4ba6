package explain

import (
	"strconv"
	"strings"

	"falcoreplay/rules/syntax"
	"falcoreplay/scap/event"
)

// Fits tells whether a rule with the condition is looked at for events of a
// type at all: Falco keeps rules by event type, and what it takes a condition
// to fit may be less than what it is true for (filter/ppm_codes.cpp).
// Asynchronous events are shown to every rule.
func Fits(e syntax.Expr, t event.Type) bool {
	return t == event.AsynceventE || fits(e, t, true)
}

// fits tells whether the condition may have a value for events of the type.
func fits(e syntax.Expr, t event.Type, value bool) bool {
	switch e := e.(type) {
	case *syntax.Not:
		return fits(e.Child, t, !value)
	case *syntax.And:
		return fitsAll(e.Children, t, value, value)
	case *syntax.Or:
		return fitsAll(e.Children, t, value, !value)
	case *syntax.Exists:
		return value || !isType(e.Left)
	case *syntax.Check:
		if answer, decided := fixed(e); decided {
			return answer == value
		}
		if e.Mod != syntax.ModNone {
			return true
		}
		if !isType(e.Left) {
			byType := e.Op == syntax.OpEq || e.Op == syntax.OpNe || e.Op == syntax.OpIn
			return value || !byType || !lastIsConstant(e.Left)
		}
		switch e.Op {
		case syntax.OpEq, syntax.OpIn:
			return named(e, t) == value
		case syntax.OpNe:
			return named(e, t) != value
		}
	}
	return true
}

func fitsAll(list []syntax.Expr, t event.Type, value, all bool) bool {
	for _, e := range list {
		if fits(e, t, value) != all {
			return !all
		}
	}
	return all
}

func isType(x syntax.Operand) bool {
	return x.String() == "evt.type" || x.String() == "syscall.type"
}

// fixed decides what is the same for every event: that evt.num is never 0.
func fixed(e *syntax.Check) (answer, decided bool) {
	if e.Left.String() != "evt.num" || e.Mod != syntax.ModNone {
		return false, false
	}
	texts, err := constants(e)
	if err != nil {
		return false, false
	}
	zeros := 0
	for _, text := range texts {
		n, err := strconv.ParseUint(strings.TrimPrefix(text, "+"), 10, 64)
		switch {
		case err != nil:
			return false, false
		case n == 0:
			zeros++
		}
		if e.Op == syntax.OpLt && n <= 1 {
			return false, true
		}
		if e.Op == syntax.OpGe && n <= 1 {
			return true, true
		}
	}
	if zeros < len(texts) {
		return false, false
	}
	switch e.Op {
	case syntax.OpEq, syntax.OpLe, syntax.OpIn:
		return false, true
	case syntax.OpNe, syntax.OpGt:
		return true, true
	}
	return false, false
}

// lastIsConstant tells whether the last field or constant in an operand is a
// constant, which Falco's index takes for the name of a type that the operand
// has.
func lastIsConstant(x syntax.Operand) bool {
	last := false
	var visit func(syntax.Operand)
	visit = func(x syntax.Operand) {
		switch x := x.(type) {
		case *syntax.Field:
			last = false
		case *syntax.Value:
			last = true
		case *syntax.Transformer:
			for _, a := range x.Args {
				visit(a)
			}
		case *syntax.TransformerList:
			for _, a := range x.Items {
				visit(a)
			}
		}
	}
	visit(x)
	return last
}

// named tells whether a type has one of the names that a check compares it
// with. System calls without types of their own are in the generic ones.
func named(e *syntax.Check, t event.Type) bool {
	texts, _ := constants(e)
	for _, text := range texts {
		own := false
		for u := event.GenericX + 1; u < event.NumTypes; u++ {
			own = own || event.Lookup(u).Name == text
		}
		switch {
		case own && t > event.GenericX && event.Lookup(t).Name == text:
			return true
		case !own && t <= event.GenericX && isCall(text):
			return true
		}
	}
	return false
}

// isCall tells the names of system calls, of which Falco has an empty one too.
func isCall(name string) bool {
	for _, s := range event.Syscalls() {
		if s.Name == name {
			return true
		}
	}
	for code := range uint16(1 << 12) {
		if event.SyscallName(code) == name {
			return true
		}
	}
	return false
}
