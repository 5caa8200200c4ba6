//go:build amd64 || arm64

package main

import (
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
)

// attacks has the rule that is meant for each attack of attacks.sh.
var attacks = map[string]string{
	"clear_log":       "Clear Log Activities",
	"hardlink_shadow": "Create Hardlink Over Sensitive Files",
	"symlink_etc":     "Create Symlink Over Sensitive Files",
	"traversal":       "Directory traversal monitored file read",
	"dev_shm":         "Execution from /dev/shm",
	"memfd":           "Fileless execution via memfd_create",
	"aws_credentials": "Find AWS Credentials",
	"private_keys":    "Search Private Keys or Passwords",
	"traceme":         "PTRACE anti-debug attempt",
	"attach":          "PTRACE attached to process",
	"shadow":          "Read sensitive file untrusted",
	"shadow_late":     "Read sensitive file trusted after startup",
	"shred_file":      "Remove Bulk Data from Disk",
	"server_shell":    "Run shell untrusted",
	"setuid":          "Non sudo setuid",
	"login":           "System user interactive",
	"udp":             "Unexpected UDP Traffic",
}

// helper builds the scenarios' program.
func helper(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "helper")
	cmd := exec.Command("go", "build", "-o", path, "../../testdata/scenarios/helper")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // it runs in containers too
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

// Each attack is alerted by the stock rule that is meant for it, and by no other.
func TestAttacks(t *testing.T) {
	testenv.Root(t)
	files, err := rulefile.Read(testenv.StockRules(t))
	if err != nil {
		t.Fatal(err)
	}
	script, err := filepath.Abs("../../testdata/scenarios/attacks.sh")
	if err != nil {
		t.Fatal(err)
	}
	program := helper(t)
	group, dir := cgroup(t, "falcorec-attacks")
	for _, attack := range slices.Sorted(maps.Keys(attacks)) {
		path := filepath.Join(t.TempDir(), attack+".scap")
		// The shell waits within the group until it is recorded.
		sh := exec.Command("/bin/sh", "-c", "echo $$ >"+dir+"/cgroup.procs; read -r go; exec sh "+script+" "+attack)
		sh.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HELPER=" + program}
		sh.Dir = t.TempDir()
		in, err := sh.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		sh.Stdout, sh.Stderr = &out, &out
		if err := sh.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond)
		cmd, _ := falcorec(t, "-w", path, "-f", "cgroup.path = "+group, "--snapshot", "filtered")
		if _, err := in.Write([]byte("go\n")); err != nil {
			t.Fatal(err)
		}
		if err := sh.Wait(); err != nil || out.Len() > 0 {
			t.Errorf("%s: %v %s", attack, err, out.String())
		}
		if err := stop(t, cmd, unix.SIGINT); err != nil {
			t.Error(err)
		}
		fired := map[string]bool{}
		result, err := replayWith(t, path, files, func(a *engine.Alert) { fired[a.Rule.Name] = true })
		if err != nil || len(fired) != 1 || !fired[attacks[attack]] {
			t.Errorf("%s: %v, not %q (%v)", attack, slices.Sorted(maps.Keys(fired)), attacks[attack], err)
		}
		if c := &result.Capture; c.Malformed != 0 || c.UnknownEvents != 0 || c.Conversion.Mismatched != 0 {
			t.Errorf("%s: %+v", attack, c)
		}
	}
}
