package main

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"
)

// orderCaptures puts the files of rotated sets in the order in which they were
// written and leaves everything else where the caller put it. Names that
// stand next to each other and differ in nothing but one run of digits are a
// set: trace.scap2 comes before trace.scap10, although a shell says otherwise.
func orderCaptures(names []string) []string {
	out := slices.Clone(names)
	for start := 0; start < len(out); {
		stem, _ := splitNumber(out[start])
		end := start + 1
		for end < len(out) && stem != "" {
			if s, _ := splitNumber(out[end]); s != stem {
				break
			}
			end++
		}
		slices.SortStableFunc(out[start:end], func(a, b string) int {
			_, x := splitNumber(a)
			_, y := splitNumber(b)
			return compareNumbers(x, y)
		})
		start = end
	}
	return out
}

// splitNumber takes the last run of digits out of a file's name. The stem is ""
// where there is none.
func splitNumber(path string) (stem, digits string) {
	const decimal = "0123456789"
	dir, name := filepath.Split(path)
	end := strings.LastIndexAny(name, decimal) + 1
	if end == 0 {
		return "", ""
	}
	start := len(strings.TrimRight(name[:end], decimal))
	return dir + name[:start] + "\x00" + name[end:], name[start:end]
}

// compareNumbers compares decimal numbers of any length; where they are equal,
// fewer leading zeros come first.
func compareNumbers(a, b string) int {
	x, y := strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x, y), cmp.Compare(len(a), len(b)))
}
