package replay

import (
	"iter"
	"maps"
	"slices"
)

// denseFDs is how many of the lowest file descriptors a table keeps in a
// slice; the kernel hands out the lowest free number, so nearly all are here.
const denseFDs = 1024

// maxFDs is the largest number of open file descriptors of a table; further
// ones stay unknown (falcosecurity/libs, userspace/libsinsp/settings.h,
// MAX_FD_TABLE_SIZE).
const maxFDs = 4096

// FDTable is the open file descriptors of a process, or of a thread that does
// not share its process's. The zero value is empty.
type FDTable struct {
	low   []*FD // by number, below denseFDs
	high  map[int64]*FD
	count int
}

// Get is file descriptor num, nil where it is unknown.
func (t *FDTable) Get(num int64) *FD {
	if uint64(num) < uint64(len(t.low)) {
		return t.low[num]
	}
	return t.high[num]
}

// Len is the number of open file descriptors.
func (t *FDTable) Len() int { return t.count }

// All yields the open file descriptors by number. The table may lose what is
// being yielded.
func (t *FDTable) All() iter.Seq[*FD] {
	return func(yield func(*FD) bool) {
		for _, f := range t.low {
			if f != nil && !yield(f) {
				return
			}
		}
		for _, num := range slices.Sorted(maps.Keys(t.high)) {
			if !yield(t.high[num]) {
				return
			}
		}
	}
}

// add puts f at num, in place of what was there. It returns nil, and forgets
// f, where the table is full.
func (t *FDTable) add(num int64, f *FD) *FD {
	f.Num = num
	if t.Get(num) == nil {
		if t.count == maxFDs {
			return nil
		}
		t.count++
	}
	if uint64(num) >= denseFDs {
		if t.high == nil {
			t.high = make(map[int64]*FD)
		}
		t.high[num] = f
		return f
	}
	if int(num) >= len(t.low) {
		grown := make([]*FD, min(denseFDs, max(16, 2*len(t.low), int(num)+1)))
		copy(grown, t.low)
		t.low = grown
	}
	t.low[num] = f
	return f
}

// remove takes num out of the table and returns it, nil if it was not there.
func (t *FDTable) remove(num int64) *FD {
	f := t.Get(num)
	if f == nil {
		return nil
	}
	t.count--
	if uint64(num) < uint64(len(t.low)) {
		t.low[num] = nil
	} else {
		delete(t.high, num)
	}
	return f
}

// maxClosed is how many file descriptors are kept to be used again. Most files
// are closed soon after they were opened.
const maxClosed = 64

// recycle takes a file descriptor that is in no table any more; nil is none.
func (h *Host) recycle(f *FD) {
	if f != nil && len(h.closed) < maxClosed {
		h.closed = append(h.closed, f)
	}
}

// newFD is a file descriptor of which nothing is known.
func (h *Host) newFD() *FD {
	n := len(h.closed)
	if n == 0 {
		return new(FD)
	}
	f := h.closed[n-1]
	h.closed = h.closed[:n-1]
	*f = FD{}
	return f
}

// removeIf takes out of the table what gone says.
func (t *FDTable) removeIf(gone func(*FD) bool) {
	for f := range t.All() {
		if gone(f) {
			t.remove(f.Num)
		}
	}
}

// clone is a copy of the table for a new process.
func (t *FDTable) clone() FDTable {
	if t.count == 0 {
		return FDTable{}
	}
	c := FDTable{low: make([]*FD, len(t.low)), count: t.count}
	block := make([]FD, 0, t.count)
	dup := func(f *FD) *FD {
		block = append(block, *f)
		n := &block[len(block)-1]
		n.Flags |= FDCloned
		return n
	}
	for i, f := range t.low {
		if f != nil {
			c.low[i] = dup(f)
		}
	}
	if len(t.high) > 0 {
		c.high = make(map[int64]*FD, len(t.high))
		for num, f := range t.high {
			c.high[num] = dup(f)
		}
	}
	return c
}
