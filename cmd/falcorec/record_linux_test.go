//go:build amd64 || arm64

package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"falcoreplay/engine"
	"falcoreplay/engine/run"
	"falcoreplay/internal/testenv"
	"falcoreplay/rules"
)

// asMain, in the environment, makes the test program be falcorec.
const asMain = "FALCOREC_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asMain) == "1" {
		main()
	}
	os.Exit(m.Run())
}

// falcorec starts the program and waits until it records.
func falcorec(t *testing.T, args ...string) (cmd *exec.Cmd, said *bytes.Buffer) {
	t.Helper()
	cmd = exec.Command("/proc/self/exe", args...)
	cmd.Env = []string{asMain + "=1"}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	said = new(bytes.Buffer)
	lines := bufio.NewReader(io.TeeReader(stderr, said))
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("falcorec %v: %v: %s", args, err, said)
		}
		if strings.HasPrefix(line, "recording to ") {
			break
		}
	}
	go io.Copy(io.Discard, lines)
	return cmd, said
}

func stop(t *testing.T, cmd *exec.Cmd, sig os.Signal) error {
	t.Helper()
	if err := cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
	return cmd.Wait()
}

// scenario runs a shell command with a clean environment.
func scenario(t *testing.T, script string) {
	t.Helper()
	cmd := exec.Command("/bin/sh", "-c", script)
	cmd.Env = []string{"PATH=/usr/bin:/bin", "DB_PASSWORD=hunter2"}
	cmd.Dir = t.TempDir()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

const readsShadow = `
- rule: shadow
  desc: reads it
  condition: evt.type in (open, openat, openat2) and fd.name = /etc/shadow and proc.name = cat and evt.res = SUCCESS and proc.env[DB_PASSWORD] exists
  output: "%proc.pname %proc.env[DB_PASSWORD] %user.uid %evt.is_open_read"
  priority: WARNING
`

// replayed returns the alerts of a capture.
func replayed(t *testing.T, path string) (alerts []string, result run.Result, err error) {
	t.Helper()
	result, err = replayWith(t, path, []rules.File{{Name: "t.yaml", Data: []byte(readsShadow)}}, func(a *engine.Alert) {
		alerts = append(alerts, a.Message)
	})
	return alerts, result, err
}

func replayWith(t *testing.T, path string, files []rules.File, alert func(*engine.Alert)) (run.Result, error) {
	t.Helper()
	set, loaded := rules.Load(files, rules.Options{KnownField: engine.CheckField, Check: engine.CheckRule})
	if set == nil {
		t.Fatal(loaded.Err())
	}
	eng, problems := engine.New(set, engine.Options{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	return run.Capture(f, path, eng, run.Options{}, func(a *engine.Alert) error {
		alert(a)
		return nil
	})
}

func TestRecordAndReplay(t *testing.T) {
	testenv.Root(t)
	for _, suffix := range []string{".scap", ".scap.zst"} {
		path := filepath.Join(t.TempDir(), "t"+suffix)
		cmd, said := falcorec(t, "-w", path)
		scenario(t, "cat /etc/shadow > /dev/null; true")
		if err := stop(t, cmd, unix.SIGINT); err != nil {
			t.Errorf("%v: %s", err, said)
		}
		alerts, result, err := replayed(t, path)
		if err != nil || len(alerts) != 1 || !strings.HasSuffix(alerts[0], "sh *** 0 true") {
			t.Errorf("%s: alerts %q, %v", suffix, alerts, err)
		}
		if c := &result.Capture; c.Malformed != 0 || c.UnknownEvents != 0 || c.UnknownBlocks != 0 || c.Conversion.Mismatched != 0 {
			t.Errorf("%s: %+v", suffix, c)
		}
		n := result.Totals
		if n == nil || n.Seen != n.Written+n.Lost+n.Filtered || n.Written < 10 {
			t.Errorf("%s: totals %+v", suffix, n)
		}
	}
}

// What matches --redact is in no part of the capture.
func TestRedact(t *testing.T) {
	testenv.Root(t)
	sleeper := exec.Command("/bin/sh", "-c", "sleep 60; : tok-before")
	sleeper.Env = []string{"A=tok-env"}
	if err := sleeper.Start(); err != nil {
		t.Fatal(err)
	}
	defer sleeper.Process.Kill()
	path := filepath.Join(t.TempDir(), "t.scap")
	cmd, _ := falcorec(t, "-w", path, "--syscalls", "all", "--redact", "tok-[a-z]+", "-f", "proc.name in (sh, cat, sleep)")
	scenario(t, "echo xtok-inner >f; cat f /etc/shadow >/dev/null; sh -c ': tok-argument; true'; B=tok-value sh -c true")
	if err := stop(t, cmd, unix.SIGINT); err != nil {
		t.Error(err)
	}
	body := inflated(t, path)
	for _, s := range []string{"tok-inner", "tok-argument", "tok-value", "tok-before", "tok-env"} {
		if strings.Contains(body, s) {
			t.Errorf("the capture holds %s", s)
		}
	}
	for _, s := range []string{"x*********", ": ***; true", "B=***"} {
		if !strings.Contains(body, s) {
			t.Errorf("the capture does not hold %s", s)
		}
	}
	alerts, result, err := replayed(t, path)
	if err != nil || len(alerts) != 1 || result.Capture.Malformed != 0 || result.Capture.Conversion.Mismatched != 0 {
		t.Errorf("%q, %+v, %v", alerts, result.Capture, err)
	}
}

// What was recorded a while before a recorder is killed is in the file.
func TestRecorderKilled(t *testing.T) {
	testenv.Root(t)
	path := filepath.Join(t.TempDir(), "t.scap")
	cmd, _ := falcorec(t, "-w", path)
	scenario(t, "cat /etc/shadow > /dev/null; true")
	time.Sleep(1500 * time.Millisecond)
	stop(t, cmd, unix.SIGKILL)
	alerts, result, err := replayed(t, path)
	if len(alerts) != 1 || result.Capture.Malformed != 0 {
		t.Errorf("alerts %q, %v", alerts, err)
	}
}

// A recorder without privileges says which it lacks.
func TestNoPrivileges(t *testing.T) {
	testenv.Root(t)
	path := filepath.Join(t.TempDir(), "t.scap")
	cmd := exec.Command("/proc/self/exe", "-w", path)
	cmd.Env = []string{asMain + "=1"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	if err == nil || cmd.ProcessState.ExitCode() != exitFailed || !strings.Contains(string(out), "CAP_BPF") || !strings.Contains(string(out), "CAP_PERFMON") {
		t.Errorf("%v: %s", err, out)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("it made a file")
	}
}

// check says that this host can be recorded, and to a nobody what he lacks.
func TestCheck(t *testing.T) {
	testenv.Root(t)
	cmd := exec.Command("/proc/self/exe", "check")
	cmd.Env = []string{asMain + "=1"}
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "attached and seen to work") {
		t.Errorf("%v: %s", err, out)
	}
	cmd = exec.Command("/proc/self/exe", "check")
	cmd.Env = []string{asMain + "=1"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	if err == nil || cmd.ProcessState.ExitCode() != exitFailed || !strings.Contains(string(out), "MISSING  privileges    no CAP_BPF") {
		t.Errorf("%v: %s", err, out)
	}
}

func TestCommandLine(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"", "-w: name a file"},
		{"-w x -C 1 -W -1", "-W: a number above 0"},
		{"-w x -W 3", "together with -C or -G"},
		{"-w - -G 5", "standard output has no next one"},
		{"-w x --ring 3", "--ring: a power of two"},
		{"-w x --env some", `"some" is none of masked, all, names and none`},
		{"-w x --compress lz4", "--compress"},
		{"-w x -s 70000", "-s: at most 60000"},
		{"-w x --syscalls open,opne,raed", `"opne" is no system call, "raed" is no system call`},
		{"-w x --syscalls rules:missing.yaml", "missing.yaml: no such file"},
		{"-w x --ring 0 --env a", "--env"},
		{"-w x --redact a(", "--redact: error parsing regexp"},
		{"-w x --redact a*", "--redact: the pattern matches the empty text"},
		{"-w x -f proc.name", "-f: "},
		{"-w x -f evt.type=opne", `"opne" is no system call`},
		{"-w x --snapshot filtered", "--snapshot filtered needs a filter"},
		{"-w x --snapshot some", "--snapshot is all or filtered"},
		{"-w x extra", "extra"},
	} {
		var out, errs bytes.Buffer
		code := program(context.Background(), strings.Fields(c.args), &out, &errs)
		if code != exitUsage || !strings.Contains(errs.String(), c.want) || out.Len() > 0 {
			t.Errorf("falcorec %s: %d %q", c.args, code, errs.String())
		}
	}
}

// What is recorded by default is all that Falco's stock rules look at.
func TestDefaultSyscalls(t *testing.T) {
	dir := filepath.Dir(testenv.StockRules(t)[0])
	wanted, err := selectSyscalls("rules:" + dir)
	if err != nil {
		t.Fatal(err)
	}
	have, err := selectSyscalls("default")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range wanted {
		if !slices.Contains(have, name) {
			t.Errorf("%s is not recorded", name)
		}
	}
}
