package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"falcoreplay/engine"
	"falcoreplay/engine/field"
	"falcoreplay/internal/differences"
	"falcoreplay/rules"
	"falcoreplay/rules/syntax"
	"falcoreplay/scap/event"
)

// parityDoc is docs/parity.md.
func parityDoc(list *differences.List) ([]byte, error) {
	d := &document{list: list, used: make(map[string]bool)}
	d.printf(`<!-- Made from the code and differences.yaml by make generate. -->

# Parity with Falco

The reference is engine 0.63.0. "As in Falco" is held by comparisons with
Falco's own answers; where it says "better", [differences.md](differences.md)
tells what Falco answers and why we do not. Nothing is missing.
`)
	d.fields()
	d.operators()
	d.modifiers()
	d.transformers()
	d.messages()
	for _, s := range list.Sections {
		for _, e := range s.Entries {
			for _, name := range e.About {
				if !d.used[name] {
					return nil, fmt.Errorf("entry %s is about %s, which is nothing that the tables have", e.ID, name)
				}
			}
		}
	}
	return d.b.Bytes(), nil
}

// document is what has been written.
type document struct {
	b    bytes.Buffer
	list *differences.List
	used map[string]bool // names that have a row
}

func (d *document) printf(format string, args ...any) { fmt.Fprintf(&d.b, format, args...) }

// table begins a table.
func (d *document) table(title, text string, columns ...string) {
	d.printf("\n## %s\n\n", title)
	if text != "" {
		d.printf("%s\n\n", text)
	}
	d.printf("| %s |\n|%s\n", strings.Join(columns, " | "), strings.Repeat(" --- |", len(columns)))
}

func (d *document) row(cells ...string) {
	for i := range cells {
		cells[i] = strings.ReplaceAll(cells[i], "|", `\|`)
	}
	d.printf("| %s |\n", strings.Join(cells, " | "))
}

// parity tells how the thing with a name answers.
func (d *document) parity(name string) string {
	d.used[name] = true
	var texts []string
	for _, s := range d.list.Sections {
		for _, e := range s.Entries {
			switch {
			case !slices.Contains(e.About, name):
			case s.Kept:
				texts = append(texts, "as in Falco, odd: "+e.Falco)
			default:
				texts = append(texts, "better: "+e.What+": "+e.Ours)
			}
		}
	}
	if len(texts) == 0 {
		return "as in Falco"
	}
	return strings.Join(texts, "; ")
}

func (d *document) fields() {
	n := 0
	for _, f := range field.Catalogue() {
		if listed(&f) {
			n++
		}
	}
	d.table("Fields", fmt.Sprintf("All %d that Falco lists for system calls, with the container plugin's. It knows %d more, which it\n"+
		"does not list, and so does falcoreplay.", n, len(field.Catalogue())-n), "field", "type", "with an argument", "parity")
	for _, f := range field.Catalogue() {
		if !listed(&f) {
			d.used[f.Name] = true
			continue
		}
		typ := engine.TypeName(f.Type)
		if f.List {
			typ = "list of " + typ
		}
		var forms []string
		for _, a := range f.Forms() {
			forms = append(forms, fmt.Sprintf("`%s`: %s", a.Example, a.Means))
		}
		d.row("`"+f.Name+"`", typ, strings.Join(forms, "; "), d.parity(f.Name))
	}
}

// listed tells the fields that Falco lists; the class util is one that it hides.
func listed(f *field.Def) bool { return !f.Hidden() && f.Class != "util" }

func (d *document) operators() {
	d.table("Operators", "Other types are refused when rules are loaded.", "operator", "types", "lists of", "parity")
	for op := syntax.OpEq; op <= syntax.OpExists; op++ {
		types := func(list bool) string {
			var names []string
			for t := event.PTNone + 1; t < event.NumParamTypes; t++ {
				if engine.Suits(op, t, list) == nil {
					names = append(names, engine.TypeName(t))
				}
			}
			if len(names) == int(event.NumParamTypes)-1 {
				return "all"
			}
			return strings.Join(names, ", ")
		}
		d.row("`"+op.String()+"`", types(false), types(true), d.parity(op.String()))
	}
}

func (d *document) modifiers() {
	d.table("Modifiers", "", "modifier", "behind", "true if", "parity")
	var ops []string
	for op := syntax.OpEq; op <= syntax.OpExists; op++ {
		if op.TakesMod() {
			ops = append(ops, "`"+op.String()+"`")
		}
	}
	behind := strings.Join(ops, " ")
	d.row("`oneof`", behind, "exactly one of the constants fits", d.parity("oneof"))
	d.row("`anyof`", behind, "one or more of them fit", d.parity("anyof"))
	d.row("`allof`", behind, "all of them fit", d.parity("allof"))
}

// severals are the transformers that take several arguments, and val.
var severals = map[string][2]string{
	"join":   {"a separator and a list", "a text"},
	"concat": {"two texts or more", "a text"},
	"getopt": {"a list of arguments and an option string; in brackets an option", "a list of options and their arguments; with an option, its argument"},
	"val":    {"a field, on the right-hand side", "what the field is"},
}

func (d *document) transformers() {
	d.table("Transformers", "", "transformer", "takes", "gives", "parity")
	for _, name := range syntax.Transformers() {
		takes, gives := severals[name][0], severals[name][1]
		if takes == "" {
			var names []string
			for _, t := range engine.TransformerTypes(name) {
				names = append(names, engine.TypeName(t))
			}
			takes, gives = strings.Join(names, ", "), "the same type"
			if name == "len" {
				takes, gives = takes+", lists", engine.TypeName(event.PTUint64)
			}
		}
		d.row("`"+name+"(…)`", takes, gives, d.parity(name))
	}
}

func (d *document) messages() {
	d.table("Messages of the loader", "Where Falco gives one, falcoreplay does, and tells file, line and column and shows the line,\n"+
		"all that is wrong at once.", "code", "kind", "when", "parity")
	for _, c := range rules.Codes() {
		parity := d.parity(string(c.Code))
		switch {
		case c.Never != "":
			parity = "never given: " + c.Never
		case c.Own:
			parity = "better: Falco does not tell"
		}
		when := c.Means
		if when == "" {
			when = c.Never
		}
		d.row("`"+string(c.Code)+"`", c.Severity.String(), when, parity)
	}
}
