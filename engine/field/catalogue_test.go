package field

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"falcoreplay/rules/syntax"
	"falcoreplay/scap/event"
)

// listed is a row of testdata/fields.json.
type listed struct {
	Name, Type, Class, Plugin string
	List                      bool
	Arg                       *struct {
		Required bool
		Kinds    []string
	}
}

var typeNames = map[string]event.ParamType{
	"UINT64": event.PTUint64, "UINT32": event.PTUint32, "INT64": event.PTInt64, "INT32": event.PTInt32,
	"INT16": event.PTInt16, "CHARBUF": event.PTCharBuf, "BYTEBUF": event.PTByteBuf, "BOOL": event.PTBool,
	"ABSTIME": event.PTAbsTime, "RELTIME": event.PTRelTime, "DOUBLE": event.PTDouble, "DYNAMIC": event.PTDyn,
	"IPADDR": event.PTIPAddr, "IPNET": event.PTIPNet, "PORT": event.PTPort,
}

func TestCatalogueIsFalcos(t *testing.T) {
	data, err := os.ReadFile("testdata/fields.json")
	if err != nil {
		t.Fatal(err)
	}
	var want []listed
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	var have []Def
	for _, d := range Catalogue() {
		if !d.Hidden() && d.Class != "util" {
			have = append(have, d)
		}
	}
	if len(have) != len(want) {
		t.Errorf("%d fields, want %d", len(have), len(want))
	}
	for i, w := range want[:min(len(want), len(have))] {
		d := &have[i]
		if d.Name != w.Name || d.Class != w.Class || d.Plugin != w.Plugin || d.List != w.List || d.Type != typeNames[w.Type] {
			t.Errorf("%d: %s (%s %s, %v, list %v), want %+v", i, d.Name, d.Plugin, d.Class, d.Type, d.List, w)
		}
		arg := Arg{}
		if w.Arg != nil {
			arg.Need = ArgOptional
			if w.Arg.Required {
				arg.Need = ArgRequired
			}
			for _, k := range w.Arg.Kinds {
				arg.Index, arg.Key = arg.Index || k == "index", arg.Key || k == "key"
			}
		}
		if d.Arg != arg {
			t.Errorf("%s: argument %+v, want %+v", d.Name, d.Arg, arg)
		}
	}
}

func TestCatalogueIsConsistent(t *testing.T) {
	seen := make(map[string]bool)
	for i := range Catalogue() {
		d := &Catalogue()[i]
		switch {
		case seen[d.Name]:
			t.Errorf("%s is there twice", d.Name)
		case d.Display == "" || d.Desc == "" || !strings.HasSuffix(d.Desc, "."):
			t.Errorf("%s is not described: %q, %q", d.Name, d.Display, d.Desc)
		case (d.get == nil) != (d.resolve != nil):
			t.Errorf("%s has to have either an extractor or a resolver", d.Name)
		case (d.resolve != nil) != (d.Arg.Need != ArgNone):
			t.Errorf("%s has a resolver without an argument, or an argument without a resolver", d.Name)
		}
		seen[d.Name] = true
		if Lookup(d.Name) != d {
			t.Errorf("%s is not found", d.Name)
		}
	}
}

// TestForms holds that the ways to write a field are told for those that take
// an argument, and can be written so.
func TestForms(t *testing.T) {
	told := 0
	for i := range Catalogue() {
		d := &Catalogue()[i]
		list := d.Forms()
		if (len(list) > 0) != (d.Arg.Need != ArgNone) {
			t.Errorf("%s has %d forms", d.Name, len(list))
		}
		if len(list) > 0 {
			told++
		}
		for _, f := range list {
			x, n, err := syntax.ParseOperand(f.Example)
			name, ok := x.(*syntax.Field)
			if err != nil || !ok || n != len(f.Example) {
				t.Errorf("%s is no field: %v", f.Example, err)
				continue
			}
			r, err := Resolve(name.Name, name.Arg, name.HasArg)
			if err != nil || r.Def != d {
				t.Errorf("%s is not a form of %s: %v", f.Example, d.Name, err)
			}
		}
	}
	if told != len(forms) {
		t.Errorf("forms of %d fields, of which %d exist", len(forms), told)
	}
}
