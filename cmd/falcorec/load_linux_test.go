//go:build amd64 || arm64

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"falcoreplay/engine"
	"falcoreplay/internal/testenv"
	"falcoreplay/rules"
)

// loadSeconds, in the environment, is how long TestLoad lasts, 5 s without it.
const loadSeconds = "FALCOREC_LOAD_SECONDS"

// Nothing is lost under a mixed load, and what is recorded is well-formed.
func TestLoad(t *testing.T) {
	testenv.Root(t)
	seconds, args := os.Getenv(loadSeconds), []string{}
	if seconds == "" {
		// Beside other tests, and slowed down by the race detector, the recorder
		// gets little of the processors.
		seconds, args = "5", []string{"--ring", "512"}
	}
	source, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	program, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "t.scap")
	rec, said := falcorec(t, append(args, "-w", path)...)
	sh := exec.Command("/bin/sh", filepath.Join(source, "testdata/scenarios/load.sh"), seconds)
	sh.Dir = t.TempDir()
	sh.Env = []string{"PATH=/usr/bin:/bin", "HELPER=" + helper(t), "SOURCE=" + source, "GO=" + program, "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false"}
	for _, name := range []string{"HOME", "GOMODCACHE", "GOPROXY", "GOPATH"} {
		if v, ok := os.LookupEnv(name); ok {
			sh.Env = append(sh.Env, name+"="+v)
		}
	}
	start := time.Now()
	if out, err := sh.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	took := time.Since(start)
	if err := stop(t, rec, unix.SIGINT); err != nil {
		t.Errorf("%v: %s", err, said)
	}
	nothing := rules.File{Name: "t.yaml", Data: []byte(readsShadow)}
	result, err := replayWith(t, path, []rules.File{nothing}, func(*engine.Alert) {})
	c, n := &result.Capture, result.Totals
	if err != nil || c.Malformed != 0 || c.UnknownEvents != 0 || c.UnknownBlocks != 0 || c.Conversion.Mismatched != 0 || c.Conversion.Unconvertible != 0 {
		t.Errorf("%+v, %v", c, err)
	}
	if n == nil || n.Lost != 0 || n.Seen != n.Written+n.Filtered {
		t.Fatalf("totals %+v", n)
	}
	rusage := rec.ProcessState.SysUsage().(*syscall.Rusage)
	t.Logf("%d events in %v, %s; falcorec took %.2f s of CPU and %d MiB at most", n.Written, took.Round(time.Second), fileSize(path),
		rec.ProcessState.UserTime().Seconds()+rec.ProcessState.SystemTime().Seconds(), rusage.Maxrss>>10)
}

func fileSize(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%d KiB", info.Size()>>10)
}
