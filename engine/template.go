package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"falcoreplay/rules"
	"falcoreplay/rules/syntax"
)

// template is a rule's output, compiled.
type template struct {
	tokens []token
	fields []outputField // sorted by name
}

// token is a piece of an output: a text, or the values of a source.
type token struct {
	text   string
	source sourceID // noSource for a text
	width  int      // what the value is cut or filled to, 0 for no limit
}

// outputField is a field that an output names.
type outputField struct {
	name   string
	source sourceID
}

// containerInfo is a token that Falco takes out of outputs
// (falcosecurity/falco at 1307474, userspace/engine/rule_loader_compiler.cpp,
// s_container_info_fmt).
const containerInfo = "%container.info"

// template compiles a rule's output (falcosecurity/libs at 48dfd53,
// userspace/libsinsp/eventformatter.cpp, set_format).
func (c *compiler) template(r *rules.Rule) *template {
	p := outputParser{c: c, rule: r, t: &template{}}
	p.text, p.origin = withoutContainerInfo(r.Output)
	if p.text == "" {
		p.fail(0, errors.New("the output is empty"))
		return p.t
	}
	if p.text[0] == '*' { // once told that values may be absent; now they always may
		p.text, p.origin = p.text[1:], p.origin[1:]
	}
	for p.at < len(p.text) && p.token() {
	}
	slices.SortFunc(p.t.fields, func(a, b outputField) int { return strings.Compare(a.name, b.name) })
	p.t.fields = slices.CompactFunc(p.t.fields, func(a, b outputField) bool { return a.name == b.name })
	return p.t
}

// withoutContainerInfo returns an output without that token, and for each byte
// and the end its place in the original.
func withoutContainerInfo(output string) (text string, origin []int) {
	var b strings.Builder
	b.Grow(len(output))
	origin = make([]int, 0, len(output)+1)
	for i := 0; i < len(output); i++ {
		if strings.HasPrefix(output[i:], containerInfo) {
			i += len(containerInfo) - 1
			continue
		}
		b.WriteByte(output[i])
		origin = append(origin, i)
	}
	return b.String(), append(origin, len(output))
}

type outputParser struct {
	c      *compiler
	rule   *rules.Rule
	t      *template
	text   string
	origin []int
	at     int
}

// fail keeps an error at a byte of the text.
func (p *outputParser) fail(at int, err error) {
	p.c.problems = append(p.c.problems, rules.Problem{
		Code: rules.ErrCompileOutput, Pos: p.rule.OutputPosAt(p.origin[at]), Message: err.Error(), Unknown: isUnknown(err),
	})
}

// token reads the next token. It returns false if the rest cannot be read.
func (p *outputParser) token() bool {
	i := strings.IndexByte(p.text[p.at:], '%')
	if i != 0 {
		end := len(p.text)
		if i > 0 {
			end = p.at + i
		}
		p.t.tokens = append(p.t.tokens, token{text: p.text[p.at:end], source: noSource})
		p.at = end
		return true
	}
	start := p.at
	p.at++
	width := 0
	for p.at < len(p.text) && p.text[p.at] >= '0' && p.text[p.at] <= '9' {
		// More than this is not meant, and would fill the memory.
		if width = width*10 + int(p.text[p.at]-'0'); width > maxWidth {
			p.fail(start, fmt.Errorf("the width of a value is limited to %d", maxWidth))
			return false
		}
		p.at++
	}
	if p.at == len(p.text) {
		p.fail(start, errors.New("the output ends where a field should be"))
		return false
	}
	x, n, id := p.operand()
	if x == nil {
		return false
	}
	p.t.tokens = append(p.t.tokens, token{source: id, width: width})
	p.addFields(x)
	p.at += n
	return true
}

// maxWidth limits the width of a value.
const maxWidth = 4096

// maxTries limits how many beginnings of a text are tried as a field.
const maxTries = 256

// operand reads the field or transformer behind a percent sign: the longest
// beginning of the text that is one, so that a dot or a letter may follow.
func (p *outputParser) operand() (syntax.Operand, int, sourceID) {
	rest := p.text[p.at:]
	var first error
	var firstProblems []rules.Problem
	problems := p.c.problems
	for try, end := 0, len(rest); end > 0 && try < maxTries; try++ {
		x, n, err := syntax.ParseOperand(rest[:end])
		if err == nil {
			if id := p.c.operand(x); id != noSource {
				p.c.problems = problems
				return x, n, id
			}
			if firstProblems == nil {
				firstProblems = slices.Clone(p.c.problems[len(problems):])
			}
			p.c.problems = problems
			end = min(end, n)
		} else if first == nil {
			first = err
		}
		end--
		if err != nil {
			end = min(end, p.lastPlausible(rest, end))
		}
	}
	p.report(first, firstProblems)
	return nil, 0, noSource
}

// lastPlausible skips ends at which nothing new can be read: an operand ends
// with a letter, a digit, an underscore, a bracket or a parenthesis.
func (p *outputParser) lastPlausible(rest string, end int) int {
	for end > 0 {
		c := rest[end-1] | 0x20
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("_])", rest[end-1]) >= 0 {
			break
		}
		end--
	}
	return end
}

// report tells why there is no field at the place: what was wrong with the
// longest one that could be read or, if there was none, with the text. To Falco
// either is an unknown field.
func (p *outputParser) report(first error, problems []rules.Problem) {
	if len(problems) > 0 {
		for _, q := range problems {
			at := min(p.at+q.Pos.Offset, len(p.text))
			q.Code, q.Pos, q.Unknown = rules.ErrCompileOutput, p.rule.OutputPosAt(p.origin[at]), true
			p.c.problems = append(p.c.problems, q)
		}
		return
	}
	at := p.at
	if e := (*syntax.Error)(nil); errors.As(first, &e) {
		p.fail(min(at+e.Pos.Offset, len(p.text)), unknownError{errors.New(e.Msg)})
		return
	}
	p.fail(at, unknownError{errors.New("no field where one should be")})
}

// addFields adds the fields in an operand to those that an alert shows;
// transformers themselves are not shown (eventformatter.cpp,
// formatter_visitor).
func (p *outputParser) addFields(x syntax.Operand) {
	syntax.Walk(x, func(n syntax.Node) bool {
		if f, ok := n.(*syntax.Field); ok {
			p.t.fields = append(p.t.fields, outputField{f.String(), p.c.operand(f)})
		}
		return true
	})
}
