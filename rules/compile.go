package rules

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"falcoreplay/internal/suggest"
	"falcoreplay/rules/syntax"
)

// resolvedMacro is a macro with its lists put in, and later its macros.
type resolvedMacro struct {
	*macroInfo
	expr    syntax.Expr // nil if it has an error
	written syntax.Expr // as expr, but with macros left as their names
	nodes   int         // how many there are in expr, with those that are shared
	closed  bool        // there are no macros in expr
	used    bool
}

// compile resolves all that was read so far.
func (l *loader) compile() *Set {
	lists := l.resolveLists()
	macros := l.resolveMacros(lists)
	set := &Set{RequiredPlugins: l.plugins}
	if l.engines {
		set.RequiredEngineVersion = l.engine.String()
	}
	var kept []compiled
	for _, r := range l.rules.all {
		if r.unknownSource {
			continue
		}
		rule, a, d := l.compileRule(r, lists, macros)
		if rule != nil {
			kept = append(kept, compiled{r, rule, a})
		}
		if d != nil {
			l.checkBefore(r)
			l.report(d)
		}
	}
	for _, c := range kept {
		if l.settle(c) {
			set.Rules = append(set.Rules, c.rule)
		}
	}
	// After an error what seems unused may be so because of that.
	unused := l.final && l.result.Count(SeverityError) == 0
	for _, m := range macros.all {
		if unused && !m.used {
			l.warn(m.at, WarnUnusedMacro, "the macro is not used")
		}
		set.Macros = append(set.Macros, &Macro{m.name, m.cond.s, m.expr, m.written, m.at.src.pos(m.at.off), m.used})
	}
	for _, list := range lists.all {
		if unused && !list.used {
			l.warn(list.at, WarnUnusedList, "the list is not used")
		}
		items := make([]string, len(list.items))
		for i, t := range list.items {
			items[i] = t.s
		}
		written := make([]*syntax.Value, len(list.listInfo.items))
		for i, t := range list.listInfo.items {
			written[i] = &syntax.Value{Pos: t.pos(0), Text: t.s}
		}
		set.Lists = append(set.Lists, &List{list.name, items, written, list.at.src.pos(list.at.off), list.used})
	}
	return set
}

// parse reads a condition with its lists put in. All positions in the tree are
// in the files.
func (l *loader) parse(cond text, lists *listSet, p place) (syntax.Expr, *Diagnostic) {
	cond, d := l.putLists(cond, lists, p)
	if d != nil {
		return nil, d
	}
	if before, ok := l.parsed[cond.s]; ok && slices.Equal(before.cond.runs, cond.runs) {
		return before.expr, nil
	}
	e, err := syntax.ParseDepth(cond.s, maxParseDepth)
	if err != nil {
		var se *syntax.Error
		if !errors.As(err, &se) {
			return nil, p.problem(ErrCompileCondition, "%v", err)
		}
		return nil, p.in(cond, se.Pos.Offset).problem(ErrCompileCondition, "%s", se.Msg)
	}
	e = syntax.Relocate(e, func(pos syntax.Pos) syntax.Pos { return cond.pos(pos.Offset) })
	l.parsed[cond.s] = parsed{cond, e}
	return e, nil
}

// parsed is a condition that was parsed after one of the files. Most are the
// same after the next.
type parsed struct {
	cond text
	expr syntax.Expr
}

// macroSet is all macros, in the order of their first definitions.
type macroSet struct {
	all    []*resolvedMacro
	byName map[string]*resolvedMacro
}

// resolveMacros parses all macros and puts them into each other. A macro sees
// those that were first defined before it was last defined or changed:
// compile_macros_infos in rule_loader_compiler.cpp.
func (l *loader) resolveMacros(lists *listSet) macroSet {
	set := macroSet{byName: make(map[string]*resolvedMacro)}
	for _, info := range l.macros.all {
		m := &resolvedMacro{macroInfo: info}
		var d *Diagnostic
		if m.expr, d = l.parse(info.cond, lists, info.at); d != nil {
			l.report(d)
		}
		m.written = m.expr
		set.all = append(set.all, m)
		set.byName[info.name] = m
	}
	for _, m := range set.all {
		if m.expr == nil {
			continue
		}
		x := expansion{l: l, macros: set.byName, visibility: m.visibility}
		m.expr = x.expand(m.expr)
		m.nodes, m.closed = x.nodes, true
		if d := x.problem(m.at); d != nil || x.incomplete {
			l.report(d)
			m.expr = nil
		}
	}
	return set
}

