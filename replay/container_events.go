package replay

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"falcoreplay/internal/cgroup"
	"falcoreplay/scap/event"
)

// Names of the container plugin's asynchronous events (the container plugin,
// src/macros.h.in, ASYNC_EVENT_NAME_*).
const (
	asyncContainerAdded   = "container"
	asyncContainerRemoved = "container_removed"
)

// containerTypes has the names of the runtimes by their numbers (the container
// plugin, src/container_type.h).
var containerTypes = map[uint32]string{
	0: "docker", 1: "lxc", 2: "libvirt-lxc", 3: "mesos", 4: "rkt", 6: "cri", 7: "containerd",
	8: "cri-o", 9: "bpm", 11: "podman", 0xfffe: "host",
}

// applyAsync handles the container plugin's events.
func applyAsync(h *Host, ev *event.Event) {
	switch name := string(ev.Str(1)); name {
	case asyncContainerAdded, asyncContainerRemoved:
		h.describeContainer(cstr(ev.Param(2)), name == asyncContainerRemoved)
	}
}

// applyContainerJSON handles the events by which recorders before the plugin
// described containers.
func applyContainerJSON(h *Host, ev *event.Event) { h.describeContainer(cstr(ev.Param(0)), false) }

// applyContainer handles the oldest of those events.
func applyContainer(h *Host, ev *event.Event) {
	typ := uint32(unsigned(ev, 1))
	c := &Container{
		ID: string(ev.Str(0)), Type: containerTypes[typ], Name: string(ev.Str(2)), Image: string(ev.Str(3)),
	}
	h.containers[c.ID] = c
	h.Current.Container = c
}

func (h *Host) describeContainer(doc []byte, removed bool) {
	c, err := parseContainer(doc)
	if err != nil {
		h.Stats.BadContainers++
		return
	}
	h.Current.Container = c
	if removed {
		delete(h.containers, c.ID)
	} else {
		h.containers[c.ID] = c
	}
}

// containerDoc is the description of a container in a capture (the container
// plugin, src/container_info_json.cpp).
type containerDoc struct {
	Container struct {
		Type        lenient[uint32]            `json:"type"`
		ID          lenient[string]            `json:"id"`
		FullID      lenient[string]            `json:"full_id"`
		Name        lenient[string]            `json:"name"`
		Image       lenient[string]            `json:"image"`
		ImageID     lenient[string]            `json:"imageid"`
		ImageRepo   lenient[string]            `json:"imagerepo"`
		ImageTag    lenient[string]            `json:"imagetag"`
		ImageDigest lenient[string]            `json:"imagedigest"`
		User        lenient[string]            `json:"User"`
		CNIJSON     lenient[string]            `json:"cni_json"`
		CreatedTime lenient[int64]             `json:"created_time"`
		Env         lenient[[]string]          `json:"env"`
		Privileged  lenient[bool]              `json:"privileged"`
		HostPID     lenient[bool]              `json:"host_pid"`
		HostNetwork lenient[bool]              `json:"host_network"`
		HostIPC     lenient[bool]              `json:"host_ipc"`
		IP          lenient[json.RawMessage]   `json:"ip"`
		IsPodBox    lenient[bool]              `json:"is_pod_sandbox"`
		PodBoxID    lenient[string]            `json:"pod_sandbox_id"`
		Labels      lenient[map[string]string] `json:"labels"`
		PodLabels   lenient[map[string]string] `json:"pod_sandbox_labels"`
		Mounts      lenient[[]mountDoc]        `json:"Mounts"`
		Ports       lenient[[]portDoc]         `json:"port_mappings"`
		Healthcheck *HealthProbe               `json:"Healthcheck"`
		Liveness    *HealthProbe               `json:"LivenessProbe"`
		Readiness   *HealthProbe               `json:"ReadinessProbe"`
	} `json:"container"`
}

type mountDoc struct {
	Source, Destination, Mode, Propagation string
	RW                                     bool
}

type portDoc struct {
	HostIP        uint32 `json:"HostIp"`
	HostPort      uint16
	ContainerPort uint16
}

// lenient is a member that keeps its zero value where the document holds null
// or something of another type: one odd member does not cost the container.
type lenient[T any] struct{ v T }

func (l *lenient[T]) UnmarshalJSON(p []byte) error {
	var v T
	if json.Unmarshal(p, &v) == nil {
		l.v = v
	}
	return nil
}

