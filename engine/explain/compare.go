package explain

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math"
	"math/big"
	"net"
	"strings"

	"falcoreplay/engine/field"
	"falcoreplay/rules/syntax"
	"falcoreplay/scap/event"
)

// number describes a type whose values are whole numbers.
type number struct {
	signed bool
	bits   int
}

// numbers are the types that are compared as whole numbers, with the width of
// Falco's values (filter_compare.cpp, flt_compare). Doubles are among them for
// their width only.
var numbers = map[event.ParamType]number{
	event.PTInt8: {true, 8}, event.PTInt16: {true, 16}, event.PTInt32: {true, 32}, event.PTInt64: {true, 64},
	event.PTFD: {true, 64}, event.PTPID: {true, 64}, event.PTErrno: {true, 64},
	event.PTFlags8: {false, 8}, event.PTEnumFlags8: {false, 8}, event.PTUint8: {false, 8}, event.PTSigType: {false, 8},
	event.PTFlags16: {false, 16}, event.PTUint16: {false, 16}, event.PTEnumFlags16: {false, 16},
	event.PTPort: {false, 16}, event.PTSyscallID: {false, 16},
	event.PTUint32: {false, 32}, event.PTFlags32: {false, 32}, event.PTEnumFlags32: {false, 32}, event.PTMode: {false, 32},
	event.PTUID: {false, 32}, event.PTGID: {false, 32},
	event.PTBool: {false, 32}, event.PTUint64: {false, 64}, event.PTRelTime: {false, 64}, event.PTAbsTime: {false, 64},
	event.PTDouble: {true, 64},
}

func isText(t event.ParamType) bool {
	return t == event.PTCharBuf || t == event.PTFSPath || t == event.PTFSRelPath
}

func isNet(t event.ParamType) bool {
	return t == event.PTIPNet || t == event.PTIPv4Net || t == event.PTIPv6Net
}

// compareSeen compares what two operands gave.
func compareSeen(op syntax.Op, left, right *Seen) (bool, error) {
	if left.Type != right.Type || left.List != right.List {
		return false, fmt.Errorf("%s and %s are of different types", left.Operand, right.Operand)
	}
	if !left.Present || !right.Present {
		return false, nil
	}
	same := func(v field.Value) bool {
		for _, w := range right.Values {
			if v == w {
				return true
			}
		}
		return false
	}
	if left.List {
		return every(op, left.Values, same)
	}
	if len(left.Values) == 0 || len(right.Values) == 0 {
		return false, nil
	}
	v, w := left.Values[0], right.Values[0]
	if op == syntax.OpIn || op == syntax.OpIntersects {
		if isText(left.Type) {
			v.S = strings.TrimRight(v.S, "\x00")
		}
		return v == w, nil
	}
	return compareValue(op, left.Type, v, w)
}

// every applies in and intersects to a list.
func every(op syntax.Op, values []field.Value, holds func(field.Value) bool) (bool, error) {
	if op != syntax.OpIn && op != syntax.OpIntersects {
		return false, fmt.Errorf("operator %s does not suit a list", op)
	}
	n := 0
	for _, v := range values {
		if holds(v) {
			n++
		}
	}
	return op == syntax.OpIn && n == len(values) || op == syntax.OpIntersects && n > 0, nil
}

// compareList compares a list with constants, by their bytes.
func compareList(op syntax.Op, left *Seen, texts []string) (bool, error) {
	var wanted []field.Value
	for _, t := range texts {
		w, err := constant(op, left.Type, t)
		if err != nil {
			return false, err
		}
		wanted = append(wanted, w)
	}
	return every(op, left.Values, func(v field.Value) bool {
		for _, w := range wanted {
			if v == w {
				return true
			}
		}
		return false
	})
}

// compareOne compares a value with constants.
func compareOne(op syntax.Op, mod syntax.Mod, t event.ParamType, v field.Value, texts []string) (bool, error) {
	// Sets and modifiers look at a text without the NULs at its end.
	if isText(t) && (mod != syntax.ModNone || op.TakesList() || op == syntax.OpRegex) {
		v.S = strings.TrimRight(v.S, "\x00")
	}
	holding := 0
	for _, text := range texts {
		w, err := constant(op, t, text)
		if err != nil {
			return false, err
		}
		holds := false
		switch {
		case op == syntax.OpPMatch:
			holds = beginsWithPath(v.S, text)
		case op.TakesList() && isNet(t):
			holds, err = compareValue(syntax.OpEq, t, v, w)
		case op.TakesList(), op == syntax.OpEq && mod == syntax.ModAnyOf:
			holds = v == w // by bytes, so that no address is a network
		case op == syntax.OpNe && mod == syntax.ModAllOf:
			holds = v != w
		default:
			holds, err = compareValue(op, t, v, w)
		}
		if err != nil {
			return false, err
		}
		if holds {
			holding++
		}
	}
	switch mod {
	case syntax.ModOneOf:
		return holding == 1, nil
	case syntax.ModAllOf:
		return holding == len(texts) && holding > 0, nil
	}
	return holding > 0, nil
}

