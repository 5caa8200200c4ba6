package scap

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// rows returns the rows of the first table behind a marker in docs/format.md.
func rows(t *testing.T, marker string) (rows [][]string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "docs", "format.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, text, ok := strings.Cut(string(b), marker)
	if !ok {
		t.Fatalf("no %q in docs/format.md", marker)
	}
	for line := range strings.SplitSeq(text[strings.Index(text, "\n|"):][1:], "\n") {
		if !strings.HasPrefix(line, "|") {
			break
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows = append(rows, cells)
	}
	return rows[2:]
}

// TestFormatBlockTypes compares the table of block types with the constants.
func TestFormatBlockTypes(t *testing.T) {
	src, err := os.ReadFile("format.go")
	if err != nil {
		t.Fatal(err)
	}
	undocumented := map[string]string{} // number -> constant
	for _, m := range regexp.MustCompile(`(?m)^\s*(block\w+)\s+blockType = (0x\w+)`).FindAllStringSubmatch(string(src), -1) {
		undocumented[m[2]] = m[1]
	}
	if len(undocumented) != 32 {
		t.Fatalf("%d constants", len(undocumented))
	}
	for _, r := range rows(t, "The types¹") {
		for i, number := range r[:2] {
			if number == "" {
				continue
			}
			name, ok := undocumented[number]
			if !ok {
				t.Errorf("%s (%s) is no constant", number, r[2])
			}
			delete(undocumented, number)
			if (i == 1) != strings.HasSuffix(name, "Int") {
				t.Errorf("%s is %s", number, name)
			}
			n, err := strconv.ParseUint(number, 0, 32)
			if err != nil {
				t.Error(err)
			}
			typ := blockType(n)
			if got, want := kindOf(typ), r[2]; got != want {
				t.Errorf("%s is %q in the document, %q in the code", number, want, got)
			}
		}
	}
	for number, name := range undocumented {
		t.Errorf("%s (%s) is not in the document", name, number)
	}
}

// kindOf describes a block by what the code does with it.
func kindOf(t blockType) string {
	if l := layoutOf(t); l != 0 {
		s := "event"
		if l&layoutV1 == 0 {
			s += " v2"
		}
		if l&layoutFlags != 0 {
			s += " with flags"
		}
		if l&layoutLarge != 0 {
			s += ", large"
		}
		return s
	}
	if v := threadsVersion(t); v > 0 {
		return "process list v" + strconv.Itoa(v)
	}
	switch t {
	case blockSection:
		return "section header"
	case blockMachine, blockMachineInt:
		return "machine information"
	case blockFDs, blockFDsInt:
		return "fd list"
	case blockFDsV2:
		return "fd list v2"
	case blockInterfaces, blockInterfacesInt:
		return "interface list"
	case blockInterfacesV2:
		return "interface list v2"
	case blockUsers, blockUsersInt:
		return "user list"
	case blockUsersV2:
		return "user list v2"
	case blockInfo:
		return "capture information"
	}
	return "?"
}

func TestFormatSizes(t *testing.T) {
	for table, want := range map[string][]int{
		"Sizes¹": {minBlockBytes, sectionBytes, machineBytes, eventHeaderBytes, eventHeaderV1,
			maxSmallEventBytes, defaultMaxEventBytes, defaultMaxSnapshotEntries},
		"Limits¹": {defaultChunkBytes, largestChunkBytes, maxChunkBytes, maxChunkMetaBytes},
	} {
		got := rows(t, table)
		if len(got) != len(want) {
			t.Fatalf("%s: %d in the document, %d in the code", table, len(got), len(want))
		}
		for i, r := range got {
			if r[1] != strconv.Itoa(want[i]) {
				t.Errorf("%s: %s in the document, %d in the code", r[0], r[1], want[i])
			}
		}
	}
}

// TestFormatKeys compares the tables of msgpack keys with what is written.
func TestFormatKeys(t *testing.T) {
	for marker, typ := range map[string]reflect.Type{
		"with these keys²": reflect.TypeFor[chunkMeta](), "Totals²": reflect.TypeFor[Totals](), "keys of the map²": reflect.TypeFor[Info](),
	} {
		var want []string
		for i := range typ.NumField() {
			name, _, _ := strings.Cut(typ.Field(i).Tag.Get("msgpack"), ",")
			want = append(want, "`"+name+"`")
		}
		var got []string
		for _, r := range rows(t, marker) {
			got = append(got, r[0])
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v:\n%v in the document\n%v in the code", typ, got, want)
		}
	}
}

// TestFormatChunks holds the two pictures of chunks.
func TestFormatChunks(t *testing.T) {
	meta := []byte("crc.msgpack")
	m := len(meta) - chunkChecksumBytes
	gz := enc([]byte{0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff}, uint16(8+m), []byte("FR"), uint16(4+m), meta, []byte("packed"))
	if got := appendChunk(nil, Gzip, meta, []byte("packed")); !bytes.Equal(got, gz) {
		t.Errorf("%x\n%x", got, gz)
	}
	zs := enc([]byte{0x5c, 0x2a, 0x4d, 0x18}, uint32(8+m), []byte("FRch"), meta, []byte("packed"))
	if got := appendChunk(nil, Zstd, meta, []byte("packed")); !bytes.Equal(got, zs) {
		t.Errorf("%x\n%x", got, zs)
	}
}
