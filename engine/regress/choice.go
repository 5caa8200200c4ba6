package regress

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"falcoreplay/engine"
	"falcoreplay/engine/regress/suite"
	"falcoreplay/internal/suggest"
	"falcoreplay/rules"
)

// choice is an engine with some rules of a set, which cases share. What the
// cases need of it is put together before it is first compiled.
type choice struct {
	rules           *ruleSet
	disable, enable []suite.Text
	matching        engine.Matching
	fields          bool           // output fields are needed
	also            map[string]int // fields that conditions look at, and their places
	names           []string       // the same in their places

	compiled sync.Once
	engine   *engine.Engine
	err      error
	traced   sync.Once
	trace    *engine.Trace
}

// need adds what a case looks at.
func (c *choice) need(t *suite.Case) {
	c.fields = c.fields || t.Snapshot != ""
	t.FieldNames(func(name string) {
		if _, ok := c.also[name]; !ok {
			c.also[name] = len(c.names)
			c.names = append(c.names, name)
		}
	})
}

// lookup finds a field of an alert of this choice's engine.
func (c *choice) lookup(a *engine.Alert) suite.Lookup {
	return func(name string) engine.Shown { return a.Also[c.also[name]] }
}

// keep tells whether a rule is evaluated.
func (c *choice) keep(r *rules.Rule) bool {
	return fits(c.enable, r.Name) || r.Enabled && !fits(c.disable, r.Name)
}

func fits(globs []suite.Text, name string) bool {
	return slices.ContainsFunc(globs, func(g suite.Text) bool { return engine.MatchGlob(g.Text, name) })
}

// compile returns the engine. The rules have to be loaded without errors; with
// these there is nothing more to find wrong.
func (c *choice) compile() (*engine.Engine, error) {
	c.compiled.Do(func() {
		set, _, _ := c.rules.load()
		e, problems := engine.New(set, engine.Options{Matching: c.matching, Keep: c.keep, NoFields: !c.fields, Also: c.names})
		if len(problems) > 0 {
			c.err = fmt.Errorf("%s", problems[0].Message)
			return
		}
		c.engine = e
	})
	return c.engine, c.err
}

// look returns the rules for looking into.
func (c *choice) look() *engine.Trace {
	c.traced.Do(func() {
		set, _, _ := c.rules.load()
		c.trace, _ = engine.NewTrace(set, engine.Options{Keep: c.keep})
	})
	return c.trace
}

// rule finds a rule of the set. why tells why there is none, or why it is not
// evaluated.
func (c *choice) rule(name string) (r *rules.Rule, why string) {
	set, _, _ := c.rules.load()
	i := slices.IndexFunc(set.Rules, func(r *rules.Rule) bool { return r.Name == name })
	if i < 0 {
		names := make([]string, len(set.Rules))
		for k, r := range set.Rules {
			names[k] = r.Name
		}
		return nil, fmt.Sprintf("there is no rule %q%s", name, suggest.Hint(name, names))
	}
	r = set.Rules[i]
	switch {
	case c.keep(r):
	case fits(c.disable, name):
		why = "the rule is disabled by the case"
	default:
		why = fmt.Sprintf("the rule is disabled in its file, %s:%d; enable: %q would switch it on", r.Pos.File, r.Pos.Line, name)
	}
	return r, why
}

// key is a text that is the same for cases that can share an engine.
func choiceKey(rulePaths []string, t *suite.Case) string {
	var b strings.Builder
	for _, list := range [][]suite.Text{texts(rulePaths), t.Disable, t.Enable} {
		for _, s := range list {
			fmt.Fprintf(&b, "%q,", s.Text)
		}
		b.WriteByte(';')
	}
	fmt.Fprint(&b, rulePaths == nil, t.Matching)
	return b.String()
}

func texts(list []string) []suite.Text {
	out := make([]suite.Text, len(list))
	for i, s := range list {
		out[i].Text = s
	}
	return out
}
