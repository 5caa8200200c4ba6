package replay

import (
	"slices"
	"strings"
	"testing"
)

func TestContainerOf(t *testing.T) {
	id := strings.Repeat("0123456789abcdef", 4)
	for _, c := range []struct{ path, id, typ string }{
		{"/", "", ""},
		{"/user.slice/user-1000.slice/session-3.scope", "", ""},
		{"/system.slice/ssh.service", "", ""},
		{"/docker/" + id, "0123456789ab", ""},
		{"/system.slice/docker-" + id + ".scope", "0123456789ab", ""},
		{"/kubepods.slice/kubepods-pod1.slice/cri-containerd-" + id + ".scope", "0123456789ab", ""},
		{"/kubepods/besteffort/pod1/" + id, "0123456789ab", ""},
		{"/kubepods.slice/crio-" + id + ".scope", "0123456789ab", ""},
		{"/crio-" + id, "0123456789ab", ""},
		{"/system.slice/containerd.service/kubepods-pod1.slice:cri-containerd:" + id, "0123456789ab", ""},
		{"/machine.slice/libpod-" + id + ".scope/container", "0123456789ab", ""},
		{"/libpod_parent/libpod-" + id, "0123456789ab", ""},
		{"/user.slice/libpod-payload-" + id + ".scope", "0123456789ab", ""},
		{"/default/my-container", "my-container", ""},
		{"/default/my-long-container-name", "my-long-cont", ""},
		{"/docker/" + id[1:] + "x", "0123456789ab"[1:] + "c", ""},
		{"/lxc/web", "web", "lxc"},
		{"/lxc.payload.web", "web", "lxc"},
		{"/machine/guest.libvirt-lxc", "guest", "libvirt-lxc"},
		{`/machine.slice/machine-lxc\x2d2293906\x2dguest.scope/libvirt`, `2293906\x2dguest`, "libvirt-lxc"},
		{"/bpm-web.scope", "web", "bpm"},
		{`/machine.slice/machine-build\x2dbox.scope`, "build-box", "systemd-nspawn"},
		{"/machine.slice/systemd-nspawn@build.service/payload", "build", "systemd-nspawn"},
		{`/machine.slice/machine-qemu\x2d1\x2dvm.scope`, "", ""},
	} {
		if id, typ := containerOf(c.path); id != c.id || typ != c.typ {
			t.Errorf("containerOf(%q) = %q, %q, want %q, %q", c.path, id, typ, c.id, c.typ)
		}
	}
}

func TestSetCgroups(t *testing.T) {
	th := newThread(1)
	th.setCgroups([]byte("cpuset=/a\x00perf_event=/b\x00mem=/c\x00io=/d\x00net_cls_cgroup=/e=f\x00"))
	want := []Cgroup{{"cpuset", "/a"}, {"perf_event", "/b"}, {"memory", "/c"}, {"blkio", "/d"}, {"net_cls", "/e=f"}}
	if !slices.Equal(th.Cgroups, want) {
		t.Errorf("got %v, want %v", th.Cgroups, want)
	}
	th.setCgroups([]byte("cpuset=/x\x00broken"))
	if !slices.Equal(th.Cgroups, want) {
		t.Errorf("a broken text changed the cgroups to %v", th.Cgroups)
	}
}
