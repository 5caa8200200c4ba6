package event

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// make1 is an event with these parameters.
func make1(tid int64, t Type, params ...[]byte) *Event {
	var lens, data []byte
	for _, p := range params {
		lens = binary.LittleEndian.AppendUint16(lens, uint16(len(p)))
		data = append(data, p...)
	}
	e := &Event{TID: tid, Type: t}
	if !e.SetParams(len(params), 2, append(lens, data...)) {
		panic("parameters do not fit")
	}
	return e
}

func i64(v int64) []byte  { return binary.LittleEndian.AppendUint64(nil, uint64(v)) }
func u32(v uint32) []byte { return binary.LittleEndian.AppendUint32(nil, v) }

func check(t *testing.T, e *Event, typ Type, params ...[]byte) {
	t.Helper()
	if e.Type != typ || e.NumParams() != len(params) {
		t.Errorf("got %s with %d parameters, want %s with %d", e.Info().Code, e.NumParams(), Lookup(typ).Code, len(params))
		return
	}
	for i, p := range params {
		if !bytes.Equal(e.Param(i), p) {
			t.Errorf("%s: parameter %d is %q, want %q", e.Info().Code, i, e.Param(i), p)
		}
	}
}

func TestConvertPair(t *testing.T) {
	var c Converter
	if c.Convert(make1(1, SyscallReadE, i64(3), u32(100))) {
		t.Error("an enter event passed")
	}
	if c.Convert(make1(2, SyscallReadE, i64(4), u32(200))) {
		t.Error("an enter event passed")
	}
	e := make1(1, SyscallReadX, i64(5), []byte("bytes"))
	if !c.Convert(e) {
		t.Error("an exit event dropped")
	}
	check(t, e, SyscallReadX, i64(5), []byte("bytes"), i64(3), u32(100))
	e = make1(1, SyscallReadX, i64(5), nil) // the enter event is used up: defaults
	c.Convert(e)
	check(t, e, SyscallReadX, i64(5), nil, i64(0), u32(0))
	e = make1(2, SyscallReadX, i64(6), nil)
	c.Convert(e)
	check(t, e, SyscallReadX, i64(6), nil, i64(4), u32(200))
	e = make1(1, SyscallReadX, i64(5), nil, i64(7), u32(8)) // as it is today
	c.Convert(e)
	check(t, e, SyscallReadX, i64(5), nil, i64(7), u32(8))
	if s := c.Stats(); s != (ConverterStats{}) {
		t.Errorf("%+v", s)
	}
}

// TestConvertMismatch: what libscap stops at is counted and survived.
func TestConvertMismatch(t *testing.T) {
	var c Converter
	c.Convert(make1(1, SyscallCloseE, i64(3)))
	e := make1(1, SyscallReadX, i64(5), nil)
	if !c.Convert(e) {
		t.Error("dropped")
	}
	check(t, e, SyscallReadX, i64(5), nil, i64(0), u32(0))
	e = make1(1, SyscallCloseX, i64(0)) // the enter event was thrown away
	c.Convert(e)
	check(t, e, SyscallCloseX, i64(0), i64(0))
	c.Convert(make1(1, SyscallCloseE, i64(3)))
	c.Convert(make1(1, SyscallCloseE, i64(4)))
	if s := c.Stats(); s.Mismatched != 1 || s.Unpaired != 1 {
		t.Errorf("%+v", s)
	}
	c.Reset()
	if s := c.Stats(); s.Unpaired != 2 || c.live != 0 {
		t.Errorf("%+v", s)
	}
	e = make1(1, SyscallReadX) // no conversion for this number of parameters
	if !c.Convert(e) || c.Stats().Unconvertible != 1 {
		t.Errorf("%+v", c.Stats())
	}
}

