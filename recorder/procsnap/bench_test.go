//go:build linux

package procsnap

import (
	"os"
	"os/exec"
	"testing"
)

// BenchmarkTake reads the host as it is, and with a thousand processes more.
func BenchmarkTake(b *testing.B) {
	b.Run("processes=host", benchmarkTake)
	b.Run("processes=host+1000", func(b *testing.B) {
		for range 1000 {
			cmd := exec.Command("sleep", "600")
			cmd.Env = append(os.Environ(), "PROCSNAP_BENCH=1")
			if err := cmd.Start(); err != nil {
				b.Skip(err)
			}
			b.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
		}
		benchmarkTake(b)
	})
}

func benchmarkTake(b *testing.B) {
	b.ReportAllocs()
	var stats Stats
	for b.Loop() {
		var err error
		if _, stats, err = Take(Options{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()*1e6/float64(b.N)/float64(max(stats.Processes, 1)), "ms/1000processes")
	b.ReportMetric(float64(stats.Processes), "processes")
	b.ReportMetric(float64(stats.Threads), "threads")
	b.ReportMetric(float64(stats.FDs), "fds")
}
