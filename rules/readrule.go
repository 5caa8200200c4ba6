package rules

import (
	"maps"
	"slices"

	"gopkg.in/yaml.v3"
)

// The keys of a rule that an override may append to and replace.
var (
	ruleAppendKeys  = []string{"condition", "output", "desc", "tags", "exceptions"}
	ruleReplaceKeys = []string{"condition", "output", "desc", "priority", "capture", "capture_duration",
		"tags", "exceptions", "enabled", "warn_evttypes", "skip-if-unknown-filter"}
)

// readRule reads a rule, or a change to one.
func (it *item) readRule() *Diagnostic {
	if _, d := it.scalar("rule", required); d != nil {
		return d
	}
	source, d := it.source()
	if d != nil {
		return d
	}
	flag, o, d := it.changes(ruleAppendKeys, ruleReplaceKeys)
	if d != nil {
		return d
	}
	switch {
	case o.any():
		d = it.overrideRule(source, o)
	case flag:
		d = it.appendRule(source)
	case !it.has("condition") && !it.has("output") && !it.has("desc") && !it.has("priority"):
		d = it.enableRule()
	default:
		d = it.defineRule()
	}
	if d != nil {
		return d
	}
	it.unknownKeys("rule", "condition", "output", "desc", "priority", "source", "enabled", "capture",
		"capture_duration", "warn_evttypes", "skip-if-unknown-filter", "tags", "exceptions", "override", "append")
	return nil
}

// ruleName returns the rule's name.
func (it *item) ruleName() string {
	v, _ := lookup(it.node, "rule")
	return v.Value
}

// previous returns the rule that has the name; nil if there is none.
func (it *item) previous(source string) (*ruleInfo, *Diagnostic) {
	prev := it.l.rules.byName[it.ruleName()]
	if prev != nil && source != "" && prev.source != source {
		v, _ := lookup(it.node, "source")
		p := it.at
		if v != nil {
			p = it.place(v)
		}
		return nil, p.problem(ErrValidate, "the rule is already there with another source, %q", prev.source)
	}
	return prev, nil
}

// source reads the rule's source, which may be empty.
func (it *item) source() (string, *Diagnostic) {
	v, d := it.scalar("source", optionalOrEmpty)
	if v == nil {
		return "", d
	}
	return v.Value, nil
}

// defineRule reads a whole rule.
func (it *item) defineRule() *Diagnostic {
	l := it.l
	r := &ruleInfo{name: it.ruleName(), source: "syscall", enabled: true, warnTypes: true, at: it.at}
	var d *Diagnostic
	if r.cond, _, d = it.text("condition", required); d != nil {
		return d
	}
	if r.output, _, d = it.text("output", required); d != nil {
		return d
	}
	r.output = r.output.trim()
	if r.desc, _, d = it.text("desc", required); d != nil {
		return d
	}
	if r.priority, d = it.priority(); d != nil {
		return d
	}
	if v, d := it.scalar("source", optional); d != nil {
		return d
	} else if v != nil {
		r.source = v.Value
	}
	if d := it.bool("enabled", optional, &r.enabled); d != nil {
		return d
	}
	if d := it.bool("capture", optional, &r.capture); d != nil {
		return d
	}
	if d := it.uint32("capture_duration", optional, &r.captureMS); d != nil {
		return d
	}
	if d := it.bool("warn_evttypes", optional, &r.warnTypes); d != nil {
		return d
	}
	if d := it.bool("skip-if-unknown-filter", optional, &r.skipUnknown); d != nil {
		return d
	}
	if r.tags, d = it.tags(); d != nil {
		return d
	}
	if r.exceptions, d = it.exceptions(false); d != nil {
		return d
	}
	prev, d := it.previous(r.source)
	if d != nil {
		return d
	}
	if !l.knownSource(r.source) {
		r.unknownSource = true
		p := it.at
		if v, _ := lookup(it.node, "source"); v != nil {
			p = it.place(v)
		}
		l.warn(p, WarnUnknownSource, "rules of source %q are left out", r.source)
	}
	for i := range r.exceptions {
		x := &r.exceptions[i]
		if !x.fields.valid() {
			return x.at.problem(ErrValidate, "exception %q needs fields", x.name)
		}
		if d := l.checkException(x, !r.unknownSource); d != nil {
			return d
		}
	}
	if prev != nil {
		*prev = *r
	} else {
		l.rules.add(r.name, r)
	}
	delete(l.rules.broken, r.name)
	return nil
}

