package scap

import "falcoreplay/scap/event"

// BatchEvents is the largest number of events in a Batch.
const BatchEvents = 1024

// Batch is events that were read one after another, for a goroutine beside the
// one that reads. They are of one section, and their parameters are valid until
// the batch is read into again, if Begin has been called for each batch in its
// turn. The zero value is ready to be read into.
type Batch struct {
	Events   []event.Event
	Section  int       // as Reader.Section
	Snapshot *Snapshot // as Reader.Snapshot
	Stats    Stats     // as Reader.Stats at its end

	slots   [BatchEvents]event.Event
	params  []byte   // parameters of converted events
	retired [][]byte // memory that batches before this one lay in, and this one does not
}

// NextBatch is Next for many events. It returns as soon as it would have to wait
// for more of the capture, but with at least one event or an error. A reader is
// read with Next or with NextBatch, not with both.
func (r *Reader) NextBatch(b *Batch) error {
	b.params = b.params[:0]
	r.in.keep = true
	if _, err := r.next(&b.slots[0]); err != nil {
		return err
	}
	b.Section, b.Snapshot = r.section, r.snapshot
	r.own(&b.slots[0], b)
	n := 1
	for n < BatchEvents {
		e := &b.slots[n]
		if r.quick(e) {
			n++
			continue
		}
		if !r.ready() {
			break
		}
		if r.take(e) {
			r.own(e, b)
			n++
		}
	}
	b.Events, b.Stats = b.slots[:n], r.Stats()
	b.retired, r.in.retired = append(b.retired[:0], r.in.retired...), r.in.retired[:0]
	return nil
}

// own moves the parameters of an event that was converted into the batch.
func (r *Reader) own(e *event.Event, b *Batch) {
	if !r.opts.Raw && r.conv.Converted() {
		b.params = e.Move(b.params)
	}
}

// Begin tells that the batches before this one are no longer looked at. It may
// be called beside NextBatch.
func (r *Reader) Begin(b *Batch) {
	for _, mem := range b.retired {
		r.in.giveBack(mem)
	}
}
