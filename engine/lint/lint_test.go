package lint_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"falcoreplay/engine/lint"
	"falcoreplay/internal/golden"
	"falcoreplay/internal/testenv"
	"falcoreplay/rules"
)

var update = flag.Bool("update", false, "write what the tests got as what they want")

// TestGolden checks the cases in testdata/*.txtar. A case is a folder: its
// files are loaded in their order, and its file `want` is what is found. A
// comment line `# enable CODE` in a file looks for the code as well.
func TestGolden(t *testing.T) {
	golden.Run(t, "testdata/*.txtar", *update, func(t *testing.T, cases []txtar.File) string {
		var opts lint.Options
		files := make([]rules.File, len(cases))
		for i, f := range cases {
			files[i] = rules.File{Name: f.Name, Data: f.Data}
			for _, line := range strings.Split(string(f.Data), "\n") {
				if code, ok := strings.CutPrefix(line, "# enable "); ok {
					opts.Enable = append(opts.Enable, rules.Code(code))
				}
			}
		}
		report := lint.Check(files, opts)
		var b bytes.Buffer
		if err := report.Write(&b, "text"); err != nil {
			t.Fatal(err)
		}
		return b.String() + report.Summary() + "\n"
	})
}

// TestExamples holds that the examples of the documentation show what they are
// to show: the bad one has the finding and nothing else, the good one nothing.
func TestExamples(t *testing.T) {
	for _, c := range lint.Codes() {
		if c.Title == "" || !strings.HasSuffix(c.Title, ".") {
			t.Errorf("%s: the title is no sentence: %q", c.Code, c.Title)
		}
		if (c.Bad == "") != (c.Good == "") || c.Bad == "" && c.Text != "" {
			t.Errorf("%s: an example is missing", c.Code)
		}
		if c.Bad == "" {
			continue
		}
		opts := lint.Options{}
		if c.Off {
			opts.Enable = []rules.Code{c.Code}
		}
		for _, example := range []struct{ text, want string }{{c.Bad, string(c.Code)}, {c.Good, ""}} {
			report := lint.Check([]rules.File{{Name: "x.yaml", Data: []byte(example.text)}}, opts)
			var got []string
			for _, d := range report.Diagnostics {
				got = append(got, string(d.Code))
			}
			if s := strings.Join(got, " "); s != example.want {
				t.Errorf("%s: found %q, want %q, in\n%s", c.Code, s, example.want, example.text)
			}
		}
	}
}

// stockFindings is what is found in Falco's stock rules. Each was checked by
// hand; docs/lint.md tells of them.
var stockFindings = map[string]rules.Code{
	"Remove Bulk Data from Disk":                       lint.OutputAbsent,
	"Execution from /dev/shm":                          lint.OutputAbsent,
	"coreutils_binaries":                               lint.DuplicateItem,
	"Non sudo setuid":                                  lint.PartNeverTrue,
	"Create files below dev":                           lint.PartNeverTrue,
	"Contact cloud metadata service from container":    lint.Shadowed,
	"Network Connection outside Local Subnet":          lint.NeverTrue,
	"Launch Disallowed Container":                      lint.NeverTrue,
	"Container Drift Detected (chmod)":                 lint.OutputAbsent,
	"Container Drift Detected (open+create)":           lint.OutputAbsent,
	"Netcat/Socat Remote Code Execution on Host":       lint.Shadowed,
	"Network Tool Executed During NPM Package Install": lint.Shadowed,
	"Web Server Spawned Suspicious Child Process":      lint.PartNeverTrue,
}

func TestStockRules(t *testing.T) {
	report := lint.Check(read(t, testenv.StockRules(t)...), lint.Options{})
	seen := make(map[string]bool)
	for _, d := range report.Diagnostics {
		_, name, _ := strings.Cut(d.Item, " ")
		name = strings.Trim(name, `"`)
		if stockFindings[name] != d.Code {
			t.Errorf("not expected: %s", d.Error())
		}
		seen[name] = true
	}
	for name, code := range stockFindings {
		if !seen[name] {
			t.Errorf("%s of %q is not found", code, name)
		}
	}
}

// TestBundledRules holds that the bundled rules have no findings, also none
// that are off by default.
func TestBundledRules(t *testing.T) {
	var opts lint.Options
	for _, c := range lint.Codes() {
		if c.Off {
			opts.Enable = append(opts.Enable, c.Code)
		}
	}
	report := lint.Check(rules.Bundled(), opts)
	for _, d := range report.Diagnostics {
		t.Error(d.Error())
	}
}

func read(t *testing.T, paths ...string) (files []rules.File) {
	t.Helper()
	for _, p := range paths {
		data, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, rules.File{Name: filepath.Base(p), Data: data})
	}
	return files
}

