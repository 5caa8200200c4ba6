//go:build amd64 || arm64

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"falcoreplay/internal/output"
	"falcoreplay/recorder"
)

// record records, and says how it went.
func record(ctx context.Context, opt recorder.Options, quiet bool, stderr io.Writer) error {
	must, useful, err := recorder.Missing()
	if err != nil {
		return &failedError{err}
	}
	if len(must) > 0 {
		return &failedError{fmt.Errorf("run it as root: it lacks %s", list(must))}
	}
	if len(useful) > 0 {
		fmt.Fprintf(stderr, "falcorec: warning: processes that run already are described in part for want of %s\n", list(useful))
	}
	show := newDisplay(stderr, quiet)
	defer show.close()
	opt.Status = show.update
	opt.Warn = show.warn
	opt.Ready = func() { show.ready(opt.Path) }
	status, err := recorder.Record(ctx, opt)
	show.end()
	if !quiet && status.Files > 0 {
		fmt.Fprint(stderr, summary(&status))
	}
	if err != nil {
		return &failedError{explain(err)}
	}
	return nil
}

func list(ps []recorder.Privilege) string {
	names := make([]string, len(ps))
	for i, p := range ps {
		names[i] = p.Name + " (" + p.Why + ")"
	}
	return strings.Join(names, ", ")
}

// explain adds to an error what can be done about it.
func explain(err error) error {
	var verifier *ebpf.VerifierError
	switch {
	case errors.As(err, &verifier):
		return fmt.Errorf("this kernel refuses the program that records: %+v", verifier)
	case errors.Is(err, unix.ENOSPC):
		return fmt.Errorf("%w; the capture is good up to there", err)
	}
	return err
}

// summary is how a recording went, in lines.
func summary(s *recorder.Status) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d events in %s, %s in %s\n", s.Events, s.Elapsed.Round(time.Millisecond), size(s.FileBytes), output.Count(s.Files, "file"))
	for _, l := range []struct {
		n    uint64
		what string
	}{
		{s.Lost, "events lost: the ring was full (a larger --ring or fewer --syscalls lose less)"},
		{s.Malformed, "events lost: they were malformed"},
		{uint64(s.Snapshot.Denied), "processes that may not be read"},
		{uint64(s.Snapshot.Stalled), "processes that did not let themselves be read"},
		{s.Masked, "variables masked in environments"},
		{s.Redacted, "events of which --redact masked a part"},
	} {
		if l.n > 0 {
			fmt.Fprintf(&b, "%8d  %s\n", l.n, l.what)
		}
	}
	return b.String()
}

func size(n uint64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
}

// display shows how a recording goes: on a terminal all the time, elsewhere
// when SIGUSR1 asks.
type display struct {
	out     io.Writer
	live    bool
	quiet   bool
	signals chan os.Signal
	asked   sync.WaitGroup

	mu   sync.Mutex
	last recorder.Status
	rate float64 // events a second
}

func newDisplay(out io.Writer, quiet bool) *display {
	d := &display{out: out, quiet: quiet, signals: make(chan os.Signal, 1)}
	if f, ok := out.(*os.File); ok && !quiet {
		_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
		d.live = err == nil
	}
	signal.Notify(d.signals, unix.SIGUSR1)
	d.asked.Go(func() {
		for range d.signals {
			d.mu.Lock()
			fmt.Fprintln(d.out, d.line())
			d.mu.Unlock()
		}
	})
	return d
}

func (d *display) ready(path string) {
	if !d.quiet && !d.live {
		fmt.Fprintf(d.out, "recording to %s\n", path)
	}
}

func (d *display) update(s recorder.Status) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if seconds := (s.Elapsed - d.last.Elapsed).Seconds(); seconds > 0 {
		d.rate = float64(s.Events-min(d.last.Events, s.Events)) / seconds
	}
	d.last = s
	if d.live {
		fmt.Fprintf(d.out, "\r\x1b[K%s", d.line())
	}
}

// warn shows a sentence, above the line if there is one.
func (d *display) warn(text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.live {
		fmt.Fprint(d.out, "\r\x1b[K")
	}
	fmt.Fprintf(d.out, "falcorec: warning: %s\n", text)
}

func (d *display) line() string {
	return fmt.Sprintf("%s  %d events  %.0f/s  %d lost  %s", d.last.Elapsed.Round(time.Second), d.last.Events, d.rate, d.last.Lost, size(d.last.FileBytes))
}

// end clears the line.
func (d *display) end() {
	if d.live {
		fmt.Fprint(d.out, "\r\x1b[K")
	}
}

func (d *display) close() {
	signal.Stop(d.signals)
	close(d.signals)
	d.asked.Wait()
}

// version is that of the module that was built.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	return info.Main.Version
}
