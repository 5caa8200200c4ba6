//go:build linux

package container

import "reflect"

// knows reports whether a runtime has described a container.
func (w *Watcher) knows(id string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	e := w.known[id]
	return e != nil && e.from != nil
}

// idsOf is the ids of the containers that a runtime told of.
func (w *Watcher) idsOf(s *source) map[string]bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	ids := make(map[string]bool)
	for id, e := range w.known {
		if e.from == s {
			ids[id] = true
		}
	}
	return ids
}

// add makes a container known, unless that was told already, or by a runtime
// that is to be trusted more. s is nil where only a cgroup told.
func (w *Watcher) add(s *source, d *Description) {
	w.mu.Lock()
	old := w.known[d.ID]
	switch {
	case old == nil && len(w.known) >= maxKnown,
		old != nil && s == nil,
		old != nil && old.from != nil && old.from != s && (old.from.trusted || !s.trusted),
		old != nil && reflect.DeepEqual(old.d, d):
		w.mu.Unlock()
		return
	}
	if s != nil || !w.listed {
		w.known[d.ID] = &entry{d, s}
	}
	w.mark(d.ID)
	send := w.listed
	w.mu.Unlock()
	if send {
		w.send(Event{Container: d})
	}
}

// remove forgets a container that a runtime told of.
func (w *Watcher) remove(s *source, id string) {
	w.mu.Lock()
	e := w.known[id]
	if e == nil || e.from != s {
		w.mu.Unlock()
		return
	}
	delete(w.known, id)
	send := w.listed
	w.mu.Unlock()
	if send {
		w.send(Event{Container: e.d, Removed: true})
	}
}

func (w *Watcher) send(e Event) {
	select {
	case w.events <- e:
	case <-w.done:
	}
}
