package replay

import "falcoreplay/scap/event"

// notRead is how Falco shows a text that a recorder could not read.
const notRead = "<NA>"

// text is parameter i, "<NA>" where the recorder could not read it, which old
// recorders wrote as "(NULL)" (falcosecurity/libs, userspace/libsinsp/event.h,
// sinsp_evt_param::data_and_len_with_legacy_null_encoding). The result is a
// copy.
func text(ev *event.Event, i int) string {
	p := ev.Str(i)
	if p == nil || string(p) == "(NULL)" {
		return notRead
	}
	return string(p)
}

// number is parameter i, 0 where it is absent.
func number(ev *event.Event, i int) int64 {
	v, _ := ev.Int(i)
	return v
}

// unsigned is parameter i, 0 where it is absent.
func unsigned(ev *event.Event, i int) uint64 {
	v, _ := ev.Uint(i)
	return v
}

// present reports whether parameter i has a value.
func present(ev *event.Event, i int) bool { return len(ev.Param(i)) > 0 }

// result is the value that the system call returned, 0 where the event holds
// none.
func result(ev *event.Event) int64 { return number(ev, 0) }
