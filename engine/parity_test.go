package engine_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"falcoreplay/engine"
	"falcoreplay/engine/run"
	"falcoreplay/internal/testenv"
	"falcoreplay/rules"
)

// compile loads rule files into an engine.
func compile(t testing.TB, opts engine.Options, names ...string) *engine.Engine {
	t.Helper()
	var files []rules.File
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, rules.File{Name: filepath.Base(name), Data: data})
	}
	set, result := rules.Load(files, rules.Options{KnownField: engine.CheckField, Check: engine.CheckRule})
	if set == nil {
		t.Fatal(result.Err())
	}
	e, problems := engine.New(set, opts)
	if len(problems) > 0 {
		t.Fatal(problems[0].Message)
	}
	return e
}

// analyse runs a capture through an engine.
func analyse(t testing.TB, e *engine.Engine, capture string, emit func(*engine.Alert)) {
	t.Helper()
	f, err := os.Open(capture)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	_, err = run.Capture(f, filepath.Base(capture), e, run.Options{}, func(a *engine.Alert) error {
		emit(a)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// readGzip reads a file that may be compressed.
func readGzip(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		data, err = os.ReadFile(name + ".gz")
	}
	if err != nil {
		t.Fatal(err)
	}
	if bytes.HasPrefix(data, []byte("\x1f\x8b")) {
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if data, err = io.ReadAll(z); err != nil {
			t.Fatal(err)
		}
	}
	return data
}

// unequal are conditions whose events are not yet Falco's: after an openat with
// a dirfd, fd.name and the like are those of the directory there.
var unequal = []string{"c2116", "c2165"}

// TestConditionsOfReference compares the events that 884 conditions match with
// those that they match in Falco.
func TestConditionsOfReference(t *testing.T) {
	dir := testenv.Shared(t)
	e := compile(t, engine.Options{Matching: engine.All, NoFields: true}, filepath.Join(dir, "parity", "conditions", "accepted.yaml"))
	for _, name := range []string{"falco-allsys", "falco-attacks"} {
		t.Run(name, func(t *testing.T) {
			var want map[string][]uint64
			if err := json.Unmarshal(readGzip(t, filepath.Join(dir, "parity", "conditions", name+".json")), &want); err != nil {
				t.Fatal(err)
			}
			got := make(map[string][]uint64)
			analyse(t, e, filepath.Join(dir, "captures", name+".scap"), func(a *engine.Alert) {
				got[a.Rule.Name] = append(got[a.Rule.Name], a.EventNum)
			})
			equal := 0
			for _, r := range e.Rules() {
				if slices.Equal(got[r.Name], want[r.Name]) {
					equal++
					continue
				}
				if slices.Contains(unequal, r.Name) {
					t.Logf("known: %s %s: %s", r.Name, r.Condition, difference(got[r.Name], want[r.Name]))
					continue
				}
				t.Errorf("%s %s: %s", r.Name, r.Condition, difference(got[r.Name], want[r.Name]))
			}
			t.Logf("%d/%d conditions equal", equal, len(e.Rules()))
		})
	}
}

// difference counts the events in one list only, with an example of each kind.
func difference(got, want []uint64) string {
	only := func(a, b []uint64) (list []uint64) {
		for _, n := range a {
			if _, found := slices.BinarySearch(b, n); !found {
				list = append(list, n)
			}
		}
		return list
	}
	extra, missing := only(got, want), only(want, got)
	return fmt.Sprintf("%d of %d events missing %v, %d extra %v",
		len(missing), len(want), missing[:min(3, len(missing))], len(extra), extra[:min(3, len(extra))])
}

// stock are the rule files and captures that alerts are known for.
var stock = []string{"falco-containers", "falco-attacks", "falco-allsys", "falco-workload"}

// TestStockAlerts compares alerts byte by byte with Falco's.
func TestStockAlerts(t *testing.T) {
	dir := testenv.Shared(t)
	e := compile(t, engine.Options{}, testenv.StockRules(t)...)
	for _, name := range stock {
		t.Run(name, func(t *testing.T) {
			capture := findCapture(t, dir, name)
			var text, lines []byte
			analyse(t, e, capture, func(a *engine.Alert) {
				text = append(a.AppendText(text), '\n')
				lines = append(a.AppendJSON(lines), '\n')
			})
			compareLines(t, "text", text, readGzip(t, filepath.Join(dir, "parity", "golden", name+".stock.txt")))
			compareLines(t, "JSON", lines, readGzip(t, filepath.Join(dir, "parity", "golden", name+".stock.jsonl")))
		})
	}
}

// findCapture is the capture with the name, however it is compressed.
func findCapture(t testing.TB, dir, name string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "captures", name+".scap*"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no capture %s: %v", name, err)
	}
	return found[0]
}

func compareLines(t *testing.T, form string, got, want []byte) {
	t.Helper()
	g, w := bytes.Split(got, []byte("\n")), bytes.Split(want, []byte("\n"))
	different := 0
	for i := range min(len(g), len(w)) {
		if bytes.Equal(g[i], w[i]) {
			continue
		}
		if different++; different <= 3 {
			t.Errorf("%s, line %d:\n%s\nwant\n%s", form, i+1, g[i], w[i])
		}
	}
	if different > 0 || len(g) != len(w) {
		t.Errorf("%s: %d lines of %d differ, want %d lines", form, different, len(g)-1, len(w)-1)
	}
}

// TestUnrelatedRule holds that a rule which matches nothing changes nothing.
func TestUnrelatedRule(t *testing.T) {
	dir := testenv.Shared(t)
	more := filepath.Join(t.TempDir(), "more.yaml")
	err := os.WriteFile(more, []byte("- rule: none\n  desc: d\n  priority: DEBUG\n  output: o\n"+
		"  condition: proc.name = nosuch and fd.name contains x and not evt.type in (open, close)\n"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	with := func(files ...string) (out []byte) {
		e := compile(t, engine.Options{Matching: engine.All}, files...)
		analyse(t, e, filepath.Join(dir, "captures", "falco-attacks.scap"), func(a *engine.Alert) {
			out = append(a.AppendJSON(out), '\n')
		})
		return out
	}
	files := testenv.StockRules(t)
	if !bytes.Equal(with(files...), with(append([]string{more}, files...)...)) {
		t.Error("the reports differ")
	}
}

// TestKeepsRule holds that leaving a rule out takes away its alerts only.
func TestKeepsRule(t *testing.T) {
	dir := testenv.Shared(t)
	alerts := func(keep func(*rules.Rule) bool) (out []string) {
		e := compile(t, engine.Options{Matching: engine.All, Keep: keep}, testenv.StockRules(t)...)
		analyse(t, e, filepath.Join(dir, "captures", "falco-attacks.scap"), func(a *engine.Alert) {
			out = append(out, string(a.AppendText([]byte(a.Rule.Name+"|"))))
		})
		return out
	}
	all := alerts(nil)
	if len(all) == 0 {
		t.Fatal("no alerts")
	}
	name, _, _ := bytes.Cut([]byte(all[0]), []byte("|"))
	drop := string(name)
	want := slices.DeleteFunc(slices.Clone(all), func(s string) bool { return len(s) > len(drop) && s[:len(drop)+1] == drop+"|" })
	got := alerts(func(r *rules.Rule) bool { return r.Enabled && r.Name != drop })
	if !slices.Equal(got, want) {
		t.Errorf("without %s: %d alerts, want %d", drop, len(got), len(want))
	}
}

// TestIndex holds that the index by event type changes nothing.
func TestIndex(t *testing.T) {
	dir := testenv.Shared(t)
	accepted := filepath.Join(dir, "parity", "conditions", "accepted.yaml")
	for _, files := range [][]string{testenv.StockRules(t), {accepted}} {
		for _, name := range []string{"falco-attacks", "falco-allsys", "falco-containers", "502Error", "curl_google"} {
			alerts := func(opts engine.Options) (out []byte) {
				analyse(t, compile(t, opts, files...), findCapture(t, dir, name), func(a *engine.Alert) {
					out = fmt.Appendf(out, "%d %s\n", a.EventNum, a.Rule.Name)
				})
				return out
			}
			opts := engine.Options{Matching: engine.All, NoFields: true}
			if !bytes.Equal(alerts(opts), alerts(engine.Unindexed(opts))) {
				t.Errorf("%s with %s: alerts differ", name, filepath.Base(files[0]))
			}
		}
	}
}
