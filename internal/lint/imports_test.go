// Package lint holds tests of the source tree as a whole.
package lint

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "falcoreplay/"

// allowed has, for each package of the module, the packages of the module that
// it may import. The packages of cmd may import all. A package that is missing
// here may import none, and internal packages may be imported by all.
var allowed = map[string][]string{
	"scap":               {"scap/event"},
	"recorder/procsnap":  {"scap"},
	"recorder/container": {"scap"},
	"recorder/filter":    {"rules/syntax"},
	"recorder":           {"recorder/bpf", "recorder/filter", "recorder/procsnap", "recorder/container", "scap", "scap/event"},
	"replay":             {"scap", "scap/event"},
	"rules":              {"rules/syntax"},
	"engine/field":       {"rules/syntax", "replay", "scap/event"},
	"engine":             {"engine/field", "rules", "rules/syntax", "replay", "scap/event"},
	"engine/explain":     {"engine/field", "rules/syntax", "replay", "scap/event"},
	"engine/report":      {"engine", "rules", "scap/event"},
	"engine/lint":        {"engine", "engine/field", "rules", "rules/syntax", "scap/event"},
	"engine/reference":   {"engine", "engine/field", "scap/event"},
	"engine/run":         {"engine", "replay", "scap", "scap/event"},
	// What is beside others in engine/regress may be imported by it.
	"engine/regress/suite":   {"engine", "engine/field", "rules"},
	"engine/regress/compare": {"engine", "rules"},
	"engine/regress/clause":  {"engine", "replay", "rules", "rules/syntax", "scap/event"},
	"engine/regress": {"engine", "engine/explain", "engine/field", "engine/regress/clause", "engine/regress/compare", "engine/regress/suite",
		"engine/report", "engine/run", "rules", "rules/syntax", "replay", "scap", "scap/event"},
}

type pkg struct {
	ImportPath        string
	Imports, CgoFiles []string
}

func packages(t *testing.T) (pkgs []pkg) {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,CgoFiles", module+"...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return pkgs
		} else if err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
}

func TestImports(t *testing.T) {
	pkgs := packages(t)
	if len(pkgs) < 5 {
		t.Fatalf("go list found %d packages", len(pkgs))
	}
	for _, p := range pkgs {
		name := strings.TrimPrefix(p.ImportPath, module)
		if len(p.CgoFiles) > 0 {
			t.Errorf("%s uses cgo", name)
		}
		for _, imp := range p.Imports {
			dep, ours := strings.CutPrefix(imp, module)
			switch {
			case !ours, strings.HasPrefix(dep, "internal/"):
			case strings.HasPrefix(dep, "cmd/"):
				t.Errorf("%s imports %s: nothing imports a command", name, dep)
			case strings.HasPrefix(name, "cmd/"), strings.HasPrefix(name, "internal/"):
			case !slices.Contains(allowed[name], dep):
				t.Errorf("%s may not import %s", name, dep)
			}
		}
	}
}
