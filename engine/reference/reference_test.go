package reference

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"falcoreplay/engine"
	"falcoreplay/engine/field"
	"falcoreplay/rules/syntax"
)

func TestFields(t *testing.T) {
	list, err := Fields(Options{All: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != len(field.Catalogue()) {
		t.Fatalf("%d fields, want %d", len(list), len(field.Catalogue()))
	}
	for _, f := range list {
		switch {
		case f.Title == "" || f.Desc == "" || f.Type == "" || strings.HasPrefix(f.Type, "type "):
			t.Errorf("%s: a title, a description or a type is missing: %+v", f.Name, f)
		case !strings.HasSuffix(f.Desc, ".") || strings.ContainsAny(f.Desc, "\n\t"):
			t.Errorf("%s: the description is no sentence: %q", f.Name, f.Desc)
		case classTitles[f.Class] == "":
			t.Errorf("%s: the class %s has no title", f.Name, f.Class)
		}
		for _, form := range f.Forms {
			x, n, err := syntax.ParseOperand(form.Example)
			if err != nil || n != len(form.Example) {
				t.Errorf("%s: %s cannot be parsed: %v", f.Name, form.Example, err)
			} else if err := engine.CheckField(x.(*syntax.Field)); err != nil {
				t.Errorf("%s: %s: %v", f.Name, form.Example, err)
			}
		}
	}
}

func TestFieldsOnly(t *testing.T) {
	for _, c := range []struct {
		only string
		want string // the first field
		n    int
	}{
		{"user", "user.uid", 6},
		{"proc.name", "proc.name", 1},
		{"fs.path", "fs.path.name", 6},
		{"evt.arg", "evt.arg", 1},
		{"proc.aname proc.aexe", "proc.aexe", 2},
		{"*.image.*", "container.image.id", 4},
		{"proc.exe_ino", "proc.exe_ino", 5},
	} {
		list, err := Fields(Options{Only: strings.Fields(c.only)})
		if err != nil || len(list) != c.n || list[0].Name != c.want {
			t.Errorf("%s: %d fields, %v, first %+v", c.only, len(list), err, list[:min(len(list), 1)])
		}
	}
	plugin, _ := Fields(Options{Only: []string{"container"}})
	for _, f := range plugin {
		if f.Plugin != "container" {
			t.Errorf("%s is not the plugin's", f.Name)
		}
	}
	if _, err := Fields(Options{Only: []string{"fd", "nothing"}}); err == nil || !strings.Contains(err.Error(), `"nothing"`) {
		t.Errorf("nothing: %v", err)
	}
	if _, err := Fields(Options{Only: []string{""}}); err == nil {
		t.Error("the empty name fits")
	}
}

func TestEvents(t *testing.T) {
	events, generic, err := Events(Options{})
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	for _, e := range events {
		if e.Dir != "<" && e.Source == "syscall" || e.Old || e.Category == "" || e.Source == "" {
			t.Errorf("%+v", e)
		}
		seen[e.Name] = true
	}
	for _, name := range []string{"open", "openat2", "execve", "connect", "switch", "signaldeliver"} {
		if !seen[name] {
			t.Errorf("%s is missing", name)
		}
	}
	if len(generic) < 100 {
		t.Errorf("%d generic system calls", len(generic))
	}
	for _, name := range generic {
		if seen[name] {
			t.Errorf("%s has a type of its own and is generic", name)
		}
	}
	all, _, _ := Events(Options{All: true})
	if len(all) <= len(events) {
		t.Errorf("%d with all, %d without", len(all), len(events))
	}
	if _, _, err := Events(Options{Only: []string{"open", "nothing"}}); err == nil {
		t.Error("nothing fits")
	}
	if e, g, err := Events(Options{Only: []string{"sync"}}); err != nil || len(e) != 0 || len(g) != 1 {
		t.Errorf("sync: %v %v %v", e, g, err)
	}
}

// TestWrite holds that each format tells all there is.
func TestWrite(t *testing.T) {
	fields, _ := Fields(Options{})
	events, generic, _ := Events(Options{})
	for _, format := range Formats() {
		var f, e bytes.Buffer
		if err := WriteFields(&f, format, Options{}); err != nil {
			t.Fatal(err)
		}
		if err := WriteEvents(&e, format, Options{}); err != nil {
			t.Fatal(err)
		}
		for _, x := range fields {
			if !strings.Contains(f.String(), x.Desc) && format == "text" || !strings.Contains(f.String(), x.Name) {
				t.Errorf("%s: %s is missing", format, x.Name)
			}
		}
		for _, x := range events {
			if !strings.Contains(e.String(), x.Name) {
				t.Errorf("%s: %s is missing", format, x.Name)
			}
		}
		for _, name := range generic {
			if !strings.Contains(e.String(), name) {
				t.Errorf("%s: %s is missing", format, name)
			}
		}
		if format == "json" {
			var fs []Field
			var es struct{ Events []Event }
			if err := json.Unmarshal(f.Bytes(), &fs); err != nil || len(fs) != len(fields) {
				t.Errorf("%d fields of %d, %v", len(fs), len(fields), err)
			}
			if err := json.Unmarshal(e.Bytes(), &es); err != nil || len(es.Events) != len(events) {
				t.Errorf("%d events of %d, %v", len(es.Events), len(events), err)
			}
		}
	}
	if err := WriteFields(&bytes.Buffer{}, "xml", Options{}); err == nil {
		t.Error("wrote xml")
	}
	if err := WriteEvents(&bytes.Buffer{}, "xml", Options{}); err == nil {
		t.Error("wrote xml")
	}
}
