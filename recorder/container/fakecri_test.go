//go:build linux

package container

import (
	"context"
	"net"
	"sync"
	"testing"

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
