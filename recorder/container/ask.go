//go:build linux

package container

import (
	"context"
	"strings"
	"time"

	"falcoreplay/internal/cgroup"
)

// Ask says that a thread is in cgroups, in the form that events and snapshots
// have them, such as "cpu=/a\x00memory=/b\x00". Of a container that was not
// shown before there will be an event: what a runtime says of it, or, if none
// does, what its cgroup tells. cgroups is not kept, and looking at the same
// ones again costs next to nothing. Where there are too many questions, it
// does nothing, and the next call with the same cgroups asks.
func (w *Watcher) Ask(cgroups []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.texts[string(cgroups)] {
		return
	}
	if c, ok := find(string(cgroups)); ok && w.known[c.ID] == nil && !w.seen[c.ID] {
		select {
		case w.questions <- question{Container: c}:
			w.mark(c.ID)
		default:
			return
		}
	}
	if len(w.texts) >= maxTexts {
		clear(w.texts)
	}
	w.texts[string(cgroups)] = true
}

// mark notes that a container was asked about. Forgetting all of them makes
// for some that are told of twice.
func (w *Watcher) mark(id string) {
	if len(w.seen) >= maxSeen {
		clear(w.seen)
		clear(w.texts)
	}
	w.seen[id] = true
}

// find tells the container that a thread with these cgroups is in, as replay
// does. ok is false for the host, and for paths that may be of a container of
// containerd's alone or of something else.
func find(cgroups string) (c cgroup.Container, ok bool) {
	for text := range strings.SplitSeq(cgroups, "\x00") {
		_, path, _ := strings.Cut(text, "=")
		if c = cgroup.Find(path); c.ID != "" {
			break
		}
	}
	return c, c.ID != "" && (c.Type != "" || isFullID(c.FullID))
}

// bare is what a cgroup tells of a container, nil where that is nothing that a
// replay does not find itself: systemd-nspawn has no number in captures.
func bare(c cgroup.Container) *Description {
	if _, ok := typeNumbers[c.Type]; !ok && c.PathOnly {
		return nil
	}
	return &Description{Type: c.Type, ID: c.ID, FullID: c.FullID}
}

// answer answers questions, one after the other.
func (w *Watcher) answer(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case q := <-w.questions:
			w.find(ctx, q)
		}
	}
}

func (w *Watcher) find(ctx context.Context, q question) {
	if w.knows(q.ID) {
		return
	}
	s, d, up := w.askAll(ctx, q.Container)
	q.asked++
	switch {
	case d != nil:
		w.add(s, d)
		return
	case up && q.asked < maxAsked:
		w.work.Go(func() {
			select {
			case <-ctx.Done():
				return
			case <-time.After(w.pace.ask << (q.asked - 1)):
			}
			select {
			case w.questions <- q: // not given up: nobody asks about this one again
			case <-ctx.Done():
			}
		})
		return
	}
	if d = bare(q.Container); d != nil {
		w.add(nil, d)
	}
}

// askAll asks all runtimes that answer at once, and returns the first
// description, if there is one; up is whether there is such a runtime.
func (w *Watcher) askAll(ctx context.Context, c cgroup.Container) (s *source, d *Description, up bool) {
	if c.PathOnly {
		return nil, nil, false
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type answer struct {
		s *source
		d *Description
	}
	answers := make(chan answer)
	asked := 0
	w.mu.Lock()
	for _, s := range w.sources {
		cl, give := s.client, s.give
		if cl == nil {
			continue
		}
		asked++
		w.work.Go(func() {
			d, err := s.describe(ctx, cl, c.FullID)
			if err != nil && isTimeout(err) {
				give(err) // the session is over
			}
			select {
			case answers <- answer{s, d}:
			case <-ctx.Done():
			}
		})
	}
	w.mu.Unlock()
	for range asked {
		select {
		case a := <-answers:
			if a.d != nil {
				return a.s, a.d, true
			}
		case <-ctx.Done():
			return nil, nil, false
		}
	}
	return nil, nil, asked > 0
}
