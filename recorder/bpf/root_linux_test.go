package bpf

import (
	"os"
	"testing"
)

// needRoot skips a test that loads BPF programs where that cannot be done, or
// fails if FALCOREPLAY_ROOT_REQUIRED is 1.
func needRoot(t testing.TB) {
	t.Helper()
	_, err := os.Stat("/sys/kernel/btf/vmlinux")
	if os.Geteuid() == 0 && err == nil {
		return
	}
	if os.Getenv("FALCOREPLAY_ROOT_REQUIRED") == "1" {
		t.Fatal("root and a kernel with BTF required")
	}
	t.Skip("needs root and a kernel with BTF")
}
