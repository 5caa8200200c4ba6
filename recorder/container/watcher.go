//go:build linux

package container

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"falcoreplay/internal/cgroup"
)

// Options say whom a Watcher asks. The zero value is all runtimes in their
// usual places, and no environments.
type Options struct {
	Sockets Sockets

	// Mask returns what a capture may hold of the environment of a container,
	// variables of the form NAME=VALUE; it may change the list. Without it there
	// are no environments. It may be called by several goroutines.
	Mask func(env []string) []string

	Timeout time.Duration // of a question; 2 s by default

	// Warn, if it is not nil, is told in a sentence what is amiss, and when it
	// is well again: of each socket once, and again where that lasts, at most
	// once in 10 minutes. It may be called by several goroutines.
	Warn func(string)
}

const defaultTimeout = 2 * time.Second

// Limits of what is kept. Hosts have some hundreds of containers at most;
// Kubernetes recommends up to 110 pods on each.
const (
	maxKnown  = 8192
	maxSeen   = 8192 // ids
	maxTexts  = 4096 // cgroups of a thread, up to 4 KiB each
	maxQueue  = 1024 // questions
	maxEvents = 1024
)

// pace is how often things are done.
type pace struct {
	retry, mostRetry time.Duration // between attempts to reach a runtime
	look             time.Duration // between looks at what runs, beside the notices
	scan             time.Duration // between looks for new sockets
	quiet            time.Duration // between complaints
	ask              time.Duration // before the second question about a container that nobody knows; twice as long before each after
}

var usualPace = pace{
	retry: time.Second, mostRetry: 30 * time.Second, look: 30 * time.Second, scan: 10 * time.Second,
	quiet: 10 * time.Minute, ask: 50 * time.Millisecond,
}

// maxAsked is how often it is asked about a container: a runtime may know it
// later than the kernel does, a sandbox of Kubernetes once its network is there.
// That is for 1.6 s at the usual pace.
const maxAsked = 6

// Watcher knows the containers of a host. Its methods may be called by several
// goroutines at once, and but for List and Close they never wait.
type Watcher struct {
	opt    Options
	pace   pace
	done   <-chan struct{}
	cancel context.CancelFunc
	work   sync.WaitGroup

	events    chan Event
	questions chan question
	settled   chan struct{} // closed once all runtimes were asked a first time

	mu      sync.Mutex
	sources []*source
	paths   map[string]bool   // of sources
	known   map[string]*entry // by id; of such without a runtime only before the first List
	seen    map[string]bool   // ids that were asked about, or listed
	texts   map[string]bool   // cgroups that were looked at
	listed  bool              // List was called: from then on there are events
}

type entry struct {
	d    *Description
	from *source // nil for what a cgroup told
}

type question struct {
	cgroup.Container
	asked int
}

// Start begins to ask runtimes, until the context ends or Close is called.
// Runtimes that come later are found.
func Start(ctx context.Context, opt Options) *Watcher { return start(ctx, opt, usualPace) }

func start(ctx context.Context, opt Options, p pace) *Watcher {
	if opt.Timeout <= 0 {
		opt.Timeout = defaultTimeout
	}
	ctx, cancel := context.WithCancel(ctx)
	w := &Watcher{
		opt: opt, pace: p, done: ctx.Done(), cancel: cancel,
		events: make(chan Event, maxEvents), questions: make(chan question, maxQueue), settled: make(chan struct{}),
		paths: make(map[string]bool), known: make(map[string]*entry), seen: make(map[string]bool), texts: make(map[string]bool),
	}
	var first sync.WaitGroup
	w.scan(ctx, &first)
	w.work.Go(func() { first.Wait(); close(w.settled) })
	w.work.Go(func() { w.answer(ctx) })
	w.work.Go(func() {
		t := time.NewTicker(p.scan)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
				w.scan(ctx, nil)
			}
		}
	})
	go func() {
		w.work.Wait()
		close(w.events)
	}()
	return w
}

// Close ends the watcher and waits until it has ended.
func (w *Watcher) Close() {
	w.cancel()
	w.work.Wait()
}

// scan begins to ask at sockets that are new.
func (w *Watcher) scan(ctx context.Context, first *sync.WaitGroup) {
	for _, p := range w.opt.Sockets.find() {
		path := p.resolved()
		w.mu.Lock()
		skip := w.paths[path] || len(w.paths) >= maxPlaces
		s := &source{w: w, place: p, settled: func() {}}
		if !skip {
			w.paths[path] = true
			w.sources = append(w.sources, s)
		}
		w.mu.Unlock()
		if skip {
			continue
		}
		if first != nil {
			first.Add(1)
			s.settled = sync.OnceFunc(first.Done)
		}
		w.work.Go(func() { s.run(ctx) })
	}
}

func (w *Watcher) warn(text string) {
	if w.opt.Warn != nil {
		w.opt.Warn(text)
	}
}

// Runtimes lists the runtimes that were asked, such as "podman 4.3.1 at
// /run/podman/podman.sock", sorted.
func (w *Watcher) Runtimes() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := make([]string, 0, len(w.sources))
	for _, s := range w.sources {
		if s.title == "" {
			all = append(all, fmt.Sprintf("%s at %s (no answer)", s.kind, s.path))
		} else {
			all = append(all, fmt.Sprintf("%s at %s", s.title, s.path))
		}
	}
	slices.Sort(all)
	return all
}

// List returns what is at the head of a file: the containers that runtimes tell
// of, and those that only the cgroups of threads show, each as
// procsnap and scap have them, such as "cpu=/a\x00memory=/b\x00". They are
// sorted by id. It waits until all runtimes were asked a first time, or the
// context ends.
//
// Events there are from the first call on: of what List did not return.
func (w *Watcher) List(ctx context.Context, cgroups []string) []Event {
	select {
	case <-w.settled:
	case <-ctx.Done():
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.listed = true
	list := make([]Event, 0, len(w.known))
	clear(w.seen)
	clear(w.texts)
	put := func(d *Description) {
		w.seen[d.ID] = true
		list = append(list, Event{Container: d})
	}
	for id, e := range w.known {
		put(e.d)
		if e.from == nil {
			delete(w.known, id)
		}
	}
	for _, text := range cgroups {
		c, ok := find(text)
		if d := bare(c); ok && d != nil && !w.seen[c.ID] && len(list) < 2*maxKnown {
			put(d)
		}
	}
	slices.SortFunc(list, func(a, b Event) int { return strings.Compare(a.Container.ID, b.Container.ID) })
	return list
}

// Events is what there is to write: containers that began, or that were asked
// about, and containers that ended. A container may be told of again, when
// more is known of it. The channel is closed when the watcher ended. Where it
// is not read, runtimes wait, and nobody else.
func (w *Watcher) Events() <-chan Event { return w.events }
