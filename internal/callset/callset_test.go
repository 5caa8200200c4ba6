package callset

import (
	"slices"
	"testing"

	"falcoreplay/scap/event"
)

func TestNames(t *testing.T) {
	for _, name := range append(slices.Clone(bulk), stock...) {
		if _, ok := event.SyscallByName(name); !ok {
			t.Errorf("%s is no system call", name)
		}
	}
	for _, name := range State() {
		if !slices.Contains(Default(), name) {
			t.Errorf("%s keeps the state and is not in the default", name)
		}
	}
}
