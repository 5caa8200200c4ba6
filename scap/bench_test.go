package scap

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"

	"falcoreplay/internal/testenv"
)

// BenchmarkReader reads the largest capture there is, compressed and not.
func BenchmarkReader(b *testing.B) {
	packed, err := os.ReadFile(filepath.Join(testenv.Shared(b), "captures", "falco-workload.scap"))
	if err != nil {
		b.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		b.Fatal(err)
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		data []byte
	}{{"compress=none", plain}, {"compress=gzip", packed}} {
		b.Run(c.name, func(b *testing.B) {
			var events uint64
			for b.Loop() {
				r, err := NewReader(bytes.NewReader(c.data), "falco-workload.scap", Options{})
				if err != nil {
					b.Fatal(err)
				}
				for err == nil {
					_, err = r.Next()
				}
				if err != io.EOF {
					b.Fatal(err)
				}
				events += r.Stats().Events
			}
			s := b.Elapsed().Seconds()
			b.ReportMetric(float64(events)/s, "events/s")
			b.ReportMetric(s*1e9/float64(events), "ns/event")
		})
	}
}
