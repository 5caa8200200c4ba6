package engine

import (
	"math/rand/v2"
	"strings"
	"testing"

	"falcoreplay/engine/field"
	"falcoreplay/rules/syntax"
	"falcoreplay/scap/event"
)

// TestDirectoriesDecide holds that what a directory decides is what its files
// come to, for paths and constants made of a few parts, so that they often meet.
func TestDirectoriesDecide(t *testing.T) {
	parts := []string{"/", "/", "a", "b", "ab", "*", "?", ".", "etc", "[a]"}
	r := rand.New(rand.NewPCG(3, 4))
	text := func(most int) string {
		var b strings.Builder
		for range r.IntN(most) {
			b.WriteString(parts[r.IntN(len(parts))])
		}
		return b.String()
	}
	ops := []syntax.Op{
		syntax.OpEq, syntax.OpNe, syntax.OpIn, syntax.OpPMatch, syntax.OpStartsWith, syntax.OpEndsWith, syntax.OpContains,
		syntax.OpIContains, syntax.OpGlob, syntax.OpLt, syntax.OpGe,
	}
	decided := map[syntax.Op]int{}
	for range 300_000 {
		op := ops[r.IntN(len(ops))]
		consts := []field.Value{{S: text(6)}}
		if op == syntax.OpIn || op == syntax.OpPMatch {
			for range r.IntN(4) {
				consts = append(consts, field.Value{S: text(6)})
			}
		}
		m, err := newMatcher(op, syntax.ModNone, event.PTCharBuf, consts)
		if err != nil {
			t.Fatal(err)
		}
		path := text(8)
		end := strings.LastIndexByte(path, '/') + 1
		if end == 0 || end == len(path) {
			continue
		}
		verdict := m.(dirMatcher).matchDir(path[:end])
		if verdict == unknown {
			continue
		}
		decided[op]++
		if got := m.match(&field.Value{S: path}); truthOf(got) != verdict {
			t.Fatalf("%q %s %v is %v, and by its directory it is not", path, op, consts, got)
		}
	}
	for _, op := range ops[:9] {
		if op != syntax.OpIContains && decided[op] < 100 {
			t.Errorf("%s was decided %d times", op, decided[op])
		}
	}
}
