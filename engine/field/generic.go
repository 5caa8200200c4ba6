package field

import (
	"time"

	"falcoreplay/scap/event"
)

const second = 1_000_000_000

// genericFields are the fields that any event has (falcosecurity/libs at
// 48dfd53, userspace/libsinsp/sinsp_filtercheck_gen_event.cpp).
var genericFields = []Def{
	define(event.PTUint64, event.FormatID, "evt.num", "Number", "Number of the event in its run, from 1.", eventNumber(func(e *event.Event) uint64 { return e.Num })),
	text("evt.time", "Time of day", "Time of the event with nanoseconds. A number of nanoseconds since the epoch in JSON, as are the other four texts of the time.", clock("15:04:05.000000000")).as(jsonTime),
	text("evt.time.s", "Time of day (s)", "Time of the event without nanoseconds.", clock("15:04:05")).as(jsonTime),
	text("evt.time.iso8601", "ISO 8601", "Date and time of the event with nanoseconds and time zone, always in UTC.", isoTime).as(jsonTime),
	text("evt.datetime", "Date and time", "Date and time of the event with nanoseconds.", clock("2006-01-02 15:04:05.000000000")).as(jsonTime),
	text("evt.datetime.s", "Date and time (s)", "Date and time of the event without nanoseconds.", clock("2006-01-02 15:04:05")).as(jsonTime),
	moment("evt.rawtime", "Timestamp", "Nanoseconds since the epoch.", eventNumber(func(e *event.Event) uint64 { return e.TS })).as(jsonNumber),
	moment("evt.rawtime.s", "Timestamp (s)", "Whole seconds since the epoch.", eventNumber(func(e *event.Event) uint64 { return e.TS / second })).as(jsonNumber),
	moment("evt.rawtime.ns", "Timestamp (ns)", "Nanoseconds behind evt.rawtime.s.", eventNumber(func(e *event.Event) uint64 { return e.TS % second })).padded().as(jsonNumber),
	duration("evt.reltime", "Time in the capture", "Nanoseconds since the first event.", relTime(func(ns uint64) uint64 { return ns })).padded().as(jsonNumber),
	duration("evt.reltime.s", "Time in the capture (s)", "Whole seconds since the first event.", relTime(func(ns uint64) uint64 { return ns / second })).as(jsonNumber),
	duration("evt.reltime.ns", "Time in the capture (ns)", "Nanoseconds behind evt.reltime.s.", relTime(func(ns uint64) uint64 { return ns % second })).padded().as(jsonNumber),
	text("evt.pluginname", "Plugin", "Name of the plugin that made the event; absent, since there are no plugins here.", absent),
	text("evt.plugininfo", "Plugin's summary", "What the plugin that made the event tells of it; absent, since there are no plugins here.", absent),
	text("evt.source", "Source", "Where the event comes from: syscall.", source),
	boolean("evt.is_async", "Is asynchronous", "Whether the recorder made the event rather than the kernel.", isAsync),
	text("evt.asynctype", "Kind of asynchronous event", "Name of an event that the recorder made, such as container.", asyncType),
	text("evt.hostname", "Host name", "Name of the recorded host. Falco does not find it in captures and shows an empty text.", hostname),
}

// utilFields are hidden (sinsp_filtercheck_utils.cpp).
var utilFields = []Def{
	define(event.PTUint64, event.FormatID, "util.cnt", "Counter", "A number that grows.", eventNumber(func(e *event.Event) uint64 { return e.Num })).with(TableOnly),
}

func eventNumber(number func(*event.Event) uint64) extractor {
	return func(_ *Field, c *Context, dst []Value) ([]Value, bool) {
		return num(dst, number(c.Host.Current.Event))
	}
}

// clock makes an extractor of the time in the zone of the context.
func clock(layout string) extractor {
	return func(_ *Field, c *Context, dst []Value) ([]Value, bool) {
		mark := len(c.arena)
		c.arena = c.when(c.Host.Current.Event.TS).AppendFormat(c.arena, layout)
		return str(dst, c.since(mark))
	}
}

func (c *Context) when(ns uint64) time.Time {
	t := time.Unix(int64(ns/second), int64(ns%second))
	if c.Location == nil {
		return t.UTC()
	}
	return t.In(c.Location)
}

func isoTime(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	mark := len(c.arena)
	c.arena = c.when(c.Host.Current.Event.TS).UTC().AppendFormat(c.arena, "2006-01-02T15:04:05.000000000-0700")
	return str(dst, c.since(mark))
}

func relTime(part func(ns uint64) uint64) extractor {
	return func(_ *Field, c *Context, dst []Value) ([]Value, bool) {
		cur := &c.Host.Current
		return num(dst, part(cur.Event.TS-cur.FirstTS))
	}
}

func source(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	if c.Host.Current.Event.Type == event.PlugineventE {
		return dst, false
	}
	return str(dst, "syscall")
}

func isMeta(ev *event.Event) bool { return ev.Info().Source == event.SourceMeta }

func isAsync(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	return truth(dst, isMeta(c.Host.Current.Event))
}

func asyncType(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	ev := c.Host.Current.Event
	if !isMeta(ev) {
		return dst, false
	}
	return str(dst, eventName(ev))
}

// eventName is the name of an event, that of asynchronous ones as it stands in
// them.
func eventName(ev *event.Event) string {
	if ev.Type == event.AsynceventE {
		return view(textParam(ev, 1))
	}
	return ev.Name()
}

func hostname(_ *Field, c *Context, dst []Value) ([]Value, bool) { return str(dst, c.Host.Name) }
