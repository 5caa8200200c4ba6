package suite

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// object is an object in a JSON schema.
type object struct {
	Properties map[string]json.RawMessage `json:"properties"`
	Defs       map[string]object          `json:"$defs"`
}

// accepted are the keys that the decoder accepts where a suite has an unknown
// one: its message names them.
func accepted(t *testing.T, suite string) []string {
	t.Helper()
	_, err := Parse("s.yaml", []byte(suite))
	if err == nil {
		t.Fatalf("no error: %s", suite)
	}
	for line := range strings.Lines(err.Error()) {
		if _, list, ok := strings.Cut(strings.TrimSpace(line), `has no key "unknown-key"; there are `); ok {
			keys := strings.Split(list, ", ")
			slices.Sort(keys)
			return keys
		}
	}
	t.Fatalf("the message does not name the keys: %v", err)
	return nil
}

// TestSchema holds the schema for editors and the documentation against the
// decoder.
func TestSchema(t *testing.T) {
	data, err := os.ReadFile("../../../docs/suite.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema object
	if err := json.Unmarshal(data, &schema); err != nil {
		t.Fatal(err)
	}
	docs, err := os.ReadFile("../../../docs/testing.md")
	if err != nil {
		t.Fatal(err)
	}
	inCase := func(s string) string { return "cases: [{name: n, captures: c, " + s + "}]" }
	inMatch := func(s string) string { return inCase("expect: [{rule: r, match: {" + s + "}}]") }
	for def, suite := range map[string]string{
		"":              "unknown-key: 1",
		"case":          inCase("unknown-key: 1"),
		"expectation":   inCase("expect: [{unknown-key: 1}]"),
		"range":         inCase("expect: [{rule: r, count: {unknown-key: 1}}]"),
		"step":          inCase("sequence: [{unknown-key: 1}]"),
		"time":          inMatch("time: {unknown-key: 1}"),
		"operators":     inMatch("fd.name: {unknown-key: 1}"),
		"textOperators": inCase("expect: [{error: LOAD_ERR_VALIDATE, message: {unknown-key: 1}}]"),
	} {
		o := schema
		if def != "" {
			o = schema.Defs[def]
		}
		want := accepted(t, suite)
		if got := slices.Sorted(maps.Keys(o.Properties)); !slices.Equal(got, want) {
			t.Errorf("schema, %q: %v, the decoder has %v", def, got, want)
		}
		for _, k := range want {
			if !strings.Contains(string(docs), "`"+k+"`") && !strings.Contains(string(docs), "{"+k+": ") {
				t.Errorf("docs/testing.md does not have the key %q of %q", k, def)
			}
		}
	}
	if got, want := slices.Sorted(maps.Keys(schema.Defs["match"].Properties)), slices.Sorted(maps.Keys(properties)); !slices.Equal(got, want) {
		t.Errorf("schema, match: %v, the decoder has %v", got, want)
	}
}
