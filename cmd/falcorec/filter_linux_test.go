//go:build amd64 || arm64

package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"golang.org/x/sys/unix"

	"falcoreplay/internal/testenv"
)

// A filtered capture holds what the filter matches, and with --snapshot filtered
// nothing else of the host.
func TestFilter(t *testing.T) {
	testenv.Root(t)
	const script = `
echo inner >inner-file; cat inner-file /etc/shadow >/dev/null
sh -c 'exec ls /' >/dev/null & (sleep 0.1; cat inner-file) & wait`
	const foreign = "-test.timeout" // an argument of the test program
	parent := fmt.Sprintf("proc.apid = %d", os.Getpid())
	all, filtered := []string{"--snapshot", "all"}, []string{"--snapshot", "filtered"}
	for _, c := range []struct {
		filter        string
		args          []string
		alert         bool // by the cat of shadow
		with, without []string
	}{
		{"proc.name = cat", all, true, []string{foreign}, nil},
		{"proc.name = ls", all, true, []string{"inner-file", foreign}, nil}, // what keeps the state
		{"evt.type = connect", all, true, []string{foreign}, nil},
		{parent, filtered, true, []string{"inner-file", "exec ls"}, nil},
		{"proc.name = ls", filtered, false, []string{"ls"}, []string{"inner-file", "/etc/shadow", foreign}},
		{"user.uid = 4242", filtered, false, nil, []string{"inner-file", "/etc/shadow", foreign}},
		{"user.uid < 1000 and proc.name startswith ca", filtered, true, []string{"shadow"}, []string{"exec ls", foreign}},
	} {
		path := filepath.Join(t.TempDir(), "t.scap")
		cmd, said := falcorec(t, append(c.args, "-w", path, "-f", c.filter)...)
		scenario(t, script)
		if err := stop(t, cmd, unix.SIGINT); err != nil {
			t.Errorf("%v: %s", err, said)
		}
		alerts, result, err := replayed(t, path)
		if err != nil || (len(alerts) > 0) != c.alert {
			t.Errorf("%s: alerts %q, %v", c.filter, alerts, err)
		}
		if n := result.Totals; n == nil || n.Seen != n.Written+n.Lost+n.Filtered || n.Filtered == 0 {
			t.Errorf("%s: totals %+v", c.filter, n)
		}
		body := inflated(t, path)
		for _, s := range c.with {
			if !strings.Contains(body, s) {
				t.Errorf("%s: the capture has no %q", c.filter, s)
			}
		}
		for _, s := range c.without {
			if strings.Contains(body, s) {
				t.Errorf("%s: the capture has %q", c.filter, s)
			}
		}
	}
}

// inflated is what a gzip file holds.
func inflated(t *testing.T, path string) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A filter that nothing could match is refused.
func TestFilterOfNothing(t *testing.T) {
	testenv.Root(t)
	for filter, want := range map[string]string{
		"proc.apid = 4194304":       "no process 4194304",
		"cgroup.path = /no/such":    "no control group /no/such",
		"container.id = 00ffee00ff": "no container 00ffee00ff",
	} {
		cmd := exec.Command("/proc/self/exe", "-w", filepath.Join(t.TempDir(), "t.scap"), "-f", filter)
		cmd.Env = []string{asMain + "=1"}
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), want) {
			t.Errorf("%s: %v: %s", filter, err, out)
		}
	}
}

// cgroup makes a control group, and returns its path and its directory.
func cgroup(t *testing.T, name string) (path, dir string) {
	t.Helper()
	for _, root := range []string{"/sys/fs/cgroup/memory", "/sys/fs/cgroup"} {
		if _, err := os.Stat(root + "/cgroup.procs"); err != nil {
			continue
		}
		dir := filepath.Join(root, name)
		if err := os.Mkdir(dir, 0o755); err != nil && !os.IsExist(err) {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.Remove(dir) })
		return "/" + name, dir
	}
	t.Fatal("no control groups are mounted")
	return "", ""
}

// The tree of a control group is recorded, and what happens beside it is not.
func TestFilterByCgroup(t *testing.T) {
	testenv.Root(t)
	group, dir := cgroup(t, "falcorec-filter")
	path := filepath.Join(t.TempDir(), "t.scap")
	cmd, _ := falcorec(t, "-w", path, "-f", "cgroup.path = "+group, "--snapshot", "filtered")
	scenario(t, "cat /etc/shadow /dev/zero/outside 2>/dev/null >&2; sh -c 'echo $$ >"+dir+"/cgroup.procs; cat /etc/shadow; sh -c \"cat /etc/shadow\"' >/dev/null")
	if err := stop(t, cmd, unix.SIGINT); err != nil {
		t.Error(err)
	}
	alerts, _, err := replayed(t, path)
	if err != nil || len(alerts) != 2 {
		t.Errorf("alerts %q, %v", alerts, err)
	}
	if body := inflated(t, path); strings.Contains(body, "outside") || strings.Contains(body, "-test.timeout") {
		t.Error("it holds what happened outside")
	}
}
