// Package run takes one capture through one engine: reader to state to rules.
// It knows neither flags nor files' names beyond those in messages. Commands
// and package engine/regress import it.
package run

import (
	"errors"
	"io"

	"falcoreplay/engine"
	"falcoreplay/replay"
	"falcoreplay/scap"
	"falcoreplay/scap/event"
)

// Result is what was met on the way through a capture.
type Result struct {
	Capture scap.Stats
	State   replay.Stats
	Totals  *scap.Totals // the recorder's figures, nil if the capture holds none
}

// Capture analyses the capture that r holds and calls emit with each alert, in
// the order of the events. name is for messages. The result is right up to
// where the error, if there is one, ended the capture: an *scap.Error for the
// capture, or that of emit.
func Capture(r io.Reader, name string, eng *engine.Engine, opts scap.Options, emit func(*engine.Alert) error) (Result, error) {
	rd, err := scap.NewReader(r, name, opts)
	if err != nil {
		return Result{}, err
	}
	defer rd.Close()
	p := pass{reader: rd, engine: eng}
	err = p.events(emit)
	p.endSection()
	return Result{Capture: rd.Stats(), State: p.stats, Totals: rd.Totals()}, err
}

// pass is one way through a capture.
type pass struct {
	reader  *scap.Reader
	engine  *engine.Engine
	section int
	host    *replay.Host
	eval    *engine.Evaluator
	stats   replay.Stats
}

func (p *pass) events(emit func(*engine.Alert) error) error {
	// What is done with an event depends on its type alone.
	var wanted, needed [event.NumTypes]bool
	for t := range wanted {
		wanted[t] = p.engine.Wants(event.Type(t))
		needed[t] = wanted[t] || replay.Changes(event.Type(t))
	}
	var failed error
	collect := func(a *engine.Alert) {
		if failed == nil {
			failed = emit(a)
		}
	}
	for {
		ev, err := p.reader.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if p.reader.Section() != p.section {
			p.beginSection()
		}
		if !needed[ev.Type] {
			p.host.Skip(ev)
			continue
		}
		p.host.Apply(ev)
		if wanted[ev.Type] && !ev.StateOnly {
			if p.eval.Process(collect); failed != nil {
				return failed
			}
		}
	}
}

// beginSection starts with a new host: a section is a capture of its own.
func (p *pass) beginSection() {
	p.endSection()
	p.section = p.reader.Section()
	p.host = replay.New(p.reader.Snapshot())
	p.eval = p.engine.NewEvaluator(p.host)
}

func (p *pass) endSection() {
	if p.host != nil {
		p.stats.ThreadsDropped += p.host.Stats.ThreadsDropped
		p.stats.BadContainers += p.host.Stats.BadContainers
	}
}
