package engine

import "testing"

// The answers are those of GNU libc's fnmatch.
func TestGlobMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		fold, want bool
	}{
		{"", "", false, true},
		{"", "a", false, false},
		{"*", "", false, true},
		{"*", "/a/.b", false, true},
		{"**a", "ba", false, true},
		{"a*b*c", "aXbYbZc", false, true},
		{"a*b*c", "aXbYbZ", false, false},
		{"?", "", false, false},
		{"?", "\xff", false, true},
		{"a?c", "a/c", false, true},
		{"[ab]", "b", false, true},
		{"[!ab]", "b", false, false},
		{"[^ab]", "c", false, true},
		{"[]a]", "]", false, true},
		{"[!]a]", "]", false, false},
		{"[a-c]x", "bx", false, true},
		{"[a-]", "-", false, true},
		{"[c-a]", "b", false, false},
		{"[\\]]", "]", false, true},
		{"[", "[", false, true},
		{"[a", "[a", false, true},
		{"[a", "a", false, false},
		{"\\*", "*", false, true},
		{"\\*", "a", false, false},
		{"a\\", "a", false, false},
		{"[[:digit:]]", "7", false, true},
		{"[[:digit:]a]", "a", false, true},
		{"[[:nothing:]]", "a", false, false},
		{"[[:upper:]]", "a", true, false},
		{"[[:upper:]]", "A", true, true},
		{"[A-Z]", "q", true, true},
		{"ABC*", "abcd", true, true},
		{"ABC*", "abcd", false, false},
		{"é", "É", true, false},
	} {
		if got := globMatch(c.pattern, c.s, c.fold); got != c.want {
			t.Errorf("globMatch(%q, %q, %v) = %v", c.pattern, c.s, c.fold, got)
		}
	}
}

func FuzzGlobMatch(f *testing.F) {
	f.Add("*[a-", "a")
	f.Add("[[:alpha:]*\\", "b")
	f.Add("[[.a.]-[=b=]]", "b")
	f.Fuzz(func(t *testing.T, pattern, s string) {
		if len(pattern) > 100 || len(s) > 100 {
			return
		}
		globMatch(pattern, s, false)
		if globMatch(pattern, s, true) != globMatch(pattern, s, true) {
			t.Error("not the same twice")
		}
	})
}

func TestPathTree(t *testing.T) {
	for _, c := range []struct {
		paths []string
		path  string
		want  bool
	}{
		{nil, "/etc", false},
		{[]string{""}, "/etc", true},
		{[]string{"/"}, "", true},
		{[]string{"/etc"}, "/etc", true},
		{[]string{"/etc"}, "/etc/", true},
		{[]string{"/etc"}, "etc//passwd", true},
		{[]string{"/etc"}, "/etcd", false},
		{[]string{"/etc/ssh"}, "/etc", false},
		{[]string{"/etc/ssh", "/etc"}, "/etc/passwd", true},
		{[]string{"/etc", "/etc/ssh"}, "/etc/passwd", true},
		{[]string{"/home/*/.ssh"}, "/home/me/.ssh/id_rsa", true},
		{[]string{"/home/*/.ssh"}, "/home/me/x/.ssh", false},
		{[]string{"/home/a?c/x", "/home/*/y"}, "/home/abc/y", true},
		{[]string{"/*/b/c", "/a/b/d"}, "/a/b/c", true},
	} {
		tree := &pathTree{}
		for _, p := range c.paths {
			tree.add(p)
		}
		if got := tree.match(c.path); got != c.want {
			t.Errorf("%q pmatch %q = %v", c.path, c.paths, got)
		}
	}
}
