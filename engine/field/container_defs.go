package field

import (
	"falcoreplay/replay"
	"falcoreplay/scap/event"
)

// containerFields are the fields of containers (falcosecurity/plugins,
// container plugin 0.7.1, plugins/container/src/caps/extract/extract.cpp).
var containerFields = []Def{
	text("container.id", "Id", "Short id of the container that the process is in, host outside of containers.", nil).quickly(containerID).with(FormatSuggested),
	text("container.full_id", "Full id", "Full id of the container.", ofContainer(func(c *replay.Container) string { return c.FullID })),
	text("container.name", "Name", "Name of the container, host outside of containers.", ofContainer(func(c *replay.Container) string { return c.Name })).with(FormatSuggested),
	text("container.image", "Image", "Image of the container, such as docker.io/library/nginx:latest.", ofContainer(func(c *replay.Container) string { return c.Image })),
	text("container.image.id", "Image's id", "Id of the container's image.", ofContainer(func(c *replay.Container) string { return c.ImageID })),
	text("container.type", "Runtime", "Runtime of the container, such as docker, podman, containerd and cri-o, host outside of containers.", ofContainer(func(c *replay.Container) string { return c.Type })),
	boolean("container.privileged", "Is privileged", "Whether the container runs privileged.", containerTruth(func(c *replay.Container) bool { return c.Privileged })),
	text("container.mounts", "Mounts", "All mounts of the container as SOURCE:DESTINATION:MODE:WRITABLE:PROPAGATION, separated by commas.", mounts),
	mount("container.mount", "Mount", "One mount of the container, by number or by its source.", nil, mountSource),
	mount("container.mount.source", "Mount's source", "Source of a mount, by the mount's number or destination.", mountSource, mountDest),
	mount("container.mount.dest", "Mount's destination", "Destination of a mount, by the mount's number or source.", mountDest, mountSource),
	mount("container.mount.mode", "Mount's mode", "Mode of a mount, by the mount's number or source.", mountMode, mountSource),
	mount("container.mount.rdwr", "Mount is writable", "true if a mount is writable, else false, by the mount's number or source.", mountRDWR, mountSource),
	mount("container.mount.propagation", "Mount's propagation", "Propagation of a mount, by the mount's number or source.", mountPropagation, mountSource),
	text("container.image.repository", "Image's repository", "Image of the container without its tag.", ofContainer(func(c *replay.Container) string { return c.ImageRepo })).with(FormatSuggested),
	text("container.image.tag", "Image's tag", "Tag of the container's image.", ofContainer(func(c *replay.Container) string { return c.ImageTag })).with(FormatSuggested),
	text("container.image.digest", "Image's digest", "Digest by which the registry knows the container's image.", ofContainer(func(c *replay.Container) string { return c.ImageDigest })),
	text("container.healthcheck", "Health check", "Always absent; kept for old rules.", absent),
	text("container.liveness_probe", "Liveness probe", "Always absent; kept for old rules.", absent),
	text("container.readiness_probe", "Readiness probe", "Always absent; kept for old rules.", absent),
	moment("container.start_ts", "Start", "When the pid namespace of the process began.", containerStart(func(_ *Context, start uint64) uint64 { return start })),
	duration("container.duration", "Age", "Nanoseconds since container.start_ts.", containerStart(func(c *Context, start uint64) uint64 { return c.Host.Current.Event.TS - start })),
	text("container.ip", "Address", "IPv4 address of the container or its pod.", ofContainer(func(c *replay.Container) string { return c.IP })),
	text("container.cni.json", "Network", "What the network plugin answered for the container or its pod, as JSON.", ofContainer(func(c *replay.Container) string { return c.CNIJSON })),
	boolean("container.host_pid", "Shares the host's pids", "Whether the container is in the host's pid namespace.", containerTruth(func(c *replay.Container) bool { return c.HostPID })),
	boolean("container.host_network", "Shares the host's network", "Whether the container is in the host's network namespace.", containerTruth(func(c *replay.Container) bool { return c.HostNetwork })),
	boolean("container.host_ipc", "Shares the host's IPC", "Whether the container is in the host's IPC namespace.", containerTruth(func(c *replay.Container) bool { return c.HostIPC })),
	keyed("container.label", "Label", "Value of a label of the container, by its key.", containerLabel),
	text("container.labels", "Labels", "All labels of the container as KEY:VALUE, separated by commas.", containerLabels),
	boolean("proc.is_container_healthcheck", "Is a health check", "Always absent; kept for old rules.", absent),
	boolean("proc.is_container_liveness_probe", "Is a liveness probe", "Always absent; kept for old rules.", absent),
	boolean("proc.is_container_readiness_probe", "Is a readiness probe", "Always absent; kept for old rules.", absent),
}

