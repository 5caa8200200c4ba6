//go:build linux

package container

import (
	"context"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/cri-api/pkg/apis/runtime/v1"
)

func TestCRI(t *testing.T) {
	box, id, path := fullID("b0"), fullID("c0"), socket(t)
	f := pod(box, id)
	stop := serveCRI(t, path, f)
	sockets := nowhere()
	sockets.CRI = []string{path}
	w, said := watch(t, Options{Sockets: sockets, Mask: firstOf, Timeout: time.Second})
	podLabels := map[string]string{"app": "shop"}
	labels := map[string]string{"io.kubernetes.sandbox.id": box, "io.kubernetes.pod.uid": "u-1", "io.kubernetes.pod.name": "shop-0",
		"io.kubernetes.pod.namespace": "prod"}
	with := func(more, value string) map[string]string {
		m := map[string]string{more: value}
		for k, v := range labels {
			m[k] = v
		}
		return m
	}
	want := []Event{{Container: &Description{
		Type: "containerd", ID: "b00000000000", FullID: box, Name: "shop-0", Created: 1730977800, IP: "10.1.0.5", HostNetwork: true,
		IsPodSandbox: true, PodSandboxID: box, PodLabels: podLabels, CNI: `{"eth0":{"Mac":"aa"}}`, Labels: with("app", "shop"),
		Env: []string{},
	}}, {Container: &Description{
		Type: "containerd", ID: "c00000000000", FullID: id, Name: "web", Image: "docker.io/shop/web:2", ImageDigest: "sha256:d1",
		ImageID: "i0", ImageRepo: "docker.io/shop/web", ImageTag: "2", User: "33", Created: 1730977803, IP: "10.1.0.5",
		HostNetwork: true, Privileged: true, Env: []string{"A=b"}, Labels: with("io.kubernetes.container.name", "web"),
		Mounts:       []Mount{{Source: "/srv", Destination: "/data", Propagation: "rslave"}},
		PodSandboxID: box, PodLabels: podLabels, CNI: `{"eth0":{"Mac":"aa"}}`,
	}}}
	got := list(t, w)
	for i := range got {
		if got[i].Container.Env == nil {
			got[i].Container.Env = []string{}
		}
		if i < len(want) && !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("got  %+v\nwant %+v", got[i].Container, want[i].Container)
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%d containers", len(got))
	}

	other := fullID("c1")
	w.Ask([]byte("cpu=/kubepods/besteffort/pod1/" + other + "\x00"))
	if e := next(t, w); e.Container.Type != "cri" || e.Container.Name != "" {
		t.Errorf("%+v", e.Container) // nobody knows it
	}
	f.mu.Lock()
	f.containers[other] = &v1.ContainerStatusResponse{Status: &v1.ContainerStatus{Id: other, ImageRef: "sha256:i3",
		Image: &v1.ImageSpec{Image: "sha256:i3"}}, Info: map[string]string{"info": `{"privileged":true,"runtimeSpec":{"annotations":
		{"io.kubernetes.cri-o.ImageName":"quay.io/a/b:7"},"process":{"env":["X=y"]}}}`}}
	f.mu.Unlock()
	for _, typ := range []v1.ContainerEventType{v1.ContainerEventType_CONTAINER_CREATED_EVENT, v1.ContainerEventType_CONTAINER_STARTED_EVENT} {
		f.notices <- &v1.ContainerEventResponse{ContainerId: other, ContainerEventType: typ}
	}
	e := next(t, w)
	if c := e.Container; c.Image != "quay.io/a/b:7" || c.ImageRepo != "quay.io/a/b" || c.ImageTag != "7" || c.ImageDigest != "sha256:i3" ||
		c.User != "0" || !c.Privileged || c.Type != "containerd" || c.Env[0] != "X=y" {
		t.Errorf("%+v", c)
	}
	f.notices <- &v1.ContainerEventResponse{ContainerId: other, ContainerEventType: v1.ContainerEventType_CONTAINER_STOPPED_EVENT}
	if e := next(t, w); !e.Removed || e.Container.FullID != other {
		t.Errorf("%+v", e)
	}
	if r := w.Runtimes(); len(r) != 1 || r[0] != "containerd v2.1.4 at "+path || len(said.list()) > 0 {
		t.Error(r, said.list())
	}

	stop()
	wait(t, "a warning", func() bool { return len(said.list()) == 1 })
	again := pod(box, id)
	delete(again.containers, id)
	serveCRI(t, path, again)
	if e := next(t, w); !e.Removed || e.Container.FullID != id {
		t.Errorf("after a restart: %+v", e)
	}
}

// A runtime without notices is looked at now and then.
func TestCRIWithoutNotices(t *testing.T) {
	box, id, path := fullID("b0"), fullID("c0"), socket(t)
	f := pod(box, id)
	f.notices, f.runtime = nil, "cri-o"
	serveCRI(t, path, f)
	sockets := nowhere()
	sockets.CRI = []string{path}
	said := &warnings{}
	p := quick
	p.look = 10 * time.Millisecond
	w := start(context.Background(), Options{Sockets: sockets, Warn: said.add}, p)
	defer w.Close()
	if got := list(t, w); len(got) != 2 || got[1].Container.Type != "cri-o" {
		t.Errorf("%+v", got)
	}
	f.mu.Lock()
	delete(f.containers, id)
	f.mu.Unlock()
	if e := next(t, w); !e.Removed || e.Container.FullID != id || len(said.list()) > 0 {
		t.Errorf("%+v %q", e, said.list())
	}
}

func TestCRITrouble(t *testing.T) {
	hung := &fakeCRI{hang: true}
	for name, c := range map[string]struct {
		serve func(t *testing.T, path string)
		want  string
	}{
		"hang": {func(t *testing.T, path string) { serveCRI(t, path, hung) }, " does not answer within 300ms: containers are"},
		"silent": {func(t *testing.T, path string) {
			listen(t, path, func(c net.Conn) { c.Read(make([]byte, 1<<20)); c.Read(nil) })
		}, " "},
		"garbage":  {func(t *testing.T, path string) { listen(t, path, func(c net.Conn) { c.Write(make([]byte, 1<<16)) }) }, " "},
		"not CRI":  {func(t *testing.T, path string) { serve(t, path, fakeDocker()) }, " cannot be asked"},
		"half CRI": {func(t *testing.T, path string) { serveCRI(t, path, v1.UnimplementedRuntimeServiceServer{}) }, " cannot be asked"},
	} {
		t.Run(name, func(t *testing.T) {
			path := socket(t)
			c.serve(t, path)
			sockets := nowhere()
			sockets.CRI = []string{path}
			w, said := watch(t, Options{Sockets: sockets, Timeout: 300 * time.Millisecond})
			begin := time.Now()
			if got := list(t, w, "cpu=/crio-"+fullID("aa")); len(got) != 1 || got[0].Container.Type != "cri-o" || time.Since(begin) > 3*time.Second {
				t.Errorf("%+v after %v", got, time.Since(begin))
			}
			wait(t, "a warning", func() bool { return len(said.list()) > 0 })
			if s := said.list(); len(s) != 1 || !strings.HasPrefix(s[0], "cri at "+path+c.want) || len(s[0]) > 500 {
				t.Errorf("%q", s)
			}
		})
	}
}

// listen answers connections with a function.
func listen(t *testing.T, path string, do func(net.Conn)) {
	t.Helper()
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { do(c); c.Close() }()
		}
	}()
}
