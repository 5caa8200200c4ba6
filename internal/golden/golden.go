// Package golden runs test cases that are written in txtar files. Tests import
// it.
package golden

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// Run runs the cases in the files that a pattern matches. A case is a folder:
// its files are given to do in their order, with the folder's name left out of
// theirs, and its file `want`, the last one, is what do has to return. If update
// is set, what do returned is written there instead.
func Run(t *testing.T, pattern string, update bool, do func(t *testing.T, files []txtar.File) string) {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases in %s: %v", pattern, err)
	}
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var files []txtar.File
		changed := false
		for i := range archive.Files {
			f := &archive.Files[i]
			name, file, ok := strings.Cut(f.Name, "/")
			if !ok {
				t.Fatalf("%s: file %s is in no folder", path, f.Name)
			}
			if file != "want" {
				files = append(files, txtar.File{Name: file, Data: f.Data})
				continue
			}
			load := files
			files = nil
			t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar")+"/"+name, func(t *testing.T) {
				got := do(t, load)
				if update {
					changed = changed || got != string(f.Data)
					f.Data = []byte(got)
				} else if got != string(f.Data) {
					t.Errorf("got:\n%s\nwant:\n%s", got, f.Data)
				}
			})
		}
		if len(files) > 0 {
			t.Errorf("%s: the last case has no file `want`", path)
		}
		if changed {
			if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
