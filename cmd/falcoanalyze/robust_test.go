//go:build linux

package main

import (
	"bytes"
	"errors"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"falcoreplay/internal/testenv"
)

// maxRSSKiB is the memory that a run on a damaged capture may take.
const maxRSSKiB = 300 << 10

// TestDamagedCaptures runs the program on captures that were cut off or had a
// byte changed. Each ends with exit code 0 or 3 within its memory, and what it
// reports of a cut capture is the beginning of what it reports of the whole.
//
// FALCOREPLAY_DAMAGE sets the number of cuts and of changes per capture.
func TestDamagedCaptures(t *testing.T) {
	shared := testenv.Shared(t)
	if alone(t) {
		return
	}
	n, workload := 12, 2
	if s := os.Getenv("FALCOREPLAY_DAMAGE"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
		workload = n
	}
	program := buildProgram(t)
	var args []string
	for _, name := range []string{"falco", "falco-incubating", "falco-sandbox"} {
		args = append(args, "-r", filepath.Join(shared, "rules", name+"_rules.yaml"))
	}
	captures, err := filepath.Glob(filepath.Join(shared, "captures", "*.scap"))
	if err != nil || len(captures) == 0 {
		t.Fatalf("no captures: %v", err)
	}
	for _, capture := range captures {
		t.Run(filepath.Base(capture), func(t *testing.T) {
			whole, err := os.ReadFile(capture)
			if err != nil {
				t.Fatal(err)
			}
			damaged := filepath.Join(t.TempDir(), "damaged.scap")
			run := func(data []byte) []byte {
				t.Helper()
				if err := os.WriteFile(damaged, data, 0o600); err != nil {
					t.Fatal(err)
				}
				return runDamaged(t, program, append(args, "-o", "json", damaged))
			}
			alerts := run(whole)
			times := n
			if len(whole) > 4<<20 {
				times = workload
			}
			h := fnv.New64()
			h.Write([]byte(filepath.Base(capture)))
			rnd := rand.New(rand.NewPCG(h.Sum64(), 1))
			for range times {
				at := rnd.IntN(len(whole))
				if got := run(whole[:at]); !bytes.HasPrefix(alerts, got) {
					t.Errorf("cut at %d: the alerts are not a prefix of the whole capture's", at)
				}
			}
			for range times {
				at, bit := rnd.IntN(len(whole)), byte(1+rnd.IntN(255))
				changed := bytes.Clone(whole)
				changed[at] ^= bit
				run(changed)
			}
		})
	}
}

// alone runs the test in a process of its own, in which it is false. The most
// memory that a program is said to have taken is never less than what its parent
// had taken when it started the program (Linux, fs/exec.c, exec_mmap), which here
// is what other tests have made of it.
func alone(t *testing.T) bool {
	t.Helper()
	const variable = "FALCOREPLAY_ALONE"
	if os.Getenv(variable) == t.Name() {
		return false
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), variable+"="+t.Name())
	out, err := cmd.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("--- PASS: "+t.Name())) {
		t.Errorf("%v\n%s", err, out)
	}
	return true
}

// runDamaged returns the alerts that a run reports.
func runDamaged(t *testing.T, program string, args []string) []byte {
	t.Helper()
	cmd := exec.Command(program, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !(errors.As(err, &exit) && exit.ExitCode() == exitCapture) {
		t.Errorf("%v\n%s", err, stderr.Bytes())
	}
	if err != nil && stderr.Len() == 0 {
		t.Error("a damaged capture without a word about it")
	}
	if rss := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss; rss > maxRSSKiB {
		t.Errorf("took %d KiB", rss)
	}
	return stdout.Bytes()
}

// buildProgram builds falcoanalyze for one test.
func buildProgram(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "falcoanalyze")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return program
}
