// Docgen makes the documents that are made of the code and its data:
//
//	docgen DOCS
//
// writes in the folder DOCS differences.md, of differences.yaml, parity.md, of
// the tables of fields, operators, transformers and messages, and bundled.md, of
// the bundled rules.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"falcoreplay/internal/differences"
)

//go:generate go run . ../../docs

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: docgen DOCS")
		os.Exit(2)
	}
	if err := generate(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "docgen:", err)
		os.Exit(1)
	}
}

func generate(docs string) error {
	list, err := differences.Open(filepath.Join(docs, "differences.yaml"))
	if err != nil {
		return err
	}
	parity, err := parityDoc(list)
	if err != nil {
		return err
	}
	bundled, err := bundledDoc()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(docs, "bundled.md"), bundled, 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(docs, "parity.md"), parity, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(docs, "differences.md"), list.Markdown("differences.yaml"), 0o644)
}
