//go:build linux

package container

import (
	"context"
	"reflect"
	"testing"
	"time"
)

// dockerDoc is what Docker 27 says of a container, as far as it matters.
func dockerDoc() object {
	return object{
		"Name": "/web", "Created": "2024-11-07T11:10:03.123456789Z", "Image": "sha256:0ca0fed353fb",
		"Config": object{
			"Image": "reg.example:5000/shop/web:2", "User": "www", "Env": []string{"A=b", "TOKEN=x"},
			"Labels":      object{"team": "shop", "long": string(make([]byte, maxLabelBytes+1))},
			"Healthcheck": object{"Test": []string{"CMD", "/bin/check", "-q"}},
		},
		"HostConfig": object{"NetworkMode": "front", "PidMode": "host", "IpcMode": "private", "Privileged": true},
		"NetworkSettings": object{
			"IPAddress": "", "Networks": object{"a": object{"IPAddress": "10.0.0.9"}, "front": object{"IPAddress": "172.18.0.2"}},
			"Ports": object{
				"80/tcp": []object{{"HostIp": "127.0.0.1", "HostPort": "8080"}, {"HostIp": "::", "HostPort": "8080"}},
				"53/udp": []object{{"HostIp": "0.0.0.0", "HostPort": "53"}}, "443/tcp": nil,
			},
		},
		"Mounts": []object{{"Type": "bind", "Source": "/srv", "Destination": "/data", "Mode": "ro", "RW": false, "Propagation": "rprivate"}},
	}
}

func dockerDescription(id string) *Description {
	return &Description{
		Type: "docker", ID: shortID(id), FullID: id, Name: "web", Image: "reg.example:5000/shop/web:2", ImageDigest: "sha256:d1",
		ImageID: "0ca0fed353fb", ImageRepo: "reg.example:5000/shop/web", ImageTag: "2", User: "www", Created: 1730977803,
		IP: "172.18.0.2", Privileged: true, HostPID: true, Env: []string{"A=b"}, Labels: map[string]string{"team": "shop"},
		Mounts: []Mount{{Source: "/srv", Destination: "/data", Mode: "ro", Propagation: "rprivate"}},
		Ports:  []Port{{HostIP: 0x7f000001, HostPort: 8080, ContainerPort: 80}},
		Health: &Probe{Exe: "/bin/check", Args: []string{"-q"}},
	}
}

func fakeDocker() *fakeEngine {
	return &fakeEngine{images: map[string]object{"sha256:0ca0fed353fb": {
		"RepoTags":    []string{"other:1", "reg.example:5000/shop/web:latest", "reg.example:5000/shop/web:2"},
		"RepoDigests": []string{"other@sha256:d0", "reg.example:5000/shop/web@sha256:d1"},
	}}}
}

func firstOf(env []string) []string { return env[:min(1, len(env))] }

func TestDocker(t *testing.T) {
	f, path, id := fakeDocker(), socket(t), fullID("ab12")
	f.put(id, dockerDoc())
	serve(t, path, f)
	sockets := nowhere()
	sockets.Docker = []string{path}
	w, said := watch(t, Options{Sockets: sockets, Mask: firstOf})
	got := list(t, w)
	if want := []Event{{Container: dockerDescription(id)}}; !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got[0].Container, want[0].Container)
	}

	other := fullID("cd34")
	f.put(other, object{"Name": "/job", "HostConfig": object{"NetworkMode": "container:" + id}, "Config": object{"Image": "sha256:0ca"}})
	f.notify(t, "create", other)
	e := next(t, w)
	if want := (&Description{Type: "docker", ID: "cd3400000000", FullID: other, Name: "job", Image: "sha256:0ca", IP: "172.18.0.2",
		Labels: map[string]string{}}); e.Removed || !reflect.DeepEqual(e.Container, want) {
		t.Errorf("created: %+v", e.Container)
	}
	f.notify(t, "start", other)    // says nothing new
	f.notify(t, "exec_die", other) // is about another process
	f.say(t, `{"Type":"network","Action":"create","Actor":{"ID":"`+other+`"}}`)
	f.notify(t, "die", other)
	if e := next(t, w); !e.Removed || e.Container.ID != "cd3400000000" || e.Container.Name != "job" {
		t.Errorf("died: %+v", e)
	}
	f.notify(t, "destroy", other)
	// One that ended before it was asked about.
	f.say(t, `{"Type":"container","Action":"start","Actor":{"ID":"`+fullID("ee")+`","Attributes":{"image":"a/b:1","name":"short"}}}`)
	if e := next(t, w); e.Removed || e.Container.FullID != fullID("ee") || e.Container.Name != "short" || e.Container.ImageTag != "1" {
		t.Errorf("short: %+v", e)
	}
	f.notify(t, "die", fullID("ee"))
	if e := next(t, w); !e.Removed || e.Container.Name != "short" {
		t.Errorf("short: %+v", e)
	}
	f.notify(t, "die", id)
	if e := next(t, w); !e.Removed || e.Container.FullID != id {
		t.Errorf("died: %+v", e)
	}
	if got := list(t, w); len(got) != 0 {
		t.Errorf("%d containers are left", len(got))
	}
	if r := w.Runtimes(); len(r) != 1 || r[0] != "docker (API 1.41) at "+path || len(said.list()) > 0 {
		t.Error(r, said.list())
	}
}

func TestPodman(t *testing.T) {
	f, path, id := &fakeEngine{podman: true}, socket(t), fullID("ab12")
	doc := dockerDoc()
	doc["ImageName"], doc["ImageDigest"], doc["Image"] = "localhost/web:3", "sha256:d3", "0ca0fed353fb"
	doc["Config"].(object)["Healthcheck"] = object{"Test": []string{"CMD-SHELL", "true x"}}
	doc["NetworkSettings"].(object)["Ports"] = object{"80/tcp": []object{{"HostIp": "", "HostPort": "8080"}}}
	f.put(id, doc)
	serve(t, path, f)
	w, _ := watchDocker(t, path, 0) // in Docker's place
	want := dockerDescription(id)
	want.Type, want.Image, want.ImageRepo, want.ImageTag, want.ImageDigest = "podman", "localhost/web:3", "localhost/web", "3", "sha256:d3"
	want.Health, want.Ports[0].HostIP, want.Env = &Probe{Exe: "/bin/sh", Args: []string{"-c", "true x"}}, 0, nil
	if got := list(t, w); len(got) != 1 || !reflect.DeepEqual(got[0].Container, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	f.notify(t, "died", id)
	if e := next(t, w); !e.Removed {
		t.Errorf("died: %+v", e)
	}
	if r := w.Runtimes(); len(r) != 1 || r[0] != "podman 4.3.1 at "+path {
		t.Error(r)
	}
}

// An engine finds containers by their names too.
func TestEngineOtherID(t *testing.T) {
	f, path := fakeDocker(), socket(t)
	f.put("web", dockerDoc())
	f.containers["web"]["Id"] = fullID("ff")
	serve(t, path, f)
	cl, err := openEngine(context.Background(), &peer{path: path, timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer cl.close()
	if d, err := cl.describe(context.Background(), "web"); err != errOtherID {
		t.Error(d, err)
	}
	if d, err := cl.describe(context.Background(), "a.b/../c?d#e"); d != nil || err != nil {
		t.Error(d, err)
	}
	if got := f.paths[len(f.paths)-1]; got != "/containers/a.b%2F..%2Fc%3Fd%23e/json" {
		t.Error(got)
	}
}
