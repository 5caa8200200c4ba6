package engine

import "testing"

func TestRegex(t *testing.T) {
	for _, c := range []struct {
		expr, s string
		want    bool
	}{
		{"a.c", "abc", true},
		{"b", "abc", false}, // anchored
		{".*b.*", "abc", true},
		{".*b.*", "a\nbc", false}, // a dot is no line end
		{"a[^x]c", "a\nc", true},  // a negated class matches one
		{"(a|ab)(c|bcd)", "abcd", true},
		{"^abc$", "abc", true},
		{"a\n^b", "a\nb", true}, // at lines
		{"[[:alpha:]]+", "abC", true},
		{"a{2,3}", "aaa", true},
		{"a**", "aa", true},
		{"\\.", ".", true},
		{"é+", "éé", true},
		{".", "\xff", true},       // becomes U+FFFD
		{"..", "\xe2\x82", false}, // which is one of the largest part
		{"", "", true},
	} {
		re, err := compileRegex(c.expr)
		if err != nil {
			t.Errorf("%q: %v", c.expr, err)
			continue
		}
		if got := re.MatchString(regexText(c.s)); got != c.want {
			t.Errorf("%q regex %q = %v", c.s, c.expr, got)
		}
	}
}

func TestRegexRefused(t *testing.T) {
	for _, expr := range []string{`\d+`, `\w`, `\bx`, `\pL`, `(?i)a`, `(?:a)`, `(`, `[a`, `a{1001}`, `*a`, "\xff", `\Qa\E`} {
		if _, err := compileRegex(expr); err == nil {
			t.Errorf("%q accepted", expr)
		}
	}
}

func TestRegexWarning(t *testing.T) {
	for expr, want := range map[string]bool{
		"abc": true, "^abc": true, "abc$": true, ".*abc": true, "abc.*": true, ".*abc.*": true, "": true,
		"a.c": false, "a.*c": false, "[ab]": false, "a|b": false,
	} {
		if got := regexWarning(expr) != ""; got != want {
			t.Errorf("%q: warning %v", expr, got)
		}
	}
}
