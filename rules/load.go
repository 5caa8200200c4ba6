package rules

import (
	"fmt"
	"slices"

	"gopkg.in/yaml.v3"

	"falcoreplay/rules/syntax"
)

// The limits of what rules may expand to, so that small files which name each
// other cannot fill the memory. The stock rules of Falco need a hundredth.
const (
	// maxConditionBytes limits a condition with its lists put in.
	maxConditionBytes = 1 << 20
	// maxConditionNodes limits a condition with its macros put in.
	maxConditionNodes = 1 << 17
	// maxTotalBytes limits all conditions and lists of a load together.
	maxTotalBytes = 64 << 20
	// maxFileBytes limits a file.
	maxFileBytes = 1 << 30
	// maxParseDepth is what Falco's rule loader gives the parser, instead of
	// its default: parse_condition in rule_loader_compiler.cpp.
	maxParseDepth = 1000
)

// Load reads the files, in order. It returns a Set or, if there is an error,
// nil; the Result says what is wrong in either case, and is never nil.
func Load(files []File, opts Options) (*Set, *Result) {
	if opts.Sources == nil {
		opts.Sources = []string{"syscall"}
	}
	if opts.Plugins == nil {
		opts.Plugins = map[string]string{"container": ContainerPluginVersion}
	}
	if opts.MaxDiagnostics <= 0 {
		opts.MaxDiagnostics = DefaultMaxDiagnostics
	}
	l := &loader{
		opts:     opts,
		result:   &Result{sources: make(map[string]*source)},
		resolved: make(map[string]resolved),
		parsed:   make(map[string]parsed),

		questions: make(chan *asked, questionsAhead),
		lists:     newTable[listInfo](), macros: newTable[macroInfo](), rules: newTable[ruleInfo](),
	}
	go l.answer()
	defer close(l.questions)
	var set *Set
	for i, p := range parseAll(files) {
		<-p.done
		l.result.sources[p.src.name] = p.src
		l.read(p)
		l.final = i == len(files)-1
		set = l.compile()
	}
	if set == nil {
		set = &Set{}
	}
	l.result.finish(opts.MaxDiagnostics)
	if l.result.Count(SeverityError) > 0 {
		return nil, l.result
	}
	return set, l.result
}

// loader holds what was read of the files so far.
type loader struct {
	opts   Options
	result *Result
	final  bool // the last file was read
	spent  int  // bytes, of maxTotalBytes

	lists  table[listInfo]
	macros table[macroInfo]
	rules  table[ruleInfo]
	next   int // counts definitions, for their order

	engine  version
	engines bool // whether any was required
	plugins [][]Plugin

	resolved map[string]resolved // the rules after the file before
	parsed   map[string]parsed   // by the condition with its lists

	questions chan *asked // for the callbacks

	// lost tells that a file, or an item without a name, could not be read,
	// so that what seems to be missing may have been in there.
	lost bool
}

// table keeps definitions in the order of their names' first ones.
type table[T any] struct {
	all    []*T
	byName map[string]*T
	// broken holds names whose definition, or a change to it, had an error:
	// what depends on them is not reported as well.
	broken map[string]bool
}

func newTable[T any]() table[T] {
	return table[T]{byName: make(map[string]*T), broken: make(map[string]bool)}
}

type listInfo struct {
	name              string
	items             []text
	at                place
	index, visibility int
}

type macroInfo struct {
	name              string
	cond              text
	at                place
	index, visibility int
}

type ruleInfo struct {
	name, source  string
	desc          text
	cond, output  text
	priority      Priority
	tags          map[string]bool
	exceptions    []exceptionInfo
	enabled       bool
	warnTypes     bool
	skipUnknown   bool
	capture       bool
	captureMS     uint32
	unknownSource bool
	at            place
}

// place is where an item is, and what it is called in messages.
type place struct {
	src  *source
	off  int
	item string
}

// problem returns an error at the place.
func (p place) problem(code Code, format string, args ...any) *Diagnostic {
	return &Diagnostic{
		Code: code, Pos: p.src.pos(p.off), Item: p.item,
		Message: fmt.Sprintf(format, args...), order: p.src.order,
	}
}

