package rules

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// readEngineVersion reads `required_engine_version`: x.y.z, or a number n that
// stands for 0.n.0, as versions once were.
func (it *item) readEngineVersion() *Diagnostic {
	v, d := it.scalar("required_engine_version", required)
	if d != nil {
		return d
	}
	have, _ := parseVersion(EngineVersion)
	want := have
	if n, ok := decodeUint32(v.Value); ok {
		want[1] = uint64(n)
	} else if want, ok = parseVersion(v.Value); !ok {
		return it.invalid(v, "%q is not a version of the form x.y.z", v.Value)
	}
	if !have.fits(want) {
		return it.place(v).problem(ErrValidate, "the rules need engine version %s, this is %s", want, have)
	}
	if l := it.l; !l.engines || l.engine.less(want) {
		l.engine, l.engines = want, true
	}
	it.unknownKeys("required_engine_version")
	return nil
}

// readPluginVersions reads `required_plugin_versions`.
func (it *item) readPluginVersions() *Diagnostic {
	v, _ := lookup(it.node, "required_plugin_versions")
	if !isSequence(v) {
		return it.invalid(v, "the value of \"required_plugin_versions\" must be a sequence")
	}
	for _, n := range v.Content {
		n = deref(n)
		if !isMap(n) {
			return it.invalid(n, "a required plugin must be a mapping with name and version")
		}
		group, d := it.sub(n).pluginGroup()
		if d != nil {
			return d
		}
		it.l.plugins = append(it.l.plugins, group)
		if d := it.l.checkPlugins(it.place(n), group); d != nil {
			return d
		}
	}
	it.unknownKeys("required_plugin_versions")
	return nil
}

// pluginGroup reads a required plugin with its alternatives.
func (it *item) pluginGroup() ([]Plugin, *Diagnostic) {
	nodes := []*yaml.Node{it.node}
	if alt, _ := lookup(it.node, "alternatives"); alt != nil {
		if !isSequence(alt) {
			return nil, it.invalid(alt, "the value of \"alternatives\" must be a sequence")
		}
		nodes = append(nodes, alt.Content...)
	}
	group := make([]Plugin, len(nodes))
	for i, n := range nodes {
		if n = deref(n); !isMap(n) {
			return nil, it.invalid(n, "an alternative must be a mapping with name and version")
		}
		nodes[i] = n
		for _, key := range []struct {
			name string
			out  *string
		}{{"name", &group[i].Name}, {"version", &group[i].Version}} {
			v, d := it.sub(n).scalar(key.name, required)
			if d != nil {
				return nil, d
			}
			*key.out = v.Value
		}
	}
	for i, p := range group {
		name, _ := lookup(nodes[i], "name")
		ver, _ := lookup(nodes[i], "version")
		if _, ok := parseVersion(p.Version); !ok {
			return nil, it.place(ver).problem(ErrValidate, "%q is not a version of the form x.y.z", p.Version)
		}
		if slices.ContainsFunc(group[:i], func(q Plugin) bool { return q.Name == p.Name }) {
			return nil, it.place(name).problem(ErrValidate, "plugin %q is required twice in one group", p.Name)
		}
	}
	return group, nil
}

// checkPlugins tells whether what is stood in for satisfies a group: the first
// of them that is known decides. If none is, Falco would not start; here its
// rules find no events, and a notice says so.
func (l *loader) checkPlugins(p place, group []Plugin) *Diagnostic {
	var names []string
	for _, g := range group {
		have, known := l.opts.Plugins[g.Name]
		if !known {
			names = append(names, g.Name)
			continue
		}
		want, _ := parseVersion(g.Version)
		if v, ok := parseVersion(have); !ok || !v.fits(want) {
			return p.problem(ErrValidate, "the rules need plugin %q at version %s, this has %s", g.Name, g.Version, have)
		}
		return nil
	}
	d := p.problem(NotePlugin, "there is no plugin %s here: its events and fields are missing", strings.Join(names, " or "))
	d.Severity = SeverityNotice
	l.report(d)
	return nil
}

