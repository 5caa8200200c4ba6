package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"falcoreplay/internal/rulefile"
	"falcoreplay/rules"
)

// plainError says what is wrong with which file, without the system call.
func plainError(err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return fmt.Errorf("%s: %w", pe.Path, pe.Err)
	}
	return err
}

// osFiles are the files of the machine. It keeps what was looked at, for
// --watch, with its stamp from before that: a file may change while it is read.
type osFiles struct {
	mu   sync.Mutex
	used map[string]string
}

func (f *osFiles) note(path string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.used == nil {
		f.used = make(map[string]string)
	}
	if _, ok := f.used[path]; !ok {
		f.used[path] = stamp(path)
	}
}

func (f *osFiles) Open(path string) (io.ReadCloser, error) {
	if path == "-" {
		return nil, errors.New("standard input can be read once only, which is not enough here; save the capture to a file")
	}
	f.note(path)
	return os.Open(path)
}

func (f *osFiles) Glob(pattern string) ([]string, error) {
	f.note(filepath.Dir(pattern))
	names, err := filepath.Glob(pattern)
	if _, statErr := os.Lstat(pattern); statErr == nil && !slices.Contains(names, pattern) {
		return []string{pattern}, nil // a name with a [ in it, for example
	}
	return orderCaptures(names), err
}

func (f *osFiles) Rules(paths []string) ([]rules.File, error) {
	for _, p := range paths {
		f.note(p)
	}
	files, err := rulefile.ReadRevisions(paths)
	for _, r := range files {
		f.note(r.Name)
	}
	return files, err
}

func (f *osFiles) Read(path string) ([]byte, error) {
	f.note(path)
	return os.ReadFile(path)
}

func (f *osFiles) Write(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	err := os.WriteFile(path, data, 0o666)
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.used[path]; ok {
		f.used[path] = stamp(path) // our own change is none to run again for
	}
	return err
}

// changed is the first file that is not as it was when it was looked at.
func (f *osFiles) changed() (path string, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, path := range slices.Sorted(maps.Keys(f.used)) {
		if stamp(path) != f.used[path] {
			return path, true
		}
	}
	return "", false
}

// stamp is what tells that a file has changed: its size and time.
func stamp(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return "missing"
	}
	return fmt.Sprint(info.ModTime(), info.Size())
}
