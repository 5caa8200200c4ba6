package rules

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"falcoreplay/internal/suggest"
)

// item is one mapping of a rule file while it is read.
type item struct {
	l    *loader
	doc  *document
	node *yaml.Node
	at   place
}

// sub is a mapping within an item.
func (it *item) sub(n *yaml.Node) *item {
	return &item{it.l, it.doc, n, it.place(n)}
}

// place is where a node is.
func (it *item) place(n *yaml.Node) place {
	return it.at.atOffset(it.doc.src, it.doc.offset(n))
}

// invalid returns an error at a node.
func (it *item) invalid(n *yaml.Node, format string, args ...any) *Diagnostic {
	return it.place(n).problem(ErrYAMLValidate, format, args...)
}

// has tells whether a key is there, whatever its value.
func (it *item) has(key string) bool {
	v, _ := lookup(it.node, key)
	return v != nil
}

// presence says what to do if a key or its value is missing.
type presence uint8

const (
	required        presence = iota
	optional                 // the key may be missing
	optionalOrEmpty          // its value, too
)

// scalar returns a key's value that is a scalar; nil if it is missing, and may
// be.
func (it *item) scalar(key string, p presence) (*yaml.Node, *Diagnostic) {
	v, k := lookup(it.node, key)
	switch {
	case v == nil && p != required:
		return nil, nil
	case v == nil:
		return nil, it.at.problem(ErrYAMLValidate, "the key %q is missing", key)
	case isNull(v) && p == optionalOrEmpty:
		return nil, nil
	case isNull(v):
		return nil, it.invalid(k, "the key %q has no value", key)
	case !isScalar(v):
		return nil, it.invalid(v, "the value of %q must be a scalar", key)
	case v.Value == "" && p == optionalOrEmpty:
		return nil, nil
	case v.Value == "":
		return nil, it.invalid(v, "the value of %q must not be empty", key)
	}
	return v, nil
}

// text reads a string; present is false if it is missing, and may be.
func (it *item) text(key string, p presence) (t text, present bool, d *Diagnostic) {
	v, d := it.scalar(key, p)
	if v == nil {
		return text{}, false, d
	}
	return it.doc.text(v), true, nil
}

// bool reads a boolean into out, which is left alone if it is missing.
func (it *item) bool(key string, p presence, out *bool) *Diagnostic {
	v, d := it.scalar(key, p)
	if v == nil {
		return d
	}
	b, ok := decodeBool(v.Value)
	if !ok {
		return it.invalid(v, "the value of %q must be true or false, not %q", key, v.Value)
	}
	*out = b
	return nil
}

// uint32 reads a number into out, which is left alone if it is missing.
func (it *item) uint32(key string, p presence, out *uint32) *Diagnostic {
	v, d := it.scalar(key, p)
	if v == nil {
		return d
	}
	n, ok := decodeUint32(v.Value)
	if !ok {
		return it.invalid(v, "the value of %q must be a number from 0 to 4294967295, not %q", key, v.Value)
	}
	*out = n
	return nil
}

// texts reads a sequence of strings.
func (it *item) texts(key string, p presence) ([]text, *Diagnostic) {
	v, _ := lookup(it.node, key)
	switch {
	case v == nil && p != required:
		return nil, nil
	case v == nil:
		return nil, it.at.problem(ErrYAMLValidate, "the key %q is missing", key)
	case !isSequence(v):
		return nil, it.invalid(v, "the value of %q must be a sequence", key)
	}
	var out []text
	for _, n := range v.Content {
		n = deref(n)
		if !isScalar(n) {
			return nil, it.invalid(n, "an item of %q must be a scalar", key)
		}
		out = append(out, it.doc.text(n))
	}
	return out, nil
}

// override tells, for each key that stands under `override`, whether it is to
// be appended or replaced.
type override struct {
	append, replace map[string]*yaml.Node // by key, its node
}

func (o override) any() bool { return len(o.append)+len(o.replace) > 0 }

// overrides reads what stands under `override`.
func (it *item) overrides(canAppend, canReplace []string) (override, *Diagnostic) {
	o := override{make(map[string]*yaml.Node), make(map[string]*yaml.Node)}
	v, _ := lookup(it.node, "override")
	if v == nil || v.Kind == yaml.ScalarNode {
		return o, nil
	}
	if isSequence(v) && len(v.Content) == 0 {
		return o, nil
	}
	if !isMap(v) {
		// Falco fails on the conversion of the items to keys, with this code.
		return o, it.place(v).problem(ErrValidate, "the value of \"override\" must be a mapping")
	}
	for i := 0; i+1 < len(v.Content); i += 2 {
		kn, vn := deref(v.Content[i]), deref(v.Content[i+1])
		if kn.Kind != yaml.ScalarNode || vn.Kind != yaml.ScalarNode {
			return o, it.place(v.Content[i]).problem(ErrValidate, "the keys and values of \"override\" must be scalars")
		}
		key := kn.Value
		switch vn.Value {
		case "append":
			if !slices.Contains(canAppend, key) {
				return o, it.invalid(v.Content[i], "%q cannot be appended to, only replaced%s", key, oneOf(canAppend))
			}
			o.append[key] = v.Content[i]
		case "replace":
			if !slices.Contains(canReplace, key) {
				return o, it.invalid(v.Content[i], "%q cannot be replaced%s", key, oneOf(canReplace))
			}
			o.replace[key] = v.Content[i]
		default:
			return o, it.invalid(v.Content[i+1], "the override of %q must be append or replace, not %q", key, vn.Value)
		}
	}
	return o, nil
}

func oneOf(keys []string) string { return "; what can be is: " + strings.Join(keys, ", ") }

// changes reads the key `append`, which `override` replaced, and `override`.
func (it *item) changes(canAppend, canReplace []string) (flag bool, o override, d *Diagnostic) {
	if d := it.bool("append", optional, &flag); d != nil {
		return false, o, d
	}
	_, k := lookup(it.node, "append")
	if flag {
		it.l.warn(it.place(k), WarnDeprecatedItem, "\"append\" is deprecated, use \"override\"")
	}
	if o, d = it.overrides(canAppend, canReplace); d != nil {
		return false, o, d
	}
	if flag && o.any() {
		return false, o, it.invalid(k, "\"append: true\" and \"override\" cannot both be there")
	}
	return flag, o, nil
}

// unknownKeys warns of keys that are not among the known ones. All keys are
// scalars; see badKey.
func (it *item) unknownKeys(known ...string) {
	for i := 0; i+1 < len(it.node.Content); i += 2 {
		kn := it.node.Content[i]
		k := deref(kn)
		if !slices.Contains(known, k.Value) {
			it.l.warn(it.place(kn), WarnUnknownKey, "unknown key %q is ignored%s", k.Value, suggest.Hint(k.Value, known))
		}
	}
}
