package engine

import (
	"fmt"
	"math/bits"

	"falcoreplay/rules/syntax"
	"falcoreplay/scap/event"
)

// typeSet is a set of event types.
type typeSet [(event.NumTypes + 63) / 64]uint64

func (s *typeSet) add(t event.Type)      { s[t/64] |= 1 << (t % 64) }
func (s *typeSet) has(t event.Type) bool { return s[t/64]>>(t%64)&1 != 0 }

func (s *typeSet) union(o *typeSet) {
	for i := range s {
		s[i] |= o[i]
	}
}

func (s *typeSet) intersect(o *typeSet) {
	for i := range s {
		s[i] &= o[i]
	}
}

func (s *typeSet) invert() {
	all := allTypes()
	for i := range s {
		s[i] = all[i] &^ s[i]
	}
}

func (s *typeSet) count() (n int) {
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

func allTypes() (s typeSet) {
	for i := range s {
		s[i] = ^uint64(0)
	}
	s[len(s)-1] >>= uint(len(s)*64 - event.NumTypes)
	return s
}

// eventTypes are the types that a condition may be true for. Negations are
// pushed down to the checks; checks that are not about the type fit all, also
// when they are negated (falcosecurity/libs at 48dfd53,
// userspace/libsinsp/filter/ppm_codes.cpp). It is as in Falco where that is
// less than the truth: `evt.type != sync` leaves out all events of system
// calls that have no type of their own, as sync has none, and
// `not concat(proc.name, "x") = y` leaves out all events.
func eventTypes(e syntax.Expr) typeSet {
	return typesOf(e, false)
}

func typesOf(e syntax.Expr, negated bool) typeSet {
	switch e := e.(type) {
	case *syntax.And:
		return combineTypes(e.Children, negated, !negated)
	case *syntax.Or:
		return combineTypes(e.Children, negated, negated)
	case *syntax.Not:
		return typesOf(e.Child, !negated)
	case *syntax.Exists:
		s := allTypes()
		if negated && isTypeField(e.Left) {
			s = typeSet{}
		}
		return s
	case *syntax.Check:
		return typesOfCheck(e, negated)
	}
	return allTypes()
}

func combineTypes(children []syntax.Expr, negated, and bool) (s typeSet) {
	if and {
		s = allTypes()
	}
	for _, c := range children {
		t := typesOf(c, negated)
		if and {
			s.intersect(&t)
		} else {
			s.union(&t)
		}
	}
	return s
}

func typesOfCheck(e *syntax.Check, negated bool) typeSet {
	s, decided := typesOfNumber(e)
	if !decided {
		switch {
		case e.Mod != syntax.ModNone || e.Op != syntax.OpEq && e.Op != syntax.OpNe && e.Op != syntax.OpIn:
			return allTypes()
		case negated && endsWithConstant(e.Left):
			return s // as Falco takes the constant for a name of a type
		case !isTypeField(e.Left):
			return allTypes()
		}
		s = typesNamed(rightTexts(e))
		if e.Op == syntax.OpNe {
			s.invert()
		}
	}
	if negated {
		s.invert()
	}
	return s
}

// endsWithConstant tells whether the last thing that stands in the arguments of
// a transformer is a constant.
func endsWithConstant(x syntax.Operand) (constant bool) {
	syntax.Walk(x, func(n syntax.Node) bool {
		switch n.(type) {
		case *syntax.Value:
			constant = true
		case *syntax.Field:
			constant = false
		}
		return true
	})
	return constant
}

// typesOfNumber decides checks of evt.num, which begins with 1
// (ppm_codes.cpp, evaluate_field_invariant).
func typesOfNumber(e *syntax.Check) (s typeSet, decided bool) {
	f, ok := e.Left.(*syntax.Field)
	if !ok || f.Name != "evt.num" || f.HasArg || e.Mod != syntax.ModNone {
		return s, false
	}
	if list, ok := e.Right.(*syntax.List); ok && e.Op == syntax.OpIn {
		for _, v := range list.Values {
			if n, ok := parseNumber(v.Text, false, 64); !ok || n != 0 {
				return s, false
			}
		}
		return s, true
	}
	v, ok := e.Right.(*syntax.Value)
	if !ok {
		return s, false
	}
	n, ok := parseNumber(v.Text, false, 64)
	if !ok {
		return s, false
	}
	switch {
	case n == 0 && (e.Op == syntax.OpEq || e.Op == syntax.OpLe), n <= 1 && e.Op == syntax.OpLt:
		return s, true
	case n == 0 && (e.Op == syntax.OpNe || e.Op == syntax.OpGt), n <= 1 && e.Op == syntax.OpGe:
		return allTypes(), true
	}
	return s, false
}

// isTypeField tells whether an operand is evt.type or syscall.type.
func isTypeField(x syntax.Operand) bool {
	f, ok := x.(*syntax.Field)
	return ok && (f.Name == "evt.type" || f.Name == "syscall.type") && !f.HasArg
}

// rightTexts are the constants of a check.
func rightTexts(e *syntax.Check) (texts []string) {
	switch r := e.Right.(type) {
	case *syntax.Value:
		return []string{r.Text}
	case *syntax.List:
		for _, v := range r.Values {
			texts = append(texts, v.Text)
		}
	}
	return texts
}

// typesNamed are the types with the names. System calls without a type of
// their own are in the generic ones (userspace/libsinsp/events/sinsp_events.cpp,
// names_to_event_set).
func typesNamed(names []string) (s typeSet) {
	for _, name := range names {
		found := false
		for t := event.GenericX + 1; t < event.NumTypes; t++ {
			if event.Lookup(t).Name == name {
				s.add(t)
				found = true
			}
		}
		if !found && isSyscall(name) {
			s.add(event.GenericE)
			s.add(event.GenericX)
		}
	}
	return s
}

// isSyscall tells the names of system calls and of the tracepoints that are
// counted among them.
func isSyscall(name string) bool {
	if _, ok := event.SyscallByName(name); ok {
		return true
	}
	for code := uint16(0); code < maxSyscallCode; code++ {
		if event.SyscallName(code) == name {
			return true
		}
	}
	return false
}

// maxSyscallCode is more than the largest code of a system call.
const maxSyscallCode = 1024

// asyncNames are the names of asynchronous events that the container plugin
// makes (falcosecurity/plugins, plugins/container, src/consts.h).
var asyncNames = []string{"container", "container_removed"}

// checkTypeName tells that no event type has the name
// (userspace/libsinsp/sinsp_filtercheck_event.cpp, validate_filter_value).
func checkTypeName(name string) error {
	for t := event.Type(0); t < event.NumTypes; t++ {
		if event.Lookup(t).Name == name {
			return nil
		}
	}
	for _, n := range asyncNames {
		if n == name {
			return nil
		}
	}
	if name != "" && isSyscall(name) {
		return nil
	}
	return unknownError{fmt.Errorf("unknown event type %q", name)}
}

// checkTypeSearch tells that a condition compares the event type in a way that
// Falco's index cannot take in, for which it refuses the rule.
func checkTypeSearch(e syntax.Expr) (syntax.Pos, error) {
	var pos syntax.Pos
	var err error
	fail := func(at syntax.Pos, text string) {
		if err == nil {
			pos, err = at, fmt.Errorf("%s", text)
		}
	}
	syntax.Walk(e, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Exists:
			if holdsTypeField(n.Left) {
				fail(n.Left.Position(), "the event type cannot be in a transformer here")
			}
		case *syntax.Check:
			if n.Mod != syntax.ModNone || n.Op != syntax.OpEq && n.Op != syntax.OpNe && n.Op != syntax.OpIn {
				return false
			}
			if holdsTypeField(n.Left) {
				fail(n.Left.Position(), "the event type cannot be in a transformer here")
			}
			if _, ok := n.Right.(*syntax.Transformer); ok && isTypeField(n.Left) {
				fail(n.Right.Position(), "the event type cannot be compared with a field")
			}
		}
		return true
	})
	return pos, err
}

// holdsTypeField tells whether a transformer has the event type in it.
func holdsTypeField(x syntax.Operand) (holds bool) {
	t, ok := x.(*syntax.Transformer)
	if !ok {
		return false
	}
	syntax.Walk(t, func(n syntax.Node) bool {
		if f, ok := n.(*syntax.Field); ok && isTypeField(f) {
			holds = true
		}
		return true
	})
	return holds
}
