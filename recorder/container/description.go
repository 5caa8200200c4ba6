//go:build linux

package container

import (
	"encoding/json"
	"errors"
	"fmt"

	"falcoreplay/scap"
)

// Description is a container as a capture has it. What is not known is empty.
type Description struct {
	Type        string // as in container.type, such as "docker"
	ID          string // the first 12 characters of FullID, or a name
	FullID      string
	Name        string
	Image       string // as it was asked for, such as "alpine:3"
	ImageDigest string // of the form "sha256:..."
	ImageID     string // without "sha256:"
	ImageRepo   string
	ImageTag    string
	User        string // a name or number, as the runtime has it

	Created     int64  // seconds since the epoch
	IP          string // an address of the container or its pod
	Privileged  bool
	HostPID     bool // the container has the host's processes, and so on
	HostNetwork bool
	HostIPC     bool

	Env    []string // as Options.Mask left them
	Labels map[string]string
	Mounts []Mount
	Ports  []Port // of TCP over IPv4

	Health *Probe // the runtime's health check

	// Of pods.
	IsPodSandbox bool // it is the container that stands for its pod
	PodSandboxID string
	PodLabels    map[string]string
	CNI          string // what the network plugin answered, JSON
}

// Mount is a mount of a container.
type Mount struct {
	Source      string `json:"Source"`
	Destination string `json:"Destination"`
	Mode        string `json:"Mode"`
	RW          bool   `json:"RW"`
	Propagation string `json:"Propagation"`
}

// Port is a port of the host that leads to one of a container.
type Port struct {
	HostIP        uint32 `json:"HostIp"` // 1.2.3.4 is 0x01020304
	HostPort      uint16 `json:"HostPort"`
	ContainerPort uint16 `json:"ContainerPort"`
}

// Probe is a command that a runtime runs in a container to see whether it is
// well.
type Probe struct {
	Exe  string   `json:"exe"`
	Args []string `json:"args"`
}

// Event says that a container is there, or that it is no more.
type Event struct {
	Container *Description // not to be changed
	Removed   bool
}

// typeNumbers are the numbers of runtimes in captures (src/container_type.h,
// enum container_type).
var typeNumbers = map[string]uint32{
	"docker": 0, "lxc": 1, "libvirt-lxc": 2, "cri": 6, "containerd": 7, "cri-o": 8, "bpm": 9, "podman": 11,
}

const typeUnknown = 0xffff

// document has the members in the plugin's order (go-worker/pkg/event/event.go,
// Container; probes as in src/container_info_json.cpp, to_json).
type document struct {
	Container struct {
		Type         uint32            `json:"type"`
		ID           string            `json:"id"`
		Name         string            `json:"name"`
		Image        string            `json:"image"`
		ImageDigest  string            `json:"imagedigest"`
		ImageID      string            `json:"imageid"`
		ImageRepo    string            `json:"imagerepo"`
		ImageTag     string            `json:"imagetag"`
		User         string            `json:"User"`
		CNI          string            `json:"cni_json"`
		Created      int64             `json:"created_time"`
		Env          []string          `json:"env"`
		FullID       string            `json:"full_id"`
		HostIPC      bool              `json:"host_ipc"`
		HostNetwork  bool              `json:"host_network"`
		HostPID      bool              `json:"host_pid"`
		IP           string            `json:"ip"`
		IsPodSandbox bool              `json:"is_pod_sandbox"`
		Labels       map[string]string `json:"labels"`
		PodSandboxID string            `json:"pod_sandbox_id"`
		Privileged   bool              `json:"privileged"`
		PodLabels    map[string]string `json:"pod_sandbox_labels"`
		Ports        []Port            `json:"port_mappings"`
		Mounts       []Mount           `json:"Mounts"`
		Health       *Probe            `json:"Healthcheck,omitempty"`
	} `json:"container"`
}

// encode makes the description's JSON.
func (d *Description) encode() ([]byte, error) {
	var doc document
	c := &doc.Container
	c.Type = typeUnknown
	if n, ok := typeNumbers[d.Type]; ok {
		c.Type = n
	}
	c.ID, c.FullID, c.Name, c.User = d.ID, d.FullID, d.Name, d.User
	c.Image, c.ImageID, c.ImageDigest, c.ImageRepo, c.ImageTag = d.Image, d.ImageID, d.ImageDigest, d.ImageRepo, d.ImageTag
	c.Created, c.IP, c.Privileged = d.Created, d.IP, d.Privileged
	c.HostPID, c.HostNetwork, c.HostIPC = d.HostPID, d.HostNetwork, d.HostIPC
	c.IsPodSandbox, c.PodSandboxID, c.CNI = d.IsPodSandbox, d.PodSandboxID, d.CNI
	c.Env, c.Labels, c.PodLabels = orEmpty(d.Env), d.Labels, d.PodLabels
	c.Ports, c.Mounts, c.Health = orEmpty(d.Ports), orEmpty(d.Mounts), d.Health
	return json.Marshal(&doc)
}

// orEmpty makes lists of the JSON lists, where null would be one of the
// plugin's odd cases.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// maxDocumentBytes bounds a description in a capture. Real ones have some 1 to
// 10 KiB; Linux takes at most 2 MiB of arguments and environment by default.
const maxDocumentBytes = 256 << 10

var errTooLong = errors.New("description is too long")

// AppendRecord appends the record of the event for scap.Writer.WriteEvent: an
// asynchronous event named container or container_removed, whose data are the
// description as JSON with a NUL (src/macros.h.in, ASYNC_EVENT_NAME_ADDED and
// ASYNC_EVENT_NAME_REMOVED). ts is the time in nanoseconds since the epoch. Of
// a description longer than 256 KiB the longest parts are left out; where that
// does not help there is an error, and dst is returned as it was.
func (e Event) AppendRecord(dst []byte, ts uint64) ([]byte, error) {
	name := "container"
	if e.Removed {
		name = "container_removed"
	}
	d := *e.Container
	doc, err := d.encode()
	for _, drop := range []func(){
		func() { d.Env = nil }, func() { d.Labels, d.PodLabels = nil, nil }, func() { d.Mounts, d.Ports, d.Health = nil, nil, nil },
	} {
		if len(doc) < maxDocumentBytes || err != nil {
			break
		}
		drop()
		doc, err = d.encode()
	}
	if err == nil && len(doc) >= maxDocumentBytes {
		err = errTooLong
	}
	if err != nil {
		return dst, fmt.Errorf("container %.64q: %w", d.ID, err)
	}
	return scap.AppendAsync(dst, ts, name, append(doc, 0)), nil
}
