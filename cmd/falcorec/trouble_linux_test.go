//go:build amd64 || arm64

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"falcoreplay/internal/testenv"
)

// busy makes many system calls until the test is over.
func busy(t *testing.T) {
	t.Helper()
	cmd := exec.Command("/bin/sh", "-c", "cat /etc/shadow; while :; do cat /etc/passwd /etc/group; done >/dev/null")
	cmd.Env = []string{}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
}

// broken waits for a recorder that is to break off, and checks that it says why
// and that what it left is good.
func broken(t *testing.T, cmd *exec.Cmd, said func() string, path, why string) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatal("it goes on")
	}
	if code := cmd.ProcessState.ExitCode(); code != exitFailed || !strings.Contains(said(), why) {
		t.Errorf("exit code %d, and no %q: %s", code, why, said())
	}
	alerts, result, err := replayed(t, path)
	if err != nil || len(alerts) != 1 || result.Capture.Malformed != 0 {
		t.Errorf("what is left: %d alerts, %+v, %v", len(alerts), result.Capture, err)
	}
}

// A full disk ends a recording; what fitted is good.
func TestFullDisk(t *testing.T) {
	testenv.Root(t)
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=8m"); err != nil {
		t.Fatal(err)
	}
	defer unix.Unmount(dir, 0)
	path := filepath.Join(dir, "t.scap")
	cmd, said := falcorec(t, "-w", path, "--syscalls", "all", "--compress", "none")
	busy(t)
	broken(t, cmd, said.String, path, "no space left on device; the capture is good up to there")
}

// So does any other error of the file system: here a limit of the file's size
// that comes while it is written.
func TestFailingFile(t *testing.T) {
	testenv.Root(t)
	path := filepath.Join(t.TempDir(), "t.scap")
	cmd, said := falcorec(t, "-w", path, "--syscalls", "all", "--compress", "none")
	limit := unix.Rlimit{Cur: 2 << 20, Max: 2 << 20}
	if err := unix.Prlimit(cmd.Process.Pid, unix.RLIMIT_FSIZE, &limit, nil); err != nil {
		t.Fatal(err)
	}
	busy(t)
	broken(t, cmd, said.String, path, "file too large")
}

// A ring that overflows loses events, and every one is accounted for.
func TestOverload(t *testing.T) {
	testenv.Root(t)
	path := filepath.Join(t.TempDir(), "t.scap")
	cmd, said := falcorec(t, "-w", path, "--syscalls", "all", "--ring", "1")
	busy(t)
	time.Sleep(300 * time.Millisecond)
	for _, sig := range []os.Signal{unix.SIGSTOP, unix.SIGCONT} { // it is kept from reading for a while
		if err := cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
	}
	if err := stop(t, cmd, unix.SIGINT); err != nil {
		t.Errorf("%v: %s", err, said)
	}
	alerts, result, err := replayed(t, path)
	if err != nil || len(alerts) != 1 || result.Capture.Malformed != 0 {
		t.Errorf("%d alerts, %+v, %v", len(alerts), result.Capture, err)
	}
	n := result.Totals
	if n == nil || n.Lost == 0 || n.Seen != n.Written+n.Lost+n.Filtered || n.Written != result.Capture.Events-result.Capture.DropEvents {
		t.Errorf("totals %+v of %+v", n, result.Capture)
	}
	var sum uint64
	for _, l := range n.LostBySyscall {
		sum += l.Count
	}
	if sum != n.Lost || result.Capture.DropEvents == 0 {
		t.Errorf("lost %d: %d by call, marked at %d places", n.Lost, sum, result.Capture.DropEvents)
	}
}

// A list of processes that changes while it is read is no trouble.
func TestProcessesComeAndGo(t *testing.T) {
	testenv.Root(t)
	storm := exec.Command("/bin/sh", "-c", "while :; do (: & : &) ; done")
	storm.Env = []string{}
	storm.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := storm.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { unix.Kill(-storm.Process.Pid, unix.SIGKILL); storm.Wait() }()
	path := filepath.Join(t.TempDir(), "t.scap")
	cmd, said := falcorec(t, "-w", path, "-G", "1")
	scenario(t, "sleep 4; cat /etc/shadow >/dev/null; true")
	if err := stop(t, cmd, unix.SIGINT); err != nil {
		t.Errorf("%v: %s", err, said)
	}
	files, _ := filepath.Glob(strings.TrimSuffix(path, ".scap") + "_*.scap")
	if len(files) < 2 {
		t.Fatalf("files %q", files)
	}
	found := 0
	for _, f := range files {
		alerts, result, err := replayed(t, f)
		if c := &result.Capture; err != nil || c.Malformed != 0 || c.UnknownEvents != 0 || c.Conversion.Mismatched != 0 {
			t.Errorf("%s: %+v, %v", f, c, err)
		}
		found += len(alerts)
	}
	if found != 1 {
		t.Errorf("%d alerts", found)
	}
}
