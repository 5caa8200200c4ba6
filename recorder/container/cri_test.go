//go:build linux

package container

import (
	"context"
	"net"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	v1 "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// fakeCRI answers as containerd does.
type fakeCRI struct {
	v1.UnimplementedRuntimeServiceServer

	runtime string
	notices chan *v1.ContainerEventResponse // nil for none

	mu         sync.Mutex
	containers map[string]*v1.ContainerStatusResponse
	boxOf      map[string]string
	boxes      map[string]*v1.PodSandboxStatusResponse
	hang       bool
}

func (f *fakeCRI) Version(ctx context.Context, _ *v1.VersionRequest) (*v1.VersionResponse, error) {
	f.mu.Lock()
	hang := f.hang
	f.mu.Unlock()
	if hang {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return &v1.VersionResponse{RuntimeName: f.runtime, RuntimeVersion: "v2.1.4"}, nil
}

func (f *fakeCRI) ListContainers(_ context.Context, r *v1.ListContainersRequest) (*v1.ListContainersResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	res := &v1.ListContainersResponse{}
	for id := range f.containers {
		if want := r.GetFilter().GetId(); want == "" || want == id {
			res.Containers = append(res.Containers, &v1.Container{Id: id, PodSandboxId: f.boxOf[id]})
		}
	}
	return res, nil
}

func (f *fakeCRI) ListPodSandbox(context.Context, *v1.ListPodSandboxRequest) (*v1.ListPodSandboxResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	res := &v1.ListPodSandboxResponse{}
	for id := range f.boxes {
		res.Items = append(res.Items, &v1.PodSandbox{Id: id})
	}
	return res, nil
}

func (f *fakeCRI) ContainerStatus(_ context.Context, r *v1.ContainerStatusRequest) (*v1.ContainerStatusResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c := f.containers[r.GetContainerId()]; c != nil && r.GetVerbose() {
		return c, nil
	}
	return nil, status.Error(codes.NotFound, "no such container")
}

func (f *fakeCRI) PodSandboxStatus(_ context.Context, r *v1.PodSandboxStatusRequest) (*v1.PodSandboxStatusResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if b := f.boxes[r.GetPodSandboxId()]; b != nil && r.GetVerbose() {
		return b, nil
	}
	return nil, status.Error(codes.NotFound, "no such sandbox")
}

func (f *fakeCRI) GetContainerEvents(_ *v1.GetEventsRequest, s grpc.ServerStreamingServer[v1.ContainerEventResponse]) error {
	if f.notices == nil {
		return status.Error(codes.Unimplemented, "no events")
	}
	for {
		select {
		case <-s.Context().Done():
			return nil
		case n := <-f.notices:
			if err := s.Send(n); err != nil {
				return err
			}
		}
	}
}

func serveCRI(t *testing.T, path string, f v1.RuntimeServiceServer) (stop func()) {
	t.Helper()
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer()
	v1.RegisterRuntimeServiceServer(s, f)
	go s.Serve(l)
	stop = sync.OnceFunc(s.Stop)
	t.Cleanup(stop)
	return stop
}

// pod is a pod with one container, as containerd has them.
func pod(box, id string) *fakeCRI {
	linux := &v1.LinuxPodSandboxStatus{Namespaces: &v1.Namespace{Options: &v1.NamespaceOption{
		Network: v1.NamespaceMode_NODE, Pid: v1.NamespaceMode_CONTAINER, Ipc: v1.NamespaceMode_POD}}}
	return &fakeCRI{
		runtime: "containerd", notices: make(chan *v1.ContainerEventResponse), boxOf: map[string]string{id: box},
		boxes: map[string]*v1.PodSandboxStatusResponse{box: {
			Status: &v1.PodSandboxStatus{
				Id: box, CreatedAt: 1730977800e9, Labels: map[string]string{"app": "shop"}, Linux: linux,
				Metadata: &v1.PodSandboxMetadata{Name: "shop-0", Namespace: "prod", Uid: "u-1"},
				Network:  &v1.PodSandboxNetworkStatus{Ip: "10.1.0.5"},
			},
			Info: map[string]string{"info": `{"cniResult":{"Interfaces":{"eth0":{"Mac":"aa"},"lo":{},"veth1":{}},"DNS":[]}}`},
		}},
		containers: map[string]*v1.ContainerStatusResponse{id: {
			Status: &v1.ContainerStatus{
				Id: id, CreatedAt: 1730977803e9, Metadata: &v1.ContainerMetadata{Name: "web"},
				Image: &v1.ImageSpec{Image: "docker.io/shop/web:2"}, ImageRef: "docker.io/shop/web@sha256:d1", ImageId: "sha256:i1",
				Labels: map[string]string{"io.kubernetes.container.name": "web"},
				User:   &v1.ContainerUser{Linux: &v1.LinuxContainerUser{Uid: 33}},
				Mounts: []*v1.Mount{{HostPath: "/srv", ContainerPath: "/data", Readonly: true, Propagation: v1.MountPropagation_PROPAGATION_HOST_TO_CONTAINER}},
			},
			Info: map[string]string{"info": `{"config":{"image":{"image":"sha256:i0"},"envs":[{"key":"A","value":"b"},{"key":"C"}],
				"linux":{"security_context":{"privileged":true}}},"runtimeSpec":{"annotations":3}}`},
		}},
	}
}

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
