package engine

import "testing"

func TestTimingMean(t *testing.T) {
	var m Timing
	if m.EachNS() != 0 || m.Timed() != 0 {
		t.Error("nothing was timed")
	}
	for range 198 {
		m.add(100)
	}
	m.add(5_000_000)
	m.add(1 << 50) // longer than there are bits for
	if got := m.EachNS(); got != 100 || m.Timed() != 200 {
		t.Errorf("mean %v of %d", got, m.Timed())
	}
	m = Timing{}
	m.add(0)
	m.add(50)
	if got := m.EachNS(); got != 25 {
		t.Errorf("mean %v", got)
	}
}