// TestFormats holds that JSON and SARIF tell the same findings.
func TestFormats(t *testing.T) {
	report := lint.Check([]rules.File{{Name: "a b.yaml", Data: []byte(
		"- rule: é\n  desc: d\n  condition: \"é != é or\"\n  output: o\n  priority: INFO\n- list: l\n  items: [é, é]\n  x: y\n")}}, lint.Options{})
	var js struct {
		Findings []struct {
			Severity, Code, File, Item, Message string
			Line, Column, Offset                int
		}
		Errors, Warnings int
	}
	var sarif struct {
		Version string
		Runs    []struct {
			Results []struct {
				RuleID, Level string
				Locations     []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine, StartColumn int }
					}
				}
			}
		}
	}
	for format, v := range map[string]any{"json": &js, "sarif": &sarif} {
		var b bytes.Buffer
		if err := report.Write(&b, format); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b.Bytes(), v); err != nil {
			t.Fatalf("%s: %v\n%s", format, err, b.String())
		}
	}
	if js.Errors != 1 || js.Warnings != 1 || len(js.Findings) != 2 || sarif.Version != "2.1.0" || len(sarif.Runs[0].Results) != 2 {
		t.Fatalf("json %+v, sarif %+v", js, sarif)
	}
	for i, f := range js.Findings {
		s := sarif.Runs[0].Results[i]
		at := s.Locations[0].PhysicalLocation
		if f.Code != s.RuleID || f.Severity != s.Level || at.ArtifactLocation.URI != "a%20b.yaml" || f.File != "a b.yaml" || at.Region.StartLine != f.Line {
			t.Errorf("json %+v, sarif %+v", f, s)
		}
	}
	if err := report.Write(&bytes.Buffer{}, "xml"); err == nil {
		t.Error("wrote xml")
	}
}

// TestAgainstFalco holds findings against which events Falco matches with
// generated conditions: none with one that can never be true, and with a
// shadowed one only what the rule before matches.
func TestAgainstFalco(t *testing.T) {
	dir := filepath.Join(testenv.Shared(t), "parity", "conditions")
	report := lint.Check(read(t, filepath.Join(dir, "accepted.yaml")), lint.Options{})
	answers, err := filepath.Glob(filepath.Join(dir, "*.json.gz"))
	if err != nil || len(answers) == 0 {
		t.Fatal("no answers", err)
	}
	counts := make(map[rules.Code]int)
	for _, name := range answers {
		matches := readAnswers(t, name)
		for _, d := range report.Diagnostics {
			words := strings.Split(d.Item+" "+d.Message, `"`)
			if d.Code != lint.NeverTrue && d.Code != lint.Shadowed {
				continue
			}
			counts[d.Code]++
			if d.Code == lint.NeverTrue {
				if n := len(matches[words[1]]); n > 0 {
					t.Errorf("%s: Falco matches %d events: %s", filepath.Base(name), n, d.Error())
				}
				continue
			}
			before := make(map[json.Number]bool)
			for _, n := range matches[words[3]] {
				before[n] = true
			}
			for _, n := range matches[words[1]] {
				if !before[n] {
					t.Errorf("%s: event %s is only matched by the second: %s", filepath.Base(name), n, d.Error())
					break
				}
			}
		}
	}
	if counts[lint.NeverTrue] == 0 || counts[lint.Shadowed] == 0 {
		t.Errorf("nothing was compared: %v", counts)
	}
}

// readAnswers reads which events Falco matches with which rules.
func readAnswers(t *testing.T, name string) (matches map[string][]json.Number) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(z)
	dec.UseNumber()
	if err := dec.Decode(&matches); err != nil {
		t.Fatal(err)
	}
	return matches
}

// TestLarge holds that a huge condition takes no huge time, and nothing of it
// is said that was not found out.
func TestLarge(t *testing.T) {
	var b strings.Builder
	b.WriteString("- rule: x\n  desc: d\n  output: o\n  priority: INFO\n  warn_evttypes: false\n  condition: evt.type = open and evt.type = close")
	for i := range 20000 {
		fmt.Fprintf(&b, "\n    or proc.name = a%d and fd.num = %d", i, i)
	}
	b.WriteString("\n")
	start := time.Now()
	report := lint.Check([]rules.File{{Name: "x.yaml", Data: []byte(b.String())}}, lint.Options{})
	if len(report.Diagnostics) > 0 {
		t.Error(report.Diagnostics[0].Error())
	}
	if d := time.Since(start); d > 20*time.Second {
		t.Errorf("took %v", d)
	}
}
