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

// TestPutLists compares with putting each list in, whether or not a word names
// it.
func TestPutLists(t *testing.T) {
	r := rand.New(rand.NewSource(2))
	src := newSource("x", strings.Repeat("x", 1000), 0)
	words := []string{"a", "b", "c", "a b", "ab", " ", ",", "(", ")", "=", "x", "\"", "\n"}
	random := func(n int) text {
		var s string
		for range r.Intn(n) {
			s += words[r.Intn(len(words))]
		}
		return fixedText(s, src, 10)
	}
	for range 20000 {
		l := &loader{lists: newTable[listInfo]()}
		for i, name := range []string{"a", "b", "c", "a b"} {
			info := &listInfo{name: name, index: i, visibility: r.Intn(5)}
			for range r.Intn(3) {
				info.items = append(info.items, random(4))
			}
			l.lists.all = append(l.lists.all, info)
		}
		cond, lists := random(12), l.resolveLists()
		got, d := l.putLists(cond, lists, place{})
		if d != nil {
			t.Fatal(d)
		}
		want := cond
		for _, list := range lists.all {
			want, _ = putList(want, list)
		}
		if got.s != want.s {
			t.Fatalf("%q: got %q, want %q", cond.s, got.s, want.s)
		}
	}
}
