package engine

import (
	"falcoreplay/engine/field"
	"falcoreplay/replay"
	"falcoreplay/rules/syntax"
	"falcoreplay/scap/event"
)

// Evaluator evaluates the rules of an Engine on the events of one capture. It
// is not for concurrent use, but many may share an Engine.
type Evaluator struct {
	engine *Engine
	ctx    field.Context

	// gen counts events. A memo holds twice the event that an op was last
	// evaluated for, plus 1 if it was true.
	gen       uint64
	memo      []uint64
	slots     []slot
	buf, out  []byte // for transformers
	message   []byte // for alerts
	ends      []int
	arena     arena
	candidate []field.Value
	one       field.Value // of a quick field

	// For sieves. A part holds four times the number of the directory that an
	// op was last evaluated for, plus its truth.
	left    []uint64
	dirs    [event.NumTypes]verdicts
	parts   []uint64
	partGen uint64
}

// slot is a source's values for one event.
type slot struct {
	gen    uint64
	ok     bool
	values []field.Value
}

// NewEvaluator returns an evaluator for the events of a host.
func (e *Engine) NewEvaluator(host *replay.Host) *Evaluator {
	v := &Evaluator{
		engine: e,
		memo:   make([]uint64, len(e.ops)),
		slots:  make([]slot, len(e.sources)),
	}
	v.ctx.Host = host
	v.ctx.Location = e.opts.Location
	return v
}

// Process evaluates the rules on the host's current event, which the host has
// applied, and calls emit for each match, in the order of the rules. The alert
// is the caller's to keep.
func (v *Evaluator) Process(emit func(*Alert)) {
	ev := v.ctx.Host.Current.Event
	programs := v.engine.programs(ev.Type)
	if len(programs) == 0 {
		return
	}
	v.next()
	if s := v.engine.sieves[ev.Type]; s != nil {
		v.sieved(s, programs, emit)
		return
	}
	for i := range programs {
		p := &programs[i]
		if v.eval(p.root) {
			emit(v.alert(&v.engine.rules[p.rule]))
			if v.engine.opts.Matching == First {
				return
			}
		}
	}
}

// next forgets what was found out about the event before.
func (v *Evaluator) next() {
	v.gen++
	v.ctx.Reset()
}

// eval tells whether an expression is true for the event.
func (v *Evaluator) eval(r ref) bool {
	m := v.memo[r>>1]
	if m>>1 != v.gen {
		m = v.compute(r >> 1)
	}
	return (m^uint64(r))&1 != 0
}

// compute evaluates an op and keeps what it comes to.
func (v *Evaluator) compute(at ref) uint64 {
	o := &v.engine.ops[at]
	m := v.gen << 1
	switch o.kind {
	case kindCheck:
		if v.check(&v.engine.checks[o.check]) {
			m |= 1
		}
	case kindAnd:
		m |= 1
		for _, k := range o.kids {
			if !v.eval(k) {
				m &^= 1
				break
			}
		}
	case kindOr:
		for _, k := range o.kids {
			if v.eval(k) {
				m |= 1
				break
			}
		}
	}
	v.memo[at] = m
	return m
}

// check evaluates a comparison. One of a value that is absent is false.
func (v *Evaluator) check(k *check) bool {
	if k.shape == shapeCandidates {
		return v.candidates(k)
	}
	if k.quick != nil {
		var ok bool
		v.one, ok = k.quick(&v.ctx)
		return ok && k.one.match(&v.one)
	}
	values, ok := v.extract(k.left)
	if !ok {
		return false
	}
	switch k.shape {
	case shapeExists:
		return true
	case shapeOne:
		return len(values) > 0 && k.one.match(&values[0])
	case shapeEach:
		for i := range values {
			if !k.one.match(&values[i]) {
				return false
			}
		}
		return true
	case shapeSome:
		for i := range values {
			if k.one.match(&values[i]) {
				return true
			}
		}
		return false
	}
	other, ok := v.extract(k.right)
	return ok && compareFields(k, v.engine.sources[k.left].list, values, other)
}

// compareFields compares values with values.
func compareFields(k *check, list bool, values, other []field.Value) bool {
	if !list {
		if len(values) == 0 || len(other) == 0 {
			return false
		}
		if k.op == syntax.OpIn || k.op == syntax.OpIntersects {
			return sameValue(k.class, trimmed(k.class, &values[0]), &other[0])
		}
		return compareValues(k.op, k.class, &values[0], &other[0])
	}
	for i := range values {
		found := false
		for j := range other {
			if sameValue(k.class, &values[i], &other[j]) {
				found = true
				break
			}
		}
		if found != (k.op == syntax.OpIn) {
			return found
		}
	}
	return k.op == syntax.OpIn
}

// trimmed is a string without NULs at its end, as Falco looks it up in a set.
func trimmed(c class, v *field.Value) *field.Value {
	if c == classString {
		return &field.Value{S: trimNUL(v.S)}
	}
	return v
}

func sameValue(c class, a, b *field.Value) bool {
	switch c {
	case classString, classBytes, classAddr, classNet:
		return a.S == b.S
	}
	return a.N == b.N
}

func compareValues(op syntax.Op, c class, a, b *field.Value) bool {
	switch c {
	case classString:
		return stringOps[op](cString(a.S), cString(b.S))
	case classBytes, classAddr:
		return bytesOps[op](a.S, b.S)
	}
	return compareNumber(op, c, a.N, b.N)
}
