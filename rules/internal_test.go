package rules

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"falcoreplay/internal/testenv"
)

// TestScalarOrigins reads every scalar of the stock rules again from the file,
// and holds that each byte comes from one like it.
func TestScalarOrigins(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(testenv.Shared(t), "rules", "*.yaml"))
	if err != nil || len(paths) == 0 {
		t.Fatal("no files", err)
	}
	n := 0
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		n += checkOrigins(t, filepath.Base(path), string(data))
	}
	if n < 1000 {
		t.Errorf("only %d scalars", n)
	}
}

func checkOrigins(t *testing.T, name, data string) int {
	t.Helper()
	src := newSource(name, data, 0)
	doc, d := parseDocument(src)
	if d != nil {
		t.Fatal(d.Error())
	}
	n := 0
	var visit func(*yaml.Node)
	visit = func(node *yaml.Node) {
		for _, c := range node.Content {
			visit(c)
		}
		if node.Kind != yaml.ScalarNode || node.Value == "" {
			return
		}
		n++
		x := doc.text(node)
		if x.s != node.Value {
			t.Errorf("%s:%d: %q became %q", name, node.Line, node.Value, x.s)
		}
		for i := range len(x.s) {
			_, off := x.origin(i)
			c := x.s[i]
			if strings.IndexByte(" \n", c) < 0 && data[off] != c {
				t.Errorf("%s:%d: byte %d of %q comes from %q", name, node.Line, i, x.s, data[off:min(off+10, len(data))])
				return
			}
		}
	}
	for _, root := range doc.roots {
		visit(root)
	}
	return n
}

func TestScalarStyles(t *testing.T) {
	checkOrigins(t, "styles", `# anchors, tags, and what is hard to read again
- &a plain
- !!str   &b   tagged
-   - plain over
      lines   with  blanks

      and a gap
    - 'single ''quoted''
       over   lines

       and a gap'
    - "double quoted over
       lines

       \
       and a gap"
- |
   literal
     more
   less

   gap
- |-

  leading gap
- |+
  keep

- >
  folded
  line

  gap


  gaps
    loose
    lines

    loose gap
  tight
- >-
      strip
      line
- >1
   more
  less
- {flow: plain in, "key": [a b, 'c', "d"]}
- key with blanks: é日本 wide
- last`)
}

func TestYAMLLines(t *testing.T) {
	data := "- a: é\r\n- b: \"x y\"\r\n- c: d\u2028\n- e: f\n"
	src := newSource("x", data, 0)
	doc, d := parseDocument(src)
	if d != nil {
		t.Fatal(d.Error())
	}
	for _, item := range doc.roots[0].Content {
		v := item.Content[1]
		if !strings.HasPrefix(strings.Trim(data[doc.offset(v):], `"`), strings.TrimSpace(v.Value)) {
			t.Errorf("%q is at %q", v.Value, data[doc.offset(v):])
		}
	}
}

func TestText(t *testing.T) {
	src := newSource("x", "abc def\nghi", 0)
	var b textBuilder
	b.addBytes("abc", src, 0)
	b.addBytes(" d", src, 3)
	b.addFixed("--", src, 8)
	b.addBytes("hi", src, 9)
	x := b.text()
	if x.s != "abc d--hi" || len(x.runs) != 3 {
		t.Fatalf("%q in %d runs", x.s, len(x.runs))
	}
	want := []int{0, 1, 2, 3, 4, 8, 8, 9, 10, 11}
	for i, off := range want {
		if _, got := x.origin(i); got != off {
			t.Errorf("byte %d comes from %d, want %d", i, got, off)
		}
	}
	for i := range len(x.s) + 1 {
		for j := i; j <= len(x.s); j++ {
			part := x.slice(i, j)
			if part.s != x.s[i:j] {
				t.Fatalf("slice %d to %d is %q", i, j, part.s)
			}
			for k := range len(part.s) {
				if _, got := part.origin(k); got != want[i+k] {
					t.Errorf("slice %d to %d: byte %d comes from %d, want %d", i, j, k, got, want[i+k])
				}
			}
		}
	}
}

func TestVersions(t *testing.T) {
	for s, want := range map[string]string{
		"0.63.0": "0.63.0", "1.2.3-rc1": "1.2.3", "01.2.3": "1.2.3", "1.2": "", "": "", "1..2": "", "1.2.99999999999": "", "v1.2.3": "",
	} {
		v, ok := parseVersion(s)
		if ok != (want != "") || ok && v.String() != want {
			t.Errorf("%q: %v, %t", s, v, ok)
		}
	}
}

func TestDecodeUint32(t *testing.T) {
	for s, want := range map[string]int64{
		"0": 0, "12": 12, "+7": 7, "0x1F": 31, "017": 15, "5 \n": 5, "4294967295": 1<<32 - 1,
		"4294967296": -1, "-1": -1, "08": -1, "0x": -1, "": -1, " 5": -1, "5s": -1, "1.0": -1, "1_0": -1, "+-1": -1,
	} {
		v, ok := decodeUint32(s)
		if ok != (want >= 0) || ok && int64(v) != want {
			t.Errorf("%q: %d, %t", s, v, ok)
		}
	}
}
