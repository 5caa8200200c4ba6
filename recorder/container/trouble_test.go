//go:build linux

package container

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"falcoreplay/internal/testenv"
)

// hang holds a request until the client gives up.
func hang(_ http.ResponseWriter, r *http.Request) bool { <-r.Context().Done(); return true }

// endless answers without an end.
func endless(w http.ResponseWriter, _ *http.Request) bool {
	block := []byte(strings.Repeat(`{"Id":"a"},`, 1<<10))
	w.Write([]byte("["))
	for {
		if _, err := w.Write(block); err != nil {
			return true
		}
	}
}

func answer(status int, body string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Location", "/elsewhere")
		w.Header().Set("Api-Version", "1.41")
		w.WriteHeader(status)
		fmt.Fprint(w, body)
		return true
	}
}

// TestTrouble has a runtime that misbehaves in each of its answers: there is
// one warning, and one container by its cgroup.
func TestTrouble(t *testing.T) {
	const timeout = 300 * time.Millisecond
	id := fullID("ab12")
	for name, c := range map[string]struct {
		path string // of the answers that are odd
		odd  func(http.ResponseWriter, *http.Request) bool
		want string // in the warning
	}{
		"hang":              {"/", hang, "does not answer within 300ms: containers are named by their cgroup only"},
		"hanging list":      {"/containers/json", hang, "does not answer within 300ms"},
		"hanging container": {"/containers/" + id, hang, "does not answer within 300ms"},
		"hanging notices":   {"/events", hang, "does not answer within 300ms"},
		"no engine":         {"/_ping", func(w http.ResponseWriter, _ *http.Request) bool { fmt.Fprint(w, "hi"); return true }, "neither docker nor podman"},
		"odd version": {"/_ping", func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Libpod-Api-Version", "../../x")
			return true
		}, "neither docker nor podman"},
		"error":             {"/containers/json", answer(500, "no"), "unexpected status 500 of /containers/json"},
		"redirect":          {"/containers/json", answer(302, ""), "unexpected status 302"},
		"not found":         {"/containers/json", answer(404, ""), "no such container"},
		"garbage":           {"/containers/json", answer(200, "\x00\xff garbage"), "invalid character"},
		"another type":      {"/containers/json", answer(200, `{"Id":1}`), "cannot unmarshal"},
		"endless list":      {"/containers/json", endless, ""},
		"garbage container": {"/containers/" + id, answer(200, "{"), "unexpected end of JSON"},
		"endless container": {"/containers/" + id, endless, ""},
		"garbage notice":    {"/events", answer(200, "garbage\n"), "notice: invalid character"},
		"endless notice": {"/events", func(w http.ResponseWriter, r *http.Request) bool {
			w.WriteHeader(200)
			return endless(w, r)
		}, "notice: answer is too long"},
		"notices end": {"/events", answer(200, ""), "went away"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, err := os.MkdirTemp("", "c") // names of tests make long paths
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.RemoveAll(dir) })
			f, path := fakeDocker(), filepath.Join(dir, "s")
			f.put(id, dockerDoc())
			f.odd = func(w http.ResponseWriter, r *http.Request) bool {
				return strings.HasPrefix(r.URL.Path, c.path) && c.odd(w, r)
			}
			serve(t, path, f)
			w, said := watchDocker(t, path, timeout)
			begin := time.Now()
			got := list(t, w, "cpu=/docker/"+id+"\x00")
			if took := time.Since(begin); took > 8*timeout {
				t.Errorf("the list took %v", took)
			}
			if len(got) != 1 || got[0].Container.FullID != id || got[0].Container.Type != "docker" {
				t.Errorf("listed %+v", got)
			}
			wait(t, "a warning", func() bool { return len(said.list()) > 0 })
			if s := said.list()[0]; !strings.HasPrefix(s, "docker at "+path+" ") || !strings.Contains(s, c.want) || len(s) > 500 {
				t.Error(s)
			}
			// And about others there is an answer all the same.
			other := fullID("cd34")
			begin = time.Now()
			w.Ask([]byte("cpu=/docker/" + other + "\x00"))
			if took := time.Since(begin); took > timeout/2 {
				t.Errorf("a question took %v", took)
			}
			for e := next(t, w); e.Container.FullID != other; e = next(t, w) {
			}
			n := 0
			for _, s := range said.list() {
				if !strings.HasSuffix(s, " answers") {
					n++
				}
			}
			if n != 1 {
				t.Errorf("%d warnings: %q", n, said.list())
			}
		})
	}
}

