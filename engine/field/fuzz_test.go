package field

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	. "falcoreplay/internal/eventtest"
	"falcoreplay/scap/event"
)

// FuzzResolve: a name resolves to a field that can be read, or there is an
// error.
func FuzzResolve(f *testing.F) {
	for _, s := range []string{"evt.type", "evt.arg.name", "evt.arg[1]", "proc.aname[2]", "proc.env[A]", "evt.type.is.open",
		"container.mount.dest[/proc*]", "container.label[a]", "thread.cgroup.cpu", "fd.types[0]", "evt.around[1]", "evt.rawarg.data"} {
		name, arg, hasArg := parse(s)
		f.Add(name, arg, hasArg)
	}
	c := testContext(f)
	c.apply(Make(event.SyscallReadX, 200, start, 3, Raw("abc"), 5, 3))
	f.Fuzz(func(t *testing.T, name, arg string, hasArg bool) {
		field, err := Resolve(name, arg, hasArg)
		if (field == nil) == (err == nil) {
			t.Fatalf("both or neither: %v, %v", field, err)
		}
		if err != nil {
			return
		}
		c.Reset()
		if !json.Valid(field.AppendJSON(c, nil)) {
			t.Fatalf("%s: not JSON: %s", field.Name, field.AppendJSON(c, nil))
		}
	})
}

// FuzzJSONString: any text becomes a JSON string, and one of valid UTF-8 stays
// what it is.
func FuzzJSONString(f *testing.F) {
	for _, s := range []string{"", "a\"b\\", "\x00\x1f", "é", "\xff\xfe", "\xc3(", "\xed\xa0\x80", "\xf4\x90\x80\x80"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var back string
		b := AppendJSONString(nil, s)
		if err := json.Unmarshal(b, &back); err != nil || !utf8.Valid(b) {
			t.Fatalf("%q becomes %q: %v", s, b, err)
		}
		if utf8.ValidString(s) && back != s {
			t.Fatalf("%q comes back as %q", s, back)
		}
	})
}
