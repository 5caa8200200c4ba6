package engine_test

import (
	"errors"
	"io"
	"os"
	"testing"

	"falcoreplay/engine"
	"falcoreplay/internal/testenv"
	"falcoreplay/replay"
	"falcoreplay/scap"
	"falcoreplay/scap/event"
)

// BenchmarkStock takes a capture through the stock rules: reading and state
// alone, and with the rules, of which the difference is the engine's share.
func BenchmarkStock(b *testing.B) {
	dir := testenv.Shared(b)
	e := compile(b, engine.Options{}, testenv.StockRules(b)...)
	capture := findCapture(b, dir, "falco-workload")
	for _, judge := range []bool{false, true} {
		name := "rules=none"
		if judge {
			name = "rules=stock"
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			events, wanted := 0, 0
			for range b.N {
				events, wanted = pass(b, e, capture, judge)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*events), "ns/event")
			b.ReportMetric(float64(wanted), "wanted")
			b.ReportMetric(float64(events)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// pass takes a capture to its end.
func pass(b *testing.B, e *engine.Engine, capture string, judge bool) (events, wanted int) {
	f, err := os.Open(capture)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	r, err := scap.NewReader(f, "bench", scap.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	var host *replay.Host
	var v *engine.Evaluator
	for {
		ev, err := r.Next()
		if errors.Is(err, io.EOF) {
			return events, wanted
		}
		if err != nil {
			b.Fatal(err)
		}
		if host == nil {
			host = replay.New(r.Snapshot())
			v = e.NewEvaluator(host)
		}
		events++
		wants := e.Wants(ev.Type)
		if !wants && !replay.Changes(event.Type(ev.Type)) {
			host.Skip(ev)
			continue
		}
		host.Apply(ev)
		if wants {
			wanted++
			if judge {
				v.Process(func(*engine.Alert) {})
			}
		}
	}
}