// TestOneHangs has one runtime that hangs beside one that does not.
func TestOneHangs(t *testing.T) {
	good, bad := socket(t), socket(t)
	f, g := fakeDocker(), &fakeEngine{}
	serve(t, good, f)
	var hangs atomic.Bool
	g.odd = func(w http.ResponseWriter, r *http.Request) bool { return hangs.Load() && hang(w, r) }
	serve(t, bad, g)
	sockets := nowhere()
	sockets.Docker = []string{bad, good}
	w, _ := watch(t, Options{Sockets: sockets, Timeout: 2 * time.Second})
	list(t, w)
	hangs.Store(true)
	for _, start := range []string{"a1", "a2", "a3"} {
		f.put(fullID(start), dockerDoc())
		begin := time.Now()
		w.Ask([]byte("cpu=/docker/" + fullID(start) + "\x00"))
		if e := next(t, w); e.Container.Name != "web" || time.Since(begin) > time.Second {
			t.Errorf("after %v: %+v", time.Since(begin), e.Container)
		}
	}
}

// TestRestart has a runtime go away and come back with other containers.
func TestRestart(t *testing.T) {
	f, path := fakeDocker(), socket(t)
	old, kept, fresh := fullID("aa"), fullID("bb"), fullID("cc")
	f.put(old, dockerDoc())
	f.put(kept, dockerDoc())
	stop := serve(t, path, f)
	w, said := watchDocker(t, path, time.Second)
	if got := list(t, w); len(got) != 2 {
		t.Fatalf("%d containers", len(got))
	}
	stop()
	wait(t, "a warning", func() bool { return len(said.list()) == 1 })
	f.drop(old)
	f.put(fresh, dockerDoc())
	serve(t, path, f)
	for range 2 {
		if e := next(t, w); e.Container.FullID == kept || e.Removed != (e.Container.FullID == old) {
			t.Errorf("%+v", e)
		}
	}
	wait(t, "good news", func() bool { return len(said.list()) == 2 })
	if s := said.list(); s[1] != "docker at "+path+" answers" {
		t.Error(s)
	}
	f.notify(t, "die", fresh)
	if e := next(t, w); !e.Removed || e.Container.FullID != fresh {
		t.Errorf("%+v", e)
	}
}

// TestNobody has no runtime at all.
func TestNobody(t *testing.T) {
	path := socket(t)
	w, said := watchDocker(t, path, 0)
	if got := list(t, w); len(got) != 0 {
		t.Error(got)
	}
	wait(t, "a warning", func() bool { return len(said.list()) == 1 })
	if s, want := said.list()[0], "docker at "+path+" is not running: containers are named by their cgroup only"; s != want {
		t.Error(s)
	}
	if r := w.Runtimes(); len(r) != 1 || r[0] != "docker at "+path+" (no answer)" {
		t.Error(r)
	}
}

// TestDenied has a socket that is another user's.
func TestDenied(t *testing.T) {
	const denied = "TEST_DENIED_SOCKET"
	if path := os.Getenv(denied); path != "" { // as a user who owns nothing
		_, err := openEngine(context.Background(), &peer{path: path, timeout: time.Second})
		fmt.Print(explain(err, time.Second))
		os.Exit(0)
	}
	testenv.Root(t)
	f, path := fakeDocker(), socket(t)
	serve(t, path, f)
	for _, dir := range []string{filepath.Dir(path), filepath.Dir(filepath.Dir(path))} {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	out := runAs(t, 65534, denied+"="+path)
	if !strings.HasPrefix(out, "may not be asked: its socket is another user's") {
		t.Error(out)
	}
}

// TestClose has nothing left of a watcher.
func TestClose(t *testing.T) {
	before := runtime.NumGoroutine()
	f, path := fakeDocker(), socket(t)
	f.put(fullID("aa"), dockerDoc())
	stop := serve(t, path, f)
	sockets := nowhere()
	sockets.Docker = []string{path}
	ctx, cancel := context.WithCancel(context.Background())
	w := start(ctx, Options{Sockets: sockets}, quick)
	list(t, w)
	// Nobody reads what there is to say.
	for i := range 2 * maxEvents {
		w.Ask(fmt.Appendf(nil, "cpu=/docker/%s\x00", fullID(fmt.Sprintf("%04x", i))))
	}
	cancel()
	for range w.Events() {
	}
	w.Close()
	stop()
	http.DefaultClient.CloseIdleConnections()
	wait(t, "goroutines to end", func() bool { return runtime.NumGoroutine() <= before })
}
