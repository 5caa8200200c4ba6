//go:build linux

package container

import (
	"fmt"
	"net/http"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

// TestLater has a runtime that begins after the watcher.
func TestLater(t *testing.T) {
	f, path := fakeDocker(), socket(t)
	f.put(fullID("aa"), dockerDoc())
	sockets := nowhere()
	sockets.Podman = []string{filepath.Join(filepath.Dir(path), "*")}
	w, said := watch(t, Options{Sockets: sockets})
	if got := list(t, w); len(got) != 0 || len(w.Runtimes()) != 0 {
		t.Error(got)
	}
	serve(t, path, f)
	if e := next(t, w); e.Container.Name != "web" || len(said.list()) != 0 {
		t.Errorf("%+v %q", e, said.list())
	}
}

// TestYoung has a runtime that knows a container later than the kernel does, and
// one that never knows it: each is told of once.
func TestYoung(t *testing.T) {
	for name, c := range map[string]struct {
		unknown int32 // answers that there is no such container
		want    string
		asked   int32
	}{
		"at last": {maxAsked - 1, "web", maxAsked},
		"never":   {maxAsked + 1, "", maxAsked},
	} {
		t.Run(name, func(t *testing.T) {
			f, path, id := fakeDocker(), socket(t), fullID("ab12")
			var asked atomic.Int32
			f.odd = func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path != "/containers/"+id+"/json" {
					return false
				}
				unknown := asked.Add(1) <= c.unknown
				if unknown {
					http.Error(w, `{"message":"no such container"}`, http.StatusNotFound)
				}
				return unknown
			}
			serve(t, path, f)
			w, said := watchDocker(t, path, time.Second)
			list(t, w)
			f.put(id, dockerDoc())
			begin := time.Now()
			w.Ask([]byte("cpu=/docker/" + id + "\x00"))
			e := next(t, w)
			if e.Removed || e.Container.FullID != id || e.Container.Type != "docker" || e.Container.Name != c.want {
				t.Errorf("%+v", e.Container)
			}
			// The questions are twice as far apart each time.
			if least := quick.ask<<(maxAsked-1) - quick.ask; time.Since(begin) < least {
				t.Errorf("answered after %v, less than %v", time.Since(begin), least)
			}
			w.Ask([]byte("memory=/docker/" + id + "\x00"))
			time.Sleep(2 * quick.ask << maxAsked)
			if n := asked.Load(); n != c.asked || len(w.Events()) > 0 || len(said.list()) > 0 {
				t.Errorf("asked %d times, %d more events, %q", n, len(w.Events()), said.list())
			}
		})
	}
}

// TestManyYoung has more containers that no runtime knows yet than there may be
// questions at once: none is forgotten.
func TestManyYoung(t *testing.T) {
	f, path := fakeDocker(), socket(t)
	serve(t, path, f)
	w, _ := watchDocker(t, path, 10*time.Second)
	list(t, w)
	const n = maxQueue + maxQueue/4
	told := make(map[string]bool, n)
	for begin := time.Now(); len(told) < n; {
		if time.Since(begin) > 20*time.Second {
			t.Fatalf("%d of %d containers were told of", len(told), n)
		}
		for i := range n { // what finds no room is asked again
			w.Ask(fmt.Appendf(nil, "cpu=/docker/%s\x00", fullID(fmt.Sprintf("%04x", i))))
		}
		for more := true; more; {
			select {
			case e := <-w.Events():
				told[e.Container.ID] = true
			case <-time.After(10 * time.Millisecond):
				more = false
			}
		}
	}
}

// TestTrust has users' runtimes tell of containers of root's.
func TestTrust(t *testing.T) {
	w, _ := watch(t, Options{Sockets: nowhere()})
	list(t, w)
	root, user, other := &source{w: w, trusted: true}, &source{w: w}, &source{w: w}
	for _, c := range []struct {
		from *source
		name string
		tell bool
	}{{user, "a", true}, {other, "b", false}, {user, "c", true}, {nil, "d", false}, {root, "e", true}, {user, "f", false}, {root, "g", true}} {
		w.add(c.from, &Description{ID: "x", Name: c.name})
		if got := len(w.Events()) > 0; got != c.tell {
			t.Errorf("%s: told %v", c.name, got)
		} else if got {
			next(t, w)
		}
	}
	w.remove(user, "x")
	if len(list(t, w)) != 1 {
		t.Error("a user's runtime removed root's container")
	}
	w.remove(root, "x")
	if e := next(t, w); !e.Removed || e.Container.Name != "g" {
		t.Errorf("%+v", e)
	}
}
