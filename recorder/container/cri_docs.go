//go:build linux

package container

import (
	"encoding/json"
	"strconv"
	"strings"

	v1 "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// criInfo is what runtimes add to an answer that is asked to be verbose, as
// JSON: of containers, containerd and CRI-O alike (go-worker/pkg/container/cri.go,
// criInfo and cniSandboxInfo), and of sandboxes.
type criInfo struct {
	Privileged bool `json:"privileged"` // CRI-O
	Config     struct {
		Image struct {
			Image string `json:"image"`
		} `json:"image"`
		Envs []struct {
			Key   string `json:"key"`
			Value string `json:"value"`
		} `json:"envs"`
		Linux struct {
			SecurityContext struct {
				Privileged bool `json:"privileged"`
			} `json:"security_context"`
		} `json:"linux"`
	} `json:"config"`
	RuntimeSpec struct {
		Annotations map[string]string `json:"annotations"`
		Process     struct {
			Env []string `json:"env"`
		} `json:"process"`
	} `json:"runtimeSpec"`
	CNI struct {
		Interfaces json.RawMessage
	} `json:"cniResult"` // containerd
}

// parseInfo takes what is as expected.
func parseInfo(info map[string]string) (doc criInfo) {
	// Of a member of another type there is an error once the others are read.
	_ = json.Unmarshal([]byte(info["info"]), &doc)
	return doc
}

// describeCRI takes what a runtime says of a container itself (cri.go,
// ctrToInfo).
func describeCRI(st *v1.ContainerStatus, info criInfo) *Description {
	d := &Description{
		ID: shortID(st.GetId()), FullID: st.GetId(), Name: st.GetMetadata().GetName(),
		User:       strconv.FormatInt(st.GetUser().GetLinux().GetUid(), 10),
		Created:    max(st.GetCreatedAt(), 0) / nanosecondsPerSecond,
		Privileged: info.Privileged || info.Config.Linux.SecurityContext.Privileged,
		Labels:     keepLabels(st.GetLabels()), Env: info.RuntimeSpec.Process.Env,
	}
	describeCRIImage(d, st, info)
	if envs := info.Config.Envs; len(envs) > 0 {
		d.Env = nil
		for _, e := range envs {
			d.Env = append(d.Env, e.Key+"="+e.Value)
		}
	}
	for _, m := range st.GetMounts() {
		d.Mounts = append(d.Mounts, Mount{
			Source: m.GetHostPath(), Destination: m.GetContainerPath(), RW: !m.GetReadonly(), Propagation: propagation(m.GetPropagation()),
		})
	}
	return d
}

func propagation(p v1.MountPropagation) string {
	switch p {
	case v1.MountPropagation_PROPAGATION_PRIVATE:
		return "private"
	case v1.MountPropagation_PROPAGATION_HOST_TO_CONTAINER:
		return "rslave"
	case v1.MountPropagation_PROPAGATION_BIDIRECTIONAL:
		return "rshared"
	}
	return "unknown"
}

// imageAnnotations have the name of an image of which the status has the id
// only.
var imageAnnotations = []string{"io.kubernetes.cri.image-name", "io.kubernetes.cri-o.Image", "io.kubernetes.cri-o.ImageName"}

// describeCRIImage puts the image together from what it was asked for by, and
// from what that stood for: a name with a digest, or a digest.
func describeCRIImage(d *Description, st *v1.ContainerStatus, info criInfo) {
	asked := st.GetImage().GetImage()
	name := asked
	_, tag := splitImage(asked)
	if before, digest, ok := strings.Cut(st.GetImageRef(), "@"); ok && strings.HasPrefix(digest, digestPrefix) {
		name, d.ImageDigest = before, digest
		if tag != "" {
			name += ":" + tag
		}
	} else if strings.HasPrefix(st.GetImageRef(), digestPrefix) {
		d.ImageDigest = st.GetImageRef()
	}
	if name == "" || strings.HasPrefix(name, digestPrefix) {
		for _, a := range imageAnnotations {
			if v := info.RuntimeSpec.Annotations[a]; v != "" {
				name = v
				break
			}
		}
	}
	d.Image = name
	d.ImageRepo, d.ImageTag = splitImage(name)
	id, ok := strings.CutPrefix(info.Config.Image.Image, digestPrefix)
	if !ok {
		id = strings.TrimPrefix(st.GetImageId(), digestPrefix)
	}
	d.ImageID = id
}

// describePod adds what a container has of its pod. The labels are those that
// the fields k8s.* are read from.
func describePod(d *Description, st *v1.PodSandboxStatus, info criInfo) {
	if d.Labels == nil {
		d.Labels = make(map[string]string)
	}
	d.Labels["io.kubernetes.sandbox.id"] = d.PodSandboxID
	if meta := st.GetMetadata(); meta != nil {
		d.Labels["io.kubernetes.pod.uid"] = meta.GetUid()
		d.Labels["io.kubernetes.pod.name"] = meta.GetName()
		d.Labels["io.kubernetes.pod.namespace"] = meta.GetNamespace()
	}
	d.PodLabels = keepLabels(st.GetLabels())
	d.IP = st.GetNetwork().GetIp()
	if ns := st.GetLinux().GetNamespaces().GetOptions(); ns != nil {
		d.HostIPC = ns.GetIpc() == v1.NamespaceMode_NODE
		d.HostNetwork = ns.GetNetwork() == v1.NamespaceMode_NODE
		d.HostPID = ns.GetPid() == v1.NamespaceMode_NODE
	}
	d.CNI = cniText(info)
}

// maxCNIBytes is the plugin's bound (cri.go, maxCNILen). It cuts there, which
// leaves no JSON; here what is longer is left out.
const maxCNIBytes = 4096

// cniText is the interfaces that the network plugin answered with, without the
// loopback and the host's ends of pairs. containerd has them as an object by
// name, CRI-O the whole answer in an annotation.
func cniText(info criInfo) string {
	text := info.RuntimeSpec.Annotations["io.kubernetes.cri-o.CNIResult"]
	var byName map[string]json.RawMessage
	if json.Unmarshal(info.CNI.Interfaces, &byName) == nil && len(byName) > 0 {
		for name := range byName {
			if name == "lo" || strings.HasPrefix(name, "veth") {
				delete(byName, name)
			}
		}
		if b, err := json.Marshal(byName); err == nil {
			text = string(b)
		}
	}
	if len(text) > maxCNIBytes {
		return ""
	}
	return text
}
