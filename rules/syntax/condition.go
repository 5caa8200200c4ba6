package syntax

import "strings"

// condition reads what follows the left-hand side of a check.
func (p *parser) condition(left Operand) (Expr, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	p.blank()
	if p.eat("exists") {
		return &Exists{left.Position(), left}, nil
	}
	c := &Check{Pos: left.Position(), Left: left, OpPos: p.pos(p.off)}
	var ok bool
	var err error
	if c.Op, ok = p.op(numOps[:]); ok {
		c.Right, err = p.numberOrTransformer()
	} else if c.Op, ok = p.op(strOps[:]); ok {
		// The blank that has to follow a word was skipped with it; after a
		// sign it is needed only where a modifier comes.
		blank := isBlank(p.src[p.off-1]) || p.blank()
		if blank {
			c.Mod = p.mod()
		}
		if c.Mod != ModNone {
			c.Right, err = p.listOr(false)
		} else {
			c.Right, err = p.stringOrTransformer()
		}
	} else if c.Op, ok = p.op(listOps[:]); ok {
		c.Right, err = p.listOr(true)
	} else {
		err = p.fail("expected an operator behind %s, found %s", left, p.next())
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// op reads one of the operators.
func (p *parser) op(table []opToken) (Op, bool) {
	for _, t := range table {
		start := p.off
		if p.eat(t.text) {
			if !t.blank || p.blank() {
				return t.op, true
			}
			p.off = start
		}
	}
	return OpNone, false
}

// mod reads a modifier: one of three words with a blank behind it and then a
// list or an identifier, which must not be and, or, not; else the word is a
// value. If there is none, nothing is skipped.
func (p *parser) mod() Mod {
	start := p.off
	for m := ModOneOf; m <= ModAllOf; m++ {
		if !p.eat(m.String()) {
			continue
		}
		if p.blank() {
			rest := p.src[p.off:]
			if (strings.HasPrefix(rest, "(") || lenIdentifier(rest) > 0) && !startsWithKeyword(rest) {
				return m
			}
		}
		p.off = start
	}
	return ModNone
}

// startsWithKeyword tells whether s begins with and, or, not, and then not
// with a letter or a digit.
func startsWithKeyword(s string) bool {
	for _, k := range [...]string{"and", "or", "not"} {
		if strings.HasPrefix(s, k) && (len(s) == len(k) || !isAlpha(s[len(k)]) && !isDigit(s[len(k)])) {
			return true
		}
	}
	return false
}

// numberOrTransformer reads the right-hand side of an ordering.
func (p *parser) numberOrTransformer() (Operand, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	p.blank()
	x, err := p.transformerOrVal()
	if x != nil || err != nil {
		return x, err
	}
	start := p.off
	if t, ok := p.take(lenNumber); ok {
		return &Value{p.pos(start), t}, nil
	}
	return nil, p.fail("expected a number or a transformer, found %s", p.next())
}

// stringOrTransformer reads the right-hand side of a comparison of strings.
func (p *parser) stringOrTransformer() (Operand, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	p.blank()
	x, err := p.transformerOrVal()
	if x != nil || err != nil {
		return x, err
	}
	v, err := p.text()
	if err != nil {
		return nil, err
	}
	if v == nil {
		return nil, p.fail("expected a value or a transformer, found %s", p.next())
	}
	return v, nil
}

// text reads a quoted or a bare string; nil if there is none.
func (p *parser) text() (*Value, error) {
	start := p.off
	v, ok, err := p.quoted()
	if ok || err != nil {
		return v, err
	}
	if t, ok := p.take(lenBareString); ok {
		return &Value{p.pos(start), t}, nil
	}
	return nil, nil
}

// listOr reads a list or an identifier; also a transformer, if that is allowed.
func (p *parser) listOr(transformer bool) (Operand, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	p.blank()
	start := p.off
	if p.eat("(") {
		return p.list(start)
	}
	want := "a list or the name of one"
	if transformer {
		want = "a list, the name of one or a transformer"
		x, err := p.transformerOrVal()
		if x != nil || err != nil {
			return x, err
		}
	}
	if t, ok := p.take(lenIdentifier); ok {
		return &Value{p.pos(start), t}, nil
	}
	return nil, p.fail("expected %s, found %s", want, p.next())
}

// list reads the rest of a list of constants.
func (p *parser) list(start int) (Operand, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	l := &List{Pos: p.pos(start)}
	p.blank()
	v, err := p.text()
	if err != nil {
		return nil, err
	}
	if v != nil {
		l.Values = append(l.Values, v)
		p.blank()
		for p.eat(",") {
			p.blank()
			v, err := p.text()
			if err != nil {
				return nil, err
			}
			if v == nil {
				return nil, p.fail("expected a value in the list, found %s", p.next())
			}
			l.Values = append(l.Values, v)
			p.blank()
		}
	}
	if !p.eat(")") {
		return nil, p.fail("expected ',' or ')' in the list, found %s", p.next())
	}
	return l, nil
}

// transformerOrVal reads a transformer as it may stand on the right-hand side;
// nil if there is none.
func (p *parser) transformerOrVal() (Operand, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	start := p.off
	if p.eat(transformerVal + "(") {
		p.blank()
		at := p.off
		name, ok := p.take(lenFieldName)
		if !ok {
			return nil, p.fail("expected a field in val, found %s", p.next())
		}
		f, err := p.field(name, at)
		if err != nil {
			return nil, err
		}
		p.blank()
		if !p.eat(")") {
			return nil, p.fail("expected ')' behind the field in val, found %s", p.next())
		}
		t := &Transformer{Pos: p.pos(start), Name: transformerVal, Args: []Operand{f}}
		if t.Arg, t.HasArg, err = p.argument(); err != nil {
			return nil, err
		}
		return t, nil
	}
	if name, ok := p.transformerName(); ok {
		return p.transformer(name, start)
	}
	return nil, nil
}
