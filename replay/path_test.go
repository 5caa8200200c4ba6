package replay

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestJoinPath(t *testing.T) {
	for _, c := range []struct{ dir, path, want string }{
		{"/", "etc/passwd", "/etc/passwd"},
		{"/a/b/", "c", "/a/b/c"},
		{"/a/b/", "/c", "/c"},
		{"/a/b/", "../c", "/a/c"},
		{"/a/b/", "../../../c", "/c"},
		{"/a/b/", "..", "/a"},
		{"/a/b/", ".", "/a/b"},
		{"/a/b/", "./c", "/a/b/c"},
		{"/a/b/", "c//d", "/a/b/c/d"},
		{"/a/b/", "c/", "/a/b/c"},
		{"/a/b/", "c/.", "/a/b/c"},
		{"/a/b/", "c/./d", "/a/b/c/d"},
		{"/a/b/", "c/..", "/a/b"},
		{"/a/b/", ".hidden", "/a/b/.hidden"},
		{"/a/b/", "..more", "/a/b/..more"},
		{"/a/b/", "c.d/e..f", "/a/b/c.d/e..f"},
		{"/a/b/", "/", "/"},
		{"/a/b/", "//x", "/x"},
		{"/a/b/", "/x/../y", "/y"},
		{"/a/b/", "", ""},
		{"", "foo/../a", "a"},
		{"", "./a", "a"},
		{"<UNKNOWN>", "a", "<UNKNOWN>a"},
		{".", "/x", "/x"},
		{"/a//b/", "c", "/a//b/c"},
	} {
		if got := JoinPath(c.dir, c.path); got != c.want {
			t.Errorf("JoinPath(%q, %q) = %q, want %q", c.dir, c.path, got, c.want)
		}
	}
	long := strings.Repeat("x", 600)
	if got := JoinPath("/"+long+"/", long); got != pathTooLong {
		t.Errorf("a path of 1202 bytes is %q", got)
	}
}

func FuzzJoinPath(f *testing.F) {
	f.Add("/a/b/", "../c")
	f.Fuzz(func(t *testing.T, dir, path string) {
		got := JoinPath(dir, path)
		if len(got) >= maxPathBytes {
			t.Errorf("JoinPath(%q, %q) has %d bytes", dir, path, len(got))
		}
		if !strings.HasPrefix(path, "/") || got == pathTooLong {
			return
		}
		for _, part := range strings.Split(got, "/") {
			if part == "." || part == ".." {
				t.Errorf("JoinPath(%q, %q) = %q keeps %q", dir, path, got, part)
			}
		}
		if again := JoinPath("", got); again != got {
			t.Errorf("JoinPath(%q) = %q, but of that %q", path, got, again)
		}
	})
}

// TestAppendPath holds that JoinPath's short cut for clean paths changes nothing.
func TestAppendPath(t *testing.T) {
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
		if got, want := string(AppendPath([]byte("x"), dir, false, path)), "x"+JoinPath(dir, path); got != want {
			t.Fatalf("%q and %q make %q, want %q", dir, path, got, want)
		}
		if got, want := string(AppendPath(nil, dir, true, path)), JoinPath(dir+"/", path); got != want {
			t.Fatalf("%q/ and %q make %q, want %q", dir, path, got, want)
		}
	}
}
