//go:build linux && (amd64 || arm64)

package bpf

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/cilium/ebpf/btf"
)

// TestLayouts compares the C side, by the object's BTF, with the Go side.
func TestLayouts(t *testing.T) {
	spec, err := loadRecord()
	if err != nil {
		t.Fatal(err)
	}
	sizes := map[string]int{
		"call": binary.Size(Call{}), "op": binary.Size(Op{}), "table": binary.Size(Table{}), "row": binary.Size(Row{}),
		"counts": binary.Size(Counts{}), "filter": binary.Size(Filter{}), "atom": binary.Size(Atom{}), "term": binary.Size(Term{}), "descent": binary.Size(Descent{}),
	}
	for name, size := range sizes {
		var s *btf.Struct
		if err := spec.Types.TypeByName(name, &s); err != nil {
			t.Fatal(err)
		}
		if int(s.Size) != size {
			t.Errorf("struct %s has %d bytes in C, %d in Go", name, s.Size, size)
		}
	}
	offsets := map[string][]uint32{
		"call":   {0, 2, 4, 6, 7, 8, 12, 16},
		"op":     {0, 1, 2, 3, 4},
		"table":  {0, 2, 3, 4, 8},
		"filter": {0, 4, 8, 12, 16, 20, 24, 28, 32, 32 + 40*MaxAtoms, 32 + 40*MaxAtoms + 8*MaxTerms},
	}
	for name, want := range offsets {
		var s *btf.Struct
		if err := spec.Types.TypeByName(name, &s); err != nil {
			t.Fatal(err)
		}
		if len(s.Members) != len(want) {
			t.Errorf("struct %s has %d members, not %d", name, len(s.Members), len(want))
			continue
		}
		for i, m := range s.Members {
			if m.Offset.Bytes() != want[i] {
				t.Errorf("struct %s: %s is at %d, not %d", name, m.Name, m.Offset.Bytes(), want[i])
			}
		}
	}
}

// TestKinds compares the kinds' names and numbers, and the limits.
func TestKinds(t *testing.T) {
	src := source(t, "c/record.h")
	enum := func(name string) map[string]int {
		body := src[strings.Index(src, "enum "+name+" {")+len("enum "+name+" {"):]
		body = body[:strings.Index(body, "};")]
		m, next := map[string]int{}, 0
		for _, line := range strings.Split(body, "\n") {
			line, _, _ = strings.Cut(line, "//")
			for _, item := range strings.Split(line, ",") {
				item = strings.TrimSpace(item)
				if item == "" {
					continue
				}
				if n, v, ok := strings.Cut(item, " = "); ok {
					item, next = n, number(t, v)
				}
				m[item] = next
				next++
			}
		}
		return m
	}
	kinds := enum("kind")
	delete(kinds, "kind_max")
	for k, name := range kindNames {
		if v, ok := kinds["kind_"+name]; !ok || v != int(k) {
			t.Errorf("kind_%s is %d in C, %d in Go", name, v, k)
		}
		delete(kinds, "kind_"+name)
	}
	for name := range kinds {
		t.Errorf("%s is not in Go", name)
	}
	limits := enum("limits")
	for name, want := range map[string]int{
		"max_native": MaxNative, "max_compat": MaxCompat, "max_socketcall": MaxSocketcall, "first_compat": FirstCompat,
		"first_socketcall": FirstSocketcall, "call_exec": CallExec, "call_fork": CallFork, "call_exit": CallExit, "call_signal": CallSignal,
		"call_any": CallAny, "max_calls": NumCalls, "count_slots": countSlots, "max_params": MaxParams, "max_rows": MaxRows, "max_tables": MaxTables,
		"max_atoms": MaxAtoms, "max_terms": MaxTerms,
		"header_size": headerSize,
	} {
		if limits[name] != want {
			t.Errorf("%s is %d in C, %d in Go", name, limits[name], want)
		}
	}
	atoms := enum("atom_kind")
	for name, want := range map[string]int{"atom_call": AtomCall, "atom_name": AtomName, "atom_pid": AtomPID, "atom_tree": AtomTree,
		"atom_uid": AtomUID, "atom_cgroup": AtomCgroup} {
		if atoms[name] != want {
			t.Errorf("%s is %d in C, %d in Go", name, atoms[name], want)
		}
	}
	tuples := enum("tuple")
	for name, want := range map[string]int{"tuple_in": TupleIn, "tuple_out": TupleOut, "tuple_addr": TupleAddr, "tuple_msg": TupleMsg,
		"tuple_user": TupleUser, "tuple_ret": TupleRet, "tuple_many": TupleMany} {
		if tuples[name] != want {
			t.Errorf("%s is %d in C, %d in Go", name, tuples[name], want)
		}
	}
}
