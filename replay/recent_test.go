package replay

import (
	"slices"
	"strings"
	"testing"

	"falcoreplay/scap"
)

func TestSetCgroups(t *testing.T) {
	h, th := New(new(scap.Snapshot)), newThread(1)
	h.setCgroups(th, []byte("cpuset=/a\x00perf_event=/b\x00mem=/c\x00io=/d\x00net_cls_cgroup=/e=f\x00"))
	want := []Cgroup{{"cpuset", "/a"}, {"perf_event", "/b"}, {"memory", "/c"}, {"blkio", "/d"}, {"net_cls", "/e=f"}}
	if !slices.Equal(th.Cgroups, want) {
		t.Errorf("got %v, want %v", th.Cgroups, want)
	}
	h.setCgroups(th, []byte("cpuset=/x\x00broken"))
	if !slices.Equal(th.Cgroups, want) {
		t.Errorf("a broken text changed the cgroups to %v", th.Cgroups)
	}
}

// TestRecent holds that what is remembered is what would be made anew.
func TestRecent(t *testing.T) {
	h := New(new(scap.Snapshot))
	for round := range 3 {
		for n := range 2000 {
			args := strings.Repeat("x", n%7*2000) + "\x00b\x00"
			th := &Thread{Comm: []string{"sh", "", "cat"}[(n+round)%3]}
			h.setArgs(th, []byte(args))
			if want := []string{args[:len(args)-3], "b"}; !slices.Equal(th.Args, want) {
				t.Fatalf("%d arguments, want %d", len(th.Args), len(want))
			}
			if want := commandLine(th.Comm, th.Args); th.CmdLine != want {
				t.Fatalf("command line %.40q, want %.40q", th.CmdLine, want)
			}
			h.setEnv(th, []byte{'A', '=', byte('0' + n%10), byte('0' + n/10%10), 0})
			if want := string([]byte{'A', '=', byte('0' + n%10), byte('0' + n/10%10)}); len(th.Env) != 1 || th.Env[0] != want {
				t.Fatalf("environment %q, want %q", th.Env, want)
			}
		}
	}
}
