package engine

import "hash/maphash"

// stringSet is a set of strings that is not changed any more. A miss, which is
// the common case, is mostly told by the length alone.
type stringSet struct {
	seed    maphash.Seed
	lengths uint64 // bit n: there is one of length n; the last bit: of 63 or more
	mask    uint32
	slots   []int32 // index in strings plus 1, 0 for none
	strings []string
}

func newStringSet(list []string) *stringSet {
	size := 4
	for size < 2*len(list) {
		size *= 2
	}
	s := &stringSet{seed: maphash.MakeSeed(), mask: uint32(size - 1), slots: make([]int32, size)}
	for _, x := range list {
		if s.has(x) {
			continue
		}
		s.lengths |= 1 << min(len(x), 63)
		s.strings = append(s.strings, x)
		h := s.hash(x)
		for s.slots[h] != 0 {
			h = (h + 1) & s.mask
		}
		s.slots[h] = int32(len(s.strings))
	}
	return s
}

func (s *stringSet) has(x string) bool {
	if s.lengths>>min(len(x), 63)&1 == 0 {
		return false
	}
	for h := s.hash(x); s.slots[h] != 0; h = (h + 1) & s.mask {
		if s.strings[s.slots[h]-1] == x {
			return true
		}
	}
	return false
}

func (s *stringSet) hash(x string) uint32 { return uint32(maphash.String(s.seed, x)) & s.mask }
