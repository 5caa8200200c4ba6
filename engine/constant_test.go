package engine

import (
	"strings"
	"testing"

	"falcoreplay/scap/event"
)

func TestParseNumber(t *testing.T) {
	for _, c := range []struct {
		text   string
		signed bool
		bits   int
		want   int64
		ok     bool
	}{
		{"7", false, 64, 7, true},
		{" +7", true, 32, 7, true},
		{"-1", true, 64, -1, true},
		{"-1", false, 32, 1<<32 - 1, true},
		{"-1", false, 8, 255, true},
		{"300", false, 8, 44, true},
		{"128", true, 8, -128, true},
		{"99999999999999999999", false, 64, -1, true},
		{"99999999999999999999", true, 64, 1<<63 - 1, true},
		{"-99999999999999999999", true, 64, -1 << 63, true},
		{"99999999999999999999", true, 32, -1, true},
		{"-9223372036854775808", true, 64, -1 << 63, true},
		{"0x10", false, 64, 0, false},
		{"010", false, 64, 10, true},
		{"1.5", true, 64, 0, false},
		{"7 ", true, 64, 0, false},
		{"", true, 64, 0, false},
		{"-", true, 64, 0, false},
	} {
		n, ok := parseNumber(c.text, c.signed, c.bits)
		if ok != c.ok || ok && int64(n) != c.want {
			t.Errorf("%q signed=%v bits=%d: %d %v, want %d %v", c.text, c.signed, c.bits, int64(n), ok, c.want, c.ok)
		}
	}
}

func TestParseConstant(t *testing.T) {
	for _, c := range []struct {
		typ  event.ParamType
		text string
		ok   bool
	}{
		{event.PTPort, "80", true}, {event.PTPort, "", true}, {event.PTPort, "http", true},
		{event.PTPort, "nosuch", false}, {event.PTPort, "99999999999", false}, {event.PTPort, "-1", false},
		{event.PTBool, "true", true}, {event.PTBool, "1", false}, {event.PTBool, "True", false},
		{event.PTIPAddr, "10.0.0.1", true}, {event.PTIPAddr, "::1", true}, {event.PTIPAddr, "10.0.0", false},
		{event.PTIPAddr, "fe80::1%eth0", false}, {event.PTIPv4Addr, "::1", false}, {event.PTIPAddr, "010.0.0.1", false},
		{event.PTIPNet, "10.0.0.0/8", true}, {event.PTIPNet, "10.0.0.0/0", true}, {event.PTIPNet, "10.0.0.0/33", false},
		{event.PTIPNet, "10.0.0.0", false}, {event.PTIPNet, "fd00::/8", true}, {event.PTIPNet, "fd00::/0", false},
		{event.PTIPNet, "fd00::/129", false}, {event.PTIPNet, "<IPNET>", false},
		{event.PTDouble, "3", true}, {event.PTDouble, "3.5", false},
		{event.PTCharBuf, "a\x00b", false}, {event.PTByteBuf, "a\x00b", true},
		{event.PTCharBuf, strings.Repeat("a", 255), true}, {event.PTCharBuf, strings.Repeat("a", 256), false},
		{event.PTByteBuf, strings.Repeat("a", 255), true}, {event.PTByteBuf, strings.Repeat("a", 256), false},
	} {
		if _, err := parseConstant(c.typ, c.text); (err == nil) != c.ok {
			t.Errorf("%s %q: %v", typeName(c.typ), c.text, err)
		}
	}
}

func TestInNet(t *testing.T) {
	for _, c := range []struct {
		addr, net string
		in, same  bool
	}{
		{"10.1.2.3", "10.0.0.0/8", true, true},
		{"11.1.2.3", "10.0.0.0/8", false, true},
		{"10.1.2.3", "10.1.2.0/23", true, true},
		{"10.1.4.3", "10.1.2.0/23", false, true},
		{"10.1.2.3", "1.2.3.4/0", true, true},
		{"10.1.2.3", "10.1.2.3/32", true, true},
		{"fd00::1", "fd00::/8", true, true},
		{"fe80::1", "fd00::/8", false, true},
		{"fd00::1", "10.0.0.0/8", false, false},
		{"fd80::1", "fd00::/9", false, true},
	} {
		a, err := parseConstant(event.PTIPAddr, c.addr)
		if err != nil {
			t.Fatal(err)
		}
		n, err := parseConstant(event.PTIPNet, c.net)
		if err != nil {
			t.Fatal(err)
		}
		if in, same := inNet(a.S, n.S); in != c.in || same != c.same {
			t.Errorf("%s in %s: %v, same version %v", c.addr, c.net, in, same)
		}
	}
}
