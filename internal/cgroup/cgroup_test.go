package cgroup

import (
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	id := strings.Repeat("0123456789abcdef", 4)
	whole := func(typ string) Container { return Container{id[:12], id, typ, false} }
	name := func(name, typ string) Container { return Container{name, name, typ, true} }
	for path, want := range map[string]Container{
		"/": {},
		"/user.slice/user-1000.slice/session-3.scope": {},
		"/system.slice/ssh.service":                   {},
		"/docker/" + id:                               whole("docker"),
		"/system.slice/docker-" + id + ".scope":       whole("docker"),
		"/" + id:                                      whole(""),
		"/kubepods.slice/kubepods-pod1.slice/cri-containerd-" + id + ".scope":       whole("containerd"),
		"/kubepods/besteffort/pod1/" + id:                                           whole("cri"),
		"/kubepods.slice/crio-" + id + ".scope":                                     whole("cri-o"),
		"/crio-" + id:                                                               whole("cri-o"),
		"/system.slice/containerd.service/kubepods-pod1.slice:cri-containerd:" + id: whole("containerd"),
		"/system.slice/nerdctl-" + id + ".scope":                                    whole("containerd"),
		"/machine.slice/libpod-" + id + ".scope/container":                          whole("podman"),
		"/libpod_parent/libpod-" + id:                                               whole("podman"),
		"/user.slice/libpod-payload-" + id + ".scope":                               whole("podman"),
		"/default/my-container":                                                     {"my-container", "my-container", "", false},
		"/default/my-long-container-name":                                           {"my-long-cont", "my-long-container-name", "", false},
		"/docker/" + id[1:] + "x":                                                   {id[1:13], id[1:] + "x", "", false},
		"/lxc/web":                                                                  name("web", "lxc"),
		"/lxc.payload.web":                                                          name("web", "lxc"),
		"/lxc.payload.a-name-longer.than-twelve":                                    name("a-name-longer.than-twelve", "lxc"),
		"/machine/guest.libvirt-lxc":                                                name("guest", "libvirt-lxc"),
		`/machine.slice/machine-lxc\x2d2293906\x2dguest.scope/libvirt`:              name(`2293906\x2dguest`, "libvirt-lxc"),
		"/bpm-web.scope":                                                            name("web", "bpm"),
		`/machine.slice/machine-build\x2dbox.scope`:                                 name("build-box", "systemd-nspawn"),
		"/machine.slice/systemd-nspawn@build.service/payload":                       name("build", "systemd-nspawn"),
		`/machine.slice/machine-qemu\x2d1\x2dvm.scope`:                              {},
	} {
		if got := Find(path); got != want {
			t.Errorf("Find(%q) = %+v, want %+v", path, got, want)
		}
	}
}
