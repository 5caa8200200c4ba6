//go:build linux

package procsnap

import (
	"sync/atomic"
	"time"
)

// A worker reads processes in a goroutine of its own. One that does not get on
// is given up: a process may keep whoever reads its memory or its files waiting
// without end (a page that userfaultfd guards, a server that is gone). Such a
// worker is left alone with all it knows, and a new one takes over.
type worker struct {
	done     chan process
	progress atomic.Uint64
	quit     atomic.Bool
}

type job struct {
	pid int
	lvl level
}

// ahead is how many processes a worker has read that nobody has taken: enough
// for both to seldom wait.
const ahead = 64

func startWorker(opts *Options, jobs []job) (*worker, error) {
	w := &worker{done: make(chan process, ahead)}
	s, err := newScanner(opts, &w.progress)
	if err != nil {
		return nil, err
	}
	go func() {
		defer s.close()
		for _, j := range jobs {
			p := s.read(j.pid, j.lvl)
			if w.quit.Load() {
				return
			}
			w.done <- p
		}
	}()
	return w, nil
}

// next waits for the next process, and reports whether there was one before
// the worker stood still.
func (w *worker) next(timer *time.Timer, timeout time.Duration) (process, bool) {
	select { // the usual case needs no timer
	case p := <-w.done:
		return p, true
	default:
	}
	// Two looks, for the first may come late: after the whole machine stood
	// still, the worker has had no time either.
	before, idle := w.progress.Load(), 0
	timer.Reset(timeout / 2)
	for {
		select {
		case p := <-w.done:
			return p, true
		case <-timer.C:
			now := w.progress.Load()
			if idle++; now != before {
				idle = 0
			}
			if idle == 2 {
				w.quit.Store(true)
				return process{}, false
			}
			before = now
			timer.Reset(timeout / 2)
		}
	}
}

// readAll reads processes in their order. Of one that makes the reader wait
// there is what little can be read without waiting.
func readAll(opts *Options, jobs []job, deliver func(job, process)) error {
	timer := time.NewTimer(opts.StallTimeout)
	defer timer.Stop()
	for len(jobs) > 0 {
		w, err := startWorker(opts, jobs)
		if err != nil {
			return err
		}
		for len(jobs) > 0 {
			p, ok := w.next(timer, opts.StallTimeout)
			if !ok {
				break
			}
			deliver(jobs[0], p)
			jobs = jobs[1:]
		}
		if len(jobs) == 0 {
			break
		}
		stuck := jobs[0]
		less := light
		if stuck.lvl == name {
			less = bare
		}
		if w, err = startWorker(opts, []job{{stuck.pid, less}}); err != nil {
			return err
		}
		p, _ := w.next(timer, opts.StallTimeout)
		p.stats.Stalled = 1
		deliver(stuck, p)
		jobs = jobs[1:]
	}
	return nil
}