// podFields are the fields of Kubernetes. Most of them are only kept for old
// rules and always absent.
var podFields = []Def{
	text("k8s.pod.name", "Pod", "Name of the pod that the container is in.", fixedLabel("io.kubernetes.pod.name")).with(FormatSuggested),
	text("k8s.ns.name", "Namespace", "Namespace of the pod that the container is in.", fixedLabel("io.kubernetes.pod.namespace")).with(FormatSuggested),
	text("k8s.pod.id", "Pod's id", "The same as k8s.pod.uid.", fixedLabel("io.kubernetes.pod.uid")),
	text("k8s.pod.uid", "Pod's unique id", "Unique id of the pod that the container is in.", fixedLabel("io.kubernetes.pod.uid")),
	text("k8s.pod.sandbox_id", "Sandbox's id", "Short id of the container that stands for the pod.", ofContainer(func(c *replay.Container) string { return shortID(c.PodSandboxID) })),
	text("k8s.pod.full_sandbox_id", "Sandbox's full id", "Full id of the container that stands for the pod.", ofContainer(func(c *replay.Container) string { return c.PodSandboxID })),
	keyed("k8s.pod.label", "Pod's label", "Value of a label of the pod, by its key.", podLabel),
	text("k8s.pod.labels", "Pod's labels", "All labels of the pod as KEY:VALUE, separated by commas.", podLabels),
	text("k8s.pod.ip", "Pod's address", "IPv4 address of the pod.", ofSandbox(func(c *replay.Container) string { return c.IP })),
	text("k8s.pod.cni.json", "Pod's network", "What the network plugin answered for the pod, as JSON.", ofSandbox(func(c *replay.Container) string { return c.CNIJSON })),
	old("k8s.rc.name"), old("k8s.rc.id"), oldLabel("k8s.rc.label"), old("k8s.rc.labels"),
	old("k8s.svc.name"), old("k8s.svc.id"), oldLabel("k8s.svc.label"), old("k8s.svc.labels"),
	old("k8s.ns.id"), oldLabel("k8s.ns.label"), old("k8s.ns.labels"),
	old("k8s.rs.name"), old("k8s.rs.id"), oldLabel("k8s.rs.label"), old("k8s.rs.labels"),
	old("k8s.deployment.name"), old("k8s.deployment.id"), oldLabel("k8s.deployment.label"), old("k8s.deployment.labels"),
}

func mount(name, display, desc string, text, by func(*replay.Mount) string) Def {
	d := define(event.PTCharBuf, event.FormatNA, name, display, desc, nil).required(mountField(text, by))
	d.Arg.Index, d.Arg.Key = true, true
	return d
}

func keyed(name, display, desc string, get extractor) Def {
	d := text(name, display, desc, nil).required(keyField(get))
	d.Arg.Key = true
	return d
}

func old(name string) Def {
	return text(name, "Not filled in", "Always absent; kept for old rules.", absent)
}

func oldLabel(name string) Def {
	return keyed(name, "Not filled in", "Always absent; kept for old rules.", absent)
}
