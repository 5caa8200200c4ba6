//go:build amd64 || arm64

package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"falcoreplay/engine"
	"falcoreplay/internal/rulefile"
	"falcoreplay/internal/testenv"
	"falcoreplay/rules"
)

// inContainers has for each scenario of containers.sh the rules that are meant
// for it, and the name of its container.
var inContainers = map[string]struct {
	container string
	rules     []string
}{
	"terminal":        {"web", []string{"Terminal shell in container"}},
	"read_shadow":     {"web", []string{"Read sensitive file untrusted"}},
	"write_bin":       {"web", []string{"Write below binary dir"}},
	"drop_binary":     {"web", []string{"Drop and execute new binary in container"}},
	"sensitive_mount": {"mounts", []string{"Launch Sensitive Mount Container"}},
	"host_shadow":     {"reader", []string{"Launch Sensitive Mount Container", "Container Access to Host Sensitive Paths"}},
	"capable":         {"capable", []string{"Launch Excessively Capable Container"}},
	"privileged":      {"privileged", []string{"Launch Privileged Container"}},
	"packet":          {"packet", []string{"Packet socket created in container"}},
}

const scenarioImage = "localhost/falcoreplay/scenario:1"

// podman makes what the scenarios need, and returns the program that runs them
// and the socket of podman's service.
func podman(t *testing.T) (run func(args ...string) error, socket string) {
	t.Helper()
	for _, program := range []string{"podman", "runc", "/bin/busybox"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("FALCOREPLAY_ROOT_REQUIRED") != "" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
	script, err := filepath.Abs("../../testdata/scenarios/containers.sh")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "fr") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	env := []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HELPER=" + helper(t)}
	run = func(args ...string) error {
		cmd := exec.Command("/bin/sh", append([]string{script}, args...)...)
		cmd.Dir, cmd.Env = dir, env
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%v: %w: %s", args, err, out)
		}
		return nil
	}
	run("clean") // what a run that was killed left
	if err := run("prepare"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := run("clean"); err != nil {
			t.Error(err)
		}
	})
	socket = filepath.Join(dir, "p.sock")
	service := exec.Command("podman", "system", "service", "--time=0", "unix://"+socket)
	service.Env = env
	if err := service.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { service.Process.Kill(); service.Wait() })
	for range 100 {
		if _, err := os.Stat(socket); err == nil {
			return run, socket
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("podman's service does not listen")
	return nil, ""
}

// What happens in containers is alerted by the stock rules that are meant for
// it, with the name and the image of the container.
func TestContainers(t *testing.T) {
	testenv.Root(t)
	files, err := rulefile.Read(testenv.StockRules(t))
	if err != nil {
		t.Fatal(err)
	}
	var more strings.Builder
	for _, s := range inContainers {
		for _, rule := range s.rules {
			if !strings.Contains(more.String(), rule) {
				fmt.Fprintf(&more, "- rule: %s\n  output: \" | in %%container.name of %%container.image.repository:%%container.image.tag\"\n  override: {output: append}\n", rule)
			}
		}
	}
	files = append(files, rules.File{Name: "more.yaml", Data: []byte(more.String())})
	run, socket := podman(t)
	for _, name := range slices.Sorted(maps.Keys(inContainers)) {
		path := filepath.Join(t.TempDir(), name+".scap")
		cmd, said := falcorec(t, "-w", path, "--runtimes", "podman="+socket)
		if err := run(name); err != nil {
			t.Error(err)
		}
		if err := stop(t, cmd, unix.SIGINT); err != nil || strings.Contains(said.String(), "warning") {
			t.Errorf("%s: %v: %s", name, err, said)
		}
		want := inContainers[name]
		said1 := " | in " + want.container + " of " + scenarioImage
		fired := map[string]bool{}
		result, err := replayWith(t, path, files, func(a *engine.Alert) {
			fired[a.Rule.Name] = fired[a.Rule.Name] || strings.HasSuffix(a.Message, said1)
		})
		if c := &result.Capture; err != nil || c.Malformed != 0 || c.UnknownEvents != 0 || c.Conversion.Mismatched != 0 || result.State.BadContainers != 0 {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
		for _, rule := range want.rules {
			if !fired[rule] {
				t.Errorf("%s: no %q ending in %q: %v", name, rule, said1, fired)
			}
		}
	}
}

// A filtered capture describes the containers of the processes that it holds,
// and no others.
func TestContainersFiltered(t *testing.T) {
	testenv.Root(t)
	run, socket := podman(t)
	for filter, want := range map[string]bool{"container.id = " + containerID(t, "web"): true, "proc.name = sleep and user.uid = 4242": false} {
		path := filepath.Join(t.TempDir(), "t.scap")
		cmd, _ := falcorec(t, "-w", path, "--runtimes", "podman="+socket, "-f", filter, "--snapshot", "filtered")
		if err := run("read_shadow", "sensitive_mount"); err != nil {
			t.Error(err)
		}
		if err := stop(t, cmd, unix.SIGINT); err != nil {
			t.Error(err)
		}
		body := inflated(t, path)
		for text, want := range map[string]bool{"cat /etc/shadow": want, `"web"`: want, "mounts": false} {
			if strings.Contains(body, text) != want {
				t.Errorf("%s: the capture has %s: %v", filter, text, !want)
			}
		}
	}
}

func containerID(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.Command("podman", "inspect", "-f", "{{.Id}}", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// A runtime that accepts and says nothing delays nothing and is complained about.
func TestHangingRuntime(t *testing.T) {
	testenv.Root(t)
	dir, err := os.MkdirTemp("", "fr")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	socket := filepath.Join(dir, "s")
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.Bind(fd, &unix.SockaddrUnix{Name: socket}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 8); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "t.scap")
	start := time.Now()
	cmd, said := falcorec(t, "-w", path, "--runtimes", "docker="+socket)
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %v to begin", took)
	}
	scenario(t, "sleep 2.5; cat /etc/shadow >/dev/null; true")
	if err := stop(t, cmd, unix.SIGINT); err != nil || !strings.Contains(said.String(), "docker at "+socket) {
		t.Errorf("%v: %s", err, said)
	}
	if alerts, _, err := replayed(t, path); err != nil || len(alerts) != 1 {
		t.Errorf("%q, %v", alerts, err)
	}
}
