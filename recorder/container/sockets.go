//go:build linux

package container

import (
	"path/filepath"
	"strings"
)

// Sockets are patterns of path names, as filepath.Match has them, where
// runtimes may listen. A nil list stands for the places where they usually do;
// an empty one is for not asking.
type Sockets struct {
	Docker []string // Podman may answer there as well
	Podman []string
	CRI    []string // runtimes of Kubernetes
}

// The usual places (src/plugin_config.cpp, from_json of PluginConfig).
var (
	dockerSockets = []string{"/run/docker.sock"}
	podmanSockets = []string{"/run/podman/podman.sock", "/run/user/*/podman/podman.sock"}
	criSockets    = []string{"/run/containerd/containerd.sock", "/run/crio/crio.sock",
		"/run/k3s/containerd/containerd.sock", "/run/host-containerd/containerd.sock"}
)

// A place is a socket, and what is expected there.
type place struct {
	kind string // docker, podman or cri
	path string
}

// maxPlaces bounds the sockets, of which every user may have one.
const maxPlaces = 64

// find lists the sockets that are there, and those that were asked for by name
// whether they are or not.
func (s Sockets) find() (places []place) {
	for _, group := range []struct {
		kind            string
		patterns, usual []string
	}{{"docker", s.Docker, dockerSockets}, {"podman", s.Podman, podmanSockets}, {"cri", s.CRI, criSockets}} {
		asked := group.patterns
		if asked == nil {
			asked = group.usual
		}
		for _, pattern := range asked {
			found, _ := filepath.Glob(pattern)
			if len(found) == 0 && group.patterns != nil && !strings.ContainsAny(pattern, `*?[\`) {
				found = []string{pattern}
			}
			for _, path := range found {
				places = append(places, place{group.kind, path})
			}
		}
	}
	return places
}

// resolved is the path without symbolic links: docker.sock may lead to Podman's.
func (p place) resolved() string {
	if path, err := filepath.EvalSymlinks(p.path); err == nil {
		return path
	}
	return p.path
}
