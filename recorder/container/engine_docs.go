//go:build linux

package container

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// inspectDoc is what Docker and Podman say of a container.
type inspectDoc struct {
	ID      string `json:"Id"`
	Name    string
	Created string
	Image   string // the image's id

	ImageName, ImageDigest string // Podman

	Config struct {
		Image, User string
		Env         []string
		Labels      map[string]string
		Healthcheck *struct{ Test []string }
	}
	HostConfig struct {
		NetworkMode, PidMode, IpcMode string
		Privileged                    bool
	}
	NetworkSettings struct {
		IPAddress string // not in newer versions of Docker
		Networks  map[string]struct{ IPAddress string }
		Ports     map[string][]struct {
			HostIP   string `json:"HostIp"`
			HostPort string
		}
	}
	Mounts []Mount
}

// describe takes what both have alike (go-worker/pkg/container/docker.go and
// podman.go, ctrToInfo).
func (doc *inspectDoc) describe() *Description {
	config, host := &doc.Config, &doc.HostConfig
	d := &Description{
		ID: shortID(doc.ID), FullID: doc.ID, Name: strings.TrimPrefix(doc.Name, "/"), User: config.User,
		Image: config.Image, ImageID: strings.TrimPrefix(doc.Image, digestPrefix),
		Created: seconds(doc.Created), IP: doc.address(), Privileged: host.Privileged,
		HostPID: host.PidMode == "host", HostNetwork: host.NetworkMode == "host", HostIPC: host.IpcMode == "host",
		Env: config.Env, Labels: keepLabels(config.Labels), Mounts: doc.Mounts,
	}
	d.ImageRepo, d.ImageTag = splitImage(config.Image)
	d.IsPodSandbox = strings.Contains(d.Name, "k8s_POD")
	if config.Healthcheck != nil {
		d.Health = probe(config.Healthcheck.Test)
	}
	for _, inside := range slices.Sorted(maps.Keys(doc.NetworkSettings.Ports)) {
		for _, outside := range doc.NetworkSettings.Ports[inside] {
			if p, ok := port(inside, outside.HostIP, outside.HostPort); ok {
				d.Ports = append(d.Ports, p)
			}
		}
	}
	return d
}

func (doc *inspectDoc) describePodman(d *Description) {
	d.Image, d.ImageDigest = doc.ImageName, doc.ImageDigest
	d.ImageRepo, d.ImageTag = splitImage(doc.ImageName)
}

// address is the address in the network that the container was started in, or
// in the first by name.
func (doc *inspectDoc) address() string {
	n := &doc.NetworkSettings
	ip := cmp.Or(n.IPAddress, n.Networks[doc.HostConfig.NetworkMode].IPAddress)
	if ip == "" {
		for _, name := range slices.Sorted(maps.Keys(n.Networks)) {
			if ip = n.Networks[name].IPAddress; ip != "" {
				break
			}
		}
	}
	return ip
}

// imageDoc is what Docker says of an image.
type imageDoc struct {
	RepoTags, RepoDigests []string
}

// describe takes the names that the container was started with, if the image
// has them, or else the first.
func (doc *imageDoc) describe(d *Description) {
	asked, tag := d.ImageRepo, d.ImageTag
	repo := ""
	for _, named := range doc.RepoDigests {
		name, digest, ok := strings.Cut(named, "@")
		if ok && (repo == "" || name == asked) {
			repo, d.ImageDigest = name, digest
		}
	}
	if repo != asked {
		tag = ""
	}
	for _, named := range doc.RepoTags {
		if r, t := splitImage(named); tag == "" && t != "" && (repo == "" || r == repo) {
			repo, tag = r, t
		}
	}
	if repo != "" {
		d.ImageRepo, d.ImageTag = repo, tag
	}
}
