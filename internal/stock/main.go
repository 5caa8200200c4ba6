// Stock compares the bundled rules with Falco's stock rules on the same
// captures, and writes the document docs/stock.md: which of them fire where.
//
//	stock SHARED TESTDATA FILE
//
// SHARED has the stock rules in rules/ and captures of other projects in
// captures/, TESTDATA those of this one.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"falcoreplay/engine"
	"falcoreplay/engine/run"
	"falcoreplay/internal/rulefile"
	"falcoreplay/rules"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: stock SHARED TESTDATA FILE")
		os.Exit(2)
	}
	doc, err := document(os.Args[1], os.Args[2])
	if err == nil {
		err = os.WriteFile(os.Args[3], doc, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "stock:", err)
		os.Exit(1)
	}
}

// stockFiles are Falco's stock rules of all three levels of maturity.
var stockFiles = []string{"falco_rules.yaml", "falco-incubating_rules.yaml", "falco-sandbox_rules.yaml"}

// engines are both sets of rules, of which every rule that matches is reported.
func engines(shared string) (both [2]*engine.Engine, err error) {
	var paths []string
	for _, name := range stockFiles {
		paths = append(paths, filepath.Join(shared, "rules", name))
	}
	for i, of := range [][]string{{rules.BundledName}, paths} {
		files, err := rulefile.Read(of)
		if err != nil {
			return both, err
		}
		if both[i], err = engine.Load(files, engine.Options{NoFields: true, Matching: engine.All}); err != nil {
			return both, err
		}
	}
	return both, nil
}

// fired are the rules that match on a capture, by events.
type fired map[uint64][]*rules.Rule

func analyze(path string, eng *engine.Engine) (fired, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	out := make(fired)
	_, err = run.Capture(f, path, eng, run.Options{}, func(a *engine.Alert) error {
		out[a.EventNum] = append(out[a.EventNum], a.Rule)
		return nil
	})
	return out, err
}
