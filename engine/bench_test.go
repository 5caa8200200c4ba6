package engine_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"runtime"
	"testing"

	"falcoreplay/engine"
	"falcoreplay/internal/testenv"
	"falcoreplay/replay"
	"falcoreplay/scap"
)

// stage is how far events are taken; each includes those before it.
type stage int

const (
	read     stage = iota // as they lie in the capture
	convert               // made into events of today
	state                 // applied to the host
	evaluate              // judged by rules
	format                // alerts as JSON
)

// BenchmarkStages takes captures through the stock rules, up to each stage: the
// difference to the one before is what a stage takes. falco-workload is of
// today's events, 502Error of old ones.
func BenchmarkStages(b *testing.B) {
	dir := testenv.Shared(b)
	e := compile(b, engine.Options{}, testenv.StockRules(b)...)
	for _, name := range []string{"falco-workload", "502Error"} {
		capture := plain(b, findCapture(b, dir, name))
		for s, what := range []string{"read", "convert", "state", "evaluate", "format"} {
			b.Run("capture="+name+"/upto="+what, func(b *testing.B) {
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				var events uint64
				for b.Loop() {
					events += pass(b, e, capture, stage(s))
				}
				runtime.ReadMemStats(&after)
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(events), "ns/event")
				b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
				b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(events), "B/event")
			})
		}
	}
}

// plain is a capture without its compression, which another goroutine would
// undo.
func plain(b *testing.B, path string) []byte {
	data, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if errors.Is(err, gzip.ErrHeader) {
		return data
	}
	if err == nil {
		data, err = io.ReadAll(z)
	}
	if err != nil {
		b.Fatal(err)
	}
	return data
}

// pass takes a capture to its end, and returns the number of events in it.
func pass(b *testing.B, e *engine.Engine, capture []byte, upTo stage) uint64 {
	r, err := scap.NewReader(bytes.NewReader(capture), "bench", scap.Options{Raw: upTo == read})
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	var host *replay.Host
	var v *engine.Evaluator
	var buf []byte
	emit := func(a *engine.Alert) {
		if upTo == format {
			buf = a.AppendJSON(buf[:0])
		}
	}
	for {
		ev, err := r.Next()
		if errors.Is(err, io.EOF) {
			return r.Stats().Events
		}
		if err != nil {
			b.Fatal(err)
		}
		if host == nil {
			host = replay.New(r.Snapshot())
			v = e.NewEvaluator(host)
		}
		wants := e.Wants(ev.Type)
		switch {
		case upTo < state:
		case !wants:
			host.Skip(ev)
		default:
			host.Apply(ev)
			if upTo >= evaluate && !ev.StateOnly {
				v.Process(emit)
			}
		}
	}
}
