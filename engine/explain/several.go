package explain

import (
	"fmt"
	"math"

	"falcoreplay/engine/field"
	"falcoreplay/rules/syntax"
	"falcoreplay/scap/event"
)

// compareSeveral compares fields that have several candidates, or one that is
// not their value (field.MultiKind tells how). Modifiers have no effect on
// them: the first constant is compared.
func compareSeveral(op syntax.Op, left *Seen, texts []string, c *field.Context) (bool, error) {
	multi := left.resolved.Multi()
	if op.TakesList() && !isText(left.Type) && left.Type != event.PTByteBuf &&
		(multi == field.MultiAncestors || multi == field.MultiRaw) {
		return false, nil // Falco takes the numbers for values of no length
	}
	if !left.Present || len(left.Values) == 0 && multi != field.MultiName {
		return false, nil
	}
	if multi == field.MultiAround {
		return around(left.Values[0].N, texts, c)
	}
	if !op.TakesList() && len(texts) > 1 {
		texts = texts[:1]
	}
	if !op.TakesList() && len(texts) == 0 {
		return false, nil
	}
	switch multi {
	case field.MultiName:
		return op == syntax.OpNe, nil
	case field.MultiRaw:
		return compareRaw(op, left, texts, c)
	}
	holding := 0
	for _, v := range left.Values {
		holds, err := compareOne(op, syntax.ModNone, left.Type, v, texts)
		if err != nil {
			return false, err
		}
		if holds {
			holding++
		}
	}
	if op == syntax.OpNe && multi != field.MultiAncestors {
		return holding == len(left.Values), nil
	}
	return holding > 0, nil
}

// around tells whether the event is at most so many milliseconds from a time as
// the last constant says, or at that time without one. Times wrap around, as
// Falco's do.
func around(t uint64, texts []string, c *field.Context) (bool, error) {
	var span uint64
	for _, text := range texts {
		ms, err := constant(syntax.OpEq, event.PTUint64, text)
		if err != nil {
			return false, err
		}
		span = ms.N * 1_000_000
	}
	now := c.Host.Current.Event.TS
	return t >= now-span && t <= now+span, nil
}

// compareRaw compares a raw parameter. The constant has been read as the type
// of the first event type that has the parameter and is compared as that of
// the current one; bytes are compared as if there were none.
func compareRaw(op syntax.Op, left *Seen, texts []string, c *field.Context) (bool, error) {
	now, _ := left.resolved.RawType(c)
	v := left.Values[0]
	was, wasNumber := numbers[left.Type]
	is, isNumber := numbers[now]
	switch {
	case now == left.Type, isText(now) && isText(left.Type):
		return compareOne(op, syntax.ModNone, left.Type, v, texts)
	case !wasNumber || !isNumber:
		return false, nil
	}
	w, err := constant(op, left.Type, texts[0])
	if err != nil {
		return false, err
	}
	// As many bytes are taken as both have.
	n := w.N & (math.MaxUint64 >> (64 - was.bits)) & (math.MaxUint64 >> (64 - is.bits))
	if is.signed {
		n = uint64(int64(n<<(64-is.bits)) >> (64 - is.bits))
	}
	if now == event.PTDouble {
		return false, fmt.Errorf("%s is a double in some events", left.Operand)
	}
	return compareValue(op, now, v, field.Value{N: n})
}
