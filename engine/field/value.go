package field

import (
	"time"

	"falcoreplay/replay"
)

// Value is one value of a field. Which member holds it depends on the type of
// the field: texts, bytes and IP addresses (4 or 16 bytes) are in S, everything
// else is in N: unsigned numbers as they are, signed ones extended to 64 bits,
// truth as 0 or 1, doubles as math.Float64bits.
//
// S may lie in memory of the event or of the Context, so a Value is valid until
// the next event; who keeps it copies it (strings.Clone).
type Value struct {
	S string
	N uint64
}

// Context is what fields are extracted from. Host has to be set; the rest is
// ready at its zero value. A Context is for one goroutine.
type Context struct {
	Host *replay.Host
	// Location is the time zone of evt.time and the like; nil is UTC.
	Location *time.Location

	arena  []byte             // texts put together for the current event
	values []Value            // of the field that is being written
	cpu    map[cpuKey]*cpuUse // for thread.cpu
}

// Reset forgets what was put together for the event before. It has to be called
// once for each event, after the host has applied it and before the first
// extraction; values extracted before are not valid any more.
func (c *Context) Reset() {
	c.arena = c.arena[:0]
}

// one appends a value.
func one(dst []Value, v Value) ([]Value, bool) { return append(dst, v), true }

// str appends a text.
func str(dst []Value, s string) ([]Value, bool) { return append(dst, Value{S: s}), true }

// num appends a number.
func num(dst []Value, n uint64) ([]Value, bool) { return append(dst, Value{N: n}), true }

// truth appends a truth value.
func truth(dst []Value, b bool) ([]Value, bool) { return num(dst, b2n(b)) }

func b2n(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// since is what was appended to the arena from mark on, as a text.
func (c *Context) since(mark int) string { return view(c.arena[mark:]) }
