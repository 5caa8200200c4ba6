//go:build linux

package container

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// source is one socket and the runtime behind it. One goroutine, that of run,
// does everything but answer questions.
type source struct {
	w *Watcher
	place
	settled func() // says that the runtime was asked a first time
	missed  bool   // it was complained about

	// Under the watcher's lock.
	client   client // nil while the runtime does not answer
	trusted  bool   // as peer.trusted when it answered last
	give     context.CancelCauseFunc
	title    string    // once it has answered
	reported time.Time // when it was last complained about
}

// run asks for ever, and less often where there is no answer.
func (s *source) run(ctx context.Context) {
	wait := s.w.pace.retry
	for {
		answered, err := s.session(ctx)
		s.settled()
		if ctx.Err() != nil {
			return
		}
		s.missed = s.report(err) || s.missed
		if answered {
			wait = s.w.pace.retry
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		wait = min(2*wait, s.w.pace.mostRetry)
	}
}

// session is from a runtime's first answer to the first that it owes. answered
// is whether there were any.
func (s *source) session(ctx context.Context) (answered bool, err error) {
	ctx, give := context.WithCancelCause(ctx)
	defer give(nil)
	p := &peer{path: s.path, timeout: s.w.opt.Timeout}
	cl, err := s.open(ctx, p)
	if err != nil {
		return false, err
	}
	defer cl.close()

	late := time.AfterFunc(s.w.opt.Timeout, func() { give(context.DeadlineExceeded) })
	next, err := cl.subscribe(ctx)
	if !late.Stop() {
		return false, context.DeadlineExceeded
	}
	notices := make(chan notice)
	switch {
	case err == nil:
		var reader sync.WaitGroup
		defer reader.Wait()
		defer give(nil)
		reader.Go(func() { s.listen(ctx, next, notices, give) })
	case !errors.Is(err, errNoNotices):
		return false, err
	}

	s.use(cl, p.trusted(), give)
	defer s.use(nil, false, nil)
	look := time.NewTicker(s.w.pace.look)
	defer look.Stop()
	for {
		if err := s.compare(ctx, cl); err != nil {
			return answered, cause(ctx, err)
		}
		answered = true
		s.settled()
		if s.missed {
			s.missed = false
			s.w.warn(fmt.Sprintf("%s at %s answers", s.kind, s.path))
		}
		for looking := true; looking; {
			select {
			case <-ctx.Done():
				return answered, context.Cause(ctx)
			case <-look.C:
				looking = false
			case n := <-notices:
				if n.gone {
					s.w.remove(s, shortID(n.id))
				} else if err := s.tell(ctx, cl, n); err != nil {
					return answered, cause(ctx, err)
				}
			}
		}
	}
}

// cause is why the context ended, if it did, or err.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func (s *source) open(ctx context.Context, p *peer) (client, error) {
	ctx, cancel := context.WithTimeout(ctx, s.w.opt.Timeout)
	defer cancel()
	if s.kind == "cri" {
		return openCRI(ctx, p)
	}
	return openEngine(ctx, p)
}

// listen passes notices on until there are no more, which ends the session
// unless the runtime has none to give.
func (s *source) listen(ctx context.Context, next func() (notice, error), notices chan<- notice, give context.CancelCauseFunc) {
	for {
		n, err := next()
		switch {
		case errors.Is(err, errNoNotices):
			return
		case err != nil:
			give(err)
			return
		}
		select {
		case notices <- n:
		case <-ctx.Done():
			return
		}
	}
}

// use says who answers questions, and how to say that it does not.
func (s *source) use(cl client, trusted bool, give context.CancelCauseFunc) {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	s.client, s.give = cl, give
	if cl != nil {
		s.title, s.trusted = cl.name(), trusted
	}
}

// compare brings what is known of the runtime's containers up to what runs.
func (s *source) compare(ctx context.Context, cl client) error {
	gone := s.w.idsOf(s)
	asked, cancel := context.WithTimeout(ctx, s.w.opt.Timeout)
	ids, err := cl.list(asked)
	cancel()
	if err != nil {
		return err
	}
	for _, id := range ids[:min(len(ids), maxKnown)] {
		delete(gone, shortID(id))
		if !s.w.knows(shortID(id)) {
			if err := s.tell(ctx, cl, notice{id: id}); err != nil {
				return err
			}
		}
	}
	for id := range gone {
		s.w.remove(s, id)
	}
	return nil
}

// tell adds a container to those that are known. An error is one of the
// runtime as a whole; of a container that it cannot describe, or not any more,
// there is what the notice says.
func (s *source) tell(ctx context.Context, cl client, n notice) error {
	d, err := s.describe(ctx, cl, n.id)
	switch {
	case err != nil && (isTimeout(err) || ctx.Err() != nil):
		return err
	case err != nil:
		s.report(err)
	}
	if d == nil {
		if s.w.knows(shortID(n.id)) {
			return nil
		}
		d = &Description{Type: cl.kind(), ID: shortID(n.id), FullID: n.id, Name: n.name, Image: n.image}
		d.ImageRepo, d.ImageTag = splitImage(n.image)
	}
	s.w.add(s, d)
	return nil
}

func (s *source) describe(ctx context.Context, cl client, id string) (*Description, error) {
	ctx, cancel := context.WithTimeout(ctx, s.w.opt.Timeout)
	defer cancel()
	d, err := cl.describe(ctx, id)
	if err != nil || d == nil {
		return nil, err
	}
	if s.w.opt.Mask == nil {
		d.Env = nil
	} else {
		d.Env = s.w.opt.Mask(d.Env)
	}
	return d, nil
}

// report complains about the runtime, unless it did so not long ago.
func (s *source) report(err error) bool {
	now := time.Now()
	s.w.mu.Lock()
	quiet := !s.reported.IsZero() && now.Sub(s.reported) < s.w.pace.quiet
	if !quiet {
		s.reported = now
	}
	s.w.mu.Unlock()
	if !quiet {
		s.w.warn(fmt.Sprintf("%s at %s %s: containers are named by their cgroup only",
			s.kind, s.path, explain(err, s.w.opt.Timeout)))
	}
	return !quiet
}
