package main

import (
	"errors"
	"fmt"
	"io"
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
// --watch.
type osFiles struct {
	mu   sync.Mutex
	used map[string]bool
}

func (f *osFiles) note(path string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.used == nil {
		f.used = make(map[string]bool)
	}
	f.used[path] = true
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
	return os.WriteFile(path, data, 0o666)
}

// stamps are what tells that a file has changed: its size and time.
func (f *osFiles) stamps() map[string]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make(map[string]string, len(f.used))
	for path := range f.used {
		out[path] = "missing"
		if info, err := os.Stat(path); err == nil {
			out[path] = fmt.Sprint(info.ModTime(), info.Size())
		}
	}
	return out
}
