package engine

import (
	"math"
	"strings"

	"falcoreplay/engine/field"
	"falcoreplay/rules/syntax"
	"falcoreplay/scap/event"
)

// domain is the range of a source's numbers, with the bias that puts signed
// ones in order. What is no whole number has none.
type domain struct {
	whole        bool
	bias, lo, hi uint64
}

func domainOf(t event.ParamType) domain {
	c := classes[t]
	half := uint64(1) << (max(c.bits, 1) - 1)
	switch c.class {
	case classSigned:
		return domain{true, 1 << 63, 1<<63 - half, 1<<63 + (half - 1)}
	case classUnsigned:
		return domain{true, 0, 0, half<<1 - 1}
	case classBool:
		return domain{true, 0, 0, 1}
	}
	return domain{}
}

func (d *domain) has(v *field.Value) bool {
	n := v.N ^ d.bias
	return !d.whole || d.lo <= n && n <= d.hi
}

// fact is what is known of a value: that it matches, or that it does not.
type fact struct {
	check *check
	m     matcher
	op    syntax.Op
	holds bool
}

// simple appends a fact to the list, taken apart as far as that goes.
func (f fact) simple(list []fact) []fact {
	each := func(ms []matcher) []fact {
		for _, m := range ms {
			list = fact{f.check, m, f.op, f.holds}.simple(list)
		}
		return list
	}
	switch m := f.m.(type) {
	case inverted:
		op := f.op
		if op == syntax.OpNe {
			op = syntax.OpEq
		}
		return fact{f.check, m.matcher, op, !f.holds}.simple(list)
	case *allOf:
		if f.holds {
			return each(m.each)
		}
	case *anyOf:
		if !f.holds {
			return each(m.each)
		}
	}
	return append(list, f)
}

// maxValues is how many values of a field are tried one by one.
const maxValues = 256

// anyValue tells whether there may be a value in the domain with all facts.
func anyValue(d domain, facts []fact) bool {
	var all []fact
	for _, f := range facts {
		all = f.simple(all)
	}
	for _, f := range all {
		if values, ok := valuesOf(f.m); f.holds && ok {
			return tryValues(d, all, values)
		}
	}
	if d.whole {
		return anyNumber(d, all)
	}
	for i := range all {
		for j := range all {
			if i != j && contradict(&all[i], &all[j]) {
				return false
			}
		}
	}
	return true
}

func tryValues(d domain, facts []fact, values []field.Value) bool {
next:
	for i := range values {
		if !d.has(&values[i]) {
			continue
		}
		for _, f := range facts {
			if f.m.match(&values[i]) != f.holds {
				continue next
			}
		}
		return true
	}
	return false
}

// valuesOf are the only values that a matcher can match, if they are few.
func valuesOf(m matcher) (values []field.Value, ok bool) {
	texts := func(list []string) []field.Value {
		for _, s := range list {
			values = append(values, field.Value{S: s})
		}
		return values
	}
	switch m := m.(type) {
	case never:
		return nil, true
	case *stringIs:
		return texts([]string{m.text}), true
	case *stringIn:
		return texts(m.set.strings), true
	case *bytesIs:
		return texts([]string{m.text}), true
	case *bytesIn:
		return texts(m.set.strings), true
	case *numberSet:
		for _, n := range m.sorted {
			values = append(values, field.Value{N: n})
		}
		return values, true
	case *anyOf:
		return valuesOfEach(m.each)
	case *oneOf:
		return valuesOfEach(m.each)
	}
	return nil, false
}

func valuesOfEach(each []matcher) (values []field.Value, ok bool) {
	for _, m := range each {
		v, ok := valuesOf(m)
		if !ok {
			return nil, false
		}
		values = append(values, v...)
	}
	return values, true
}

// anyNumber tells whether there may be a whole number with all facts.
func anyNumber(d domain, facts []fact) bool {
	lo, hi := d.lo, d.hi
	for changed := true; changed; {
		changed = false
		for _, f := range facts {
			m, ok := f.m.(*numberIn)
			switch {
			case !ok || m.bias != d.bias:
			case f.holds:
				if m.lo > lo {
					lo, changed = m.lo, true
				}
				if m.hi < hi {
					hi, changed = m.hi, true
				}
			case m.lo <= lo && lo <= m.hi && m.hi == math.MaxUint64,
				m.lo <= hi && hi <= m.hi && m.lo == 0:
				return false
			case m.lo <= lo && lo <= m.hi:
				lo, changed = m.hi+1, true
			case m.lo <= hi && hi <= m.hi:
				hi, changed = m.lo-1, true
			}
			if lo > hi {
				return false
			}
		}
	}
	if hi-lo >= maxValues {
		return true
	}
	values := make([]field.Value, 0, hi-lo+1)
	for n := lo; ; n++ {
		values = append(values, field.Value{N: n ^ d.bias})
		if n == hi {
			return tryValues(d, facts, values)
		}
	}
}

// contradict tells that no text can have both facts, of which the first holds.
func contradict(a, b *fact) bool {
	x, ok := a.m.(*stringOp)
	if !ok || !a.holds || strings.IndexByte(x.text, 0) >= 0 {
		return false
	}
	y, ok := b.m.(*stringOp)
	if !ok || strings.IndexByte(y.text, 0) >= 0 {
		return false
	}
	if !b.holds {
		return follows(a.op, x.text, b.op, y.text)
	}
	if a.op != b.op {
		return false
	}
	switch a.op {
	case syntax.OpStartsWith:
		return !strings.HasPrefix(x.text, y.text) && !strings.HasPrefix(y.text, x.text)
	case syntax.OpEndsWith:
		return !strings.HasSuffix(x.text, y.text) && !strings.HasSuffix(y.text, x.text)
	}
	return false
}

// follows tells that a text for which the first comparison holds is one for
// which the second does.
func follows(op syntax.Op, text string, than syntax.Op, part string) bool {
	switch than {
	case syntax.OpStartsWith:
		return op == syntax.OpStartsWith && strings.HasPrefix(text, part)
	case syntax.OpEndsWith:
		return op == syntax.OpEndsWith && strings.HasSuffix(text, part)
	case syntax.OpContains:
		return (op == syntax.OpStartsWith || op == syntax.OpEndsWith || op == syntax.OpContains) && strings.Contains(text, part)
	case syntax.OpIContains:
		return op >= syntax.OpContains && op <= syntax.OpEndsWith && op != syntax.OpBContains && op != syntax.OpBStartsWith &&
			containsFold(text, part)
	}
	return false
}
