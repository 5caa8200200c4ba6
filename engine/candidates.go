package engine

import (
	"fmt"

	"falcoreplay/engine/field"
	"falcoreplay/rules/syntax"
	"falcoreplay/scap/event"
)

// isCandidates tells fields that are not compared by a value of their own, but
// by several or by another: the names of all ancestors, the addresses of both
// sides.
func isCandidates(s *source) bool {
	return s.kind == fromField && s.field.Multi() != field.MultiNone
}

// newCandidateMatcher makes the matcher of one candidate. Falco compares
// candidates without their lengths and without regard to modifiers, so that
// the first constant decides, and a number is never in a list
// (falcosecurity/libs at 48dfd53, userspace/libsinsp/sinsp_filtercheck.cpp,
// compare_rhs with its default op1_len, and its callers in
// sinsp_filtercheck_thread.cpp and sinsp_filtercheck_event.cpp).
//
// For the same reason the address of fd.ip is never in a list there, and of a
// list for fd.net only the first network is looked at; here both are as
// everybody expects.
func newCandidateMatcher(e *syntax.Check, s *source, consts []field.Value) (matcher, error) {
	multi, c := s.field.Multi(), classOf(s.typ)
	in := e.Op == syntax.OpIn || e.Op == syntax.OpIntersects
	sized := multi == field.MultiAncestors || multi == field.MultiRaw
	switch {
	case multi == field.MultiAround && e.Op != syntax.OpEq && len(consts) > 0:
		return nil, fmt.Errorf("%s takes no operator but =", e.Left)
	case multi == field.MultiAround && len(consts) > 0:
		return &aroundMatcher{ms: consts[len(consts)-1].N}, nil
	case multi == field.MultiAround:
		return &aroundMatcher{}, nil
	case multi == field.MultiRaw && c == classBytes && len(consts) > 0:
		return nil, fmt.Errorf("%s has type %s, of which there are no constants here", e.Left, typeName(s.typ))
	case multi == field.MultiName && e.Op == syntax.OpNe:
		return always{}, nil
	case multi == field.MultiName, sized && in && c != classString && c != classBytes:
		return never{}, nil
	case in || e.Op == syntax.OpPMatch:
	case len(consts) == 0:
		return never{}, nil
	default:
		consts = consts[:1]
	}
	m, err := newMatcher(e.Op, syntax.ModNone, s.typ, consts)
	if err != nil || multi != field.MultiRaw {
		return m, err
	}
	r := &rawMatcher{matcher: m, op: e.Op, typ: s.typ}
	if len(consts) > 0 {
		r.number = consts[0].N
	}
	return r, nil
}

// aroundMatcher is for evt.around: it is no matcher of a value, but says how
// many milliseconds the event may be away. Falco takes the last of several
// constants, and 0 without any, whatever the operator.
type aroundMatcher struct {
	never
	ms uint64
}

// rawMatcher compares raw parameters, of which one name has several types:
// constants are read as the type of the first event that has the parameter,
// and compared as the type of the current one.
type rawMatcher struct {
	matcher
	op     syntax.Op
	typ    event.ParamType
	number uint64
}

func (r *rawMatcher) matchAs(t event.ParamType, v *field.Value) bool {
	if t == r.typ {
		return r.match(v)
	}
	was, is := classes[r.typ], classes[t]
	if was.bits == 0 || is.bits == 0 { // a number and a text, or two texts
		return was.class == is.class && r.match(v)
	}
	// Falco copies as many bytes as both have; what is missing is zero.
	n := cutNumber(r.number, false, int(was.bits))
	return compareNumber(r.op, is.class, v.N, cutNumber(n, is.class == classSigned, int(is.bits)))
}

// candidates evaluates a check of a field with candidates.
func (v *Evaluator) candidates(k *check) bool {
	f := v.engine.sources[k.left].field
	multi := f.Multi()
	if k.op == syntax.OpExists && multi == field.MultiName {
		return field.HasFD(&v.ctx)
	}
	values, ok := f.Candidates(&v.ctx, v.candidate[:0])
	v.candidate = values
	if !ok {
		return false
	}
	if multi == field.MultiAround {
		ms := uint64(0)
		if a, ok := k.one.(*aroundMatcher); ok {
			ms = a.ms
		}
		return field.Around(&v.ctx, values[0].N, ms)
	}
	if k.op == syntax.OpExists {
		return len(values) > 0 || multi != field.MultiAncestors && multi != field.MultiRaw
	}
	if len(values) == 0 {
		return multi == field.MultiName && k.one.match(nil)
	}
	if r, ok := k.one.(*rawMatcher); ok {
		t, _ := f.RawType(&v.ctx)
		return r.matchAs(t, &values[0])
	}
	// Of two sides, none may be the constant for it to differ.
	all := k.op == syntax.OpNe && multi != field.MultiAncestors
	for i := range values {
		if k.one.match(&values[i]) != all {
			return !all
		}
	}
	return all
}
