package replay

import (
	"slices"
	"testing"
)

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
