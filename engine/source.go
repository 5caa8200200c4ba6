package engine

import (
	"fmt"
	"slices"
	"strings"

	"falcoreplay/engine/field"
	"falcoreplay/rules/syntax"
	"falcoreplay/scap/event"
)

// sourceID is a source of values.
type sourceID int32

// noSource is none.
const noSource sourceID = -1

type sourceKind uint8

const (
	fromField     sourceKind = iota
	fromText                 // a constant
	fromList                 // the values of its arguments, one after another
	fromTransform            // each value of its argument transformed
	fromLen                  // the length of a value, or of a list
	fromJoin
	fromConcat
	fromGetopt
)

// source is where values come from: a field, or a function of others. Equal
// sources are one, whose values are taken once an event.
type source struct {
	kind  sourceKind
	typ   event.ParamType
	list  bool
	cost  int32
	args  []sourceID
	field *field.Field // of fromField, and of functions of a single field; else nil
	apply transform    // of fromTransform
	text  string       // of fromText; of fromGetopt the option that is chosen
	opts  *optString   // of fromGetopt, if they are constant

	// What Falco takes functions of several arguments by: the type from
	// before any functions of one argument.
	baseType event.ParamType
	baseList bool

	// format is that of the field inside, also where a function has made a
	// value of another type of it, which then cannot be shown.
	format event.PrintFormat

	noRHS, noTransform bool
}

// operand finds or makes the source of a field or a transformer. It reports
// what is wrong and returns noSource if there is none.
func (c *compiler) operand(x syntax.Operand) sourceID {
	key := x.String()
	if id, ok := c.sourceIndex[key]; ok {
		return id
	}
	if t, ok := x.(*syntax.Transformer); ok && t.Name == "val" && !t.HasArg {
		return c.operand(t.Args[0])
	}
	s, err := c.newSource(x)
	if err != nil {
		c.fail(x.Position(), err)
	}
	if err != nil || s == nil {
		return noSource // not kept, so that each place is told
	}
	id := sourceID(len(c.sources))
	c.sources = append(c.sources, *s)
	c.sourceIndex[key] = id
	return id
}

// newSource makes a source. It is nil without an error if that was reported.
func (c *compiler) newSource(x syntax.Operand) (*source, error) {
	switch x := x.(type) {
	case *syntax.Field:
		return fieldSource(x)
	case *syntax.Value:
		return &source{kind: fromText, text: x.Text, typ: event.PTCharBuf, baseType: event.PTCharBuf}, nil
	case *syntax.TransformerList:
		args, ok := c.arguments(x.Items)
		if !ok {
			return nil, nil
		}
		return &source{kind: fromList, typ: event.PTCharBuf, list: true, args: args, cost: c.costOf(args),
			baseType: event.PTCharBuf, baseList: true}, nil
	case *syntax.Transformer:
		args, ok := c.arguments(x.Args)
		if !ok {
			return nil, nil
		}
		return c.transformerSource(x, args)
	}
	return nil, fmt.Errorf("%s is neither a field nor a transformer", x)
}

func (c *compiler) arguments(xs []syntax.Operand) (ids []sourceID, ok bool) {
	ok = true
	for _, x := range xs {
		id := c.operand(x)
		ids = append(ids, id)
		ok = ok && id != noSource
	}
	return ids, ok
}

func (c *compiler) costOf(args []sourceID) (cost int32) {
	for _, a := range args {
		cost += c.sources[a].cost
	}
	return cost + 4
}

// transformerSource makes the source of a transformer (falcosecurity/libs at
// 48dfd53, userspace/libsinsp/filter.cpp, sinsp_extractor_compiler; with one
// argument sinsp_filtercheck.cpp, add_transformer; with more
// sinsp_filtercheck_multivalue_transformer.cpp).
func (c *compiler) transformerSource(x *syntax.Transformer, args []sourceID) (*source, error) {
	if x.HasArg && (x.Name == "val" || len(args) == 1) {
		return nil, fmt.Errorf("transformer %s takes no argument in brackets", x.Name)
	}
	if len(args) == 1 {
		return c.singleSource(x.Name, args[0])
	}
	s := &source{typ: event.PTCharBuf, baseType: event.PTCharBuf, args: args, cost: c.costOf(args)}
	switch x.Name {
	case "join":
		s.kind = fromJoin
		return s, c.checkJoin(args)
	case "concat":
		s.kind = fromConcat
		return s, c.checkConcat(args)
	case "getopt":
		s.kind, s.list, s.text = fromGetopt, !x.HasArg, x.Arg
		if x.HasArg && len(x.Arg) != 1 {
			return nil, fmt.Errorf("getopt takes one letter in the brackets, not %q", x.Arg)
		}
		if o := &c.sources[args[1]]; o.kind == fromText {
			s.opts = parseOptString(o.text)
		}
		return s, c.checkGetopt(args)
	}
	return nil, fmt.Errorf("transformer %s takes one argument", x.Name)
}

