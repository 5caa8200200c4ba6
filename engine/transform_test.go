package engine

import (
	"slices"
	"testing"

	"falcoreplay/engine/field"
)

func TestTransforms(t *testing.T) {
	for _, c := range []struct {
		name, in, out string
		ok            bool
	}{
		{"tolower", "AbC É", "abc É", true},
		{"toupper", "aBc é", "ABC é", true},
		{"basename", "/usr/bin/ls", "ls", true},
		{"basename", "ls", "ls", true},
		{"basename", "/usr/", "", true},
		{"b64", "", "", true},
		{"b64", "YWJj", "abc", true},
		{"b64", "YWI=", "ab", true},
		{"b64", "YQ==", "a", true},
		{"b64", "YQ", "a", true},
		{"b64", "YWJj=", "abc", true}, // padding is not counted
		{"b64", "YR", "", false},      // bits are left
		{"b64", "Y", "", false},
		{"b64", "YW Jj", "", false},
		{"b64", "YWJj\n", "", false},
		{"b64", "=", "", false},
		{"b64", "==", "", false},
	} {
		out, ok := transformers[c.name].apply(nil, c.in)
		if ok != c.ok || ok && string(out) != c.out {
			t.Errorf("%s(%q) = %q, %v", c.name, c.in, out, ok)
		}
	}
}

func TestGetopt(t *testing.T) {
	for _, c := range []struct {
		args           []string
		opts, selected string
		want           []string
		ok             bool
	}{
		{[]string{"-a", "-bx", "-c", "y", "z"}, "ab:c:", "", []string{"a", "b", "x", "c", "y"}, true},
		{[]string{"-abx"}, "ab:", "", []string{"a", "b", "x"}, true},
		{[]string{"-q"}, "a", "", []string{"?"}, true},
		{[]string{"-b"}, "b:", "", []string{""}, true},
		{[]string{"x", "-a"}, "a", "", nil, true},
		{[]string{"--", "-a"}, "a", "", nil, true},
		{[]string{"--exec", "-a"}, "a", "", []string{"a"}, true},
		{[]string{"-", "-a"}, "a", "", nil, true},
		{[]string{"-b", "1", "-b2"}, "b:", "b", []string{"2"}, true},
		{[]string{"-a"}, "ab:", "a", []string{"a"}, true},
		{[]string{"-a"}, "ab:", "b", nil, false},
		{[]string{"-b"}, ":ab:", "b", []string{""}, true},
		{[]string{"-q"}, "a", "q", nil, false},
	} {
		var args []field.Value
		for _, a := range c.args {
			args = append(args, field.Value{S: a})
		}
		values, ok := getopt(nil, args, parseOptString(c.opts), c.selected)
		var got []string
		for _, v := range values {
			got = append(got, v.S)
		}
		if ok != c.ok || ok && !slices.Equal(got, c.want) {
			t.Errorf("getopt(%q, %q)[%s] = %q, %v", c.args, c.opts, c.selected, got, ok)
		}
	}
}

func TestJSONText(t *testing.T) {
	for in, want := range map[string]string{
		"abc":                    "abc",
		"\"\\/":                  `\"\\/`,
		"\b\f\n\r\t\x01\x1f\x7f": `\b\f\n\r\t\u0001\u001f` + "\x7f",
		"é€😀":                    "é€😀",
		"a\xffb":                 "a\uFFFDb",
		"a\x80b":                 "a\uFFFDb",
		"\xe2\x82x":              "\uFFFDx",
		"\xe2\x82":               "\uFFFD",
		"\xe2\xe2":               "\uFFFD\uFFFD",
	} {
		if got := string(appendEscaped(nil, in)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestStringSet(t *testing.T) {
	set := newStringSet([]string{"a", "bc", "bc", "", "/usr/bin/python3"})
	for s, want := range map[string]bool{"a": true, "b": false, "": true, "bc": true, "bcd": false, "/usr/bin/python3": true} {
		if set.has(s) != want {
			t.Errorf("%q: %v", s, !want)
		}
	}
	if newStringSet(nil).has("") {
		t.Error("the empty set has a string")
	}
}
