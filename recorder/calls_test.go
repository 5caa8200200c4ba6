package recorder

import (
	"testing"

	"falcoreplay/scap/event"
)

// TestCalls compiles the tables of both machines, which checks them against the
// event table, and that no event of today's schema is left out.
func TestCalls(t *testing.T) {
	for _, goarch := range []string{"amd64", "arm64"} {
		table, err := compileCalls(goarch)
		if err != nil {
			t.Fatalf("%s:\n%v", goarch, err)
		}
		n := 0
		for _, c := range table.calls {
			if c.Type != 0 {
				n++
			}
		}
		if n < 300 {
			t.Errorf("%s: %d calls", goarch, n)
		}
	}
	have := map[event.Type]bool{}
	for _, c := range calls {
		s, _ := event.SyscallByName(c.name)
		have[s.Exit] = true
	}
	for _, s := range event.Syscalls() {
		if !s.Generic && !have[s.Exit] {
			t.Errorf("%s (%s) has no row", s.Name, event.Lookup(s.Exit).Code)
		}
	}
}
