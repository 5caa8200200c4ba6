//go:build linux

package container

import (
	"archive/tar"
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"falcoreplay/internal/testenv"
)

// podman is the real one, with a store of its own.
type podman struct {
	args  []string
	image string
}

func newPodman(t *testing.T) *podman {
	t.Helper()
	testenv.Root(t)
	missing := ""
	for _, name := range []string{"podman", "runc", "busybox"} {
		if _, err := exec.LookPath(name); err != nil {
			missing += " " + name
		}
	}
	switch {
	case missing == "":
	case os.Getenv("FALCOREPLAY_ROOT_REQUIRED") == "1":
		t.Fatal("not installed:" + missing)
	default:
		t.Skip("not installed:" + missing)
	}
	dir, err := os.MkdirTemp("", "p")
	if err != nil {
		t.Fatal(err)
	}
	p := &podman{image: "localhost/falcoreplay-test:1", args: []string{"--root", filepath.Join(dir, "store"), "--runroot", filepath.Join(dir, "run"),
		"--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "--events-backend", "file", "--tmpdir", filepath.Join(dir, "tmp"), "--runtime", "runc"}}
	t.Cleanup(func() {
		p.command("rm", "--all", "--force", "--time", "0").Run()
		os.RemoveAll(dir)
	})
	load := p.command("import", "-", p.image)
	load.Stdin = rootFS(t)
	if out, err := load.CombinedOutput(); err != nil {
		t.Fatalf("podman import: %v\n%s", err, out)
	}
	return p
}

func (p *podman) command(args ...string) *exec.Cmd {
	return exec.Command("podman", append(append([]string(nil), p.args...), args...)...)
}

// run starts a container and returns its id, if it stays.
func (p *podman) run(t *testing.T, args ...string) string {
	t.Helper()
	all := append([]string{"run", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1000:1000"}, args...)
	if !slices.Contains(args, "--network=host") {
		all = slices.Insert(all, 1, "--network=none")
	}
	cmd := p.command(all...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("podman %v: %v\n%s", all, err, &stderr)
	}
	return strings.TrimSpace(string(out))
}

// rootFS is a root file system with a shell, as an archive.
func rootFS(t *testing.T) io.Reader {
	t.Helper()
	path, err := exec.LookPath("busybox")
	if err != nil {
		t.Fatal(err)
	}
	box, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range []*tar.Header{
		{Name: "bin/", Mode: 0o755, Typeflag: tar.TypeDir}, {Name: "bin/busybox", Mode: 0o755, Size: int64(len(box))},
		{Name: "bin/sh", Typeflag: tar.TypeSymlink, Linkname: "busybox"}, {Name: "bin/sleep", Typeflag: tar.TypeSymlink, Linkname: "busybox"},
	} {
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			w.Write(box)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &b
}

// serve has podman answer at a socket, until the function that it returns is
// called or the test ends.
func (p *podman) serve(t *testing.T, path string) (stop func()) {
	t.Helper()
	cmd := p.command("system", "service", "--time=0", "unix://"+path)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = func() { cmd.Process.Kill(); cmd.Wait() }
	t.Cleanup(stop)
	wait(t, "podman to answer", func() bool {
		cl, err := openEngine(context.Background(), &peer{path: path, timeout: time.Second})
		if err == nil {
			cl.close()
		}
		return err == nil
	})
	return stop
}

func TestRealPodman(t *testing.T) {
	p, path := newPodman(t), socket(t)
	old := p.run(t, "-d", "--name", "old", "--privileged", "--label", "team=shop", "--env", "A=b", "--volume", "/etc:/host:ro",
		p.image, "sleep", "1000")
	stop := p.serve(t, path)
	sockets := nowhere()
	sockets.Podman = []string{path}
	w, said := watch(t, Options{Sockets: sockets, Mask: func(env []string) []string { return env }, Timeout: 10 * time.Second})
	got := list(t, w)
	if len(got) != 1 {
		t.Fatalf("%d containers, %q", len(got), said.list())
	}
	d := got[0].Container
	if d.Type != "podman" || d.FullID != old || d.ID != old[:12] || d.Name != "old" || d.Image != p.image || d.ImageTag != "1" ||
		d.ImageRepo != "localhost/falcoreplay-test" || len(d.ImageID) != 64 || !strings.HasPrefix(d.ImageDigest, "sha256:") ||
		!d.Privileged || d.Labels["team"] != "shop" || !strings.Contains(strings.Join(d.Env, " "), "A=b") ||
		time.Since(time.Unix(d.Created, 0)).Abs() > time.Hour {
		t.Errorf("%+v", d)
	}
	if len(d.Mounts) != 1 || d.Mounts[0] != (Mount{Source: "/etc", Destination: "/host", Propagation: "rprivate"}) {
		t.Errorf("%+v", d.Mounts)
	}

	// Podman 4.3 calls the host's IPC namespace "shareable", so there is no word
	// of it, as in Falco's captures.
	p.run(t, "-d", "--name", "open", "--network=host", "--pid=host", "--user=7:8", p.image, "sleep", "1000")
	d = next(t, w).Container
	for ; !d.HostPID; d = next(t, w).Container {
	}
	if d.Name != "open" || !d.HostNetwork || d.User != "7:8" || d.Privileged {
		t.Errorf("%+v", d)
	}
	p.command("rm", "--force", "--time", "0", "open").Run()
	for e := next(t, w); !e.Removed; e = next(t, w) {
	}

	// The kernel's word for it leads to the same container.
	pid, err := p.command("inspect", "--format", "{{.State.Pid}}", "old").Output()
	if err != nil {
		t.Fatal(err)
	}
	cgroups, err := os.ReadFile("/proc/" + strings.TrimSpace(string(pid)) + "/cgroup")
	if err != nil {
		t.Fatal(err)
	}
	_, cgroup, _ := strings.Cut(string(cgroups), "/")
	cgroup, _, _ = strings.Cut(cgroup, "\n")
	if got := list(t, w, "cpu=/"+cgroup+"\x00"); len(got) != 1 {
		t.Errorf("with the cgroup %q there are %d containers", cgroup, len(got))
	}

	// One that is over at once is told of all the same.
	p.run(t, "--rm", "--name", "short", p.image, "sh", "-c", "exit 0")
	if e := next(t, w); e.Removed || e.Container.Name != "short" {
		t.Errorf("%+v", e.Container)
	}
	e := next(t, w)
	for ; !e.Removed; e = next(t, w) {
	}
	if e.Container.Name != "short" {
		t.Errorf("%+v", e.Container)
	}

	// While podman does not answer, one goes and one comes.
	stop()
	wait(t, "a warning", func() bool { return len(said.list()) == 1 })
	p.command("rm", "--force", "--time", "0", "old").Run()
	fresh := p.run(t, "-d", "--name", "fresh", p.image, "sleep", "1000")
	p.serve(t, path)
	for range 2 {
		if e := next(t, w); e.Removed != (e.Container.FullID == old) || !e.Removed && e.Container.FullID != fresh {
			t.Errorf("%v %+v", e.Removed, e.Container)
		}
	}
}
