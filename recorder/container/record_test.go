//go:build linux

package container

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"testing"

	"falcoreplay/engine/field"
	"falcoreplay/replay"
	"falcoreplay/scap"
	"falcoreplay/scap/event"
)

// capture makes a capture of a thread in a container, and events.
func capture(t *testing.T, cgroups string, events ...Event) *scap.Reader {
	t.Helper()
	var out bytes.Buffer
	w, err := scap.NewWriter(&out, scap.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	thread := scap.Thread{TID: 100, PID: 100, PTID: 1, VTID: 1, VPID: 1, Comm: "web", Exe: "/bin/web", Cgroups: cgroups}
	if err := w.WriteSnapshot(&scap.Snapshot{HasMachine: true, Threads: []scap.Thread{thread}}); err != nil {
		t.Fatal(err)
	}
	var record []byte
	for i, e := range events {
		if record, err = e.AppendRecord(record[:0], uint64(1000+i)); err != nil {
			t.Fatal(err)
		}
		if err := w.WriteEvent(0, 0, record); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.WriteDrop(0, 2000, 2000, 0); err != nil { // threads join containers once the snapshot is over
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := scap.NewReader(&out, "test", scap.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// replayed is the host at the end of a capture.
func replayed(t *testing.T, r *scap.Reader) (h *replay.Host, last uint64) {
	t.Helper()
	for {
		ev, err := r.Next()
		if err == io.EOF {
			return h, last
		} else if err != nil {
			t.Fatal(err)
		}
		if h == nil {
			h = replay.New(r.Snapshot())
		}
		h.Apply(ev)
		last = ev.TS
	}
}

func TestRoundTrip(t *testing.T) {
	id, box := fullID("ab12"), fullID("b0")
	d := dockerDescription(id)
	d.Type, d.HostIPC, d.HostNetwork = "containerd", true, true
	d.PodSandboxID, d.PodLabels, d.CNI = box, map[string]string{"app": "shop"}, `{"eth0":{}}`
	d.Labels["io.kubernetes.pod.name"], d.Labels["io.kubernetes.pod.namespace"] = "shop-0", "prod"
	d.Labels["io.kubernetes.pod.uid"] = "u-1"
	pod := &Description{Type: "containerd", ID: shortID(box), FullID: box, IsPodSandbox: true, PodSandboxID: box}
	r := capture(t, "cpu=/kubepods/pod1/"+id+"\x00", Event{Container: pod}, Event{Container: d})
	h, last := replayed(t, r)
	if last != 2000 || h.Stats.BadContainers != 0 {
		t.Errorf("last at %d, %+v", last, h.Stats)
	}
	want := &replay.Container{
		ID: d.ID, FullID: id, Type: "containerd", Name: d.Name, Image: d.Image, ImageID: d.ImageID, ImageRepo: d.ImageRepo,
		ImageTag: d.ImageTag, ImageDigest: d.ImageDigest, User: d.User, Privileged: true, HostPID: true, HostNetwork: true, HostIPC: true,
		CreatedTime: d.Created, IP: d.IP, Mounts: []replay.Mount{{Source: "/srv", Dest: "/data", Mode: "ro", Propagation: "rprivate"}},
		Env: d.Env, Labels: []replay.Label{{Key: "io.kubernetes.pod.name", Value: "shop-0"}, {Key: "io.kubernetes.pod.namespace", Value: "prod"},
			{Key: "io.kubernetes.pod.uid", Value: "u-1"}, {Key: "team", Value: "shop"}},
		PortMappings: []replay.PortMapping{{HostIP: 0x7f000001, HostPort: 8080, ContainerPort: 80}},
		HealthCheck:  &replay.HealthProbe{Exe: "/bin/check", Args: []string{"-q"}},
		CNIJSON:      d.CNI, PodSandboxID: box, PodLabels: []replay.Label{{Key: "app", Value: "shop"}},
	}
	if got := h.Container(d.ID); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got := h.Container(pod.ID); got == nil || !got.IsPodSandbox || got.FullID != box {
		t.Errorf("the pod's: %+v", got)
	}
	h.Current = replay.Current{Event: &event.Event{TID: 100}, Thread: h.Thread(100)}
	for name, want := range map[string]string{
		"container.id": "ab1200000000", "container.full_id": id, "container.name": "web", "container.type": "containerd",
		"container.image": "reg.example:5000/shop/web:2", "container.image.id": "0ca0fed353fb", "container.image.tag": "2",
		"container.image.repository": "reg.example:5000/shop/web", "container.image.digest": "sha256:d1", "container.privileged": "true",
		"container.mounts": "/srv:/data:ro:false:rprivate", "container.ip": "172.18.0.2", "container.cni.json": `{"eth0":{}}`,
		"container.host_pid": "true", "container.host_network": "true", "container.host_ipc": "true", "container.labels": "team:shop",
		"k8s.pod.name": "shop-0", "k8s.ns.name": "prod", "k8s.pod.uid": "u-1", "k8s.pod.sandbox_id": shortID(box),
		"k8s.pod.full_sandbox_id": box, "k8s.pod.labels": "app:shop", "k8s.pod.ip": "172.18.0.2", "k8s.pod.cni.json": `{"eth0":{}}`,
	} {
		f, err := field.Resolve(name, "", false)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(f.AppendText(&field.Context{Host: h}, nil)); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	h, _ = replayed(t, capture(t, "", Event{Container: d}, Event{Container: d, Removed: true}))
	if got := h.Container(d.ID); got != nil {
		t.Errorf("removed, and there: %+v", got)
	}
}

// TestTypes has replay read each type as it was.
func TestTypes(t *testing.T) {
	for typ := range typeNumbers {
		h, _ := replayed(t, capture(t, "", Event{Container: &Description{Type: typ, ID: "x"}}))
		if c := h.Container("x"); c == nil || c.Type != typ {
			t.Errorf("%s: %+v", typ, c)
		}
	}
	h, _ := replayed(t, capture(t, "", Event{Container: &Description{ID: "x"}}))
	if c := h.Container("x"); c == nil || c.Type != "" {
		t.Errorf("%+v", c)
	}
}

// TestFalcos compares a description with what Falco wrote of the container.
func TestFalcos(t *testing.T) {
	file, err := os.Open("../../testdata/falco-containers.scap")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r, err := scap.NewReader(file, "falco", scap.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	ev, err := r.Next()
	for ; err == nil && ev.Type != event.AsynceventE; ev, err = r.Next() {
	}
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]object
	if err := json.Unmarshal(bytes.TrimSuffix(ev.Param(2), []byte{0}), &want); err != nil {
		t.Fatal(err)
	}
	their := want["container"]
	for _, unread := range []string{"cpu_period", "cpu_quota", "cpu_shares", "cpuset_cpu_count", "memory_limit", "swap_limit", "size"} {
		delete(their, unread)
	}
	env := []string{}
	for _, v := range their["env"].([]any) {
		env = append(env, v.(string))
	}
	doc := inspectDoc{ID: their["full_id"].(string), Name: "web1", Created: "2026-11-23T09:16:54.7Z",
		Image: their["imageid"].(string), ImageName: "localhost/busybox:latest", ImageDigest: their["imagedigest"].(string)}
	doc.Config.Env = env
	d := doc.describe()
	doc.describePodman(d)
	d.Type, d.Created = "podman", int64(their["created_time"].(float64))
	ours, err := d.encode()
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]object
	if err := json.Unmarshal(ours, &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v\ngot  %v\nwant %v", err, got, want)
	}
}

func TestLongDescriptions(t *testing.T) {
	long := strings.Repeat("x", maxDocumentBytes)
	for _, d := range []*Description{
		{ID: "a", Name: "n", Env: []string{long}}, {ID: "a", Name: "n", Labels: map[string]string{"a": long}},
		{ID: "a", Name: "n", Env: []string{long}, Mounts: []Mount{{Source: long}}},
	} {
		h, _ := replayed(t, capture(t, "", Event{Container: d}))
		if c := h.Container("a"); c == nil || c.Name != "n" {
			t.Errorf("%+v", c)
		}
	}
	if b, err := (Event{Container: &Description{Name: long}}).AppendRecord([]byte("abc"), 1); !errors.Is(err, errTooLong) || string(b) != "abc" {
		t.Error(len(b), err)
	}
}

// TestAsk shows cgroups of all kinds where there is no runtime.
func TestAsk(t *testing.T) {
	w, _ := watch(t, Options{Sockets: nowhere()})
	id := fullID("ab12")
	if got := list(t, w, "cpu=/\x00", "cpu=/docker/"+id+"\x00memory=/docker/"+id+"\x00", "cpu=/docker/"+id+"/deeper\x00",
		"cpu=/lxc/a-long-name.of-lxc\x00", `name=/machine.slice/machine-box.scope`, "cpu=/default/mine\x00"); len(got) != 2 ||
		!reflect.DeepEqual(got[0].Container, &Description{Type: "lxc", ID: "a-long-name.of-lxc", FullID: "a-long-name.of-lxc"}) {
		t.Errorf("%+v", got)
	}
	for i := range 3 {
		w.Ask([]byte("cpu=/lxc/a-long-name.of-lxc\x00"))
		w.Ask(fmt.Appendf(nil, "cpu=/lxc.payload.c1/init%d\x00", i))
		w.Ask([]byte("cpu=/\x00"))
		w.Ask([]byte("no cgroups"))
		w.Ask([]byte("cpu=/user.slice\x00memory=/bpm-web.scope\x00"))
	}
	want := []string{"lxc c1", "bpm web"}
	for _, want := range want {
		if e := next(t, w); e.Removed || e.Container.Type+" "+e.Container.ID != want {
			t.Errorf("%+v, want %s", e.Container, want)
		}
	}
	if n := len(w.Events()); n > 0 {
		t.Errorf("%d more events", n)
	}
	cgroups := []byte("cpu=/lxc/a-long-name.of-lxc\x00")
	if n := testing.AllocsPerRun(100, func() { w.Ask(cgroups) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