// enableRule reads a rule that is no more than a name and `enabled`.
func (it *item) enableRule() *Diagnostic {
	enabled := true
	if d := it.bool("enabled", required, &enabled); d != nil {
		return d
	}
	_, k := lookup(it.node, "enabled")
	it.l.warn(it.place(k), WarnDeprecatedItem, "\"enabled\" by itself is deprecated, add \"override\" with \"enabled: replace\"")
	prev := it.l.rules.byName[it.ruleName()]
	if prev == nil {
		return it.l.missing(it.at, "rule", it.l.rules.broken[it.ruleName()])
	}
	prev.enabled = enabled
	return nil
}

// ruleChange is what changes in a rule; nil is what does not.
type ruleChange struct {
	cond, output, desc   *text
	tags                 map[string]bool
	exceptions           *[]exceptionInfo
	priority             *Priority
	enabled, warnTypes   *bool
	skipUnknown, capture *bool
	captureMS            *uint32
}

// appendRule reads a rule with `append: true`, where only the condition and
// the exceptions count.
func (it *item) appendRule(source string) *Diagnostic {
	var c ruleChange
	if it.has("condition") {
		t, _, d := it.text("condition", required)
		if d != nil {
			return d
		}
		c.cond = &t
	}
	if it.has("exceptions") {
		x, d := it.exceptions(true)
		if d != nil {
			return d
		}
		c.exceptions = &x
	}
	if c.cond == nil && c.exceptions == nil {
		return it.at.problem(ErrValidate, "there is no condition and there are no exceptions to append")
	}
	return it.applyAppend(source, &c)
}

// overrideRule reads a rule with `override`. Each key that is there must stand
// under `override`, and the other way round.
func (it *item) overrideRule(source string, o override) *Diagnostic {
	given := it.given(ruleReplaceKeys) // what can be appended can also be replaced
	steps := []struct {
		keys  map[string]*yaml.Node
		apply func(string, *ruleChange) *Diagnostic
	}{{o.append, it.applyAppend}, {o.replace, it.applyReplace}}
	for i, step := range steps {
		if len(step.keys) == 0 {
			continue
		}
		for _, key := range ruleReplaceKeys {
			if k := step.keys[key]; k != nil && given[key] == nil {
				return it.invalid(k, "the override of %q has no %q to take", key, key)
			} else if k != nil {
				delete(given, key)
			}
		}
		c, d := it.change(step.keys, i == 0)
		if d != nil {
			return d
		}
		if d := step.apply(conditionSource(source, c), c); d != nil {
			return d
		}
	}
	var bad *Diagnostic
	if o.replace["exceptions"] != nil {
		bad = it.checkReplaced()
	}
	for _, key := range ruleReplaceKeys {
		if k := given[key]; k != nil {
			return it.invalid(k, "%q is there, but not under \"override\"", key)
		}
	}
	return bad
}

// conditionSource is the source that must be that of the rule: in an override
// it is looked at only together with a condition.
func conditionSource(source string, c *ruleChange) string {
	if c.cond == nil {
		return ""
	}
	return source
}

// change reads the keys that change.
func (it *item) change(keys map[string]*yaml.Node, appending bool) (*ruleChange, *Diagnostic) {
	c := &ruleChange{}
	texts := []struct {
		key string
		out **text
	}{{"condition", &c.cond}, {"output", &c.output}, {"desc", &c.desc}}
	for _, k := range texts {
		if keys[k.key] != nil {
			t, _, d := it.text(k.key, required)
			if d != nil {
				return nil, d
			}
			*k.out = &t
		}
	}
	bools := []struct {
		key string
		out **bool
	}{{"capture", &c.capture}, {"enabled", &c.enabled}, {"warn_evttypes", &c.warnTypes}, {"skip-if-unknown-filter", &c.skipUnknown}}
	for _, k := range bools {
		if keys[k.key] != nil {
			*k.out = new(bool)
			if d := it.bool(k.key, required, *k.out); d != nil {
				return nil, d
			}
		}
	}
	if keys["exceptions"] != nil {
		x, d := it.exceptions(appending)
		if d != nil {
			return nil, d
		}
		c.exceptions = &x
	}
	if keys["tags"] != nil {
		var d *Diagnostic
		if c.tags, d = it.tags(); d != nil {
			return nil, d
		}
	}
	if keys["priority"] != nil {
		p, d := it.priority()
		if d != nil {
			return nil, d
		}
		c.priority = &p
	}
	if keys["capture_duration"] != nil {
		c.captureMS = new(uint32)
		if d := it.uint32("capture_duration", required, c.captureMS); d != nil {
			return nil, d
		}
	}
	return c, nil
}

