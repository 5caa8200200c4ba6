package randcond

import (
	"encoding/hex"
	"math"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"falcoreplay/engine/field"
	"falcoreplay/rules/syntax"
	"falcoreplay/scap/event"
)

var (
	anyOps  = []syntax.Op{syntax.OpEq, syntax.OpNe, syntax.OpIn, syntax.OpIntersects}
	listOps = []syntax.Op{syntax.OpIn, syntax.OpIntersects}
	numOps  = append([]syntax.Op{syntax.OpLt, syntax.OpLe, syntax.OpGt, syntax.OpGe}, anyOps...)
	textOps = append([]syntax.Op{syntax.OpContains, syntax.OpIContains, syntax.OpStartsWith, syntax.OpEndsWith,
		syntax.OpGlob, syntax.OpIGlob, syntax.OpRegex, syntax.OpPMatch, syntax.OpGe}, anyOps...)
	byteOps = append([]syntax.Op{syntax.OpContains, syntax.OpStartsWith, syntax.OpEndsWith, syntax.OpBContains,
		syntax.OpBStartsWith}, anyOps...)
)

// operator chooses an operator, mostly one that suits.
func (g *Generator) operator(o operand) syntax.Op {
	if g.one(100) {
		return syntax.OpEq + syntax.Op(g.rand.IntN(int(syntax.OpExists-syntax.OpEq)))
	}
	ops := numOps
	switch {
	case o.list:
		ops = listOps
	case o.isText():
		ops = textOps
	case o.typ == event.PTByteBuf:
		ops = byteOps
	case o.typ == event.PTBool, isAddr(o.typ), isNet(o.typ):
		ops = anyOps
	}
	return ops[g.rand.IntN(len(ops))]
}

func isAddr(t event.ParamType) bool {
	return t == event.PTIPAddr || t == event.PTIPv4Addr || t == event.PTIPv6Addr
}

func isNet(t event.ParamType) bool {
	return t == event.PTIPNet || t == event.PTIPv4Net || t == event.PTIPv6Net
}

// constant makes a constant for an operand, near to what the operand had.
func (g *Generator) constant(op syntax.Op, o operand) string {
	var v field.Value
	if len(o.values) > 0 {
		v = o.values[g.rand.IntN(len(o.values))]
	}
	switch {
	case op == syntax.OpBContains || op == syntax.OpBStartsWith:
		return hex.EncodeToString([]byte(g.part(op, v.S)))
	case op.TakesNumber() && (o.isText() || o.typ == event.PTByteBuf || o.typ == event.PTBool || isAddr(o.typ) || isNet(o.typ)):
		return strconv.Itoa(g.rand.IntN(100)) // the grammar asks for a number
	case o.isText() || o.typ == event.PTByteBuf:
		return g.wanted(op, v.S)
	case o.typ == event.PTBool:
		return strconv.FormatBool(g.one(2))
	case isAddr(o.typ):
		return g.addr(v.S)
	case isNet(o.typ):
		a, err := netip.ParseAddr(g.addr(v.S))
		if err != nil {
			return "10.0.0.0/8"
		}
		return a.String() + "/" + strconv.Itoa(1+g.rand.IntN(a.BitLen()))
	case o.typ == event.PTDouble:
		return strconv.Itoa(int(math.Float64frombits(v.N)) + g.rand.IntN(3) - 1)
	}
	return g.number(v.N)
}

func (g *Generator) number(n uint64) string {
	switch g.rand.IntN(12) {
	case 0:
		return []string{"0", "-1", "+1", "1", "65535", "65536", "4294967295", "9223372036854775808",
			"18446744073709551616", "-9223372036854775809", "007"}[g.rand.IntN(11)]
	case 1, 2:
		return strconv.FormatInt(int64(n)+int64(g.rand.IntN(5))-2, 10)
	case 3:
		return strconv.FormatUint(n, 10)
	}
	return strconv.FormatInt(int64(n), 10)
}

func (g *Generator) addr(s string) string {
	if g.one(4) || s == "" {
		return []string{"127.0.0.1", "::1", "0.0.0.0", "10.1.2.3", "2001:db8::3", "::ffff:102:304"}[g.rand.IntN(6)]
	}
	a, ok := netip.AddrFromSlice([]byte(s))
	if !ok {
		return "127.0.0.1"
	}
	if a.Is4In6() {
		return "::1"
	}
	return a.String()
}

// part is a piece of a text, where the operator looks for it.
func (g *Generator) part(op syntax.Op, s string) string {
	from, to := 0, len(s)
	if op != syntax.OpStartsWith && op != syntax.OpBStartsWith && len(s) > 0 {
		from = g.rand.IntN(len(s))
	}
	if op != syntax.OpEndsWith && to > from {
		to = from + 1 + g.rand.IntN(min(to-from, 12))
	}
	return s[from:to]
}

// wanted makes a constant of a text for an operator.
func (g *Generator) wanted(op syntax.Op, s string) string {
	s = strings.ReplaceAll(s, "\x00", "")
	if g.one(20) {
		s = []string{"", "a", "/", "\xff\xfe", "ä", "A\n", "<NA>", "*"}[g.rand.IntN(8)]
	}
	switch op {
	case syntax.OpContains, syntax.OpStartsWith, syntax.OpEndsWith:
		return g.part(op, s)
	case syntax.OpIContains:
		return strings.ToUpper(g.part(op, s))
	case syntax.OpGlob, syntax.OpIGlob:
		return g.pattern(s)
	case syntax.OpPMatch:
		if i := strings.LastIndexByte(s, '/'); i > 0 && g.one(2) {
			s = s[:i]
		}
		if g.one(3) {
			return g.pattern(s)
		}
		return s
	case syntax.OpRegex:
		p := regexp.QuoteMeta(g.part(syntax.OpContains, s))
		return []string{".*" + p + ".*", p + ".*", "^" + regexp.QuoteMeta(s) + "$", "[^" + "a]*", "(a|.)+", "[a-z/]+.?" + p + ".*"}[g.rand.IntN(6)]
	}
	if g.one(10) {
		return strings.ToUpper(s)
	}
	return s
}

// pattern puts wildcards into a text.
func (g *Generator) pattern(s string) string {
	var b strings.Builder
	stars := 0
	for i := 0; i < len(s); i++ {
		switch g.rand.IntN(16) {
		case 0:
			b.WriteByte('?')
		case 1:
			if stars++; stars <= 3 {
				b.WriteByte('*')
				i += g.rand.IntN(6)
			}
		case 2:
			b.WriteString([]string{"[a-z]", "[!/]", "[^a]", "[]a]", "[", "[0-9a-f.]", "[-a]"}[g.rand.IntN(7)])
		case 3:
			b.WriteByte('\\')
			b.WriteByte(s[i])
		default:
			b.WriteByte(s[i])
		}
	}
	if g.one(2) {
		return b.String() + "*"
	}
	return b.String()
}
