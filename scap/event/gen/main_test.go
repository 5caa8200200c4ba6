package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestDrift fails where the generated files are not what the data gives.
func TestDrift(t *testing.T) {
	files, err := generate(filepath.Join("..", "data"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			t.Error(err)
		} else if !bytes.Equal(got, want) {
			t.Errorf("%s is not what go generate makes of the data", name)
		}
	}
}
