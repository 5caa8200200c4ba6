package rules

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"
)

// TestCodeLists holds the lists against the constants.
func TestCodeLists(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	listed := slices.Concat(ErrorCodes(), WarningCodes())
	n := 0
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		lit, ok := spec.Values[0].(*ast.BasicLit)
		if !ok {
			return true
		}
		code, err := strconv.Unquote(lit.Value)
		if err != nil {
			return true
		}
		n++
		if !slices.Contains(listed, Code(code)) {
			t.Errorf("%s is in no list", code)
		}
		return true
	})
	if n != len(listed) {
		t.Errorf("%d constants, %d codes in the lists", n, len(listed))
	}
}
