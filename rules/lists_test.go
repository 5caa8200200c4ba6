package rules

import (
	"math/rand"
	"strings"
	"testing"
)

// plainPutList is putList step by step on a plain string: each time a name is
// found the string is made anew, and the search goes on behind what was put in.
func plainPutList(s, name, sub string) string {
	is := func(i int, chars string) bool {
		return i >= 0 && i < len(s) && strings.IndexByte(chars, s[i]) >= 0
	}
	for at := strings.Index(s, name); at >= 0; {
		i, j := at, at+len(name)
		if (i == 0 || is(i-1, listDelims)) && (j >= len(s) || is(j, listDelims)) {
			for is(i-1, listBlanks) {
				i--
			}
			for is(j, listBlanks) {
				j++
			}
			if sub == "" && is(i-1, ",") {
				i--
			} else if sub == "" && is(j, ",") {
				j++
			}
			head := ""
			if i > 0 {
				head = s[:i] + " "
			}
			s = head + sub + " " + s[j:]
			at = i + len(sub) + 1
		}
		next := -1
		if at+1 <= len(s) {
			next = strings.Index(s[at+1:], name)
		}
		if next < 0 {
			break
		}
		at += 1 + next
	}
	return s
}

func TestPutList(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	src := newSource("x", strings.Repeat("x", 100), 0)
	for range 300000 {
		var b strings.Builder
		for range r.Intn(12) {
			b.WriteString([]string{"l", "l", "l", " ", ",", ", ", "(", ")", "x", "=", "\"", "\n"}[r.Intn(12)])
		}
		sub := []string{"", "x", "x, y", ",", "l2, z"}[r.Intn(5)]
		list := &resolvedList{listInfo: &listInfo{name: "l"}, sub: fixedText(sub, src, 50)}
		var cond textBuilder
		cond.addBytes(b.String(), src, 0)
		got, _ := putList(cond.text(), list)
		if want := plainPutList(b.String(), "l", sub); got.s != want {
			t.Fatalf("%q with %q: got %q, want %q", b.String(), sub, got.s, want)
		}
		if len(got.runs) > 0 && got.runs[0].at != 0 {
			t.Fatalf("%q with %q: the first run is at %d", b.String(), sub, got.runs[0].at)
		}
	}
}
