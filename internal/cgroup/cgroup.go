// Package cgroup tells containers by the paths of their cgroups.
//
// It reads no files and imports nothing of the module; the recorder and replay
// import it, so that both name a container alike.
package cgroup

import (
	"regexp"
	"strings"
)

// Container is what the path of a cgroup tells of a container. The zero value
// stands for the host.
type Container struct {
	ID     string // of 12 characters where FullID is longer, but for names, which are whole
	FullID string

	// Type is what made the container, as container.type has it, "" where the
	// path does not tell. Where moreover FullID is not 64 hexadecimal digits,
	// it may be no container at all.
	Type string

	// PathOnly is whether no runtime describes such containers: what is here is
	// all there is.
	PathOnly bool
}

// A matcher finds a container in the path of a cgroup.
type matcher struct {
	typ      string                   // as Container.Type
	kind     func(path string) string // nil if typ says all
	pathOnly bool
	find     func(path string) (id string, ok bool)
	short    bool // the id is cut
}

// matchers are tried in order (the container plugin, src/matchers/matcher.cpp,
// matcher_manager, and the files beside it). Two things differ from the plugin:
// systemd-nspawn is known, and containerd's pattern, which fits almost any
// path, comes last instead of before those that know better.
var matchers = []matcher{
	{typ: "podman", short: true, find: layouts{{"/libpod-", ".scope"}, {"/libpod-", ".scope/container"}, {"/libpod-", ""},
		{"/libpod-payload-", ".scope"}, {"/libpod-payload-", ".scope/container"}, {"/libpod-payload-", ""}}.find},
	{kind: bareKind, short: true, find: layouts{{"/", ""}}.find},
	{typ: "docker", short: true, find: layouts{{"/docker-", ".scope"}}.find},
	{typ: "cri-o", short: true, find: layouts{{"/crio-", ""}, {"/crio-", ".scope"}}.find},
	{typ: "containerd", short: true, find: layouts{{"/cri-containerd-", ".scope"}, {":cri-containerd:", ""}, {"/nerdctl-", ".scope"}}.find},
	{typ: "lxc", pathOnly: true, find: findLXC},
	{typ: "libvirt-lxc", pathOnly: true, find: findLibvirtLXC},
	{typ: "bpm", pathOnly: true, find: findBPM},
	{typ: "systemd-nspawn", pathOnly: true, find: findNspawn},
	{short: true, find: findContainerd},
}

// Find tells the container that the path of a cgroup belongs to.
func Find(path string) Container {
	for i := range matchers {
		m := &matchers[i]
		id, ok := m.find(path)
		if !ok {
			continue
		}
		c := Container{ID: id, FullID: id, Type: m.typ, PathOnly: m.pathOnly}
		if m.short {
			c.ID = id[:min(shortIDChars, len(id))]
		}
		if m.kind != nil {
			c.Type = m.kind(path)
		}
		return c
	}
	return Container{}
}

// bareKind tells what makes cgroups whose names are nothing but an id, by the
// folder that they are in: dockerd's default, and kubelet's for all runtimes
// that do not leave cgroups to systemd.
func bareKind(path string) string {
	switch {
	case strings.HasPrefix(path, "/docker/"):
		return "docker"
	case strings.HasPrefix(path, "/kubepods"):
		return "cri"
	}
	return ""
}

const (
	fullIDChars  = 64
	shortIDChars = 12
)

// A layout is what stands before and behind the id at the end of a path.
type layout struct{ prefix, suffix string }

type layouts []layout

// find finds an id of 64 hexadecimal digits.
func (ls layouts) find(path string) (string, bool) {
	for _, l := range ls {
		id, ok := l.between(path)
		if ok && len(id) == fullIDChars && isHex(id) {
			return id, true
		}
	}
	return "", false
}

// between is what stands between the last prefix and the last suffix.
func (l layout) between(path string) (string, bool) {
	start := strings.LastIndex(path, l.prefix)
	if start < 0 {
		return "", false
	}
	start += len(l.prefix)
	end := len(path)
	if l.suffix != "" {
		end = strings.LastIndex(path, l.suffix)
	}
	if end < start {
		return "", false
	}
	return path[start:end], true
}

func isHex(s string) bool {
	return strings.Trim(s, "0123456789abcdefABCDEF") == ""
}

// containerdNamespace is a namespace of containerd within a path.
var containerdNamespace = regexp.MustCompile(`/([A-Za-z0-9]+(?:[._-](?:[A-Za-z0-9]+))*)/`)

// findContainerd finds ids of any form up to 64 characters behind a
// namespace, as containers that are made with ctr have them.
func findContainerd(path string) (string, bool) {
	ns := containerdNamespace.FindString(path)
	if ns == "" {
		return "", false
	}
	id, ok := layout{prefix: ns}.between(path)
	switch {
	case !ok || id == "" || len(id) > fullIDChars:
		return "", false
	case len(id) == fullIDChars && isHex(id):
	case strings.HasSuffix(path, ".service"), strings.HasSuffix(path, ".slice"), strings.HasSuffix(path, ".scope"):
		return "", false
	}
	return id, true
}

// findNspawn finds the name of a machine in its scope or its service (systemd,
// src/nspawn/nspawn-register.c and units/systemd-nspawn@.service). Scopes of
// machines that are no containers of systemd's carry a word of their own.
func findNspawn(path string) (string, bool) {
	_, rest, ok := strings.Cut(path, "/systemd-nspawn@")
	end := ".service"
	if !ok {
		if _, rest, ok = strings.Cut(path, "/machine.slice/machine-"); !ok {
			return "", false
		}
		if strings.HasPrefix(rest, `qemu\x2d`) || strings.HasPrefix(rest, `lxc\x2d`) {
			return "", false
		}
		end = ".scope"
	}
	name, _, ok := strings.Cut(rest, end)
	return strings.ReplaceAll(name, `\x2d`, "-"), ok && name != ""
}

func findLXC(path string) (string, bool) {
	for _, prefix := range []string{"/lxc/", "/lxc.payload/", "/lxc.payload."} {
		if _, rest, ok := strings.Cut(path, prefix); ok {
			id, _, _ := strings.Cut(rest, "/")
			return id, true
		}
	}
	return "", false
}

func findLibvirtLXC(path string) (string, bool) {
	const plain, systemd, legacy = ".libvirt-lxc", `-lxc\x2`, "/libvirt/lxc/"
	if at := strings.Index(path, plain); at >= 0 && at == len(path)-len(plain) {
		if slash := strings.LastIndexByte(path, '/'); slash >= 0 && slash < at {
			return path[slash+1 : at], true
		}
	}
	if at := strings.Index(path, systemd); at >= 0 {
		end := ".scope"
		if strings.Contains(path, ".scope/libvirt") {
			end = ".scope/libvirt"
		}
		start := at + len(systemd) + 1 // the last digit of the escaped dash
		if stop := strings.Index(path, end); stop >= start && stop == len(path)-len(end) {
			return path[start:stop], true
		}
	}
	if _, id, ok := strings.Cut(path, legacy); ok {
		return id, true
	}
	return "", false
}

func findBPM(path string) (string, bool) {
	_, rest, ok := strings.Cut(path, "bpm-")
	if !ok {
		return "", false
	}
	id, _, _ := strings.Cut(rest, ".scope")
	if id == "" || strings.IndexFunc(id, notBPM) >= 0 {
		return "", false
	}
	return id, true
}

func notBPM(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '_' || r == '-')
}
