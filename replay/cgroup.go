package replay

import (
	"regexp"
	"strings"
)

// setCgroups takes NUL-separated SUBSYSTEM=PATH texts. One that has no "="
// makes all of them unusable, and the thread keeps what it had.
func (t *Thread) setCgroups(p []byte) {
	defs := texts(p)
	cgroups := make([]Cgroup, 0, len(defs))
	for _, def := range defs {
		subsys, path, ok := strings.Cut(def, "=")
		if !ok {
			return
		}
		subsys = strings.Replace(subsys, "_cgroup", "", 1)
		if known, ok := cgroupNames[subsys]; ok {
			subsys = known
		}
		cgroups = append(cgroups, Cgroup{subsys, path})
	}
	t.Cgroups = cgroups
}

// cgroupNames has the usual names of the subsystems that the kernel shortens
// (falcosecurity/libs, userspace/libsinsp/threadinfo.cpp,
// sinsp_threadinfo::set_cgroups).
var cgroupNames = map[string]string{"perf": "perf_event", "mem": "memory", "io": "blkio"}

// A cgroupMatcher finds the short id of a container in the path of a cgroup.
type cgroupMatcher struct {
	typ   string // container.type if no runtime describes the container, else ""
	match func(path string) (id string, ok bool)
}

// cgroupMatchers are tried in order (the container plugin,
// src/matchers/matcher.cpp, matcher_manager, and the files beside it). Two
// things differ from the plugin: systemd-nspawn is known, and containerd's
// pattern, which fits almost any path, comes last instead of before those that
// know better.
var cgroupMatchers = []cgroupMatcher{
	{"", layouts{{"/libpod-", ".scope"}, {"/libpod-", ".scope/container"}, {"/libpod-", ""},
		{"/libpod-payload-", ".scope"}, {"/libpod-payload-", ".scope/container"}, {"/libpod-payload-", ""}}.match},
	{"", layouts{{"/", ""}, {"/docker-", ".scope"}}.match},
	{"", layouts{{"/crio-", ""}, {"/cri-containerd-", ".scope"}, {"/crio-", ".scope"},
		{":cri-containerd:", ""}, {"/nerdctl-", ".scope"}}.match},
	{"lxc", matchLXC},
	{"libvirt-lxc", matchLibvirtLXC},
	{"bpm", matchBPM},
	{"systemd-nspawn", matchNspawn},
	{"", matchContainerd},
}

// containerOf is the container id and, where no runtime describes such
// containers, the type that the path of a cgroup tells; "" for the host.
func containerOf(path string) (id, typ string) {
	for _, m := range cgroupMatchers {
		if id, ok := m.match(path); ok {
			return id, m.typ
		}
	}
	return "", ""
}

const (
	fullIDChars  = 64
	shortIDChars = 12
)

// A layout is what stands before and behind the id at the end of a path.
type layout struct{ prefix, suffix string }

type layouts []layout

// match finds an id of 64 hexadecimal digits.
func (ls layouts) match(path string) (string, bool) {
	for _, l := range ls {
		id, ok := l.between(path)
		if ok && len(id) == fullIDChars && isHex(id) {
			return id[:shortIDChars], true
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

// matchContainerd finds ids of any form up to 64 characters behind a
// namespace, as containers that are made with ctr have them.
func matchContainerd(path string) (string, bool) {
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
	return id[:min(shortIDChars, len(id))], true
}

// matchNspawn finds the name of a machine in its scope or its service (systemd,
// src/nspawn/nspawn-register.c and units/systemd-nspawn@.service). Scopes of
// machines that are no containers of systemd's carry a word of their own.
func matchNspawn(path string) (string, bool) {
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

func matchLXC(path string) (string, bool) {
	for _, prefix := range []string{"/lxc/", "/lxc.payload/", "/lxc.payload."} {
		if _, rest, ok := strings.Cut(path, prefix); ok {
			id, _, _ := strings.Cut(rest, "/")
			return id, true
		}
	}
	return "", false
}

func matchLibvirtLXC(path string) (string, bool) {
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

func matchBPM(path string) (string, bool) {
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
