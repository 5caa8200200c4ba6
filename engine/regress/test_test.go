package regress

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"falcoreplay/engine/regress/suite"
	"falcoreplay/engine/report"
)

// testdata is the folder with the project's captures.
const testdata = "../../testdata"

func TestShard(t *testing.T) {
	for text, want := range map[string]Shard{"1/1": {1, 1}, "2/3": {2, 3}, "3/3": {3, 3}} {
		if got, err := ParseShard(text); err != nil || got != want {
			t.Errorf("%s: %v %v", text, got, err)
		}
	}
	for _, text := range []string{"", "1", "0/2", "3/2", "a/2", "1/b", "-1/2", "1/0"} {
		if s, err := ParseShard(text); err == nil {
			t.Errorf("%s: %v", text, s)
		}
	}
	for i := range 10 {
		n := 0
		for part := 1; part <= 3; part++ {
			if (Shard{part, 3}).has(i) {
				n++
			}
		}
		if n != 1 || !(Shard{}).has(i) {
			t.Errorf("case %d is in %d shards", i, n)
		}
	}
}

func TestEach(t *testing.T) {
	for _, workers := range []int{0, 1, 3, 50} {
		done := make([]int, 20)
		each(workers, len(done), func(i int) { done[i]++ })
		if slices.ContainsFunc(done, func(n int) bool { return n != 1 }) {
			t.Errorf("%d workers: %v", workers, done)
		}
	}
}

// many makes a suite of n cases, of which every seventh fails. distinct gives
// each case rules of its own.
func many(t testing.TB, n int, distinct bool) *suite.Suite {
	t.Helper()
	captures, err := filepath.Abs(testdata)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("cases:\n")
	for i := range n {
		name := [...]string{"falco-attacks.scap", "falco-containers.scap"}[i%2]
		fmt.Fprintf(&b, "  - name: case %d\n    captures: %s\n", i, filepath.Join(captures, name))
		if distinct {
			fmt.Fprintf(&b, "    disable: 'Password*'\n    enable: ['*%c*', '*%c*', Password*]\n", "acdegilmnoprstu"[i%15], "acdegilmnoprstu"[i/15])
		}
		count := 3 - 2*(i%2)
		if i%7 == 6 {
			count++
		}
		fmt.Fprintf(&b, "    expect: [{rule: Password file read by unexpected program, count: %d}]\n", count)
	}
	s, err := suite.Parse("many.yaml", []byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestWorkers holds that results are the same whatever the number of workers.
func TestWorkers(t *testing.T) {
	for _, distinct := range []bool{false, true} {
		suites := []*suite.Suite{many(t, 28, distinct)}
		var first string
		for _, workers := range []int{1, 3, 16} {
			var b bytes.Buffer
			w, err := report.NewTestWriter("json", &b, true)
			if err != nil {
				t.Fatal(err)
			}
			totals, trouble, err := Test(suites, TestOptions{Files: memory{}, Workers: workers}, w.Case)
			if err != nil || trouble != Failures || totals.Failed != 4 || totals.Passed != 24 {
				t.Fatalf("%d workers: %+v %v %v\n%s", workers, totals, trouble, err, b.String())
			}
			if err := w.End(&totals); err != nil {
				t.Fatal(err)
			}
			if first == "" {
				first = b.String()
			} else if b.String() != first {
				t.Errorf("distinct %v: %d workers give other results than one", distinct, workers)
			}
		}
	}
}

// TestEmitError holds that an error of who is told ends the run and is returned.
func TestEmitError(t *testing.T) {
	full := errors.New("disk full")
	n := 0
	_, _, err := Test([]*suite.Suite{many(t, 20, false)}, TestOptions{Files: memory{}, Workers: 4}, func(*report.CaseResult) error {
		n++
		return full
	})
	if !errors.Is(err, full) || n != 1 {
		t.Errorf("%v after %d cases", err, n)
	}
}

// TestDamaged holds that what a damaged capture gives is no baseline.
func TestDamaged(t *testing.T) {
	whole, err := os.ReadFile(filepath.Join(testdata, "falco-attacks.scap"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cut := filepath.Join(dir, "cut.scap")
	if err := os.WriteFile(cut, whole[:len(whole)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := suite.Parse(filepath.Join(dir, "s.yaml"), []byte("cases: [{name: a, captures: cut.scap, snapshot: s.jsonl}]"))
	if err != nil {
		t.Fatal(err)
	}
	files := memory{}
	totals, trouble, err := Test([]*suite.Suite{s}, TestOptions{Files: files, Update: true}, func(c *report.CaseResult) error {
		if c.Status != report.Broken || len(c.Failures) != 1 || !strings.Contains(c.Failures[0].What, "cut.scap") {
			t.Errorf("%+v", c)
		}
		return nil
	})
	if err != nil || trouble != BadCapture || totals.Broken != 1 || len(files) != 0 {
		t.Errorf("%+v %v %v, files %v", totals, trouble, err, files)
	}
	d, err := CompareRules([]string{cut}, DiffOptions{Files: files})
	if err != nil || len(d.Damage) != 1 {
		t.Errorf("%+v %v", d, err)
	}
	c, err := Cover([]string{cut, cut + "x"}, CoverageOptions{Files: files, Workers: 2})
	if err != nil || len(c.Damage) != 2 {
		t.Errorf("%+v %v", c, err)
	}
}

// BenchmarkTest is 200 cases on two small captures, with the same rules and with
// rules of their own.
func BenchmarkTest(b *testing.B) {
	for _, distinct := range []bool{false, true} {
		b.Run(fmt.Sprintf("distinct=%v", distinct), func(b *testing.B) {
			suites := []*suite.Suite{many(b, 200, distinct)}
			for b.Loop() {
				if _, _, err := Test(suites, TestOptions{Files: memory{}, Workers: 2}, func(*report.CaseResult) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
