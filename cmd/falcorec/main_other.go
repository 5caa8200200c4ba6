//go:build !linux || !(amd64 || arm64)

// Command falcorec records the system calls of a Linux host into a capture.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "falcorec: recording needs Linux on x86-64 or arm64; falcoanalyze reads captures everywhere")
	os.Exit(1)
}