// TestConvertChain goes from the oldest execve to today's.
func TestConvertChain(t *testing.T) {
	var c Converter
	if e := make1(1, SyscallExecve8E); !c.Convert(e) || e.Type != SyscallExecve19E {
		t.Error("the enter event did not pass")
	}
	e := make1(1, SyscallExecve8X, i64(0), []byte("cat\x00"), []byte("-n\x00"), i64(1), i64(2), i64(3), []byte("/\x00"), i64(1024))
	if !c.Convert(e) || e.Type != SyscallExecve19X || e.NumParams() != len(e.Info().Params) {
		t.Fatalf("%s with %d parameters", e.Info().Code, e.NumParams())
	}
	info := e.Info()
	for name, want := range map[string]string{"exe": "cat", "args": "-n", "cwd": "/"} {
		if got := string(e.Str(info.Param(name))); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestConvertContainer(t *testing.T) {
	var c Converter
	e := make1(0, ContainerE, []byte("abc\x00"), u32(0), []byte("web\x00"), []byte("nginx\x00"))
	if !c.Convert(e) {
		t.Fatal("dropped")
	}
	check(t, e, ContainerJson2E, []byte(`{"id":"abc","type":0,"name":"web","image":"nginx"}`+"\x00"))
	e = make1(0, ContainerE, []byte("abc\x00"), u32(0), nil, []byte("nginx\x00"))
	c.Convert(e)
	check(t, e, ContainerJson2E, nil)
}

// TestConvertTable gives every type with every number of parameters to a
// converter: what passes is of today, and there is no endless chain.
func TestConvertTable(t *testing.T) {
	var c Converter
	for typ := range Type(NumTypes) {
		for n := 0; n <= len(infos[typ].Params); n++ {
			row := conversionOf(&Event{Type: typ, n: uint8(n)})
			if row == nil {
				continue
			}
			for _, in := range row.instrs {
				if in.op == opFromOld && int(in.param) >= n {
					t.Errorf("%s with %d parameters: takes parameter %d", infos[typ].Code, n, in.param)
				}
			}
			params := make([][]byte, n)
			for i := range params {
				params[i] = make([]byte, infos[typ].Params[i].Type.Size())
			}
			e := make1(1, typ, params...)
			before := c.Stats().Unconvertible
			if !c.Convert(e) {
				if typ%2 == 1 {
					t.Errorf("%s with %d parameters was dropped", infos[typ].Code, n)
				}
				continue
			}
			if c.Stats().Unconvertible != before {
				t.Errorf("%s with %d parameters is not convertible", infos[typ].Code, n)
			}
			if i := e.Info(); i.Is(FlagOldVersion) && i.Exit {
				t.Errorf("%s with %d parameters became the old %s", infos[typ].Code, n, i.Code)
			} else if i.Exit && e.NumParams() != len(i.Params) {
				t.Errorf("%s with %d parameters became %s with %d", infos[typ].Code, n, i.Code, e.NumParams())
			}
		}
	}
}

// TestConvertMany bounds the threads of which an enter event is kept.
func TestConvertMany(t *testing.T) {
	var c Converter
	for tid := range int64(maxStored + 10) {
		c.Convert(make1(tid, SyscallCloseE, i64(3)))
	}
	if len(c.stored) > maxStored || c.Stats().Unpaired == 0 {
		t.Errorf("%d kept, %+v", len(c.stored), c.Stats())
	}
}

func TestConvertNoAllocations(t *testing.T) {
	var c Converter
	enter, exit := make1(1, SyscallReadE, i64(3), u32(100)), make1(1, SyscallReadX, i64(5), []byte("bytes"))
	if n := testing.AllocsPerRun(1000, func() {
		e, x := *enter, *exit
		c.Convert(&e)
		c.Convert(&x)
	}); n > 0 {
		t.Errorf("%v allocations a system call", n)
	}
}

// FuzzConverter converts sequences of events of any types, numbers and sizes
// of parameters.
func FuzzConverter(f *testing.F) {
	f.Add("pair", []byte{byte(SyscallReadE), 0, 2, byte(SyscallReadX), 0, 2}, uint64(1))
	f.Add("mismatch", []byte{byte(SyscallCloseE), 0, 1, byte(SyscallReadX), 0, 2}, uint64(1))
	f.Add("empty parameters", []byte{byte(ContainerE), 0, 4}, uint64(0))
	f.Add("more than the table", []byte{byte(SyscallReadX), 0, 32}, uint64(2))
	f.Fuzz(func(t *testing.T, _ string, types []byte, seed uint64) {
		var c Converter
		rng := rand.New(rand.NewPCG(seed, 1))
		for ; len(types) >= 3; types = types[3:] {
			typ := Type(binary.LittleEndian.Uint16(types)) % NumTypes
			params := make([][]byte, types[2]%(MaxParams+1))
			for i := range params {
				params[i] = make([]byte, rng.IntN(40))
			}
			e := make1(int64(rng.IntN(2)), typ, params...)
			if !c.Convert(e) {
				continue
			}
			if e.Info().Is(FlagOldVersion) && e.Info().Exit {
				t.Fatalf("%s passed", e.Info().Code)
			}
			total := 0
			for i := range e.NumParams() {
				total += len(e.Param(i))
			}
			if total != int(e.off[e.n]) {
				t.Fatalf("%d bytes of parameters, %d offsets", total, e.off[e.n])
			}
		}
	})
}
