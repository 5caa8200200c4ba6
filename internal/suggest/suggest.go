// Package suggest finds what somebody meant who wrote something else. Packages
// whose messages say so import it; it imports nothing of the module.
package suggest

import (
	"fmt"
	"strings"
)

// Nearest returns the one of the words that is at most two edits away, or "".
// Capital letters are as good as small ones.
func Nearest(s string, words []string) string {
	if len(s) > 64 {
		return ""
	}
	best, bestDistance := "", 3
	for _, w := range words {
		if d := distance(strings.ToLower(s), strings.ToLower(w)); d < bestDistance && 2*d <= len(w) {
			best, bestDistance = w, d
		}
	}
	return best
}

// distance counts the bytes to insert, drop or change to make a into b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(diagonal+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// Hint is `, did you mean "WORD"?` for the nearest word, or "".
func Hint(s string, words []string) string {
	if near := Nearest(s, words); near != "" {
		return fmt.Sprintf(", did you mean %q?", near)
	}
	return ""
}
