package run

import (
	"errors"
	"io"

	"falcoreplay/scap"
)

// batchesBetween is how many batches there are: one that is read into, one that
// is replayed, and what evens out their speed.
const batchesBetween = 8

// beside replays beside a goroutine that reads. The result is the same as that
// of events.
func (p *pass) beside() (Result, error) {
	full := make(chan *scap.Batch, batchesBetween)
	empty := make(chan *scap.Batch, batchesBetween)
	stop := make(chan struct{})
	defer close(stop)
	var readErr error // of the reader, once full is closed
	go func() {
		defer close(full)
		defer p.reader.Close() // here, as it is not for two goroutines
		for {
			var b *scap.Batch
			select {
			case b = <-empty:
			case <-stop:
				return
			}
			if readErr = p.reader.NextBatch(b); readErr != nil {
				return
			}
			full <- b // which has room for all there are
		}
	}()
	for range batchesBetween {
		empty <- new(scap.Batch)
	}
	for b := range full {
		p.reader.Begin(b)
		if b.Section != p.section {
			p.beginSection(b.Section, b.Snapshot)
		}
		for i := range b.Events {
			if err := p.event(&b.Events[i]); err != nil {
				return Result{Capture: b.Stats}, err
			}
		}
		empty <- b
	}
	res := Result{Capture: p.reader.Stats(), Totals: p.reader.Totals()}
	if errors.Is(readErr, io.EOF) {
		readErr = nil
	}
	return res, readErr
}