// applyAppend appends to an earlier rule.
func (it *item) applyAppend(source string, c *ruleChange) *Diagnostic {
	l := it.l
	prev, d := it.previous(source)
	if d != nil {
		return d
	}
	if prev == nil {
		return l.missing(it.at, "rule", l.rules.broken[it.ruleName()])
	}
	if c.cond != nil {
		prev.cond = join(prev.cond, *c.cond)
	}
	if c.output != nil {
		prev.output = join(prev.output, *c.output)
	}
	if c.desc != nil {
		prev.desc = join(prev.desc, *c.desc)
	}
	if c.tags != nil {
		prev.tags = maps.Clone(prev.tags)
		maps.Copy(prev.tags, c.tags)
	}
	if c.exceptions == nil {
		return nil
	}
	prev.exceptions = slices.Clone(prev.exceptions)
	for _, x := range *c.exceptions {
		i := slices.IndexFunc(prev.exceptions, func(p exceptionInfo) bool { return p.name == x.name })
		switch {
		case i < 0 && !x.fields.valid():
			return x.at.problem(ErrValidate, "exception %q needs fields, for the rule has none of this name", x.name)
		case i < 0 && len(x.values) == 0:
			return x.at.problem(ErrValidate, "exception %q needs values", x.name)
		case i < 0:
			if d := l.checkException(&x, !prev.unknownSource); d != nil {
				return d
			}
			prev.exceptions = append(prev.exceptions, x)
		case x.fields.valid():
			return x.at.problem(ErrValidate, "the fields of exception %q are already there: only values can be appended", x.name)
		case x.comps.valid():
			return x.at.problem(ErrValidate, "the comps of exception %q are already there: only values can be appended", x.name)
		default:
			p := &prev.exceptions[i]
			p.values = append(slices.Clip(p.values), x.values...)
		}
	}
	return nil
}

// applyReplace replaces values of an earlier rule.
func (it *item) applyReplace(source string, c *ruleChange) *Diagnostic {
	l := it.l
	prev, d := it.previous(source)
	if d != nil {
		return d
	}
	if prev == nil {
		return l.missing(it.at, "rule", l.rules.broken[it.ruleName()])
	}
	set(&prev.cond, c.cond)
	set(&prev.output, c.output)
	set(&prev.desc, c.desc)
	set(&prev.priority, c.priority)
	set(&prev.capture, c.capture)
	set(&prev.captureMS, c.captureMS)
	set(&prev.enabled, c.enabled)
	set(&prev.warnTypes, c.warnTypes)
	set(&prev.skipUnknown, c.skipUnknown)
	if c.tags != nil {
		prev.tags = c.tags
	}
	set(&prev.exceptions, c.exceptions)
	return nil
}

// checkReplaced checks exceptions that replaced others, and takes them out if
// they are wrong. Falco neither checks these nor adds the comps that are missing,
// and builds a condition that no parser takes, or crashes.
func (it *item) checkReplaced() (d *Diagnostic) {
	l, prev := it.l, it.l.rules.byName[it.ruleName()]
	if prev == nil {
		return nil // that was told
	}
	defer func() {
		if d != nil {
			prev.exceptions = nil
		}
	}()
	for i := range prev.exceptions {
		x := &prev.exceptions[i]
		if !x.fields.valid() {
			if len(x.values) == 0 {
				continue
			}
			return x.at.problem(ErrValidate, "exception %q needs fields", x.name)
		}
		if d := l.checkException(x, !prev.unknownSource); d != nil {
			return d
		}
	}
	return nil
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// priority reads the rule's priority.
func (it *item) priority() (Priority, *Diagnostic) {
	v, d := it.scalar("priority", required)
	if d != nil {
		return 0, d
	}
	p, ok := ParsePriority(v.Value)
	if !ok {
		return 0, it.invalid(v, "%q is not a priority: emergency, alert, critical, error, warning, notice, informational or debug", v.Value)
	}
	return p, nil
}

// tags reads the rule's tags; the map is never nil.
func (it *item) tags() (map[string]bool, *Diagnostic) {
	ts, d := it.texts("tags", optional)
	if d != nil {
		return nil, d
	}
	tags := make(map[string]bool, len(ts))
	for _, t := range ts {
		tags[t.s] = true
	}
	return tags, nil
}