// expansion puts macros into one condition.
type expansion struct {
	l          *loader
	macros     map[string]*resolvedMacro
	visibility int      // macros from this one on are not seen
	path       []string // the macros that are being put in
	nodes      int      // how many were made, with those that are shared
	used       []*resolvedMacro
	incomplete bool // a macro has an error of its own
	loop       *syntax.Macro
	unknown    *syntax.Macro
}

// expand returns the condition with macros put in. Macros that have none in
// them are not copied.
func (x *expansion) expand(e syntax.Expr) syntax.Expr {
	if x.nodes > maxConditionNodes {
		return e
	}
	x.nodes++
	m, ok := e.(*syntax.Macro)
	if !ok {
		return expandChildren(e, x)
	}
	macro := x.macros[m.Name]
	switch {
	case macro != nil && macro.index < x.visibility && macro.expr == nil,
		macro == nil && (x.l.macros.broken[m.Name] || x.l.lost):
		x.incomplete = true
		return e
	case macro == nil || macro.index >= x.visibility:
		if x.unknown == nil {
			x.unknown = m
		}
		return e
	case slices.Contains(x.path, m.Name):
		if x.loop == nil {
			x.loop = m
		}
		return e
	}
	x.used = append(x.used, macro)
	if macro.closed {
		x.nodes += macro.nodes
		return macro.expr
	}
	x.path = append(x.path, m.Name)
	out := x.expand(macro.expr)
	x.path = x.path[:len(x.path)-1]
	return out
}

// expandChildren expands what is under an expression.
func expandChildren(e syntax.Expr, x *expansion) syntax.Expr {
	all := func(children []syntax.Expr) ([]syntax.Expr, bool) {
		out, changed := make([]syntax.Expr, len(children)), false
		for i, c := range children {
			out[i] = x.expand(c)
			changed = changed || out[i] != c
		}
		return out, changed
	}
	switch n := e.(type) {
	case *syntax.And:
		if c, changed := all(n.Children); changed {
			return &syntax.And{Pos: n.Pos, Children: c}
		}
	case *syntax.Or:
		if c, changed := all(n.Children); changed {
			return &syntax.Or{Pos: n.Pos, Children: c}
		}
	case *syntax.Not:
		if c := x.expand(n.Child); c != n.Child {
			return &syntax.Not{Pos: n.Pos, Child: c}
		}
	}
	return e
}

// problem tells what went wrong, and marks the macros as used if nothing did.
func (x *expansion) problem(p place) *Diagnostic {
	at := func(m *syntax.Macro) place {
		if src := x.l.result.sources[m.Pos.File]; src != nil {
			return p.atOffset(src, m.Pos.Offset)
		}
		return p
	}
	switch {
	case x.nodes > maxConditionNodes:
		return p.problem(ErrLimit, "the condition with its macros is too large: limit %d parts", maxConditionNodes)
	case x.loop != nil:
		return at(x.loop).problem(ErrValidate, "macro %q leads back to itself", x.loop.Name)
	case x.unknown != nil:
		name := x.unknown.Name
		if m := x.macros[name]; m != nil && m.index == x.visibility {
			return at(x.unknown).problem(ErrValidate, "macro %q refers to itself", name)
		} else if m != nil {
			return at(x.unknown).problem(ErrValidate, "macro %q is only defined later", name)
		}
		return at(x.unknown).problem(ErrValidate, "there is no macro %q%s", name, suggest.Hint(name, slices.Sorted(maps.Keys(x.macros))))
	}
	for _, m := range x.used {
		m.used = true
	}
	return nil
}