// at returns a place in the same item.
func (p place) atOffset(src *source, off int) place { return place{src, off, p.item} }

// in returns the place of a byte of a text, in the same item.
func (p place) in(t text, i int) place {
	if trimmed := t.pos(i); trimmed.IsValid() {
		src, _ := t.origin(i)
		return place{src, trimmed.Offset, p.item}
	}
	return p
}

// report adds a diagnostic; nil is none.
func (l *loader) report(d *Diagnostic) {
	if d != nil {
		l.result.Diagnostics = append(l.result.Diagnostics, *d)
	}
}

func (l *loader) warn(p place, code Code, format string, args ...any) {
	d := p.problem(code, format, args...)
	d.Severity = SeverityWarning
	l.report(d)
}

// spend counts bytes that were made, and tells whether there may be more.
func (l *loader) spend(n int) bool {
	l.spent += n
	return l.spent <= maxTotalBytes
}

// knownSource tells whether rules of the source are loaded.
func (l *loader) knownSource(name string) bool { return slices.Contains(l.opts.Sources, name) }

// read takes in what a file defines.
func (l *loader) read(p *parsing) {
	src, doc, diag := p.src, p.doc, p.diag
	if diag != nil {
		diag.order = src.order
		l.report(diag)
		l.lost = true
		return
	}
	whole := place{src, 0, ""}
	for _, root := range doc.roots {
		for _, n := range deref(root).Content {
			if key := badKey(deref(n)); key != nil && isSequence(deref(root)) {
				l.report(whole.atOffset(src, doc.offset(key)).problem(ErrYAMLParse, "a key must be a scalar"))
				l.lost = true
				return
			}
		}
	}
	for _, root := range doc.roots {
		root = deref(root)
		switch {
		case isNull(root):
		case !isSequence(root):
			l.report(whole.atOffset(src, doc.offset(root)).problem(ErrYAMLValidate, "rules are a sequence of mappings, each beginning with '- '"))
			l.lost = true
		default:
			for _, n := range root.Content {
				if n = deref(n); !isNull(n) {
					l.readItem(doc, n)
				}
			}
		}
	}
}

// readItem takes in one item of a file.
func (l *loader) readItem(doc *document, n *yaml.Node) {
	it := &item{l: l, doc: doc, node: n, at: place{doc.src, doc.offset(n), ""}}
	if !isMap(n) {
		l.report(it.at.problem(ErrYAMLValidate, "an item is a mapping of keys to values"))
		l.lost = true
		return
	}
	kinds := [...]struct {
		key    string
		kind   Kind
		read   func(*item) *Diagnostic
		broken map[string]bool
	}{
		{"required_engine_version", KindOther, (*item).readEngineVersion, nil},
		{"required_plugin_versions", KindOther, (*item).readPluginVersions, nil},
		{"list", KindList, (*item).readList, l.lists.broken},
		{"macro", KindMacro, (*item).readMacro, l.macros.broken},
		{"rule", KindRule, (*item).readRule, l.rules.broken},
	}
	span := &itemSpan{off: it.at.off}
	doc.src.addItem(span)
	for _, kind := range kinds {
		v, _ := lookup(n, kind.key)
		if v == nil {
			continue
		}
		name := ""
		if kind.broken != nil && isScalar(v) {
			name = v.Value
			it.at.item = fmt.Sprintf("%s %q", kind.key, name)
		} else {
			it.at.item = kind.key
		}
		span.kind = kind.kind
		if d := kind.read(it); d != nil {
			l.report(d)
			if kind.broken != nil {
				kind.broken[name] = true
				l.lost = l.lost || name == ""
			}
		}
		return
	}
	l.warn(it.at, WarnUnknownItem, "not a rule, a macro, a list or a required version: ignored")
}

// walkFields calls f for each field of an expression.
func walkFields(n syntax.Node, f func(*syntax.Field)) {
	syntax.Walk(n, func(n syntax.Node) bool {
		if x, ok := n.(*syntax.Field); ok {
			f(x)
		}
		return true
	})
}
