//go:build linux

package container

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	v1 "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// cri is a runtime of Kubernetes, such as containerd or CRI-O. It knows two
// kinds of containers: those of pods, and the one that each pod has to stand
// for it, the sandbox.
type cri struct {
	conn  *grpc.ClientConn
	rt    v1.RuntimeServiceClient
	typ   string // as Description.Type
	title string
}

// openCRI asks which runtime it is, and whether it answers.
func openCRI(ctx context.Context, p *peer) (client, error) {
	// gRPC makes a text of the reason that a connection fails for.
	probe, err := p.dial(ctx, "", "")
	if err != nil {
		return nil, err
	}
	probe.Close()
	conn, err := grpc.NewClient("passthrough:///localhost",
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return p.dial(ctx, "", "") }),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxBodyBytes)),
		grpc.WithMaxHeaderListSize(64<<10),
		grpc.WithDisableRetry(), grpc.WithDisableServiceConfig(), grpc.WithNoProxy())
	if err != nil {
		return nil, err
	}
	c := &cri{conn: conn, rt: v1.NewRuntimeServiceClient(conn), typ: "cri"}
	v, err := c.rt.Version(ctx, &v1.VersionRequest{})
	if err != nil {
		conn.Close()
		return nil, plain(err)
	}
	if n := v.GetRuntimeName(); n == "containerd" || n == "cri-o" {
		c.typ = n
	}
	c.title = fmt.Sprintf("%.32s %.32s", clean(v.GetRuntimeName()), clean(v.GetRuntimeVersion()))
	return c, nil
}

// clean leaves of a text what names and versions are made of.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return -1
		}
		return r
	}, s)
}

// plain makes errors of gRPC into those of this package.
func plain(err error) error {
	switch status.Code(err) {
	case codes.DeadlineExceeded:
		return context.DeadlineExceeded
	case codes.Canceled:
		return context.Canceled
	case codes.Unimplemented:
		return errNoNotices
	}
	return err
}

// lost reports whether an error is that of a runtime that does not answer,
// rather than its answer.
func lost(err error) bool {
	switch status.Code(err) {
	case codes.DeadlineExceeded, codes.Canceled, codes.Unavailable:
		return true
	}
	return false
}

func (c *cri) name() string { return c.title }

func (c *cri) kind() string { return c.typ }

func (c *cri) close() { c.conn.Close() }

func (c *cri) list(ctx context.Context) ([]string, error) {
	boxes, err := c.rt.ListPodSandbox(ctx, &v1.ListPodSandboxRequest{
		Filter: &v1.PodSandboxFilter{State: &v1.PodSandboxStateValue{State: v1.PodSandboxState_SANDBOX_READY}}})
	if err != nil {
		return nil, plain(err)
	}
	containers, err := c.rt.ListContainers(ctx, &v1.ListContainersRequest{
		Filter: &v1.ContainerFilter{State: &v1.ContainerStateValue{State: v1.ContainerState_CONTAINER_RUNNING}}})
	if err != nil {
		return nil, plain(err)
	}
	var ids []string
	for _, b := range boxes.GetItems() {
		if isFullID(b.GetId()) {
			ids = append(ids, b.GetId())
		}
	}
	for _, c := range containers.GetContainers() {
		if isFullID(c.GetId()) {
			ids = append(ids, c.GetId())
		}
	}
	return ids, nil
}

func (c *cri) describe(ctx context.Context, id string) (*Description, error) {
	answer, err := c.rt.ContainerStatus(ctx, &v1.ContainerStatusRequest{ContainerId: id, Verbose: true})
	st := answer.GetStatus()
	if err != nil || st == nil {
		if lost(err) {
			return nil, plain(err)
		}
		return c.describeSandbox(ctx, id)
	}
	if !isFullID(st.GetId()) || !strings.HasPrefix(st.GetId(), id) {
		return nil, errOtherID
	}
	d := describeCRI(st, parseInfo(answer.GetInfo()))
	d.Type = c.typ
	d.PodSandboxID = c.sandboxOf(ctx, st.GetId())
	if d.PodSandboxID == "" {
		return d, ctx.Err()
	}
	pod, err := c.rt.PodSandboxStatus(ctx, &v1.PodSandboxStatusRequest{PodSandboxId: d.PodSandboxID, Verbose: true})
	if err == nil {
		describePod(d, pod.GetStatus(), parseInfo(pod.GetInfo()))
	}
	return d, ctx.Err()
}

// sandboxOf asks for the sandbox of a container, which its status does not have.
func (c *cri) sandboxOf(ctx context.Context, id string) string {
	list, err := c.rt.ListContainers(ctx, &v1.ListContainersRequest{Filter: &v1.ContainerFilter{Id: id}})
	if err != nil || len(list.GetContainers()) != 1 || !isFullID(list.GetContainers()[0].GetPodSandboxId()) {
		return ""
	}
	return list.GetContainers()[0].GetPodSandboxId()
}

func (c *cri) describeSandbox(ctx context.Context, id string) (*Description, error) {
	answer, err := c.rt.PodSandboxStatus(ctx, &v1.PodSandboxStatusRequest{PodSandboxId: id, Verbose: true})
	st := answer.GetStatus()
	switch {
	case lost(err):
		return nil, plain(err)
	case err != nil || st == nil:
		return nil, nil
	case !isFullID(st.GetId()) || !strings.HasPrefix(st.GetId(), id):
		return nil, errOtherID
	}
	d := &Description{
		Type: c.typ, ID: shortID(st.GetId()), FullID: st.GetId(), Name: st.GetMetadata().GetName(),
		Created: max(st.GetCreatedAt(), 0) / nanosecondsPerSecond, IsPodSandbox: true, PodSandboxID: st.GetId(),
		Labels: keepLabels(st.GetLabels()),
	}
	describePod(d, st, parseInfo(answer.GetInfo()))
	return d, nil
}

const nanosecondsPerSecond = 1_000_000_000

func (c *cri) subscribe(ctx context.Context) (func() (notice, error), error) {
	stream, err := c.rt.GetContainerEvents(ctx, &v1.GetEventsRequest{}, grpc.MaxCallRecvMsgSize(maxNoticeBytes))
	if err != nil {
		return nil, plain(err)
	}
	return func() (notice, error) {
		for {
			ev, err := stream.Recv()
			switch {
			case err == io.EOF:
				// CRI-O ends the stream at once where enable_pod_events is off.
				return notice{}, errNoNotices
			case err != nil:
				return notice{}, plain(err)
			case !isFullID(ev.GetContainerId()):
				continue
			}
			switch ev.GetContainerEventType() {
			case v1.ContainerEventType_CONTAINER_CREATED_EVENT, v1.ContainerEventType_CONTAINER_STARTED_EVENT:
				return notice{id: ev.GetContainerId()}, nil
			case v1.ContainerEventType_CONTAINER_STOPPED_EVENT, v1.ContainerEventType_CONTAINER_DELETED_EVENT:
				return notice{id: ev.GetContainerId(), gone: true}, nil
			}
		}
	}, nil
}
