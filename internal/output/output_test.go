package output

import (
	"strings"
	"testing"
)

func TestJSON(t *testing.T) {
	var b strings.Builder
	if err := JSON(&b, map[string]string{"a": "<&>"}); err != nil || b.String() != "{\n  \"a\": \"<&>\"\n}\n" {
		t.Errorf("%q, %v", b.String(), err)
	}
}

func TestCount(t *testing.T) {
	for n, want := range []string{"0 files", "1 file", "2 files"} {
		if got := Count(n, "file"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestUnknownFormat(t *testing.T) {
	if got := UnknownFormat("x", []string{"text", "json"}).Error(); got != `unknown format "x", expected one of text, json` {
		t.Error(got)
	}
}
