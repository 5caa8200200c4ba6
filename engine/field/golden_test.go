package field

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"falcoreplay/internal/testenv"
	"falcoreplay/replay"
	"falcoreplay/scap"
	"falcoreplay/scap/event"
)

// deliberate has the fields that are not compared, and why.
var deliberate = map[string]string{
	"proc.exe_ino.ctime_duration_pidns_start": "Falco never sets it where the capture does not hold it",
	"proc.exe_ino.ctime_duration_proc_start":  "the same",
	"evt.hostname":                            "Falco does not read the recorded host's name from captures",
	"fd.types":                                "Falco's order is that of a hash table",
}

// TestGolden compares every field of every event with what Falco answers, byte
// by byte. -v shows what differs most.
func TestGolden(t *testing.T) {
	if testing.Short() {
		t.Skip("reads all captures")
	}
	shared := testenv.Shared(t)
	names, err := filepath.Glob(filepath.Join(shared, "parity", "golden", "*.probe.jsonl.gz"))
	if err != nil || len(names) == 0 {
		t.Fatal("no goldens", err)
	}
	g := golden{fields: make(map[string]*Field), wrong: make(map[string][]string)}
	for _, name := range names {
		base := strings.TrimSuffix(filepath.Base(name), ".probe.jsonl.gz")
		if only := os.Getenv("GOLDEN"); only == "" || only == base {
			g.compare(t, name, filepath.Join(shared, "captures", base+".scap"))
		}
	}
	order := make([]string, 0, len(g.wrong))
	for name := range g.wrong {
		order = append(order, name)
	}
	sort.Slice(order, func(i, j int) bool { return len(g.wrong[order[i]]) > len(g.wrong[order[j]]) })
	for _, name := range order {
		t.Logf("%7d  %s", len(g.wrong[name]), name)
		for _, cell := range g.wrong[name][:min(4, len(g.wrong[name]))] {
			t.Logf("            %s", cell)
		}
	}
	t.Logf("cells %d/%d of %d fields", g.equal, g.total, len(g.fields))
	if g.equal < g.total {
		t.Errorf("%d of %d cells differ", g.total-g.equal, g.total)
	}
}

// golden is a comparison with what Falco answers.
type golden struct {
	fields       map[string]*Field
	wrong        map[string][]string
	total, equal int // cells
	cell         []byte
}

func (g *golden) field(t *testing.T, name string) *Field {
	f := g.fields[name]
	if f == nil {
		bare, arg, hasArg := strings.Cut(name, "[")
		var err error
		if f, err = Resolve(bare, strings.TrimSuffix(arg, "]"), hasArg); err != nil {
			t.Fatal(err)
		}
		g.fields[name] = f
	}
	return f
}

func (g *golden) compare(t *testing.T, answers, capture string) {
	t.Helper()
	file, err := os.Open(capture)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rd, err := scap.NewReader(file, capture, scap.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer rd.Close()
	zfile, err := os.Open(answers)
	if err != nil {
		t.Fatal(err)
	}
	defer zfile.Close()
	z, err := gzip.NewReader(zfile)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReaderSize(z, 1<<20)
	var c Context
	section := 0
	for {
		ev, err := rd.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if rd.Section() != section {
			section = rd.Section()
			c = Context{Host: replay.New(rd.Snapshot())}
		}
		c.Host.Apply(ev)
		if ev.StateOnly {
			continue
		}
		c.Reset()
		line, err := readAlert(lines)
		if err != nil {
			t.Fatalf("%s: event %d: %v", answers, ev.Num, err)
		}
		var alert answer
		if err := json.Unmarshal(line, &alert); err != nil {
			t.Fatal(err)
		}
		if got, want := fmt.Sprint(ev.Num), string(alert.Fields["evt.num"]); got != want {
			t.Fatalf("%s: event %s where Falco has %s", answers, got, want)
		}
		where := fmt.Sprintf("%s#%d %s", filepath.Base(capture), ev.Num, ev.Info().Code)
		forgetFD(&c) // the probe reads evt.abspath
		g.json(t, &c, &alert, where)
	}
}

// answer is what is used of an alert.
type answer struct {
	Fields map[string]json.RawMessage `json:"output_fields"`
}

// forgetFD does to the event what Falco does when it reads evt.abspath: it takes
// the directory that the path is relative to for the event's file descriptor.
func forgetFD(c *Context) {
	ev, t := c.Host.Current.Event, c.Host.Current.Thread
	pair := absPathIndex[ev.Type][0]
	if pair[1] == 0 || t == nil {
		return
	}
	number, ok := ev.Int(int(pair[0]))
	if path := ev.Param(int(pair[1])); ok && len(path) > 0 && path[0] != '/' && number != atFDCWD {
		c.Host.Current.FD = t.FD(number)
	}
}

// comparableBuffer tells whether Falco shows the data of an event. Where it has
// none, it shows the word NULL, where it is no plain bytes a number, and behind
// either what the buffer held before.
func comparableBuffer(c *Context, cell []byte) bool {
	ev := c.Host.Current.Event
	i := ev.Info().Param("data")
	return (i < 0 || ev.Info().Params[i].Type == event.PTByteBuf) && !bytes.HasPrefix(cell, []byte(`"NUL`))
}

func (g *golden) json(t *testing.T, c *Context, a *answer, where string) {
	for name, want := range a.Fields {
		if deliberate[name] != "" || name == "evt.buffer" && !comparableBuffer(c, want) {
			continue
		}
		g.cell = g.field(t, name).AppendJSON(c, g.cell[:0])
		g.total++
		if string(g.cell) == string(want) {
			g.equal++
			continue
		}
		g.wrong[name] = append(g.wrong[name], fmt.Sprintf("%s: want %.150s, have %.150s", where, want, g.cell))
	}
}

func readAlert(r *bufio.Reader) ([]byte, error) {
	for {
		line, err := r.ReadBytes('\n')
		if len(line) > 0 && line[0] == '{' {
			return line, nil
		}
		if err != nil {
			return nil, err
		}
	}
}
