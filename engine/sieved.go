package engine

import (
	"math/bits"
	"strings"

	"falcoreplay/replay"
)

// verdicts is what an evaluator has found out of directories for a type.
type verdicts struct {
	at map[string]int32 // place in judged and in cannot
	// A bit for each program that was judged, and for each that cannot match
	// events about files in the directory.
	judged, cannot []uint64
}

const (
	// keptDirs is how many directories' verdicts are kept for a type before all
	// of them are forgotten, of up to maxDirBytes each.
	keptDirs    = 1 << 14
	maxDirBytes = 256
)

// sieved is Process for a type with a sieve.
func (v *Evaluator) sieved(s *sieve, programs []program, emit func(*Alert)) {
	left := append(v.left[:0], s.all...)
	v.left = left
	for i := range s.keys {
		k := &s.keys[i]
		mask := k.unless
		if v.eval(k.root) {
			mask = k.ifTrue
		}
		if !intersect(left, mask) {
			return
		}
	}
	if !v.inDirectory(left, s.byDir, programs) {
		return
	}
	for w, m := range left {
		for ; m != 0; m &= m - 1 {
			i := w*64 + bits.TrailingZeros64(m)
			if v.evalAll(s.rest[i]) {
				emit(v.alert(&v.engine.rules[programs[i].rule]))
				if v.engine.opts.Matching == First {
					return
				}
			}
		}
	}
}

// evalAll tells whether all of some expressions are true for the event.
func (v *Evaluator) evalAll(list []ref) bool {
	for _, r := range list {
		if !v.eval(r) {
			return false
		}
	}
	return true
}

// intersect takes out of a set what is not in the other, and tells whether
// anything is left.
func intersect(set, other []uint64) bool {
	any := uint64(0)
	for i := range set {
		set[i] &= other[i]
		any |= set[i]
	}
	return any != 0
}

// intersects tells whether two sets share anything.
func intersects(a, b []uint64) bool {
	for i := range a {
		if a[i]&b[i] != 0 {
			return true
		}
	}
	return false
}

// inDirectory takes out of a set what cannot match in the directory of the file
// that the event is about, if it is about a file, and tells whether anything is
// left. byDir is what may be taken out.
func (v *Evaluator) inDirectory(left, byDir []uint64, programs []program) bool {
	cur := &v.ctx.Host.Current
	if !intersects(left, byDir) || cur.Thread == nil || cur.FD == nil || cur.FD.Type != replay.FDFileV2 && cur.FD.Type != replay.FDFile {
		return true
	}
	name := cur.FD.Name
	end := strings.LastIndexByte(name, '/') + 1
	if end == 0 || end == len(name) || end > maxDirBytes {
		return true
	}
	dir, known := name[:end], &v.dirs[cur.Event.Type]
	at, ok := known.at[dir]
	if !ok {
		if known.at == nil || len(known.at) >= keptDirs {
			*known = verdicts{at: make(map[string]int32)}
		}
		at = int32(len(known.judged))
		for range left {
			known.judged, known.cannot = append(known.judged, 0), append(known.cannot, 0)
		}
		known.at[strings.Clone(dir)] = at
	}
	any := uint64(0)
	for w := range left {
		judged, cannot := &known.judged[int(at)+w], &known.cannot[int(at)+w]
		if todo := left[w] & byDir[w] &^ *judged; todo != 0 {
			*judged |= todo
			*cannot |= v.judgeDirectory(dir, programs[w*64:], todo)
		}
		left[w] &^= *cannot
		any |= left[w]
	}
	return any != 0
}

// judgeDirectory is those of a set that cannot match in a directory.
func (v *Evaluator) judgeDirectory(dir string, programs []program, set uint64) (cannot uint64) {
	if v.parts == nil {
		v.parts = make([]uint64, len(v.engine.ops))
	}
	v.partGen++
	for m := set; m != 0; m &= m - 1 {
		i := bits.TrailingZeros64(m)
		if v.partial(programs[i].root, dir) == isFalse {
			cannot |= 1 << i
		}
	}
	return cannot
}

// partial is what an expression comes to as far as a directory decides it.
func (v *Evaluator) partial(r ref, dir string) truth {
	at := r >> 1
	if v.engine.dirs[at] == (decides{}) {
		return unknown
	}
	p := v.parts[at]
	if p>>2 != v.partGen {
		p = v.partGen<<2 | uint64(v.partOf(at, dir))
		v.parts[at] = p
	}
	if r&1 != 0 {
		return truth(p & 3).not()
	}
	return truth(p & 3)
}

func (v *Evaluator) partOf(at ref, dir string) truth {
	o := &v.engine.ops[at]
	if o.kind == kindCheck {
		return v.checkDirectory(&v.engine.checks[o.check], dir)
	}
	// A conjunction is false if one is; a disjunction is true if one is.
	neutral, final := isTrue, isFalse
	if o.kind == kindOr {
		neutral, final = isFalse, isTrue
	}
	result := neutral
	for _, k := range o.kids {
		switch v.partial(k, dir) {
		case final:
			return final
		case unknown:
			result = unknown
		}
	}
	return result
}

// checkDirectory is what a comparison comes to for all files in a directory.
func (v *Evaluator) checkDirectory(k *check, dir string) truth {
	if v.engine.sources[k.left].field.Def.Name == "fd.name" {
		return k.one.(dirMatcher).matchDir(dir)
	}
	return truthOf(v.check(k)) // fd.directory, which they share
}
