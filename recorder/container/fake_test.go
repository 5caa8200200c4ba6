//go:build linux

package container

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// quick is a pace for tests.
var quick = pace{
	retry: 10 * time.Millisecond, mostRetry: 50 * time.Millisecond, look: time.Hour, scan: 10 * time.Millisecond,
	quiet: time.Hour, ask: time.Millisecond,
}

// fullID makes an id of 64 digits of a short beginning.
func fullID(start string) string { return start + strings.Repeat("0", fullIDChars-len(start)) }

// object is JSON.
type object = map[string]any

// fakeEngine answers as Docker or Podman does.
type fakeEngine struct {
	podman bool

	mu         sync.Mutex
	containers map[string]object // by full id
	images     map[string]object
	streams    map[chan string]bool
	paths      []string // of all requests
	odd        func(w http.ResponseWriter, r *http.Request) bool
}

func (f *fakeEngine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.paths = append(f.paths, r.URL.EscapedPath())
	odd := f.odd
	f.mu.Unlock()
	if odd != nil && odd(w, r) {
		return
	}
	path := r.URL.Path
	w.Header().Set("Api-Version", "1.41")
	if f.podman {
		w.Header().Set("Libpod-Api-Version", "4.3.1")
		path = strings.TrimPrefix(path, "/v4.3.1/libpod")
	}
	rest, isContainer := strings.CutPrefix(path, "/containers/")
	id, isImage := strings.CutPrefix(path, "/images/")
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case path == "/_ping":
		fmt.Fprint(w, "OK")
	case path == "/events":
		f.stream(w, r)
	case path == "/containers/json":
		all := []object{}
		for id := range f.containers {
			all = append(all, object{"Id": id, "Names": []string{"/x"}})
		}
		json.NewEncoder(w).Encode(all)
	case isContainer && f.containers[strings.TrimSuffix(rest, "/json")] != nil:
		json.NewEncoder(w).Encode(f.containers[strings.TrimSuffix(rest, "/json")])
	case isImage && f.images[strings.TrimSuffix(id, "/json")] != nil:
		json.NewEncoder(w).Encode(f.images[strings.TrimSuffix(id, "/json")])
	default:
		http.Error(w, `{"message":"no such container"}`, http.StatusNotFound)
	}
}

// stream sends notices until the connection ends. It is called with the lock.
func (f *fakeEngine) stream(w http.ResponseWriter, r *http.Request) {
	lines := make(chan string)
	if f.streams == nil {
		f.streams = make(map[chan string]bool)
	}
	f.streams[lines] = true
	f.mu.Unlock()
	defer f.mu.Lock()
	defer func() { f.mu.Lock(); delete(f.streams, lines); f.mu.Unlock() }()
	w.(http.Flusher).Flush()
	for {
		select {
		case <-r.Context().Done():
			return
		case l := <-lines:
			fmt.Fprintln(w, l)
			w.(http.Flusher).Flush()
		}
	}
}

// notify tells all who listen.
func (f *fakeEngine) notify(t *testing.T, action, id string) {
	t.Helper()
	f.say(t, fmt.Sprintf(`{"Type":"container","Action":%q,"Actor":{"ID":%q}}`, action, id))
}

func (f *fakeEngine) say(t *testing.T, line string) {
	t.Helper()
	wait(t, "a listener", func() bool { f.mu.Lock(); defer f.mu.Unlock(); return len(f.streams) > 0 })
	f.mu.Lock()
	defer f.mu.Unlock()
	for s := range f.streams {
		s <- line
	}
}

// put has a container run.
func (f *fakeEngine) put(id string, doc object) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.containers == nil {
		f.containers = make(map[string]object)
	}
	doc["Id"] = id
	f.containers[id] = doc
}

func (f *fakeEngine) drop(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.containers, id)
}

// serve serves at a socket until the function that it returns is called, or
// the test ends.
func serve(t *testing.T, path string, h http.Handler) (stop func()) {
	t.Helper()
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(h)
	s.Listener.Close()
	s.Listener = l
	s.Start()
	stop = sync.OnceFunc(func() { s.CloseClientConnections(); s.Close() })
	t.Cleanup(stop)
	return stop
}

func wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// warnings keeps what a watcher says.
type warnings struct {
	mu  sync.Mutex
	all []string
}

func (w *warnings) add(s string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, s)
}

func (w *warnings) list() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.all...)
}

// nowhere are sockets of no runtime.
func nowhere() Sockets { return Sockets{Docker: []string{}, Podman: []string{}, CRI: []string{}} }

// watch starts a watcher of sockets, that the test ends.
func watch(t *testing.T, opt Options) (*Watcher, *warnings) {
	t.Helper()
	said := &warnings{}
	opt.Warn = said.add
	w := start(context.Background(), opt, quick)
	t.Cleanup(func() {
		w.Close()
		for range w.Events() {
		}
	})
	return w, said
}

// watchDocker watches one socket as Docker's.
func watchDocker(t *testing.T, path string, timeout time.Duration) (*Watcher, *warnings) {
	t.Helper()
	sockets := nowhere()
	sockets.Docker = []string{path}
	return watch(t, Options{Sockets: sockets, Timeout: timeout})
}

func next(t *testing.T, w *Watcher) Event {
	t.Helper()
	select {
	case e := <-w.Events():
		return e
	case <-time.After(10 * time.Second):
		t.Fatal("no event")
		return Event{}
	}
}

func list(t *testing.T, w *Watcher, cgroups ...string) []Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	l := w.List(ctx, cgroups)
	if ctx.Err() != nil {
		t.Fatal("the list took too long")
	}
	return l
}

func socket(t *testing.T) string { return filepath.Join(t.TempDir(), "s") }
