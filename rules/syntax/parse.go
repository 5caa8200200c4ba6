package syntax

import (
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"
)

// Parse reads a condition. It returns a tree or an *Error, not both. Nesting
// is limited by DefaultMaxDepth.
func Parse(src string) (Expr, error) { return ParseDepth(src, DefaultMaxDepth) }

// ParseDepth is Parse with another limit of nesting.
func ParseDepth(src string, maxDepth int) (Expr, error) {
	p := parser{src: src, maxDepth: maxDepth}
	if src == "" {
		return nil, p.fail("empty condition")
	}
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	p.blank()
	if p.off < len(src) {
		return nil, p.fail("unexpected %s, expected 'and', 'or' or the end", p.next())
	}
	return e, nil
}

// ParseOperand reads the field or transformer at the beginning of src, as it
// stands in a rule's output behind the percent sign, and returns it with the
// number of bytes read.
func ParseOperand(src string) (Operand, int, error) {
	p := parser{src: src, maxDepth: DefaultMaxDepth}
	if err := p.enter(); err != nil {
		return nil, 0, err
	}
	x, err := p.fieldOrTransformer()
	if err != nil {
		return nil, 0, err
	}
	if x == nil {
		return nil, 0, p.fail("expected a field or a transformer, found %s", p.next())
	}
	return x, p.off, nil
}

// parser is a recursive descent over the bytes of src. There are no keywords:
// what a word is depends on where it stands, so that tokens are read only as
// they are asked for.
type parser struct {
	src      string
	off      int
	depth    int
	maxDepth int
	lines    []int // offsets of the beginnings of lines, made when first needed
}

// pos returns the position of an offset.
func (p *parser) pos(off int) Pos {
	if p.lines == nil {
		p.lines = []int{0}
		for i := 0; i < len(p.src); i++ {
			if p.src[i] == '\n' {
				p.lines = append(p.lines, i+1)
			}
		}
	}
	line := sort.SearchInts(p.lines, off+1)
	return Pos{Offset: off, Line: line, Column: off - p.lines[line-1] + 1}
}

// fail returns an error at the next token.
func (p *parser) fail(format string, args ...any) error {
	p.blank()
	return p.failAt(p.off, format, args...)
}

func (p *parser) failAt(off int, format string, args ...any) error {
	return &Error{Pos: p.pos(off), Msg: fmt.Sprintf(format, args...)}
}

// next describes the next token for a message.
func (p *parser) next() string {
	p.blank()
	rest := p.src[p.off:]
	if rest == "" {
		return "the end"
	}
	n := max(lenQuoted(rest), lenBareString(rest))
	if n == 0 {
		_, n = utf8.DecodeRuneInString(rest)
	}
	const limit = 40 // a message is one line
	if n > limit {
		n = limit
		for n > 0 && !utf8.RuneStart(rest[n]) {
			n--
		}
		return fmt.Sprintf("%q...", rest[:n])
	}
	return fmt.Sprintf("%q", rest[:n])
}

// enter counts one level of recursion; leave takes it back. They are called
// where parser.cpp has a depth_guard, so that the limit is the same.
func (p *parser) enter() error {
	p.depth++
	if p.depth >= p.maxDepth {
		return p.fail("nested too deeply: limit %d", p.maxDepth)
	}
	return nil
}

func (p *parser) leave() { p.depth-- }

// blank skips blanks and tells whether there were any.
func (p *parser) blank() bool {
	start := p.off
	for p.off < len(p.src) && isBlank(p.src[p.off]) {
		p.off++
	}
	return p.off > start
}

// eat skips the text if it comes next.
func (p *parser) eat(text string) bool {
	if strings.HasPrefix(p.src[p.off:], text) {
		p.off += len(text)
		return true
	}
	return false
}

// take returns the token whose length a function of lex.go tells, and skips it.
func (p *parser) take(length func(string) int) (string, bool) {
	n := length(p.src[p.off:])
	t := p.src[p.off : p.off+n]
	p.off += n
	return t, n > 0
}

// quoted reads a quoted string; ok is false if there is none.
func (p *parser) quoted() (v *Value, ok bool, err error) {
	start := p.off
	t, ok := p.take(lenQuoted)
	if !ok {
		return nil, false, nil
	}
	text, at, problem := unquote(t)
	if problem != "" {
		return nil, false, p.failAt(start+at, "%s", problem)
	}
	return &Value{p.pos(start), text}, true, nil
}

// or reads a disjunction.
func (p *parser) or() (Expr, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	p.blank()
	children, err := p.operands("or", p.and)
	if err != nil {
		return nil, err
	}
	if len(children) == 1 {
		return children[0], nil
	}
	return &Or{children[0].Position(), children}, nil
}

// and reads a conjunction.
func (p *parser) and() (Expr, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	p.blank()
	children, err := p.operands("and", p.not)
	if err != nil {
		return nil, err
	}
	if len(children) == 1 {
		return children[0], nil
	}
	return &And{children[0].Position(), children}, nil
}

// operands reads one or more operands with a word between. Behind the word
// there is a blank and an operand, or at once a parenthesis, which then is the
// whole operand.
func (p *parser) operands(word string, operand func() (Expr, error)) ([]Expr, error) {
	e, err := operand()
	if err != nil {
		return nil, err
	}
	children := []Expr{e}
	for p.blank(); p.eat(word); p.blank() {
		blank := p.blank()
		switch {
		case blank:
			e, err = operand()
		case p.eat("("):
			e, err = p.parenthesis()
		default:
			return nil, p.fail("expected a blank or '(' behind '%s', found %s", word, p.next())
		}
		if err != nil {
			return nil, err
		}
		children = append(children, e)
	}
	return children, nil
}

