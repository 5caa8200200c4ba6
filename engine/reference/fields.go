package reference

import (
	"fmt"
	"io"
	"strings"

	"falcoreplay/engine"
	"falcoreplay/engine/field"
	"falcoreplay/internal/output"
)

// Field describes a field of the language.
type Field struct {
	Name  string `json:"name"`
	Class string `json:"class"`
	// Forms are the ways to write it, with examples of arguments; for a field
	// that takes none it is the name.
	Forms []Form `json:"forms"`
	// Type is Falco's name of the type, and List that there is a list of them.
	Type string `json:"type"`
	List bool   `json:"list"`
	// Plugin is the plugin that Falco takes the field from, "" for its own.
	Plugin string `json:"plugin"`
	// Notes say where the field may not be used.
	Notes []string `json:"notes"`
	Title string   `json:"title"`
	Desc  string   `json:"description"`
}

// Form is a way to write a field.
type Form struct {
	Example string `json:"example"`
	Means   string `json:"means"` // empty if there is nothing to say
}

// classTitles say what the classes of fields are about.
var classTitles = map[string]string{
	"evt": "events", "process": "processes and threads", "user": "users", "group": "groups",
	"fd": "file descriptors", "fs.path": "paths that system calls work on", "util": "counting",
	"fdlist": "file descriptors given to poll", "container": "containers", "k8s": "Kubernetes pods",
}

// Fields lists the fields. Options.Only has names of classes or plugins, names
// of fields, and globs and beginnings of such, up to a dot; each must fit a
// field.
func Fields(o Options) ([]Field, error) {
	var list []Field
	fits := make([]bool, len(o.Only))
	for i := range field.Catalogue() {
		d := &field.Catalogue()[i]
		if d.Hidden() && !o.All {
			continue
		}
		wanted := len(o.Only) == 0
		for i, s := range o.Only {
			if s == d.Class || s != "" && s == d.Plugin || engine.MatchGlob(s, d.Name) || strings.HasPrefix(d.Name, strings.TrimSuffix(s, ".")+".") {
				wanted, fits[i] = true, true
			}
		}
		if wanted {
			list = append(list, describe(d))
		}
	}
	for i, fit := range fits {
		if !fit {
			return nil, fmt.Errorf("no class, plugin or field fits %q", o.Only[i])
		}
	}
	return list, nil
}

func describe(d *field.Def) Field {
	f := Field{
		Name: d.Name, Class: d.Class, Type: engine.TypeName(d.Type), List: d.List, Plugin: d.Plugin,
		Notes: []string{}, Title: d.Display, Desc: d.Desc,
	}
	for _, form := range d.Forms() {
		f.Forms = append(f.Forms, Form{form.Example, form.Means})
	}
	if len(f.Forms) == 0 {
		f.Forms = []Form{{Example: d.Name}}
	}
	for _, note := range []struct {
		flag field.Flags
		text string
	}{
		{field.FilterOnly, "for conditions only"},
		{field.PrintOnly, "for outputs only"},
		{field.Deprecated, "deprecated"},
		{field.NoRHS, "not compared with other fields"},
		{field.NoTransformer, "not transformed"},
	} {
		if d.Flags&note.flag != 0 {
			f.Notes = append(f.Notes, note.text)
		}
	}
	return f
}

// forms are the ways to write the field.
func (f *Field) forms() []string {
	list := make([]string, len(f.Forms))
	for i, form := range f.Forms {
		list[i] = form.Example
	}
	return list
}

func (f *Field) typeText() string {
	if f.List {
		return "list of " + f.Type
	}
	return f.Type
}

func (f *Field) text() string {
	if len(f.Notes) == 0 {
		return f.Desc
	}
	return f.Desc + " (" + strings.Join(f.Notes, ", ") + ")"
}

// WriteFields writes the fields in one of Formats.
func WriteFields(w io.Writer, format string, o Options) error {
	list, err := Fields(o)
	switch {
	case err != nil:
		return err
	case o.NamesOnly:
		for _, f := range list {
			if _, err := fmt.Fprintln(w, f.Name); err != nil {
				return err
			}
		}
		return nil
	case format == "json":
		return output.JSON(w, list)
	case format != "text" && format != "markdown":
		return output.UnknownFormat(format, Formats())
	}
	for start, end := 0, 0; start < len(list); start = end {
		for end = start; end < len(list) && list[end].Class == list[start].Class; end++ {
		}
		if err := writeClass(w, format, list[start:end], start == 0); err != nil {
			return err
		}
	}
	return nil
}

// writeClass writes the fields of a class.
func writeClass(w io.Writer, format string, list []Field, first bool) error {
	head := fmt.Sprintf("%s: %s", list[0].Class, classTitles[list[0].Class])
	if list[0].Plugin != "" {
		head += fmt.Sprintf(" (plugin %s)", list[0].Plugin)
	}
	if !first {
		head = "\n" + head
	}
	if format == "text" {
		if _, err := fmt.Fprintf(w, "%s\n\n", head); err != nil {
			return err
		}
		rows := make([][]string, len(list))
		for i := range list {
			f := &list[i]
			rows[i] = []string{strings.Join(f.forms(), ", "), f.typeText(), f.text()}
		}
		return table(w, "  ", rows)
	}
	if !first {
		head = head[1:]
		if _, err := fmt.Fprintln(w); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintf(w, "## %s\n\n", head); err != nil {
		return err
	}
	rows := [][]string{{"field", "type", "meaning"}}
	for i := range list {
		f := &list[i]
		rows = append(rows, []string{"`" + strings.Join(f.forms(), "`, `") + "`", f.typeText(), f.text()})
	}
	return markdownTable(w, rows)
}
