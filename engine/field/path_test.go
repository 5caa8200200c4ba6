package field

import (
	"math/rand/v2"
	"testing"

	"falcoreplay/replay"
)

// TestPathsAreReplays checks that paths are put together as in package replay.
func TestPathsAreReplays(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	parts := []string{"/", "//", ".", "..", "a", ".b", "c.", "...", ""}
	text := func() (s string) {
		for range r.IntN(7) {
			s += parts[r.IntN(len(parts))]
		}
		return s
	}
	for range 20000 {
		dir, path := text(), text()
		if got, want := string(appendPath([]byte("x"), dir, false, path)), "x"+replay.JoinPath(dir, path); got != want {
			t.Fatalf("%q and %q make %q, want %q", dir, path, got, want)
		}
		if got, want := string(appendPath(nil, dir, true, path)), replay.JoinPath(dir+"/", path); got != want {
			t.Fatalf("%q/ and %q make %q, want %q", dir, path, got, want)
		}
	}
}
