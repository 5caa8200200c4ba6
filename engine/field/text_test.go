package field

import (
	"math"
	"strings"
	"testing"

	"falcoreplay/scap/event"
)

func TestAppendValue(t *testing.T) {
	neg := func(n int64) uint64 { return uint64(n) }
	for _, c := range []struct {
		v          Value
		typ        event.ParamType
		format     event.PrintFormat
		text, json string
	}{
		{Value{N: 7}, event.PTUint64, event.FormatDec, "7", "7"},
		{Value{N: math.MaxUint64}, event.PTUint64, event.FormatDec, "18446744073709551615", "18446744073709551615"},
		{Value{N: 7}, event.PTUint64, event.Format10PaddedDec, "000000007", `"000000007"`},
		{Value{N: 1234567890}, event.PTRelTime, event.Format10PaddedDec, "1234567890", `"1234567890"`},
		{Value{N: 7}, event.PTUint64, event.FormatNA, "<NA>", "null"},
		{Value{N: 1}, event.PTUint32, event.FormatNA, "<NA>", "null"},
		{Value{N: neg(-1)}, event.PTInt64, event.FormatID, "-1", "-1"},
		{Value{N: 3}, event.PTFD, event.FormatNA, "3", `"3"`},
		{Value{N: neg(-2)}, event.PTErrno, event.FormatDec, "-2", "-2"},
		{Value{N: neg(-2)}, event.PTInt64, event.Format10PaddedDec, "-00000002", `"-00000002"`},
		{Value{N: 0xfe00}, event.PTInt32, event.FormatHex, "FE00", `"FE00"`},
		{Value{N: neg(-1)}, event.PTInt32, event.FormatHex, "FFFFFFFF", `"FFFFFFFF"`},
		{Value{N: 0o644}, event.PTUint32, event.FormatOct, "644", `"644"`},
		{Value{N: 65535}, event.PTPort, event.FormatDec, "65535", "65535"},
		{Value{N: 1}, event.PTBool, event.FormatNA, "true", "true"},
		{Value{N: 0}, event.PTBool, event.FormatNA, "false", "false"},
		{Value{N: math.Float64bits(0)}, event.PTDouble, event.FormatNA, "0.0", "0.0"},
		{Value{N: math.Float64bits(0.390625)}, event.PTDouble, event.FormatNA, "0.4", "0.390625"},
		{Value{N: math.Float64bits(100)}, event.PTDouble, event.FormatNA, "100.0", "100.0"},
		{Value{N: math.Float64bits(1e15)}, event.PTDouble, event.FormatNA, "1000000000000000.0", "1e+15"},
		{Value{N: math.Float64bits(0.00002)}, event.PTDouble, event.FormatNA, "0.0", "2e-05"},
		{Value{N: math.Float64bits(2.9)}, event.PTDouble, event.FormatDec, "2.9", "2"},
		{Value{S: "\x7f\x00\x00\x01"}, event.PTIPAddr, event.FormatNA, "127.0.0.1", `"127.0.0.1"`},
		{Value{S: strings.Repeat("\x00", 15) + "\x01"}, event.PTIPAddr, event.FormatNA, "::1", `"::1"`},
		{Value{S: "\x7f\x00\x00\x01"}, event.PTIPNet, event.FormatNA, "<IPNET>", `"<IPNET>"`},
		{Value{S: "a\x00b"}, event.PTCharBuf, event.FormatNA, "a", `"a"`},
		{Value{S: "a\"\\\n\x01"}, event.PTCharBuf, event.FormatNA, "a\"\\\n\x01", `"a\"\\\n\u0001"`},
		{Value{S: "a\"\n\xff~"}, event.PTByteBuf, event.FormatNA, "a\"..~", `"a\"..~"`},
		{Value{S: "x"}, event.PTSockAddr, event.FormatNA, "<NA>", "null"},
	} {
		if got := string(AppendText(nil, c.v, c.typ, c.format)); got != c.text {
			t.Errorf("%+v %v %v: text %q, want %q", c.v, c.typ, c.format, got, c.text)
		}
		if got := string(AppendJSON(nil, c.v, c.typ, c.format)); got != c.json {
			t.Errorf("%+v %v %v: JSON %s, want %s", c.v, c.typ, c.format, got, c.json)
		}
	}
}

func TestLimits(t *testing.T) {
	for n, want := range map[int]int{0: 0, 1022: 1022, 1023: 1021, 5000: 1021} {
		if got := len(AppendText(nil, Value{S: strings.Repeat("x", n)}, event.PTByteBuf, event.FormatNA)); got != want {
			t.Errorf("%d bytes become %d characters, want %d", n, got, want)
		}
	}
	long := []Value{{S: strings.Repeat("x", 800)}, {S: strings.Repeat("y", 800)}}
	if got := AppendTexts([]byte("prefix"), long, event.PTCharBuf, event.FormatNA); len(got) != len("prefix")+1023 {
		t.Errorf("a list of %d characters", len(got)-len("prefix"))
	}
}

func TestLists(t *testing.T) {
	two := []Value{{S: "a"}, {S: "b"}}
	if got := string(AppendTexts(nil, two, event.PTCharBuf, event.FormatNA)); got != "(a,b)" {
		t.Error(got)
	}
	if got := string(AppendJSONList(nil, two, event.PTCharBuf, event.FormatNA)); got != `["a","b"]` {
		t.Error(got)
	}
	if got := string(AppendTexts(nil, nil, event.PTCharBuf, event.FormatNA)); got != "()" {
		t.Error(got)
	}
	if got := string(AppendJSONList(nil, nil, event.PTCharBuf, event.FormatNA)); got != "null" {
		t.Error(got)
	}
}

func TestJSONString(t *testing.T) {
	for in, want := range map[string]string{
		"":                  "\"\"",
		"é\u2028\U0001f600": "\"é\u2028\U0001f600\"",
		"\b\f\n\r\t\x7f":    "\"\\b\\f\\n\\r\\t\x7f\"",
		"\x1f":              `"\u001f"`,
		"a\xff":             "\"a\uFFFD\"",
		"a\xc3":             "\"a\uFFFD\"",
		"\xc3(b":            "\"\u00e8b\"", // Falco takes "(" for the second byte of a sequence
	} {
		if got := string(AppendJSONString(nil, in)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestSymbols(t *testing.T) {
	if got := string(appendFlags(nil, &event.SymFileFlags, 0x103)); got != "O_TRUNC|O_RDWR" {
		t.Error(got)
	}
	if got := string(appendFlags(nil, &event.SymFileFlags, 0)); got != "" && got != "O_NONE" {
		t.Error(got)
	}
	if got := string(appendMode(nil, &event.SymChmodMode, 0o755)); !strings.Contains(got, "S_IRUSR") || strings.Contains(got, "S_ISUID") {
		t.Error(got)
	}
	if got := string(appendEnum(nil, &event.SymFcntlCommands, 4)); got != "F_GETFL" {
		t.Error(got)
	}
	if got := errorName(2) + errorName(41) + errorName(512) + errorName(9999) + errorName(-1); got != "ENOENTERESTARTSYS" {
		t.Error(got)
	}
	if got := signalName(9) + signalName(0) + signalName(64); got != "SIGKILL" {
		t.Error(got)
	}
	if got := string(appendSignals(nil, 1<<8|1<<0)); got != "SIGHUP SIGKILL" {
		t.Error(got)
	}
}
