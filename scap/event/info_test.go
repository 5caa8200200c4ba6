package event

import (
	"slices"
	"strings"
	"testing"
)

// TestTable checks the event table for consistency with itself.
func TestTable(t *testing.T) {
	for i := range Type(NumTypes) {
		info := Lookup(i)
		if info.Type != i || info.Code == "" || info.Name == "" {
			t.Errorf("row %d: %+v", i, *info)
		}
		if info.Exit != (i%2 == 1) || info.Exit != strings.HasSuffix(info.Code, "_X") {
			t.Errorf("%s: number %d, exit %v", info.Code, i, info.Exit)
		}
		if len(info.Params) > MaxParams {
			t.Errorf("%s: %d parameters", info.Code, len(info.Params))
		}
		for k, p := range info.Params {
			switch {
			case p.Name == "" || p.Type == PTNone || p.Type >= NumParamTypes:
				t.Errorf("%s: parameter %d: %+v", info.Code, k, p)
			case (p.Type == PTDyn) != (p.Dynamic != nil):
				t.Errorf("%s.%s: type %d, dynamic %v", info.Code, p.Name, p.Type, p.Dynamic)
			case p.Dirfd >= 0 && (p.Type != PTFSRelPath || info.Params[p.Dirfd].Type != PTFD):
				t.Errorf("%s.%s: dirfd %d", info.Code, p.Name, p.Dirfd)
			}
		}
	}
	if Lookup(NumTypes) != nil {
		t.Error("a row behind the table")
	}
}

// TestTableSamples compares a few rows with what is known of them.
func TestTableSamples(t *testing.T) {
	if i := Lookup(SyscallOpenat_2X); i.Name != "openat" || i.Type != 307 || i.Param("flags") != 3 || i.Params[2].Dirfd != 1 || i.Params[3].Symbols != &SymFileFlags {
		t.Errorf("%+v", *i)
	}
	if i := Lookup(SyscallOpenat2X); i.Name != "openat2" {
		t.Errorf("%+v", *i)
	}
	if i := Lookup(ContainerJson2E); !i.Is(FlagLargePayload) || i.LenSize() != 4 || i.Source != SourceMeta || i.Category.String() != "process" {
		t.Errorf("%+v", *i)
	}
	if i := Lookup(DropE); i.Category.String() != "internal" {
		t.Errorf("%+v", *i)
	}
	if c := Lookup(SyscallPollX).Category; c.String() != "wait" {
		t.Error(c)
	}
	if SyscallName(3) != "read" || SyscallName(60000) != "" {
		t.Error("system-call names")
	}
	if s, ok := SyscallByName("openat"); !ok || s.Exit != SyscallOpenat_2X || s.Generic {
		t.Errorf("%+v %v", s, ok)
	}
	if _, ok := SyscallByName("nosuch"); ok {
		t.Error("a system call nosuch")
	}
	if !slices.IsSortedFunc(Syscalls(), func(a, b Syscall) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("system calls are not sorted")
	}
	if d, v, ok := DynKeyctl.Value([]byte{1, 'a', 0}); !ok || d.Type != PTCharBuf || string(v) != "a\x00" {
		t.Error(d, v, ok)
	}
	if _, _, ok := DynBPF.Value([]byte{2}); ok {
		t.Error("a type behind the table")
	}
}
