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

// Options changes how a capture is taken through. The zero value is ready for
// use.
type Options struct {
	Reader scap.Options
	// Spare is how many processors there are besides the one that this takes. If
	// there is one that does not decompress the capture, it is read there, beside
	// the replay. The result is the same, at the price of some work.
	Spare int
}

// Capture analyses the capture that r holds and calls emit with each alert, in
// the order of the events. name is for messages. The result is right up to
// where the error, if there is one, ended the capture: an *scap.Error for the
// capture, or that of emit, with which a few more events may be counted.
func Capture(r io.Reader, name string, eng *engine.Engine, opts Options, emit func(*engine.Alert) error) (Result, error) {
	return Events(r, name, newJudge(eng, emit), opts)
}

// Profiled is Capture with what the rules cost added to a profile of the engine.
func Profiled(r io.Reader, name string, eng *engine.Engine, p *engine.Profile, opts Options, emit func(*engine.Alert) error) (Result, error) {
	return Events(r, name, &profiler{newJudge(eng, emit), p}, opts)
}

// profiler is a judge that keeps a profile.
type profiler struct {
	*judge
	profile *engine.Profile
}

func (p *profiler) Event() error {
	p.eval.ProcessProfiled(p.profile, p.collect)
	return p.failed
}

// judge has an engine look at events.
type judge struct {
	engine  *engine.Engine
	eval    *engine.Evaluator
	emit    func(*engine.Alert) error
	collect func(*engine.Alert)
	failed  error
}

func newJudge(eng *engine.Engine, emit func(*engine.Alert) error) *judge {
	j := &judge{engine: eng, emit: emit}
	j.collect = func(a *engine.Alert) {
		if j.failed == nil {
			j.failed = j.emit(a)
		}
	}
	return j
}

func (j *judge) Wants(t event.Type) bool { return j.engine.Wants(t) }
func (j *judge) Begin(host *replay.Host) { j.eval = j.engine.NewEvaluator(host) }

func (j *judge) Event() error {
	j.eval.Process(j.collect)
	return j.failed
}

// Visitor looks at the events of a capture.
type Visitor interface {
	// Wants tells whether events of a type are to be looked at. The answer does
	// not change.
	Wants(t event.Type) bool
	// Begin is called before the first event, and again where another capture
	// begins in the same file.
	Begin(host *replay.Host)
	// Event looks at the host's current event, which the host has applied. An
	// error ends the pass.
	Event() error
}

// Events takes a visitor through the capture that r holds. It is as Capture
// otherwise.
func Events(r io.Reader, name string, v Visitor, opts Options) (Result, error) {
	rd, err := scap.NewReader(r, name, opts.Reader)
	if err != nil {
		return Result{}, err
	}
	p := pass{reader: rd, visitor: v}
	p.init()
	var res Result
	if opts.Spare > 1 || opts.Spare > 0 && !rd.Compressed() {
		res, err = p.beside()
	} else {
		err = p.events()
		rd.Close()
		res = Result{Capture: rd.Stats(), Totals: rd.Totals()}
	}
	p.endSection()
	res.State = p.stats
	return res, err
}

// pass is one way through a capture.
type pass struct {
	reader  *scap.Reader
	visitor Visitor
	section int
	host    *replay.Host
	stats   replay.Stats

	wanted [event.NumTypes]bool // types that the visitor looks at
}

// init finds out which events the visitor looks at.
func (p *pass) init() {
	for t := range p.wanted {
		p.wanted[t] = p.visitor.Wants(event.Type(t))
	}
}

// events reads and replays by turns.
func (p *pass) events() error {
	for {
		ev, err := p.reader.Next()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if p.reader.Section() != p.section {
			p.beginSection(p.reader.Section(), p.reader.Snapshot())
		}
		if err := p.event(ev); err != nil {
			return err
		}
	}
}

func (p *pass) event(ev *event.Event) error {
	if !p.wanted[ev.Type] || ev.StateOnly {
		p.host.Skip(ev)
		return nil
	}
	p.host.Apply(ev)
	return p.visitor.Event()
}

// beginSection starts with a new host: a section is a capture of its own.
func (p *pass) beginSection(section int, snapshot *scap.Snapshot) {
	p.endSection()
	p.section = section
	p.host = replay.New(snapshot)
	p.visitor.Begin(p.host)
}

func (p *pass) endSection() {
	if p.host != nil {
		p.stats.ThreadsDropped += p.host.Stats.ThreadsDropped
		p.stats.BadContainers += p.host.Stats.BadContainers
	}
}
