package engine

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"

	"falcoreplay/replay"
	"falcoreplay/scap/event"
)

// sieve leaves out the programs of an event type that cannot match an event,
// many at a time: by comparisons that many of them need to be true or false, and
// by the directory of the file that the event is about, whose verdict is kept
// for the next file there. Most files that are opened lie where few rules look.
// What a sieve leaves is evaluated as ever, so that it saves work and changes no
// verdict.
type sieve struct {
	all   []uint64 // a bit for each program
	keys  []sieveKey
	rest  [][]ref // of each program: what has to be true where its keys are as it needs them
	byDir bool
}

// sieveKey is a comparison with the programs that need it.
type sieveKey struct {
	root           ref
	ifTrue, unless []uint64 // what may match where it is true, and where it is not
}

const (
	// sievedPrograms is from how many programs on a sieve is worth it.
	sievedPrograms = 4
	// maxKeys is the largest number of keys, and keyShare of how many programs one
	// has to need a comparison for it to be one.
	maxKeys  = 4
	keyShare = 5
	// maxKeyCost keeps out of the keys what takes long to compare.
	maxKeyCost = 4
)

// newSieve returns the sieve for the programs of a type, nil where it is not
// worth one.
func (e *Engine) newSieve(t event.Type, byDir []bool) *sieve {
	programs := e.byType[t]
	if len(programs) < sievedPrograms {
		return nil
	}
	s := &sieve{all: make([]uint64, (len(programs)+63)/64)}
	for i := range programs {
		s.all[i/64] |= 1 << (i % 64)
		s.byDir = s.byDir || byDir[programs[i].root>>1]
	}
	s.byDir = s.byDir && event.Lookup(t).Flags&(event.FlagCreatesFD|event.FlagUsesFD|event.FlagDestroysFD) != 0
	s.keys = e.keysOf(programs, s.all)
	if len(s.keys) == 0 && !s.byDir {
		return nil
	}
	s.rest = make([][]ref, len(programs))
	for i, p := range programs {
		s.rest[i] = e.restOf(p.root, s.keys)
	}
	return s
}

// restOf is what has to be true of an expression where the keys are as it needs
// them.
func (e *Engine) restOf(r ref, keys []sieveKey) (rest []ref) {
	o := &e.ops[r>>1]
	if o.kind != kindAnd || r&1 != 0 {
		return []ref{r}
	}
	for _, k := range o.kids {
		if !slices.ContainsFunc(keys, func(key sieveKey) bool { return key.root>>1 == k>>1 }) {
			rest = append(rest, k)
		}
	}
	return rest
}

// keysOf chooses the comparisons that most programs need, the most needed
// first.
func (e *Engine) keysOf(programs []program, all []uint64) []sieveKey {
	needed := make(map[ref]int) // by what the comparison has to be
	needs := make([][]ref, len(programs))
	for i, p := range programs {
		needs[i] = e.needs(p.root, nil)
		for _, r := range needs[i] {
			needed[r]++
		}
	}
	var keys []ref
	for r, n := range needed {
		if n*keyShare >= len(programs) {
			keys = append(keys, r)
		}
	}
	slices.SortFunc(keys, func(a, b ref) int { return cmp.Or(cmp.Compare(needed[b], needed[a]), cmp.Compare(a, b)) })
	keys = keys[:min(len(keys), maxKeys)]
	list := make([]sieveKey, len(keys))
	for k, r := range keys {
		list[k] = sieveKey{root: r, ifTrue: slices.Clone(all), unless: slices.Clone(all)}
		for i := range programs {
			if slices.Contains(needs[i], r) {
				list[k].unless[i/64] &^= 1 << (i % 64)
			}
			if slices.Contains(needs[i], r^1) {
				list[k].ifTrue[i/64] &^= 1 << (i % 64)
			}
		}
	}
	return list
}

// needs appends the comparisons, and negations of such, that an expression is
// false without, each once.
func (e *Engine) needs(r ref, list []ref) []ref {
	o := &e.ops[r>>1]
	switch {
	case o.kind == kindCheck:
		if e.checks[o.check].cost <= maxKeyCost && !slices.Contains(list, r) {
			list = append(list, r)
		}
	case (o.kind == kindAnd) == (r&1 == 0):
		for _, k := range o.kids {
			list = e.needs(k^r&1, list)
		}
	case len(o.kids) > 0: // one of them is true: what all of them need
		shared := e.needs(o.kids[0]^r&1, nil)
		for _, k := range o.kids[1:] {
			if len(shared) == 0 {
				return list
			}
			needs := e.needs(k^r&1, nil)
			shared = slices.DeleteFunc(shared, func(r ref) bool { return !slices.Contains(needs, r) })
		}
		for _, r := range shared {
			if !slices.Contains(list, r) {
				list = append(list, r)
			}
		}
	}
	return list
}

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
	if s.byDir && !v.inDirectory(left, programs) {
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

// inDirectory takes out of a set what cannot match in the directory of the file
// that the event is about, if it is about a file, and tells whether anything is
// left.
func (v *Evaluator) inDirectory(left []uint64, programs []program) bool {
	cur := &v.ctx.Host.Current
	if cur.Thread == nil || cur.FD == nil || cur.FD.Type != replay.FDFileV2 && cur.FD.Type != replay.FDFile {
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
		if todo := left[w] &^ *judged; todo != 0 {
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
	if !v.engine.byDir[at] {
		return unknown
	}
	p := v.parts[at]
	if p>>2 != v.partGen {
		p = v.partGen<<2 | uint64(v.partOf(at, dir))
		v.parts[at] = p
	}
	if t := truth(p & 3); r&1 == 0 {
		return t
	} else {
		return t.not()
	}
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

// decidesDirectory tells comparisons that the directory of a file may decide.
func (e *Engine) decidesDirectory(k *check) bool {
	left := &e.sources[k.left]
	if left.kind != fromField || k.shape != shapeOne {
		return false
	}
	if left.field.Def.Name == "fd.name" {
		_, ok := k.one.(dirMatcher)
		return ok
	}
	return left.field.Def.Name == "fd.directory"
}

// sieve makes the sieves.
func (e *Engine) sieve() {
	e.byDir = make([]bool, len(e.ops))
	for i := range e.ops { // parts stand before what they are parts of
		o := &e.ops[i]
		e.byDir[i] = o.kind == kindCheck && e.decidesDirectory(&e.checks[o.check])
		for _, k := range o.kids {
			e.byDir[i] = e.byDir[i] || e.byDir[k>>1]
		}
	}
	for t := range e.byType {
		e.sieves[t] = e.newSieve(event.Type(t), e.byDir)
	}
}
