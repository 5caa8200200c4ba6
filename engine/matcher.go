package engine

import (
	"encoding/hex"
	"errors"
	"math"
	"slices"

	"falcoreplay/engine/field"
	"falcoreplay/rules/syntax"
	"falcoreplay/scap/event"
)

// parseConstants reads the constants of a check. Errors go to the function
// with the index of the constant.
func parseConstants(op syntax.Op, t event.ParamType, texts []string, fail func(int, error)) []field.Value {
	values := make([]field.Value, 0, len(texts))
	for i, text := range texts {
		if op == syntax.OpBContains || op == syntax.OpBStartsWith {
			b, err := hex.DecodeString(text)
			if err != nil {
				fail(i, errors.New("operators bcontains and bstartswith take an even number of hexadecimal digits"))
				continue
			}
			text = string(b)
		}
		v, err := parseConstant(t, text)
		if err != nil {
			fail(i, err)
			continue
		}
		values = append(values, v)
	}
	return values
}

// newMatcher makes the matcher of one value with an operator that checkOp has
// allowed, without or with a modifier.
func newMatcher(op syntax.Op, mod syntax.Mod, t event.ParamType, consts []field.Value) (matcher, error) {
	if mod != syntax.ModNone {
		return newModMatcher(op, mod, t, consts)
	}
	c := classOf(t)
	if op == syntax.OpIn || op == syntax.OpIntersects {
		return newSetMatcher(c, consts), nil
	}
	if op == syntax.OpPMatch {
		tree := &pathTree{}
		for _, v := range consts {
			tree.add(v.S)
		}
		return &pathIn{tree}, nil
	}
	if len(consts) != 1 { // the grammar allows one
		return never{}, nil
	}
	return newSingleMatcher(op, c, consts[0])
}

// newListMatcher makes the matcher of one value of a list, for in and
// intersects. Falco compares it byte by byte, also a text, which ends with a
// NUL if it comes from a transformer and so is in no list of constants
// (falcosecurity/libs at 48dfd53, userspace/libsinsp/sinsp_filtercheck.cpp,
// compare_rhs).
func newListMatcher(c class, consts []field.Value) matcher {
	if c == classString {
		c = classBytes
	}
	return newSetMatcher(c, consts)
}

// newSetMatcher makes the matcher of in.
func newSetMatcher(c class, consts []field.Value) matcher {
	texts, numbers := make([]string, len(consts)), make([]uint64, len(consts))
	for i, v := range consts {
		texts[i], numbers[i] = v.S, v.N
	}
	switch c {
	case classString:
		return &stringIn{newStringSet(texts)}
	case classBytes, classAddr:
		return &bytesIn{newStringSet(texts)}
	case classNet:
		return &netIn{texts}
	}
	slices.Sort(numbers)
	return &numberSet{slices.Compact(numbers)}
}

func newSingleMatcher(op syntax.Op, c class, v field.Value) (matcher, error) {
	switch c {
	case classString:
		switch op {
		case syntax.OpEq:
			return &stringIs{v.S}, nil
		case syntax.OpNe:
			return inverted{&stringIs{v.S}}, nil
		case syntax.OpRegex:
			re, err := compileRegex(v.S)
			return &stringRegex{re}, err
		}
		return &stringOp{op, stringOps[op], v.S}, nil
	case classBytes, classAddr:
		switch op {
		case syntax.OpEq:
			return &bytesIs{v.S}, nil
		case syntax.OpNe:
			return inverted{&bytesIs{v.S}}, nil
		}
		return &bytesOp{bytesOps[op], v.S}, nil
	case classNet:
		if op == syntax.OpNe {
			return inverted{&netIs{v.S}}, nil
		}
		return &netIs{v.S}, nil
	case classDouble:
		return &doubleOp{op, math.Float64frombits(v.N)}, nil
	}
	return newRange(op, c == classSigned, v.N), nil
}

// newRange makes the matcher of an ordering of whole numbers.
func newRange(op syntax.Op, signed bool, n uint64) matcher {
	m := &numberIn{lo: 0, hi: math.MaxUint64}
	if signed {
		m.bias = 1 << 63
	}
	n ^= m.bias
	switch op {
	case syntax.OpEq:
		m.lo, m.hi = n, n
	case syntax.OpNe:
		m.lo, m.hi = n, n
		return inverted{m}
	case syntax.OpLe:
		m.hi = n
	case syntax.OpGe:
		m.lo = n
	case syntax.OpLt:
		if n == 0 {
			return never{}
		}
		m.hi = n - 1
	case syntax.OpGt:
		if n == math.MaxUint64 {
			return never{}
		}
		m.lo = n + 1
	}
	return m
}

// newModMatcher makes the matcher of an operator with oneof, anyof or allof
// (falcosecurity/libs at 48dfd53, userspace/libsinsp/sinsp_filtercheck.cpp,
// compare_rhs_with_mod). Falco compares with `= anyof` and `!= allof` by bytes,
// so that an address is never in a network there.
func newModMatcher(op syntax.Op, mod syntax.Mod, t event.ParamType, consts []field.Value) (matcher, error) {
	if len(consts) == 0 {
		return never{}, nil
	}
	c := classOf(t)
	switch {
	case mod == syntax.ModAnyOf && op == syntax.OpEq && c == classNet:
		return never{}, nil
	case mod == syntax.ModAllOf && op == syntax.OpNe && c == classNet:
		return always{}, nil
	case mod == syntax.ModAnyOf && op == syntax.OpEq:
		return newSetMatcher(c, consts), nil
	case mod == syntax.ModAllOf && op == syntax.OpNe:
		return inverted{newSetMatcher(c, consts)}, nil
	}
	each := make([]matcher, len(consts))
	var errs []error
	for i, v := range consts {
		m, err := newSingleMatcher(op, c, v)
		if err != nil {
			errs = append(errs, err)
		}
		each[i] = m
	}
	if len(errs) > 0 {
		return nil, errs[0]
	}
	switch mod {
	case syntax.ModOneOf:
		return &oneOf{each}, nil
	case syntax.ModAllOf:
		return &allOf{each}, nil
	}
	return &anyOf{each}, nil
}
