package main

import (
	"errors"
	"io"
	"os"
	"runtime"

	"falcoreplay/engine"
	"falcoreplay/engine/run"
)

const (
	// batchAlerts is how many alerts are handed over at once.
	batchAlerts = 64

	// batchesAhead is how many batches a capture may be ahead of what is
	// written: some 8 MiB of alerts.
	batchesAhead = 64
)

// capturePass is one capture on its way through the rules. Its alerts are
// written by another goroutine than that which finds them, so that several
// captures can be looked at side by side and are written one after another.
type capturePass struct {
	path   string
	alerts chan []*engine.Alert // closed at the end, before which the rest is not looked at

	opened bool
	result run.Result
	err    error
}

var errStopped = errors.New("nobody wants the alerts any more")

// captures analyses captures, which may be directories of them, side by side, as
// many as there are processors, and writes their alerts in order. Memory is
// bounded: one that is far ahead waits.
func (a *analysis) captures(args []string) error {
	paths, errs := expandCaptures(args)
	for _, err := range errs {
		a.damage(err)
	}
	workers := min(runtime.GOMAXPROCS(0), len(paths))
	if a.profile != nil {
		workers = 1 // what it measures is one capture's at a time
	}
	spare := runtime.GOMAXPROCS(0) - workers
	if a.profile != nil {
		spare = 0
	}
	begun := make(chan *capturePass, workers)
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		defer close(begun)
		free := make(chan struct{}, workers)
		for _, path := range paths {
			p := &capturePass{path: path, alerts: make(chan []*engine.Alert, batchesAhead)}
			select {
			case free <- struct{}{}:
			case <-stop:
				return
			}
			select {
			case begun <- p:
			case <-stop:
				return
			}
			go func() {
				p.run(a, spare, stop)
				<-free
			}()
		}
	}()
	for p := range begun {
		if err := a.write(p); err != nil {
			return err
		}
	}
	return nil
}

// run takes the capture through the rules; spare is as in run.Options. Of the
// analysis it reads what does not change.
func (p *capturePass) run(a *analysis, spare int, stop <-chan struct{}) {
	defer close(p.alerts)
	name, in := p.path, io.Reader(a.in)
	if p.path == "-" {
		name = "standard input"
	} else {
		f, err := os.Open(p.path)
		if err != nil {
			p.err = err
			return
		}
		defer f.Close()
		in = f
	}
	p.opened = true
	var batch []*engine.Alert
	send := func() error {
		select {
		case p.alerts <- batch:
			batch = nil
			return nil
		case <-stop:
			return errStopped
		}
	}
	emit := func(alert *engine.Alert) error {
		if batch = append(batch, alert); len(batch) < batchAlerts {
			return nil
		}
		return send()
	}
	opts := run.Options{Spare: spare}
	if a.profile != nil {
		p.result, p.err = run.Profiled(in, name, a.engine, a.profile, opts, emit)
	} else {
		p.result, p.err = run.Capture(in, name, a.engine, opts, emit)
	}
	if len(batch) > 0 {
		if err := send(); err != nil {
			p.err = err
		}
	}
}

// write writes the alerts of a capture as they come, and then tells what became
// of it. Damage to it is reported and is no error.
func (a *analysis) write(p *capturePass) error {
	for batch := range p.alerts {
		for _, alert := range batch {
			a.summary.Add(alert)
			a.failed = a.failed || a.fails && alert.Rule.Priority <= a.failOn
			if err := a.writer.Alert(alert); err != nil {
				return outputError(err)
			}
		}
	}
	if p.opened {
		a.count(&p.result)
	}
	if p.err != nil {
		a.damage(p.err)
	} else if m := p.result.Capture.FirstMalformed; m != nil {
		a.damage(m)
	}
	return nil
}
