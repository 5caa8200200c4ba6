//go:build linux && (amd64 || arm64)

package recorder

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"falcoreplay/internal/testenv"
	"falcoreplay/scap/event"
)

// The test of events: a child makes one system call after another, each after a
// marker, and says what its event must hold; the parent records it and
// compares. The child is this program, called with childEnv.

const childEnv = "FALCOREPLAY_TEST_CALLS"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		childMain()
		return
	}
	if os.Getenv(pingEnv) != "" {
		pingMain()
		return
	}
	os.Exit(m.Run())
}

// callCase makes a system call and returns what its event must hold.
type callCase struct {
	name string // of the system call, with what is special about it after a slash
	call func(c *child) want
}

// want is an expected event: its parameters in their order. A number is as wide
// as the event table says, a text ends with a NUL, nil is empty.
type want struct {
	code   string // of the event, "" for the one of the case's system call
	params []any
	tid    int64 // 0 for the thread that made the call
	skip   string
}

func params(p ...any) want              { return want{params: p} }
func skip(format string, a ...any) want { return want{skip: fmt.Sprintf(format, a...)} }

// check is a looser expectation of a parameter.
type check string

const (
	anything check = "anything"
	nonzero  check = "nonzero"
)

type (
	addr   string // "family ip:port"
	tuple2 string
	// span is a number from lo to hi.
	span struct{ lo, hi uint64 }
	// unixTuple is a unix socket's: whether there is a socket at each end, whose
	// addresses user space cannot know, and the name.
	unixTuple struct {
		first, second bool
		path          string
	}
)

// The checks of a span, whose ends the expected bytes hold, and of a unixTuple,
// whose pointers are 0 or 1 there.
const (
	isWithin check = "within"
	isUnix   check = "unix"
)

// expected is a want as the child sends it.
type expected struct {
	Case, Code, Skip string
	TID              int64
	Params           []expectedParam
}

type expectedParam struct {
	Check check
	Bytes []byte
}

// child is the state of the child.
type child struct {
	keep [][]byte
	dir  string
}

// str is a pointer to a text, mem one to bytes, both alive until the end.
func (c *child) str(s string) uintptr { return c.mem(append([]byte(s), 0)) }

func (c *child) mem(b []byte) uintptr {
	if len(b) == 0 {
		b = make([]byte, 1)
	}
	c.keep = append(c.keep, b)
	return uintptr(unsafe.Pointer(&b[0]))
}

