package event

import "bytes"

// Clone is a copy of the event with memory of its own.
func (e *Event) Clone() *Event {
	c := *e
	c.data = bytes.Clone(e.data)
	return &c
}
