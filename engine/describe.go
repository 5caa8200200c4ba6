package engine

import (
	"slices"

	"falcoreplay/rules/syntax"
	"falcoreplay/scap/event"
)

// Suits tells why an operator cannot compare values of a type, or lists of
// them; nil if it can.
func Suits(op syntax.Op, t event.ParamType, list bool) error { return checkOp(op, t, list) }

// TypeName is the name of a type in messages and documents, such as CHARBUF.
func TypeName(t event.ParamType) string { return typeName(t) }

// TransformerTypes are the types of the values that a transformer of one
// argument takes, nil for other transformers. len takes lists of any type too.
func TransformerTypes(name string) []event.ParamType {
	if name == "len" {
		return slices.Clone(lenTypes)
	}
	return slices.Clone(transformers[name].types)
}
