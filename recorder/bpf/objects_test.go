package bpf

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
)

func source(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestObjects checks that the objects were made of the sources beside them: by
// the hash that generate.sh leaves in c/hash, and, where clang is of the version
// that made them, by compiling again.
func TestObjects(t *testing.T) {
	files, err := filepath.Glob("c/*.[ch]")
	if err != nil || len(files) < 5 {
		t.Fatal(files, err)
	}
	sort.Strings(files)
	h := sha256.New()
	for _, f := range files {
		h.Write([]byte(source(t, f)))
	}
	lines := strings.Split(source(t, "c/hash"), "\n")
	if got := hex.EncodeToString(h.Sum(nil)); got != lines[0] {
		t.Errorf("c/ has changed since the objects were made: run go generate ./recorder/bpf where clang is")
	}
	version, err := exec.Command("clang", "--version").Output()
	first, _, _ := strings.Cut(string(version), "\n")
	if err != nil || first != lines[1] {
		t.Skipf("objects were made by %q; here is %q", lines[1], first)
	}
	if testing.Short() {
		t.Skip("compiles")
	}
	dir := t.TempDir()
	cmd := exec.Command("./generate.sh")
	cmd.Env = append(os.Environ(), "OUT="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, f := range []string{"record_x86_bpfel.o", "record_arm64_bpfel.o", "record_x86_bpfel.go", "record_arm64_bpfel.go"} {
		a, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(dir, f))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a, b) {
			t.Errorf("%s is not what the sources give", f)
		}
	}
}
