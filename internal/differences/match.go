package differences

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// Alert is the output_fields of an alert: JSON by name.
type Alert map[string]json.RawMessage

// Allowing finds the entry that allows a cell to differ: the field's value in
// Falco's alert and in ours, where it may be missing. It is nil if none does.
func (l *List) Allowing(capture, field string, falco, ours Alert) *Entry {
	for i := range l.Sections {
		for j := range l.Sections[i].Entries {
			e := &l.Sections[i].Entries[j]
			for k := range e.Cells {
				if e.Cells[k].allow(capture, field, falco, ours) {
					return e
				}
			}
		}
	}
	return nil
}

func (c *Cells) allow(capture, field string, falco, ours Alert) bool {
	want, have := falco[field], ours[field]
	if have == nil || !slices.ContainsFunc(c.Fields, func(f string) bool { return names(f, field) }) ||
		len(c.Captures) > 0 && !slices.Contains(c.Captures, capture) ||
		!c.Falco.Fits(want) || !c.Ours.Fits(have) || c.Reordered && !reordered(want, have) {
		return false
	}
	for name, p := range c.When {
		if !p.Fits(falco[name]) {
			return false
		}
	}
	return true
}

// names tells whether a name in the list, which may end with a star, is a
// field's.
func names(pattern, field string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(field, prefix)
	}
	return pattern == field
}

// reordered tells whether two JSON lists have the same members.
func reordered(a, b json.RawMessage) bool {
	var x, y []json.RawMessage
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	order := func(p, q json.RawMessage) int { return bytes.Compare(p, q) }
	slices.SortFunc(x, order)
	slices.SortFunc(y, order)
	return slices.EqualFunc(x, y, func(p, q json.RawMessage) bool { return bytes.Equal(p, q) })
}
