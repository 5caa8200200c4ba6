package main

import (
	"bytes"
	"os"
	"testing"

	"falcoreplay/internal/testenv"
)

// TestDocument holds docs/stock.md against what the rules do.
func TestDocument(t *testing.T) {
	want, err := document(testenv.Shared(t), "../../testdata")
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../docs/stock.md")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("docs/stock.md is not what the rules do now: run make compare-stock, and look at the difference")
	}
}