// words is memory with numbers of 64 bits.
func (c *child) words(w ...uint64) uintptr {
	var b []byte
	for _, v := range w {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	return c.mem(b)
}

// noCall is the number of a call that the machine does not have; a case that
// makes it is skipped.
const noCall = ^uintptr(0)

// sys makes a system call; its result, or a negative error number.
func sys(nr uintptr, a ...uintptr) int64 {
	if nr == noCall {
		panic(noCall)
	}
	var v [6]uintptr
	copy(v[:], a)
	r, _, e := unix.RawSyscall6(nr, v[0], v[1], v[2], v[3], v[4], v[5])
	if e != 0 {
		return -int64(e)
	}
	return int64(r)
}

// minus is a negative argument.
func minus(v int) uintptr { return uintptr(-v) }

func childMain() {
	runtime.LockOSThread()
	dir, err := os.MkdirTemp("", "falcoreplay-calls")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chdir(dir); err != nil {
		panic(err)
	}
	c := &child{dir: dir}
	out := json.NewEncoder(os.Stdout)
	for _, k := range callCases() {
		marker := "case:" + k.name + "\x00"
		b := []byte(marker)
		sys(unix.SYS_WRITE, minus(1), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
		w := k.make(c)
		sys(unix.SYS_WRITE, minus(1), uintptr(unsafe.Pointer(&b[0])), 0)
		e := expected{Case: k.name, Code: w.code, TID: w.tid, Skip: w.skip}
		if e.TID == 0 {
			e.TID = int64(unix.Gettid())
		}
		if e.Code == "" {
			name, _, _ := strings.Cut(k.name, "/")
			s, ok := event.SyscallByName(name)
			if !ok {
				panic("no system call " + name)
			}
			e.Code = event.Lookup(s.Exit).Code
		}
		info := lookupCode(e.Code)
		if w.skip == "" && len(w.params) != len(info.Params) {
			panic(fmt.Sprintf("%s: %d parameters, not %d", k.name, len(info.Params), len(w.params)))
		}
		for i, p := range w.params {
			e.Params = append(e.Params, encodeParam(info.Params[i], p))
		}
		if err := out.Encode(e); err != nil {
			panic(err)
		}
	}
}

// make makes the case's calls.
func (k *callCase) make(c *child) (w want) {
	defer func() {
		if v := recover(); v == noCall {
			w = skip("%s has no such call", runtime.GOARCH)
		} else if v != nil {
			panic(v)
		}
	}()
	return k.call(c)
}

func lookupCode(code string) *event.Info {
	for t := event.Type(0); event.Lookup(t) != nil; t++ {
		if event.Lookup(t).Code == code {
			return event.Lookup(t)
		}
	}
	panic("no event " + code)
}

func encodeParam(p event.Param, v any) expectedParam {
	number := func(n uint64) expectedParam {
		return expectedParam{Bytes: binary.LittleEndian.AppendUint64(nil, n)[:p.Type.Size()]}
	}
	switch v := v.(type) {
	case check:
		return expectedParam{Check: v}
	case nil:
		return expectedParam{}
	case string:
		return expectedParam{Bytes: append([]byte(v), 0)}
	case []byte:
		return expectedParam{Bytes: v}
	case int:
		return number(uint64(v))
	case int64:
		return number(uint64(v))
	case uint64:
		return number(v)
	case uintptr:
		return number(uint64(v))
	case uint32:
		return number(uint64(v))
	case span:
		return expectedParam{Check: isWithin, Bytes: binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, v.lo), v.hi)}
	case unixTuple:
		b := make([]byte, 17)
		b[0] = unix.AF_UNIX
		if v.first {
			b[1] = 1
		}
		if v.second {
			b[9] = 1
		}
		return expectedParam{Check: isUnix, Bytes: append(append(b, v.path...), 0)}
	case addr:
		return expectedParam{Bytes: packAddr(string(v))}
	case tuple2:
		from, to, _ := strings.Cut(string(v), "->")
		return expectedParam{Bytes: append(packAddr(from), packAddr(to)[1:]...)}
	}
	panic(fmt.Sprintf("no parameter is a %T", v))
}

func packAddr(s string) []byte {
	a := netip.MustParseAddrPort(s)
	b := []byte{10}
	if a.Addr().Is4() {
		b[0] = 2
	}
	return binary.LittleEndian.AppendUint16(append(b, a.Addr().AsSlice()...), a.Port())
}

// recorded is an event as it was recorded.
type recorded struct {
	info   *event.Info
	params [][]byte
}

func parseRecord(t *testing.T, b []byte) (tid int64, r recorded) {
	t.Helper()
	tid = int64(binary.LittleEndian.Uint64(b[8:]))
	r.info = event.Lookup(event.Type(binary.LittleEndian.Uint16(b[20:])))
	n := int(binary.LittleEndian.Uint32(b[22:]))
	if r.info == nil || n != len(r.info.Params) || int(binary.LittleEndian.Uint32(b[16:])) != len(b) {
		t.Fatalf("malformed event % x", b)
	}
	at := 26 + 2*n
	for i := range n {
		size := int(binary.LittleEndian.Uint16(b[26+2*i:]))
		r.params = append(r.params, bytes.Clone(b[at:at+size]))
		at += size
	}
	if at != len(b) {
		t.Fatalf("%s: parameters end at %d of %d", r.info.Code, at, len(b))
	}
	return tid, r
}

