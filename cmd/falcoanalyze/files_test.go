package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestChangedWhileRead: what is written after a file was looked at is a change,
// however soon, but not what was written on behalf of the suite itself.
func TestChangedWhileRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.yaml")
	if err := os.WriteFile(path, []byte("a"), 0o666); err != nil {
		t.Fatal(err)
	}
	f := &osFiles{}
	if _, err := f.Read(path); err != nil {
		t.Fatal(err)
	}
	if p, ok := f.changed(); ok {
		t.Fatalf("%s changed", p)
	}
	if err := f.Write(path, []byte("own")); err != nil {
		t.Fatal(err)
	}
	if p, ok := f.changed(); ok {
		t.Fatalf("%s changed", p)
	}
	if err := os.WriteFile(path, []byte("other's"), 0o666); err != nil {
		t.Fatal(err)
	}
	if p, ok := f.changed(); !ok || p != path {
		t.Errorf("changed: %q, %v", p, ok)
	}
}
