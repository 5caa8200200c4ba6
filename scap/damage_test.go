package scap

import (
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"falcoreplay/internal/testenv"
)

// sum reads a capture and keeps little of it: whether one run's events are the
// beginning of another's is told by running checksums.
func sum(t *testing.T, data []byte) (sums []uint64, err error) {
	r, err := NewReader(bytes.NewReader(data), "test", Options{})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var h uint64
	for {
		e, err := r.Next()
		if err != nil {
			return sums, err
		}
		if e.Info() == nil || e.NumParams() > len(e.Info().Params) {
			t.Errorf("event %d of type %d with %d parameters", e.Num, e.Type, e.NumParams())
		}
		h = h*31 + e.Num + e.TS*3 + uint64(e.TID)*5 + uint64(e.Type)*7
		for i := range e.NumParams() {
			for _, c := range e.Param(i) {
				h = h*31 + uint64(c)
			}
		}
		sums = append(sums, h)
	}
}

// TestDamagedCaptures cuts and changes real captures at places that a fixed
// seed chooses: there is no panic, what is before a cut is read, and memory
// stays small.
func TestDamagedCaptures(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(testenv.Shared(t), "captures", "*.scap"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, file := range files {
		n := 40
		if filepath.Base(file) == "falco-workload.scap" {
			n = 1
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			want, err := sum(t, data)
			if err != io.EOF {
				t.Fatal(err)
			}
			rng := rand.New(rand.NewPCG(1, uint64(len(data))))
			for range n {
				cut := rng.IntN(len(data))
				got, err := sum(t, data[:cut])
				if err == nil || !slices.Equal(got, want[:min(len(got), len(want))]) {
					t.Fatalf("cut at %d: %d events, error %v", cut, len(got), err)
				}
				changed := bytes.Clone(data)
				changed[rng.IntN(len(data))] ^= 1 << rng.IntN(8)
				if _, err := sum(t, changed); err == nil {
					t.Fatal("neither an error nor the end")
				}
			}
		})
	}
	runtime.ReadMemStats(&after)
	if mib := (after.Sys - before.Sys) >> 20; mib > 300 {
		t.Errorf("%d MiB more from the system", mib)
	}
}
