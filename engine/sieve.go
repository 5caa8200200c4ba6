package engine

import (
	"cmp"
	"slices"

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
	rest  [][]ref  // of each program: what has to be true where its keys are as it needs them
	byDir []uint64 // the programs that a directory may leave out
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

// makeSieves makes the sieves.
func (e *Engine) makeSieves() {
	e.dirs = make([]decides, len(e.ops))
	for i := range e.ops { // parts stand before what they are parts of
		o := &e.ops[i]
		if o.kind == kindCheck {
			e.dirs[i] = e.dirDecides(&e.checks[o.check])
			continue
		}
		// A conjunction is false if one part is. A disjunction is the negation of
		// the conjunction of its parts' negations.
		not := ref(0)
		if o.kind == kindOr {
			not = 1
		}
		all := decides{toTrue: true}
		for _, k := range o.kids {
			d := e.byDir(k ^ not)
			all = decides{all.toFalse || d.toFalse, all.toTrue && d.toTrue}
		}
		if not != 0 {
			all = all.not()
		}
		e.dirs[i] = all
	}
	m := sieveMaker{e, make(map[ref][]ref)}
	for t := range e.byType {
		e.sieves[t] = m.sieve(event.Type(t))
	}
}

// sieveMaker makes sieves of an engine that is complete but for them.
type sieveMaker struct {
	*Engine
	needed map[ref][]ref // what is known of needs
}

// sieve makes the sieve of a type, nil where it is not worth one.
func (m *sieveMaker) sieve(t event.Type) *sieve {
	programs := m.byType[t]
	if len(programs) < sievedPrograms {
		return nil
	}
	words := (len(programs) + 63) / 64
	s := &sieve{all: make([]uint64, words), byDir: make([]uint64, words)}
	hasFD := event.Lookup(t).Flags&(event.FlagCreatesFD|event.FlagUsesFD|event.FlagDestroysFD) != 0
	none := true
	for i := range programs {
		s.all[i/64] |= 1 << (i % 64)
		if hasFD && m.byDir(programs[i].root).toFalse {
			s.byDir[i/64] |= 1 << (i % 64)
			none = false
		}
	}
	if s.keys = m.keysOf(programs, s.all); len(s.keys) == 0 && none {
		return nil
	}
	s.rest = make([][]ref, len(programs))
	for i, p := range programs {
		s.rest[i] = m.restOf(p.root, s.keys)
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
func (m *sieveMaker) keysOf(programs []program, all []uint64) []sieveKey {
	needed := make(map[ref]int) // by what the comparison has to be
	for _, p := range programs {
		for _, r := range m.needs(p.root) {
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
		for i, p := range programs {
			needs := m.needs(p.root)
			if slices.Contains(needs, r) {
				list[k].unless[i/64] &^= 1 << (i % 64)
			}
			if slices.Contains(needs, r^1) {
				list[k].ifTrue[i/64] &^= 1 << (i % 64)
			}
		}
	}
	return list
}

// needs is the comparisons, and negations of such, that an expression is false
// without, each once.
func (m *sieveMaker) needs(r ref) []ref {
	if list, ok := m.needed[r]; ok {
		return list
	}
	var list []ref
	o := &m.ops[r>>1]
	switch {
	case o.kind == kindCheck:
		if m.checks[o.check].cost <= maxKeyCost {
			list = []ref{r}
		}
	case (o.kind == kindAnd) == (r&1 == 0): // what one of them needs
		for _, k := range o.kids {
			for _, n := range m.needs(k ^ r&1) {
				if !slices.Contains(list, n) {
					list = append(list, n)
				}
			}
		}
	case len(o.kids) > 0: // what all of them need, as one of them is true
		list = slices.Clone(m.needs(o.kids[0] ^ r&1))
		for _, k := range o.kids[1:] {
			needs := m.needs(k ^ r&1)
			list = slices.DeleteFunc(list, func(n ref) bool { return !slices.Contains(needs, n) })
		}
	}
	m.needed[r] = list
	return list
}

// dirDecides is what a directory may decide a comparison to be.
func (e *Engine) dirDecides(k *check) (by decides) {
	left := &e.sources[k.left]
	if left.kind != fromField || k.shape != shapeOne {
		return by
	}
	switch left.field.Def.Name {
	case "fd.name":
		if m, ok := k.one.(dirMatcher); ok {
			by = m.dirDecides()
		}
	case "fd.directory":
		by = decides{true, true}
	}
	return by
}

// byDir is what a directory may decide an expression to be.
func (e *Engine) byDir(r ref) decides {
	d := e.dirs[r>>1]
	if r&1 != 0 {
		return d.not()
	}
	return d
}
