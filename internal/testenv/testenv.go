// Package testenv finds what tests need and the module does not hold.
//
// Only tests import it; it imports nothing of the module.
package testenv

import (
	"os"
	"path/filepath"
	"testing"
)

// Shared returns the path of the folder `shared` beside the module's root,
// which holds reference data that is not part of the project. Where it is
// missing the test is skipped, or fails if FALCOREPLAY_SHARED_REQUIRED is 1.
func Shared(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no go.mod in the working directory or above it")
		}
		dir = parent
	}
	shared := filepath.Join(dir, "..", "shared")
	if _, err := os.Stat(shared); err != nil {
		if os.Getenv("FALCOREPLAY_SHARED_REQUIRED") == "1" {
			t.Fatalf("reference data required: %v", err)
		}
		t.Skip("no reference data beside the module")
	}
	return shared
}

// StockRules returns the paths of the stock rule files, in the order in which
// they are loaded; without reference data it is as Shared.
func StockRules(t testing.TB) []string {
	t.Helper()
	dir := filepath.Join(Shared(t), "rules")
	return []string{
		filepath.Join(dir, "falco_rules.yaml"),
		filepath.Join(dir, "falco-incubating_rules.yaml"),
		filepath.Join(dir, "falco-sandbox_rules.yaml"),
	}
}

// Root skips a test that needs root where it does not run as root, or fails it
// if FALCOREPLAY_ROOT_REQUIRED is 1.
func Root(t testing.TB) {
	t.Helper()
	if os.Geteuid() == 0 {
		return
	}
	if os.Getenv("FALCOREPLAY_ROOT_REQUIRED") == "1" {
		t.Fatal("root required")
	}
	t.Skip("needs root")
}
