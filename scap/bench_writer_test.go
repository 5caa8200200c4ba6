package scap

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"falcoreplay/internal/testenv"
)

// workload is the largest capture there is, uncompressed, and its events.
func workload(b *testing.B) (*Snapshot, []record) {
	packed, err := os.ReadFile(filepath.Join(testenv.Shared(b), "captures", "falco-workload.scap"))
	if err != nil {
		b.Fatal(err)
	}
	plain := unpack(b, Gzip, packed)
	return snapshotOf(b, plain), records(b, plain)
}

var benchmarked = []WriterOptions{
	{Compression: None}, {Compression: Gzip, Level: 1}, {Compression: Gzip, Level: 6},
	{Compression: Zstd, Level: 1}, {Compression: Zstd, Level: 3},
}

// BenchmarkWriter writes that capture anew; bytes are those of the file.
func BenchmarkWriter(b *testing.B) {
	snapshot, events := workload(b)
	for _, opts := range benchmarked {
		b.Run(nameOf(opts), func(b *testing.B) {
			var bytes uint64
			for b.Loop() {
				w, err := NewWriter(io.Discard, opts)
				if err != nil {
					b.Fatal(err)
				}
				w.WriteSnapshot(snapshot)
				for _, e := range events {
					w.WriteEvent(e.cpu, e.flags, e.bytes)
				}
				if err := w.Close(); err != nil {
					b.Fatal(err)
				}
				bytes = w.Stats().FileBytes
			}
			s := b.Elapsed().Seconds() / float64(b.N)
			b.ReportMetric(float64(len(events))/s, "events/s")
			b.ReportMetric(s*1e9/float64(len(events)), "ns/event")
			b.ReportMetric(float64(bytes), "bytes")
		})
	}
}

// BenchmarkReadChunks reads it back.
func BenchmarkReadChunks(b *testing.B) {
	snapshot, events := workload(b)
	for _, opts := range benchmarked {
		b.Run(nameOf(opts), func(b *testing.B) {
			var out bytes.Buffer
			w, err := NewWriter(&out, opts)
			if err != nil {
				b.Fatal(err)
			}
			w.WriteSnapshot(snapshot)
			for _, e := range events {
				w.WriteEvent(e.cpu, e.flags, e.bytes)
			}
			w.Close()
			for b.Loop() {
				r, err := NewReader(bytes.NewReader(out.Bytes()), "workload", Options{})
				for err == nil {
					_, err = r.Next()
				}
				if err != io.EOF {
					b.Fatal(err)
				}
			}
			s := b.Elapsed().Seconds() / float64(b.N)
			b.ReportMetric(float64(len(events))/s, "events/s")
			b.ReportMetric(s*1e9/float64(len(events)), "ns/event")
		})
	}
}
