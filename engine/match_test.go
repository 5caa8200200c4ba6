package engine

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"falcoreplay/engine/field"
	"falcoreplay/rules/syntax"
	"falcoreplay/scap/event"
)

// number and text make the values of the table below.
func number(n int64) field.Value   { return field.Value{N: uint64(n)} }
func text(s string) field.Value    { return field.Value{S: s} }
func double(f float64) field.Value { return field.Value{N: math.Float64bits(f)} }
func addr(s string) field.Value {
	a, err := parseAddr(event.PTIPAddr, s)
	if err != nil {
		panic(err)
	}
	return text(a)
}

// TestOperators compares values with constants as conditions write them:
// `op constant...` or `op mod constant...`.
func TestOperators(t *testing.T) {
	type row struct {
		typ    event.ParamType
		value  field.Value
		yes    string // true for the value, separated by semicolons
		no     string // false
		refuse string // not allowed for the type
	}
	for _, r := range []row{
		{event.PTCharBuf, text("Abc"),
			"= Abc;!= abc;< Abd;<= Abc;> AB;>= Abc;contains b;icontains aB;startswith Ab;endswith bc;glob A?c;iglob a*;" +
				"in x,Abc;intersects Abc;regex A.*;contains ;startswith ;endswith ;pmatch Abc",
			"= abc;!= Abc;< Abc;> Abc;contains B;icontains d;startswith b;endswith A;glob a*;iglob b*;in x,abc;in ;regex b;pmatch ;= ",
			"bcontains 00;bstartswith 00"},
		{event.PTCharBuf, text("Abc"),
			"= anyof x,Abc;= oneof x,Abc;= allof Abc;!= allof x,y;!= anyof Abc,x;!= oneof Abc,x;startswith oneof A,x;" +
				"startswith anyof A,Ab;startswith allof A,Ab;contains allof b,c;regex anyof x,A..",
			"= anyof x,y;= oneof x,y;= oneof Abc,Abc;= allof Abc,x;!= allof x,Abc;!= anyof Abc;!= oneof x,y;startswith oneof A,Ab;" +
				"startswith allof A,x;contains anyof x,y;regex allof A..,x;= anyof ;!= allof ;glob oneof ",
			""},
		{event.PTCharBuf, text("a\x00b"), // as after b64
			"= a;!= ab;startswith a;endswith a;< b", "contains b;in a;in ab;!= a", ""},
		{event.PTCharBuf, text("a\x00"), "= a;in a;pmatch a;regex a", "!= a;= ", ""},
		{event.PTCharBuf, text(""), "= ;!= x;in a,;< a;contains ;regex .*", "in x;> ;startswith a", ""},
		{event.PTFSPath, text("/etc/ssh/x"), "pmatch /etc;startswith /etc/;in /etc/ssh/x", "pmatch /etc/s,/usr", ""},
		{event.PTByteBuf, text("a\x00b"),
			"bcontains 0062;bstartswith 6100;contains b;startswith a;endswith b;!= a;bcontains ",
			"= a;bcontains 6162;bstartswith 62;startswith b;endswith a;in a", "regex a;glob a;icontains a;pmatch a;< a"},
		{event.PTInt64, number(-2), "= -2;!= 2;< -1;<= -2;> -3;>= -2;in 1,-2;intersects -2;< 0",
			"= 2;!= -2;< -2;> -2;in 2,3;in ;< -9223372036854775808;> 9223372036854775807", "contains 2;startswith 2;glob *;regex 2;pmatch 2"},
		{event.PTInt64, number(-2), "= anyof 1,-2;= oneof -2,1;!= allof 1,2;= allof -2", "= oneof -2,-2;!= allof -2;= anyof 1", ""},
		{event.PTUint64, number(-1), "= 18446744073709551615;> 5;>= 0;!= 0;in -1", "< 5;> 18446744073709551615;< 0", ""},
		{event.PTUint8, number(255), "= 255;= -1;= 511;in 1,2,3,4,5,6,7,8,9,255", "= 1;in 1,2,3,4,5,6,7,8,9,10", ""},
		{event.PTPort, number(443), "= 443;= https;in 80,443;< 1024;>= 443", "= 80;in http,ssh;> 443", "startswith 4"},
		{event.PTBool, number(1), "= true;!= false;in true,false;intersects true;= anyof true", "= false;in false;in ", "< true;contains t;>= false"},
		{event.PTBool, number(0), "= false", "!= false;= true", ""},
		{event.PTDouble, double(2.5), "> 2;< 3;!= 2;>= 2", "= 2;< 2;= 3", "contains 2"},
		{event.PTIPAddr, addr("10.1.2.3"), "= 10.1.2.3;!= 10.1.2.4;!= ::1;in ::1,10.1.2.3;= anyof 10.1.2.3,1.1.1.1;!= allof 1.1.1.1",
			"= 10.1.2.4;= ::1;in ::1;!= 10.1.2.3", "< 10.1.2.3;contains 10.1.2.3;startswith oneof 10.1.2.3;pmatch ::1"},
		{event.PTIPAddr, addr("fd00::1"), "= fd00::1;in fd00:0::1;!= 1.2.3.4", "= fd00::2;in 1.2.3.4", ""},
		{event.PTIPNet, addr("10.1.2.3"), "= 10.0.0.0/8;in fd00::/8,10.0.0.0/8;!= 11.0.0.0/8;!= fd00::/8;= oneof 10.0.0.0/8,11.0.0.0/8",
			"= 11.0.0.0/8;= fd00::/8;!= 10.0.0.0/8;in 11.0.0.0/8;= oneof 10.0.0.0/8,10.1.0.0/16;= anyof 10.0.0.0/8", "> 10.0.0.0/8;contains 10.0.0.0/8"},
	} {
		for _, c := range split(r.yes) {
			checkOperator(t, r.typ, r.value, c, true)
		}
		for _, c := range split(r.no) {
			checkOperator(t, r.typ, r.value, c, false)
		}
		for _, c := range split(r.refuse) {
			op, _, _ := parseOperator(c)
			if checkOp(op, r.typ, false) == nil {
				t.Errorf("%s %s is allowed", typeName(r.typ), c)
			}
		}
	}
}