// not reads a check with any number of negations before it.
func (p *parser) not() (Expr, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	p.blank()
	start := p.off
	negated := false
	for {
		if _, ok := p.take(lenNot); !ok {
			break
		}
		negated = !negated
	}
	var e Expr
	var err error
	if p.eat("not(") {
		negated = !negated
		e, err = p.parenthesis()
	} else {
		e, err = p.check()
	}
	if err != nil {
		return nil, err
	}
	if negated {
		return &Not{p.pos(start), e}, nil
	}
	return e, nil
}

// parenthesis reads the rest of a parenthesised expression.
func (p *parser) parenthesis() (Expr, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	p.blank()
	if !p.eat(")") {
		return nil, p.fail("expected 'and', 'or' or ')', found %s", p.next())
	}
	return e, nil
}

// check reads a comparison, a macro's name or a parenthesised expression.
func (p *parser) check() (Expr, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	p.blank()
	if p.eat("(") {
		return p.parenthesis()
	}
	left, err := p.fieldOrTransformer()
	if err != nil {
		return nil, err
	}
	if left != nil {
		return p.condition(left)
	}
	start := p.off
	if name, ok := p.take(lenIdentifier); ok {
		return &Macro{p.pos(start), name}, nil
	}
	return nil, p.fail("expected '(', a check or a macro, found %s", p.next())
}

// fieldOrTransformer reads a field or a transformer; nil if there is none.
func (p *parser) fieldOrTransformer() (Operand, error) {
	start := p.off
	if name, ok := p.take(lenFieldName); ok {
		return p.field(name, start)
	}
	if name, ok := p.transformerName(); ok {
		return p.transformer(name, start)
	}
	return nil, nil
}

// field reads the rest of a field.
func (p *parser) field(name string, start int) (Operand, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	arg, has, err := p.argument()
	if err != nil {
		return nil, err
	}
	return &Field{p.pos(start), name, arg, has}, nil
}

// argument reads an argument in brackets, if there is one. No blanks are
// allowed in or before it, unless in quotes.
func (p *parser) argument() (arg string, has bool, err error) {
	if !p.eat("[") {
		return "", false, nil
	}
	v, ok, err := p.quoted()
	switch {
	case err != nil:
		return "", false, err
	case ok:
		arg = v.Text
	default:
		if arg, ok = p.take(lenBareArg); !ok {
			return "", false, p.failAt(p.off, "expected an argument in the brackets")
		}
	}
	if !p.eat("]") {
		return "", false, p.failAt(p.off, "expected ']'")
	}
	return arg, true, nil
}

// transformerName reads the name of a transformer and its parenthesis.
func (p *parser) transformerName() (string, bool) {
	rest := p.src[p.off:]
	for _, name := range transformers {
		if len(rest) > len(name) && rest[len(name)] == '(' && rest[:len(name)] == name {
			p.off += len(name) + 1
			return name, true
		}
	}
	return "", false
}

// transformer reads the rest of a transformer: its arguments.
func (p *parser) transformer(name string, start int) (Operand, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	t := &Transformer{Pos: p.pos(start), Name: name}
	for {
		p.blank()
		x, err := p.transformerArg()
		if err != nil {
			return nil, err
		}
		t.Args = append(t.Args, x)
		p.blank()
		if !p.eat(",") {
			break
		}
	}
	if !p.eat(")") {
		return nil, p.fail("expected ',' or ')' in %s, found %s", name, p.next())
	}
	var err error
	t.Arg, t.HasArg, err = p.argument()
	if err != nil {
		return nil, err
	}
	return t, nil
}

// transformerArg reads one argument of a transformer.
func (p *parser) transformerArg() (Operand, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	x, err := p.constant()
	if x != nil || err != nil {
		return x, err
	}
	start := p.off
	if p.eat("(") {
		return p.transformerList(start)
	}
	f, err := p.fieldOrTransformer()
	if err == nil && f == nil {
		err = p.fail("expected a field, a transformer, a quoted string, a number or a list, found %s", p.next())
	}
	return f, err
}

// constant reads a number or a quoted string; nil if there is none.
func (p *parser) constant() (Operand, error) {
	start := p.off
	if t, ok := p.take(lenNumber); ok {
		return &Value{p.pos(start), t}, nil
	}
	v, ok, err := p.quoted()
	if err != nil || !ok {
		return nil, err
	}
	return v, nil
}

// transformerList reads the rest of a list among a transformer's arguments.
func (p *parser) transformerList(start int) (Operand, error) {
	l := &TransformerList{Pos: p.pos(start)}
	p.blank()
	if p.eat(")") {
		return l, nil
	}
	for {
		p.blank()
		x, err := p.fieldOrTransformer()
		if x == nil && err == nil {
			x, err = p.constant()
		}
		if x == nil && err == nil {
			err = p.fail("expected a field, a transformer, a quoted string or a number, found %s", p.next())
		}
		if err != nil {
			return nil, err
		}
		l.Items = append(l.Items, x)
		p.blank()
		if !p.eat(",") {
			break
		}
	}
	if !p.eat(")") {
		return nil, p.fail("expected ',' or ')', found %s", p.next())
	}
	return l, nil
}
