package scap

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"falcoreplay/internal/testenv"
	"falcoreplay/scap/event"
)

// field cuts a number or a text out of a line of JSON; the lines have hundreds
// of fields, so parsing them takes long.
func field(line []byte, name string) string {
	_, v, ok := bytes.Cut(line, []byte(`"`+name+`":`))
	if !ok {
		return ""
	}
	v = v[:bytes.IndexAny(v, ",}")]
	return strings.Trim(string(v), `"`)
}

func openShared(t testing.TB, name string) *os.File {
	t.Helper()
	f, err := os.Open(filepath.Join(testenv.Shared(t), name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func typeName(e *event.Event) string {
	if e.Type == event.AsynceventE { // the name that its plugin has given it
		return string(e.Str(1))
	}
	return e.Name()
}

// TestGolden compares the sequence of events with what Falco has seen.
func TestGolden(t *testing.T) {
	goldens, err := filepath.Glob(filepath.Join(testenv.Shared(t), "parity", "golden", "*.probe.jsonl.gz"))
	if err != nil || len(goldens) == 0 {
		t.Fatal("no goldens", err)
	}
	for _, golden := range goldens {
		name := strings.TrimSuffix(filepath.Base(golden), ".probe.jsonl.gz")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := NewReader(openShared(t, "captures/"+name+".scap"), name, Options{})
			if err != nil {
				t.Fatal(err)
			}
			z, err := gzip.NewReader(openShared(t, "parity/golden/"+filepath.Base(golden)))
			if err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewReaderSize(z, 1<<20)
			n := 0
			for ; ; n++ {
				e, err := r.Next()
				for err == nil && e.StateOnly {
					e, err = r.Next()
				}
				line, lineErr := lines.ReadBytes('\n')
				if err == io.EOF && lineErr == io.EOF {
					break
				}
				if err != nil || lineErr != nil {
					t.Fatalf("event %d: %v, golden: %v", n, err, lineErr)
				}
				got := fmt.Sprintf("%d %d %s %d %d", e.Num, e.TS, typeName(e), e.TID, e.CPU)
				want := fmt.Sprintf("%s %s %s %s %s", field(line, "evt.num"), field(line, "evt.rawtime"),
					field(line, "evt.type"), field(line, "thread.tid"), field(line, "evt.cpu"))
				if got != want {
					var m map[string]any
					json.Unmarshal(line, &m)
					t.Fatalf("event %d: got %s, want %s\n%v", n, got, want, m["output"])
				}
			}
			t.Logf("%d events equal; %+v", n, r.Stats())
		})
	}
}