func parseContainer(doc []byte) (*Container, error) {
	d := containerDoc{}
	d.Container.Type.v = 0xffff
	if err := json.Unmarshal(doc, &d); err != nil {
		return nil, fmt.Errorf("container description: %w", err)
	}
	j := &d.Container
	c := &Container{
		ID: j.ID.v, FullID: j.FullID.v, Type: containerTypes[j.Type.v], Name: j.Name.v,
		Image: j.Image.v, ImageID: j.ImageID.v, ImageRepo: j.ImageRepo.v, ImageTag: j.ImageTag.v, ImageDigest: j.ImageDigest.v,
		User: j.User.v, Privileged: j.Privileged.v, HostPID: j.HostPID.v, HostNetwork: j.HostNetwork.v, HostIPC: j.HostIPC.v,
		CreatedTime: j.CreatedTime.v, IP: addressText(j.IP.v), Env: j.Env.v, CNIJSON: j.CNIJSON.v,
		Labels: labels(j.Labels.v), PodLabels: labels(j.PodLabels.v),
		PodSandboxID: j.PodBoxID.v, IsPodSandbox: j.IsPodBox.v,
		HealthCheck: j.Healthcheck, LivenessProbe: j.Liveness, ReadinessProbe: j.Readiness,
	}
	for _, m := range j.Mounts.v {
		c.Mounts = append(c.Mounts, Mount{Source: m.Source, Dest: m.Destination, Mode: m.Mode, Propagation: m.Propagation, RDWR: m.RW})
	}
	for _, p := range j.Ports.v {
		c.PortMappings = append(c.PortMappings, PortMapping(p))
	}
	return c, nil
}

// addressText is an address that is a text, or a number in old captures.
func addressText(p json.RawMessage) string {
	var s string
	if json.Unmarshal(p, &s) == nil {
		return s
	}
	var n uint32
	if json.Unmarshal(p, &n) != nil || n == 0 {
		return ""
	}
	return string(AppendIPv4(nil, binary.BigEndian.AppendUint32(nil, n)))
}

func labels(m map[string]string) []Label {
	ls := make([]Label, 0, len(m))
	for k, v := range m {
		ls = append(ls, Label{k, v})
	}
	slices.SortFunc(ls, func(a, b Label) int { return strings.Compare(a.Key, b.Key) })
	return ls
}

// joinContainer finds out which container t is in, and why it runs there.
func (h *Host) joinContainer(t *Thread) {
	t.ContainerID = ""
	for _, cg := range t.Cgroups {
		id, typ := h.containerOf(cg.Path)
		if id == "" {
			continue
		}
		t.ContainerID = id
		if typ != "" {
			h.containers[id] = &Container{ID: id, Type: typ}
		}
		break
	}
	if c := h.containers[t.ContainerID]; c != nil && t.ContainerID != "" {
		h.categorize(t, c)
	}
}

// containerOf is the container id and, where no runtime describes such
// containers, the type that the path of a cgroup tells; "" for the host. It
// remembers what paths tell: there are far fewer of them than processes.
func (h *Host) containerOf(path string) (id, typ string) {
	known, ok := h.cgroupCache[path]
	if !ok {
		c := cgroup.Find(path)
		if known[0] = c.ID; c.PathOnly {
			known[1] = c.Type
		}
		if len(h.cgroupCache) >= maxCgroupCache {
			clear(h.cgroupCache)
		}
		h.cgroupCache[path] = known
	}
	return known[0], known[1]
}

// maxCgroupCache bounds the memory that paths may take.
const maxCgroupCache = 4096

// categorize finds out why the container c runs t: as its first process or a
// descendant of that, or as one of its health probes (the container plugin,
// src/plugin.cpp, write_thread_category).
func (h *Host) categorize(t *Thread, c *Container) {
	if t.VPID == 1 {
		t.Category = CategoryContainer
		return
	}
	parent := h.threads[t.PTID]
	if parent != nil && parent.Category != CategoryNone {
		t.Category = parent.Category
		return
	}
	kind := c.probe(t.Exe, t.Args)
	if kind == CategoryNone || h.insideContainer(t) {
		return
	}
	t.Category = kind
}

// insideContainer reports whether an ancestor of t is the first process of a
// container.
func (h *Host) insideContainer(t *Thread) bool {
	seen := map[TID]bool{}
	for p := h.threads[t.PTID]; p != nil && !seen[p.TID]; p = h.threads[p.PTID] {
		if p.VPID == 1 && p.ContainerID != "" {
			return true
		}
		seen[p.TID] = true
	}
	return false
}

// probe is the kind of health probe that a command is.
func (c *Container) probe(exe string, args []string) Category {
	for _, p := range []struct {
		probe *HealthProbe
		kind  Category
	}{{c.HealthCheck, CategoryHealthcheck}, {c.LivenessProbe, CategoryLivenessProbe}, {c.ReadinessProbe, CategoryReadinessProbe}} {
		if p.probe != nil && p.probe.Exe == exe && slices.Equal(p.probe.Args, args) {
			return p.kind
		}
	}
	return CategoryNone
}