func (c *compiler) checkJoin(args []sourceID) error {
	switch {
	case len(args) != 2:
		return fmt.Errorf("join takes two arguments, a separator and a list, not %d", len(args))
	case c.sources[args[0]].baseList:
		return fmt.Errorf("the first argument of join is a separator, not a list")
	case !c.sources[args[1]].baseList:
		return fmt.Errorf("the second argument of join is a list")
	}
	return nil
}

func (c *compiler) checkConcat(args []sourceID) error {
	for _, a := range args {
		if s := &c.sources[a]; s.baseType != event.PTCharBuf || s.baseList {
			return fmt.Errorf("the arguments of concat are strings")
		}
	}
	return nil
}

func (c *compiler) checkGetopt(args []sourceID) error {
	if len(args) != 2 {
		return fmt.Errorf("getopt takes two arguments, a list and an option string, not %d", len(args))
	}
	list, opts := &c.sources[args[0]], &c.sources[args[1]]
	switch {
	case !list.baseList:
		return fmt.Errorf("the first argument of getopt is a list")
	case opts.baseList:
		return fmt.Errorf("the second argument of getopt is an option string, not a list")
	case list.baseType != event.PTCharBuf || opts.baseType != event.PTCharBuf:
		return fmt.Errorf("the arguments of getopt are strings")
	}
	return nil
}

// singleSource makes the source of a transformer of one argument.
func (c *compiler) singleSource(name string, arg sourceID) (*source, error) {
	a := &c.sources[arg]
	if a.noTransform {
		return nil, fmt.Errorf("field %s takes no transformer", a.field.Def.Name)
	}
	s := *a
	s.kind, s.args, s.cost = fromTransform, []sourceID{arg}, a.cost+4
	if name == "len" {
		if !a.list && !slices.Contains(lenTypes, a.typ) {
			return nil, fmt.Errorf("len does not take type %s", typeName(a.typ))
		}
		s.kind, s.typ, s.list = fromLen, event.PTUint64, false
		return &s, nil
	}
	t, ok := transformers[name]
	if !ok {
		return nil, fmt.Errorf("transformer %s takes more than one argument", name)
	}
	if !slices.Contains(t.types, a.typ) {
		return nil, fmt.Errorf("%s does not take type %s", name, typeName(a.typ))
	}
	s.apply = t.apply
	return &s, nil
}

// fieldSource makes the source of a field.
func fieldSource(x *syntax.Field) (*source, error) {
	f, err := field.Resolve(x.Name, x.Arg, x.HasArg)
	if err != nil {
		return nil, err
	}
	return &source{
		kind: fromField, field: f, typ: f.Type, list: f.List, cost: fieldCost(x.Name),
		baseType: f.Type, baseList: f.List, format: f.Format,
		noRHS: f.Def.Flags&field.NoRHS != 0, noTransform: f.Def.Flags&field.NoTransformer != 0,
	}, nil
}

// slowFields are fields whose values are put together for each event.
var slowFields = []string{"proc.cmdline", "proc.exeline", "proc.pcmdline", "proc.args", "proc.env", "proc.aenv",
	"proc.acmdline", "proc.aname", "proc.aexe", "proc.aexepath", "proc.apid", "evt.arg", "evt.info", "fs.path"}

// fieldCost is what it takes to extract a field, in about 10 ns.
func fieldCost(name string) int32 {
	for _, s := range slowFields {
		if strings.HasPrefix(name, s) {
			return 8
		}
	}
	return 2
}
