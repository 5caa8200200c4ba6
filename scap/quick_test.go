package scap

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/gzip"
)

// TestQuick holds that an event comes out the same whether it is read in one
// step or in all of them, of captures of all ages, whole and damaged.
func TestQuick(t *testing.T) {
	names, err := filepath.Glob("../testdata/*.scap")
	if err != nil || len(names) == 0 {
		t.Fatal(err, names)
	}
	shared, _ := filepath.Glob("../../shared/captures/*.scap")
	seed := maphash.MakeSeed()
	for _, name := range append(names, shared...) {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if z, err := gzip.NewReader(bytes.NewReader(data)); err == nil {
			if data, err = io.ReadAll(z); err != nil {
				t.Fatal(err)
			}
		}
		if len(data) > 16<<20 {
			data = data[:16<<20]
		}
		rng := rand.New(rand.NewPCG(1, uint64(len(data))))
		for round := range 8 {
			for _, raw := range []bool{false, true} {
				quick := outcome(data, seed, Options{Raw: raw})
				if slow := outcome(data, seed, Options{Raw: raw, stepwise: true}); quick != slow {
					t.Fatalf("%s, damaged %d times, raw %v: %s, step by step %s", name, round, raw, quick, slow)
				}
			}
			data = bytes.Clone(data) // the readers' goroutines may still look at it
			for range 1 << round {
				data[len(data)/8+rng.IntN(len(data)/8*7)] ^= 1 << rng.IntN(8)
			}
		}
	}
}

// outcome is all that comes out of a capture, in short.
func outcome(data []byte, seed maphash.Seed, opts Options) string {
	r, err := NewReader(bytes.NewReader(data), "", opts)
	if err != nil {
		return err.Error()
	}
	var h maphash.Hash
	h.SetSeed(seed)
	for {
		e, err := r.Next()
		if err != nil {
			return fmt.Sprintf("%x, %+v, %v, %v", h.Sum64(), r.Stats(), r.Stats().FirstMalformed, err)
		}
		maphash.WriteComparable(&h, [...]uint64{e.Num, e.TS, uint64(e.TID), uint64(e.Type), uint64(e.CPU), uint64(e.Flags), uint64(e.NumParams())})
		maphash.WriteComparable(&h, e.StateOnly)
		for i := range e.NumParams() {
			maphash.WriteComparable(&h, len(e.Param(i)))
			h.Write(e.Param(i))
		}
	}
}