// readList reads a list.
func (it *item) readList() *Diagnostic {
	l := it.l
	name, d := it.scalar("list", required)
	if d != nil {
		return d
	}
	if lenBareString(name.Value) != len(name.Value) {
		l.warn(it.place(name), WarnInvalidListName, "the name of a list must have no blanks, parentheses, quotes, commas or equal signs")
	}
	items, d := it.texts("items", required)
	if d != nil {
		return d
	}
	keys := []string{"items"}
	flag, o, d := it.changes(keys, keys)
	if d != nil {
		return d
	}
	info := listInfo{name: name.Value, items: items, at: it.at}
	if flag || o.append["items"] != nil {
		prev := l.lists.byName[info.name]
		if prev == nil {
			return l.missing(it.at, "list", l.lists.broken[info.name])
		}
		prev.items = append(slices.Clip(prev.items), items...)
		prev.visibility = l.count()
	} else {
		info.index = l.count()
		info.visibility = info.index
		if prev := l.lists.byName[info.name]; prev != nil {
			info.index = prev.index
			*prev = info
		} else {
			l.lists.add(info.name, &info)
		}
		delete(l.lists.broken, info.name)
	}
	it.unknownKeys("list", "items", "append", "override")
	return nil
}

// readMacro reads a macro.
func (it *item) readMacro() *Diagnostic {
	l := it.l
	name, d := it.scalar("macro", required)
	if d != nil {
		return d
	}
	if lenIdentifier(name.Value) != len(name.Value) {
		l.warn(it.place(name), WarnInvalidMacroName, "the name of a macro must be letters, digits and underscores, with a letter first")
	}
	cond, _, d := it.text("condition", required)
	if d != nil {
		return d
	}
	keys := []string{"condition"}
	flag, o, d := it.changes(keys, keys)
	if d != nil {
		return d
	}
	info := macroInfo{name: name.Value, cond: cond, at: it.at}
	if flag || o.append["condition"] != nil {
		prev := l.macros.byName[info.name]
		if prev == nil {
			return l.missing(it.at, "macro", l.macros.broken[info.name])
		}
		prev.cond = join(prev.cond, cond)
		prev.visibility = l.count()
	} else {
		info.index = l.count()
		info.visibility = info.index
		if prev := l.macros.byName[info.name]; prev != nil {
			info.index = prev.index
			*prev = info
		} else {
			l.macros.add(info.name, &info)
		}
		delete(l.macros.broken, info.name)
	}
	it.unknownKeys("macro", "condition", "append", "override")
	return nil
}

// missing is the error of a change to what is not there; none if that is so
// only because of another error.
func (l *loader) missing(p place, kind string, broken bool) *Diagnostic {
	if broken || l.lost {
		return nil
	}
	return p.problem(ErrValidate, "there is no earlier %s of this name to change", kind)
}

// count numbers a definition.
func (l *loader) count() int {
	l.next++
	return l.next - 1
}

func (t *table[T]) add(name string, info *T) {
	t.all = append(t.all, info)
	t.byName[name] = info
}

// lenIdentifier is the length of the identifier that s begins with: a macro's
// name, by falcosecurity/falco, RGX_IDENTIFIER in rule_loader_reader.cpp.
func lenIdentifier(s string) int {
	for i := range len(s) {
		c := s[i] | 0x20
		if !('a' <= c && c <= 'z' || i > 0 && ('0' <= s[i] && s[i] <= '9' || s[i] == '_')) {
			return i
		}
	}
	return len(s)
}

// lenBareString is the length of the unquoted value that s begins with: a
// list's name, by RGX_BARESTR in rule_loader_reader.cpp.
func lenBareString(s string) int {
	if i := strings.IndexAny(s, "()\"'=, \t\n\v\f\r"); i >= 0 {
		return i
	}
	return len(s)
}

// given returns which of the keys an item has, with their nodes.
func (it *item) given(keys []string) map[string]*yaml.Node {
	out := make(map[string]*yaml.Node)
	for _, k := range keys {
		if v, kn := lookup(it.node, k); v != nil {
			out[k] = kn
		}
	}
	return out
}