// constant reads a constant as a value of a type (value_parser.cpp,
// string_to_rawval).
func constant(op syntax.Op, t event.ParamType, text string) (field.Value, error) {
	if op == syntax.OpBContains || op == syntax.OpBStartsWith {
		b, err := hex.DecodeString(text)
		return field.Value{S: string(b)}, err
	}
	switch {
	case t == event.PTBool:
		if text != "true" && text != "false" {
			return field.Value{}, noValue(text)
		}
		return field.Value{N: uint64(len("false") - len(text))}, nil
	case t == event.PTDouble:
		n, err := whole(text, number{true, 32})
		return field.Value{N: math.Float64bits(float64(int64(n)))}, err
	case t == event.PTPort && text == "":
		return field.Value{}, nil
	case isNet(t):
		_, err := network(text)
		return field.Value{S: text}, err
	case t == event.PTIPAddr || t == event.PTIPv4Addr || t == event.PTIPv6Addr:
		ip := net.ParseIP(text)
		if ip == nil {
			return field.Value{}, noValue(text)
		}
		if strings.Contains(text, ".") {
			ip = ip.To4()
		}
		return field.Value{S: string(ip)}, nil
	}
	if n, ok := numbers[t]; ok {
		w, err := whole(text, n)
		return field.Value{N: w}, err
	}
	return field.Value{S: text}, nil
}

func noValue(text string) error { return fmt.Errorf("%q is no value of the type", text) }

// whole reads a decimal number of a width. What does not fit 64 bits becomes
// the nearest that does, and of the rest the low bits are taken.
func whole(text string, n number) (uint64, error) {
	x, ok := new(big.Int).SetString(strings.TrimLeft(text, " \t\n\v\f\r"), 10)
	if !ok {
		return 0, noValue(text)
	}
	one := big.NewInt(1)
	least, most := new(big.Int).Neg(new(big.Int).Lsh(one, 63)), new(big.Int).Sub(new(big.Int).Lsh(one, 63), one)
	if !n.signed {
		most = new(big.Int).Sub(new(big.Int).Lsh(one, 64), one)
		if x.CmpAbs(most) > 0 {
			x = most
		}
	} else if x.Cmp(most) > 0 {
		x = most
	} else if x.Cmp(least) < 0 {
		x = least
	}
	// Euclidean, so that a negative number becomes its two's complement.
	x = new(big.Int).Mod(x, new(big.Int).Lsh(one, uint(n.bits)))
	if n.signed && x.Bit(n.bits-1) == 1 {
		x.Sub(x, new(big.Int).Lsh(one, uint(n.bits)))
		return uint64(x.Int64()), nil
	}
	return x.Uint64(), nil
}

// network reads a network in CIDR notation.
func network(text string) (*net.IPNet, error) {
	_, n, err := net.ParseCIDR(text)
	return n, err
}

// compareValue compares two values with an operator of single values
// (filter_compare.cpp, flt_compare).
func compareValue(op syntax.Op, t event.ParamType, v, w field.Value) (bool, error) {
	switch {
	case isNet(t):
		n, err := network(w.S)
		return err == nil && contains(n, v.S) == (op == syntax.OpEq), err
	case op == syntax.OpRegex:
		return matchesRegex(v.S, w.S)
	case isText(t):
		return compareText(op, cut(v.S), cut(w.S))
	case t == event.PTByteBuf:
		return compareText(op, v.S, w.S)
	case t == event.PTDouble:
		a, b := math.Float64frombits(v.N), math.Float64frombits(w.N)
		return inOrder(op, sign(a > b)-sign(a < b))
	}
	n, ok := numbers[t]
	switch {
	case !ok: // an address
		return (v.S == w.S) == (op == syntax.OpEq), nil
	case n.signed:
		return inOrder(op, big.NewInt(int64(v.N)).Cmp(big.NewInt(int64(w.N))))
	}
	return inOrder(op, new(big.Int).SetUint64(v.N).Cmp(new(big.Int).SetUint64(w.N)))
}

// contains tells whether an address of 4 or 16 bytes is in a network.
func contains(n *net.IPNet, addr string) bool {
	if len(addr) != len(n.IP) {
		return false
	}
	for i := range n.IP {
		if addr[i]&n.Mask[i] != n.IP[i] {
			return false
		}
	}
	return true
}

func sign(b bool) int {
	if b {
		return 1
	}
	return 0
}

// inOrder tells whether an operator holds for how two values are ordered.
func inOrder(op syntax.Op, order int) (bool, error) {
	switch op {
	case syntax.OpEq:
		return order == 0, nil
	case syntax.OpNe:
		return order != 0, nil
	case syntax.OpLt:
		return order < 0, nil
	case syntax.OpLe:
		return order <= 0, nil
	case syntax.OpGt:
		return order > 0, nil
	case syntax.OpGe:
		return order >= 0, nil
	}
	return false, fmt.Errorf("operator %s does not suit the type", op)
}

// compareText compares texts or bytes.
func compareText(op syntax.Op, value, text string) (bool, error) {
	v, w := []byte(value), []byte(text)
	switch op {
	case syntax.OpContains, syntax.OpBContains:
		return find(v, w, func(c byte) byte { return c }), nil
	case syntax.OpIContains:
		return find(v, w, lower), nil
	case syntax.OpStartsWith, syntax.OpBStartsWith:
		return len(v) >= len(w) && bytes.Equal(v[:len(w)], w), nil
	case syntax.OpEndsWith:
		return len(v) >= len(w) && bytes.Equal(v[len(v)-len(w):], w), nil
	case syntax.OpGlob, syntax.OpIGlob:
		return glob(w, v, op == syntax.OpIGlob), nil
	}
	return inOrder(op, bytes.Compare(v, w))
}

// find looks for a part at every place.
func find(v, part []byte, fold func(byte) byte) bool {
	for i := 0; i+len(part) <= len(v); i++ {
		same := true
		for j := range part {
			same = same && fold(v[i+j]) == fold(part[j])
		}
		if same {
			return true
		}
	}
	return false
}
