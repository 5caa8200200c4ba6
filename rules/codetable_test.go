package rules

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
)

// TestCodes holds that every code is in the table, once, and is told of.
func TestCodes(t *testing.T) {
	told := make(map[Code]bool)
	for _, c := range Codes() {
		if told[c.Code] || (c.Means == "") == (c.Never == "") || c.Own != strings.HasPrefix(string(c.Code), "FR_") {
			t.Errorf("%+v", c)
		}
		told[c.Code] = true
	}
	file, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	ast.Inspect(file, func(x ast.Node) bool {
		spec, ok := x.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); ok && typ.Name == "Code" {
			text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil || !told[Code(text)] {
				t.Errorf("%s is not in the table", spec.Names[0].Name)
			}
			n++
		}
		return true
	})
	if n != len(told) {
		t.Errorf("%d codes, %d in the table", n, len(told))
	}
}
