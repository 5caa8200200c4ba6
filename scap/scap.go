// Package scap holds a capture: the framing of its blocks, the records of the
// snapshot that it begins with, limits and compression. What an event means is
// the matter of package event, which is all of the module that it imports;
// anything but the rule language may import it.
//
// docs/format.md describes the format byte by byte.
package scap

import (
	"errors"
	"fmt"
)

// The kinds of damage, for errors.Is.
var (
	ErrCorrupt     = errors.New("capture is corrupt")
	ErrTruncated   = errors.New("capture is cut off")
	ErrUnsupported = errors.New("capture is of an unsupported kind")
)

// Error is a failure to read a capture, with its place.
type Error struct {
	File   string // as given to NewReader
	Offset int64  // bytes from the start of the uncompressed capture
	Reason string
	Err    error // one of the sentinels, or the error of the input
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s: offset %d: %v: %s", e.File, e.Offset, e.Err, e.Reason)
}

// Unwrap makes errors.Is find the kind of damage.
func (e *Error) Unwrap() error { return e.Err }

// Options are the choices of a reader. The zero value is the default of each.
type Options struct {
	// Raw leaves events as they are in the capture. By default, events of older
	// schemas are converted into today's, and the enter events that today's
	// exit events contain are left out.
	Raw bool

	// MaxEventBytes is the length from which the block of an event counts as
	// damage. Memory for an event is taken as its bytes arrive. The default
	// (0) is 64 MiB: only events with large payloads (of plugins, containers
	// and asynchronous sources) may be longer than 64 KiB, and the longest of
	// these seen are container descriptions of some 100 KiB.
	MaxEventBytes int

	// MaxSnapshotEntries is the number of threads, fds, addresses, users and
	// groups in the snapshot of one section at which reading ends. The default
	// (0) is 1,048,576: an entry takes up to 50 times its bytes in the file, so
	// a small compressed file could otherwise take all memory.
	MaxSnapshotEntries int

	// stepwise reads no event in one step, for tests.
	stepwise bool
}

const (
	defaultMaxEventBytes      = 64 << 20
	defaultMaxSnapshotEntries = 1 << 20
)

func (o Options) check() error {
	var errs []error
	if o.MaxEventBytes < 0 {
		errs = append(errs, fmt.Errorf("max event bytes %d is negative", o.MaxEventBytes))
	}
	if o.MaxSnapshotEntries < 0 {
		errs = append(errs, fmt.Errorf("max snapshot entries %d is negative", o.MaxSnapshotEntries))
	}
	return errors.Join(errs...)
}