// openSource opens a source for a test.
func openSource(t *testing.T, opt SourceOptions) *Source {
	t.Helper()
	testenv.Root(t)
	s, err := OpenSource(opt)
	if err != nil {
		t.Fatalf("%+v", err) // with the verifier's log
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// drain reads events until nothing has come for a while after done.
func drain(t *testing.T, s *Source, done <-chan struct{}, each func(cpu uint16, b []byte)) {
	t.Helper()
	ended := time.Time{}
	for {
		cpu, b, err := s.Next(time.Now().Add(50 * time.Millisecond))
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			if !ended.IsZero() {
				return
			}
		case err != nil:
			t.Fatal(err)
		default:
			each(cpu, b)
		}
		select {
		case <-done:
			if ended.IsZero() {
				ended = time.Now()
			} else if time.Since(ended) > 2*time.Second {
				return
			}
		default:
		}
	}
}

func TestEvents(t *testing.T) {
	s := openSource(t, SourceOptions{SnapLen: 80, RingBytes: 128 << 20}) // for what else runs
	if err := s.SelectAll(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"=1", "GODEBUG=asyncpreemptoff=1") // whose signals end calls
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var all []expected
	done := make(chan struct{})
	var childErr error
	go func() {
		defer close(done)
		for in := bufio.NewReader(stdout); ; {
			line, err := in.ReadBytes('\n')
			if err != nil {
				break
			}
			var e expected
			if childErr = json.Unmarshal(line, &e); childErr != nil {
				break
			}
			all = append(all, e)
		}
		childErr = errors.Join(childErr, cmd.Wait())
	}()
	events := map[string]map[int64][]recorded{} // by case and thread
	current := ""
	var mainTID int64
	drain(t, s, done, func(_ uint16, b []byte) {
		tid, r := parseRecord(t, b)
		if r.info.Name == "write" && bytes.HasPrefix(r.params[1], []byte("case:")) {
			current, mainTID = string(bytes.TrimRight(r.params[1][5:], "\x00")), tid
			events[current] = map[int64][]recorded{}
			return
		}
		if current == "" {
			return
		}
		if tid == mainTID && r.info.Name == "write" && int64(binary.LittleEndian.Uint64(r.params[2])) == -1 {
			current = ""
			return
		}
		events[current][tid] = append(events[current][tid], r)
	})
	if childErr != nil {
		t.Fatal(childErr)
	}
	if len(all) != len(callCases()) {
		t.Fatalf("%d cases of %d", len(all), len(callCases()))
	}
	for _, e := range all {
		t.Run(e.Case, func(t *testing.T) {
			if e.Skip != "" {
				t.Skip(e.Skip)
			}
			compare(t, e, events[e.Case][e.TID])
		})
	}
	lost, err := s.Losses()
	if err != nil || len(lost) != 0 {
		t.Errorf("losses %v, %v", lost, err)
	}
}

func compare(t *testing.T, e expected, got []recorded) {
	var names []string
	var r *recorded
	for i := range got {
		names = append(names, got[i].info.Name)
		if got[i].info.Code == e.Code {
			r = &got[i]
		}
	}
	if r == nil {
		t.Fatalf("no %s among %v", e.Code, names)
	}
	for i, w := range e.Params {
		g, name := r.params[i], r.info.Params[i].Name
		switch {
		case w.Check == anything:
		case w.Check == nonzero:
			if len(bytes.Trim(g, "\x00")) == 0 {
				t.Errorf("%s is % x (%q)", name, g, g)
			}
		case w.Check == isWithin:
			lo, hi := binary.LittleEndian.Uint64(w.Bytes), binary.LittleEndian.Uint64(w.Bytes[8:])
			if n := number(g); n < lo || n > hi {
				t.Errorf("%s is %d, not from %d to %d", name, n, lo, hi)
			}
		case w.Check == isUnix:
			if b := pointersAsFlags(g); !bytes.Equal(b, w.Bytes) {
				t.Errorf("%s is % x (%q), not % x (%q)", name, b, b, w.Bytes, w.Bytes)
			}
		case !bytes.Equal(g, w.Bytes):
			t.Errorf("%s is % x (%q), not % x (%q)", name, g, g, w.Bytes, w.Bytes)
		}
		if size := r.info.Params[i].Type.Size(); size != 0 && len(g) != size && r.info.Name != "execve" && len(g) != 0 {
			t.Errorf("%s has %d bytes, not %d", name, len(g), size)
		}
	}
}

// number is a little-endian number of up to 8 bytes.
func number(b []byte) uint64 {
	return binary.LittleEndian.Uint64(append(bytes.Clone(b), make([]byte, 8)...))
}

// pointersAsFlags turns each pointer of a unix socket's tuple into 0 or 1.
func pointersAsFlags(b []byte) []byte {
	if len(b) < 17 {
		return b
	}
	b = bytes.Clone(b)
	for _, p := range [][]byte{b[1:9], b[9:17]} {
		if n := binary.LittleEndian.Uint64(p); n != 0 {
			binary.LittleEndian.PutUint64(p, 1)
		}
	}
	return b
}
