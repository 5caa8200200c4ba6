package bpf

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// fakeRing has records that become readable in the course of time.
type fakeRing struct {
	now     *uint64
	records []fakeRecord // in the order of the ring
	asked   int
}

type fakeRecord struct{ ts, readable uint64 }

func (f *fakeRing) next() (uint64, bool, error) {
	f.asked++
	if len(f.records) == 0 || f.records[0].readable > *f.now {
		return 0, false, nil
	}
	ts := f.records[0].ts
	f.records = f.records[1:]
	return ts, true, nil
}

// mergeAll gives all that fake rings hold, while time passes, and when each
// record was given.
func mergeAll(t *testing.T, rings [][]fakeRecord, lookAhead uint64) (given, at []uint64) {
	t.Helper()
	var now uint64
	var feeds []feed
	left := 0
	for _, r := range rings {
		feeds = append(feeds, &fakeRing{now: &now, records: slices.Clone(r)})
		left += len(r)
	}
	m := newMerger(feeds, func() uint64 { return now }, lookAhead)
	last := make([]uint64, len(rings))
	for waits := 0; left > 0 || m.holds(); {
		from, wait, err := m.next()
		if err != nil {
			t.Fatal(err)
		}
		if from < 0 {
			if wait == 0 || wait > lookAhead {
				t.Fatalf("wait %d, look ahead %d", wait, lookAhead)
			}
			if waits++; waits > 1e6 {
				t.Fatal("nothing comes any more")
			}
			now += wait
			continue
		}
		left--
		last[from] = m.heads[from].ts
		given, at = append(given, last[from]), append(at, now)
		now += 3 // it takes time to write a record
	}
	return given, at
}

// Records come in the order of their times, none is lost and none waits for long,
// whatever the rings hold, as long as none takes longer than the look-ahead from
// its time to where it can be read. One that does is late, but it comes.
func FuzzMerge(f *testing.F) {
	for i := range uint64(200) {
		f.Add(i, uint8(i%9), uint16(i*7), i%5 == 4)
	}
	f.Fuzz(func(t *testing.T, seed uint64, n uint8, look uint16, late bool) {
		r := rand.New(rand.NewPCG(seed, 1))
		lookAhead := uint64(look) + 10
		rings := make([][]fakeRecord, 1+n%32)
		var want, readable []uint64
		for i := range rings {
			ts, seen := r.Uint64N(1000), uint64(0)
			for range r.IntN(200) {
				if ts += r.Uint64N(20); r.IntN(20) == 0 {
					ts += r.Uint64N(10 * lookAhead) // a ring that rests
				}
				takes := r.Uint64N(lookAhead)
				if late && r.IntN(10) == 0 {
					takes *= 5
				}
				// A ring is read in its order: what is not there hides what follows.
				seen = max(seen, ts+takes)
				if !late {
					seen = min(seen, ts+lookAhead-1)
				}
				rings[i] = append(rings[i], fakeRecord{ts, seen})
				want, readable = append(want, ts), append(readable, seen)
			}
		}
		given, at := mergeAll(t, rings, lookAhead)
		if !late && !slices.IsSorted(given) {
			t.Errorf("not in order: %v", given)
		}
		if len(given) > 0 {
			// Two look-aheads after the last could be read, and the time it took to write.
			if end := at[len(at)-1]; end > slices.Max(readable)+3*lookAhead+3*uint64(len(given)) {
				t.Errorf("the last record was there at %d and given at %d", slices.Max(readable), end)
			}
		}
		slices.Sort(given)
		slices.Sort(want)
		if !slices.Equal(given, want) {
			t.Errorf("%d records given of %d", len(given), len(want))
		}
	})
}

// While every ring has records nothing waits, and one that is empty is not asked
// for every record of another.
func TestMergeAsks(t *testing.T) {
	now := uint64(1000)
	full, idle := &fakeRing{now: &now}, &fakeRing{now: &now}
	for ts := range uint64(900) {
		full.records = append(full.records, fakeRecord{ts, ts})
	}
	m := newMerger([]feed{full, idle}, func() uint64 { return now }, 100)
	for want := range 900 {
		from, _, err := m.next()
		if from != 0 || err != nil || m.heads[0].ts != uint64(want) {
			t.Fatalf("record %d: %d of ring %d, %v", want, m.heads[0].ts, from, err)
		}
	}
	if idle.asked > 2 {
		t.Errorf("the empty ring was asked %d times", idle.asked)
	}
}

type failingRing struct{}

func (failingRing) next() (uint64, bool, error) { return 0, false, errors.ErrUnsupported }

func TestMergeFails(t *testing.T) {
	m := newMerger([]feed{failingRing{}, failingRing{}}, func() uint64 { return 1 }, 1)
	if from, _, err := m.next(); from >= 0 || !errors.Is(err, errors.ErrUnsupported) {
		t.Error(from, err)
	}
}

func TestParseCPUs(t *testing.T) {
	for list, want := range map[string]string{
		"0\n": "[0]", "0-3\n": "[0 1 2 3]", "0,2-3,8": "[0 2 3 8]", "7-7": "[7]",
		"": "", "a": "", "3-1": "", "1,1": "", "-1": "", "0-99999": "", "0-3,": "",
	} {
		got, err := parseCPUs(list)
		if (err != nil) != (want == "") || err == nil && fmt.Sprint(got) != want {
			t.Errorf("%q: %v, %v", list, got, err)
		}
	}
}

func TestRingsOfCPUs(t *testing.T) {
	cpus := func(list string) []int {
		all, err := parseCPUs(list)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	for _, c := range []struct {
		possible, online string
		rings            int
		want             string // rings, by the number of the processor
	}{
		{"0-1", "0-1", 0, "[0 0] 1"},
		{"0-1", "0-1", 2, "[0 1] 2"},
		{"0-1", "0-1", 9, "[0 1] 2"},
		{"0", "0", 0, "[0] 1"},
		{"0-15", "0-15", 0, "[0 0 0 0 0 0 0 0 1 1 1 1 1 1 1 1] 2"},
		{"0-15", "0-15", 3, "[0 0 0 0 0 0 1 1 1 1 1 2 2 2 2 2] 3"},
		{"0-8", "0-8", 0, "[0 0 0 0 0 1 1 1 1] 2"},
		{"0-7", "0,3", 0, "[0 0 0 0 0 0 0 0] 1"},                     // most are not there
		{"0-7", "2,5-6", 2, "[0 1 0 1 0 0 1 1] 2"},                   // 0 and 1 of those online, then the rest
		{"0,4,8,12", "0,4,8,12", 2, "[0 1 0 1 0 1 0 1 1 1 0 1 1] 2"}, // holes
	} {
		of, n := ringsOfCPUs(cpus(c.possible), cpus(c.online), c.rings)
		if got := fmt.Sprint(of, n); got != c.want {
			t.Errorf("possible %s, online %s, %d rings: %s, not %s", c.possible, c.online, c.rings, got, c.want)
		}
	}
	// 256 processors, of which every fourth is missing.
	var some []int
	for cpu := range 256 {
		if cpu%4 != 1 {
			some = append(some, cpu)
		}
	}
	of, n := ringsOfCPUs(some, some, 0)
	if n != 24 || len(of) != 256 {
		t.Fatal(n, len(of))
	}
	share := make([]int, n)
	for _, cpu := range some {
		share[of[cpu]]++
	}
	if slices.Min(share) != 8 || slices.Max(share) != 8 {
		t.Errorf("processors of each ring: %v", share)
	}
}