func split(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ";")
}

// parseOperator reads `op constants` or `op mod constants`. A comma ends a
// constant; none at all are written as nothing for operators of lists.
func parseOperator(s string) (syntax.Op, syntax.Mod, []string) {
	words := strings.SplitN(s, " ", 3)
	if len(words) == 3 {
		op, mod, ok := syntax.ParseOp(words[0] + " " + words[1])
		if !ok {
			panic(s)
		}
		return op, mod, list(words[2])
	}
	op, _, ok := syntax.ParseOp(words[0])
	if !ok {
		panic(s)
	}
	if op.TakesList() {
		return op, syntax.ModNone, list(words[1])
	}
	return op, syntax.ModNone, words[1:2]
}

func list(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

func checkOperator(t *testing.T, typ event.ParamType, value field.Value, c string, want bool) {
	t.Helper()
	op, mod, texts := parseOperator(c)
	if err := checkOp(op, typ, false); err != nil {
		t.Errorf("%s %s: %v", typeName(typ), c, err)
		return
	}
	var err error
	consts := parseConstants(op, typ, texts, func(i int, e error) { err = e })
	if err != nil {
		t.Errorf("%s %s: %v", typeName(typ), c, err)
		return
	}
	m, err := newMatcher(op, mod, typ, consts)
	if err != nil {
		t.Errorf("%s %s: %v", typeName(typ), c, err)
		return
	}
	if got := m.match(&value); got != want {
		t.Errorf("%s %s %s = %v", typeName(typ), show(typ, value), c, got)
	}
	if mod != syntax.ModNone || op.TakesList() || classOf(typ) == classNet || op == syntax.OpRegex {
		return
	}
	// A field on the right-hand side gives the same answer.
	if got := compareValues(op, classOf(typ), &value, &consts[0]); got != want {
		t.Errorf("%s %s %s with a field = %v", typeName(typ), show(typ, value), c, got)
	}
}

func show(t event.ParamType, v field.Value) string {
	if v.S != "" {
		return fmt.Sprintf("%q", v.S)
	}
	return fmt.Sprint(v.N)
}

func TestLists(t *testing.T) {
	for _, c := range []struct {
		typ event.ParamType
		op  syntax.Op
		ok  bool
	}{
		{event.PTCharBuf, syntax.OpIn, true}, {event.PTCharBuf, syntax.OpIntersects, true},
		{event.PTCharBuf, syntax.OpExists, true}, {event.PTCharBuf, syntax.OpEq, false},
		{event.PTCharBuf, syntax.OpPMatch, false}, {event.PTUint64, syntax.OpIn, true},
		{event.PTInt64, syntax.OpIn, false}, {event.PTInt64, syntax.OpExists, true},
	} {
		if err := checkOp(c.op, c.typ, true); (err == nil) != c.ok {
			t.Errorf("list of %s %s: %v", typeName(c.typ), c.op, err)
		}
	}
	for _, typ := range []event.ParamType{event.PTSigType, event.PTSyscallID, event.PTUID, event.PTSockAddr} {
		if checkOp(syntax.OpEq, typ, false) == nil || checkOp(syntax.OpExists, typ, false) != nil {
			t.Errorf("%s can be compared", typeName(typ))
		}
	}
	ab, bc := []field.Value{text("a"), text("b")}, []field.Value{text("b"), text("c")}
	in, some := &check{op: syntax.OpIn, class: classString}, &check{op: syntax.OpIntersects, class: classString}
	for _, c := range []struct {
		k             *check
		values, other []field.Value
		want          bool
	}{
		{in, ab, bc, false}, {in, ab[1:], bc, true}, {in, nil, bc, true}, {in, ab, nil, false},
		{some, ab, bc, true}, {some, ab[:1], bc, false}, {some, nil, bc, false},
	} {
		if got := compareFields(c.k, true, c.values, c.other); got != c.want {
			t.Errorf("%v %s %v = %v", c.values, c.k.op, c.other, got)
		}
	}
}