// compiled is a rule that was resolved, and what the callbacks are asked of it;
// nil if a later file follows.
type compiled struct {
	info  *ruleInfo
	rule  *Rule
	asked *asked
}

// settle takes in what the callbacks say of a rule, and tells whether it stays.
func (l *loader) settle(c compiled) bool {
	if c.asked == nil {
		return true
	}
	<-c.asked.done
	fate := l.reportProblems(c.asked.resolved, c.asked.problems, true)
	if fate != isSkippedForOutput {
		l.outputWarnings(c.info, c.rule.output)
		l.conditionWarnings(c.info, c.rule.Expr)
	}
	return fate == stays
}

// compileRule resolves one rule. It returns nil if the rule is left out, with
// or without an error.
func (l *loader) compileRule(r *ruleInfo, lists *listSet, macros macroSet) (*Rule, *asked, *Diagnostic) {
	cond, d := withExceptions(r)
	if d != nil {
		return nil, nil, d
	}
	output := l.containerInfo(r)
	if output.s == "" {
		return nil, nil, r.at.problem(ErrCompileOutput, "the output is empty")
	}
	rule := &Rule{
		Name: r.name, Desc: r.desc.s, Condition: r.cond.s,
		Output: output.s, Priority: r.priority, Source: r.source, Tags: slices.Sorted(maps.Keys(r.tags)),
		Enabled: r.enabled, WarnEventTypes: r.warnTypes, SkipIfUnknownFilter: r.skipUnknown,
		Capture: r.capture, CaptureDurationMS: r.captureMS, Exceptions: exceptions(r),
		Pos: r.at.src.pos(r.at.off), ConditionPos: r.cond.pos(0), OutputPos: output.pos(0),
		output: output,
	}
	// Falco looks at the output first. If it skips the rule for that, the
	// condition uses no lists and macros.
	if r.skipUnknown && !l.checkOutput(rule, r.at.item) {
		return nil, nil, nil
	}
	if rule.Written, rule.Expr, d = l.condition(r, cond, lists, macros); rule.Expr == nil {
		l.checkOutput(rule, r.at.item)
		l.checkBefore(r)
		return nil, nil, d
	}
	return rule, l.checkLater(r, rule), nil
}

// condition resolves a rule's condition, before and after its macros are put
// in. It returns nil if there is an error, which may have been reported already.
func (l *loader) condition(r *ruleInfo, cond text, lists *listSet, macros macroSet) (written, e syntax.Expr, d *Diagnostic) {
	if written, d = l.parse(cond, lists, r.at); d != nil {
		return nil, nil, d
	}
	x := expansion{l: l, macros: macros.byName, visibility: l.next}
	e = x.expand(written)
	if d := x.problem(r.at); d != nil || x.incomplete {
		return nil, nil, d
	}
	return written, e, nil
}

// exceptions lists a rule's exceptions.
func exceptions(r *ruleInfo) []Exception {
	var out []Exception
	for _, x := range r.exceptions {
		e := Exception{Name: x.name, Single: !x.fields.list, Values: len(x.values), Pos: x.at.src.pos(x.at.off)}
		if e.Single {
			e.Fields, e.Ops = []string{x.fields.item.s}, []string{x.comps.item.s}
		}
		for i := range x.fields.items {
			e.Fields = append(e.Fields, x.fields.items[i].item.s)
			e.Ops = append(e.Ops, x.comps.items[i].item.s)
		}
		out = append(out, e)
	}
	return out
}

// containerInfo returns the rule's output without %container.info, which once
// stood for fields that now are added elsewhere.
func (l *loader) containerInfo(r *ruleInfo) text {
	const token = "%container.info"
	var b textBuilder
	at := 0
	for {
		i := strings.Index(r.output.s[at:], token)
		if i < 0 {
			break
		}
		if at == 0 && l.final {
			l.warn(r.at.in(r.output, i), WarnDeprecatedItem, "%s is deprecated and has no effect", token)
		}
		b.addSlice(r.output, at, at+i)
		at += i + len(token)
	}
	b.addSlice(r.output, at, len(r.output.s))
	return b.text()
}
