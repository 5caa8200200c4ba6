package field

import (
	"testing"

	. "falcoreplay/internal/eventtest"
	"falcoreplay/scap/event"
)

// BenchmarkExtract reads the fields that the stock rules use most from the
// opening of a file. With -tags purego texts are copied.
func BenchmarkExtract(b *testing.B) {
	c := testContext(b)
	c.apply(Make(event.SyscallOpenat_2X, 200, start, 6, 4, "a/../shadow", 1, 0o755, 3, 9))
	for _, name := range usual {
		f, err := Resolve(parse(name))
		if err != nil {
			b.Fatal(err)
		}
		b.Run("field="+name, func(b *testing.B) {
			b.ReportAllocs()
			var dst []Value
			for b.Loop() {
				c.Reset()
				dst, _ = f.Extract(c, dst[:0])
			}
		})
	}
}
