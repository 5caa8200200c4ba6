package recorder

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"falcoreplay/internal/callset"
	"falcoreplay/recorder/bpf"
	"falcoreplay/scap/event"
)

var update = flag.Bool("update", false, "write docs/events.md")

// TestReference compares docs/events.md with the tables that it is made from.
func TestReference(t *testing.T) {
	const path = "../docs/events.md"
	got, err := reference()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the tables say; run make generate", path)
	}
}

const referenceHead = `# What falcorec records

Made from the recorder's tables (recorder/table.go, flags.go, numbers.go) by
` + "`make generate`" + `.

An event is written when a call ends, with the parameters below. Arguments are
those of the kernel's call, counted from 0; "memory at" one is what it points
to, read when the call has ended. What cannot be read is left empty, or 0 if it
is a number. Sizes are in bytes; "any" is at most 64 KiB, text ends with a NUL and
has at most 4096 bytes, data as many as ` + "`-s`" + ` says.

"Default" are the calls of ` + "`--syscalls default`" + `: those that change what is known
of processes and files ("state", which pass every filter) and those that Falco's
stock rules look at. ` + "`--syscalls all`" + ` records every call of this page.

The numbers are those by which each machine knows the call, and those of 32-bit
programs on x86-64; several of them are forms of one call that differ in the width
of what they take. "socketcall n" is what socketcall with n as its first argument
stands for. 32-bit programs on arm64 are not recorded.
`

// reference writes the page.
func reference() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(referenceHead)
	b.WriteString("\n## Calls with an event of their own\n")
	at := callNumbers()
	state, usual := callset.State(), callset.Default()
	var never []string
	for _, c := range calls {
		s, ok := event.SyscallByName(c.name)
		if !ok {
			return nil, fmt.Errorf("no system call %s", c.name)
		}
		set := "all"
		switch {
		case slices.Contains(state, c.name):
			set = "default, state"
		case slices.Contains(usual, c.name):
			set = "default"
		}
		numbers := at[c.name]
		if numbers == "" {
			never = append(never, "`"+c.name+"`")
			numbers = "of 32-bit kernels"
		}
		info := event.Lookup(s.Exit)
		fmt.Fprintf(&b, "\n### %s\n\n%s, event %d `%s`; %s\n", c.name, set, info.Type, info.Code, numbers)
		if err := writeParams(&b, row{s.Exit, c.params}); err != nil {
			return nil, err
		}
	}
	b.WriteString("\n## What is no end of a call\n")
	for _, i := range slices.Sorted(maps.Keys(tracepoints)) {
		r := tracepoints[i]
		info := event.Lookup(r.event)
		fmt.Fprintf(&b, "\n### %s\n\nEvent %d `%s`\n", tracepointTexts[i], info.Type, info.Code)
		if err := writeParams(&b, r); err != nil {
			return nil, err
		}
	}
	b.WriteString(fmt.Sprintf("\n## All other calls\n\nEvent %d `GENERIC_X`, with `--syscalls all` or by name.\n", event.GenericX))
	if err := writeParams(&b, generic); err != nil {
		return nil, err
	}
	b.WriteString("\n| call | numbers |\n| --- | --- |\n")
	for _, s := range event.Syscalls() {
		if s.Generic && at[s.Name] != "" {
			fmt.Fprintf(&b, "| %s | %s |\n", s.Name, at[s.Name])
		}
	}
	b.WriteString("\n## What is not recorded\n\n" + referenceLimits)
	if len(never) > 0 {
		fmt.Fprintf(&b, "- %s: events of 32-bit kernels. What 32-bit programs of a\n  64-bit kernel call by these names is recorded as stat, lstat, fstat and mmap.\n", strings.Join(never, ", "))
	}
	b.WriteString("\n## Flags and values\n\nWhat the kernel's numbers become in an event.\n")
	return b.Bytes(), writeFlags(&b)
}

const referenceLimits = `- The beginnings of calls: what they hold is in the event of the end.
- Calls of 32-bit programs on arm64, and of the x32 interface on x86-64.
- Calls that do not return as such: exit and exit_group (a thread's end is an
  event of its own), rt_sigreturn.
- Page faults, context switches and what else is no call.
- Calls of falcorec itself.
`

// tracepointTexts says when the events of tracepoints are written.
var tracepointTexts = map[int]string{
	bpf.CallExec:   "A program was started (execve and execveat that succeed)",
	bpf.CallFork:   "A thread began (arm64, where its first return shows no call)",
	bpf.CallExit:   "A thread ended",
	bpf.CallSignal: "A signal was delivered (`signaldeliver`)",
}

// callNumbers says by which numbers a call is known.
func callNumbers() map[string]string {
	numbers := map[string][]string{}
	add := func(name, where string, all []string) {
		if name != "" && len(all) > 0 {
			numbers[name] = append(numbers[name], where+" "+strings.Join(all, ", "))
		}
	}
	for _, where := range []struct {
		name string
		of   func(n uint16) string
		most uint16
	}{
		{"x86-64", func(n uint16) string { return nativeName("amd64", n) }, bpf.MaxNative},
		{"arm64", func(n uint16) string { return nativeName("arm64", n) }, bpf.MaxNative},
		{"32-bit", func(n uint16) string { return compatNumbers[n] }, bpf.MaxCompat},
		{"socketcall", func(n uint16) string { return socketcalls[n] }, uint16(len(socketcalls))},
	} {
		by := map[string][]string{}
		for n := range where.most {
			by[where.of(n)] = append(by[where.of(n)], fmt.Sprint(n))
		}
		for name, all := range by {
			add(name, where.name, all)
		}
	}
	out := map[string]string{}
	for name, all := range numbers {
		out[name] = strings.Join(all, "; ")
	}
	return out
}

func writeParams(b *bytes.Buffer, r row) error {
	info := event.Lookup(r.event)
	if len(info.Params) == 0 {
		b.WriteString("\nIt has no parameters.\n")
		return nil
	}
	b.WriteString("\n| parameter | size | what it holds |\n| --- | --- | --- |\n")
	for i, op := range r.params {
		size := "any"
		if n := info.Params[i].Type.Size(); n != 0 {
			size = fmt.Sprint(n)
		}
		text, err := opText(op, info.Params[i].Type.Size())
		if err != nil {
			return fmt.Errorf("%s.%s: %w", info.Code, info.Params[i].Name, err)
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", info.Params[i].Name, size, text)
	}
	return nil
}

// openFlagNumbers are those of a flag of open, which machines may differ in.
func openFlagNumbers(p flagPair) string {
	var all []string
	for _, m := range []struct{ goarch, name string }{{"amd64", "x86-64"}, {"arm64", "arm64"}} {
		for _, q := range openMachineFlags(m.goarch) {
			if q.name == p.name {
				all = append(all, fmt.Sprintf("%#x (%s)", q.linux, m.name))
			}
		}
	}
	if all == nil {
		return fmt.Sprintf("%#x", p.linux)
	}
	return strings.Join(all, ", ")
}

func writeFlags(b *bytes.Buffer) error {
	symbols := symbolTables()
	for i := range flagTables {
		f := &flagTables[i]
		what := "flags"
		if f.values {
			what = fmt.Sprintf("values; others become %d", f.other)
		}
		fmt.Fprintf(b, "\n### %s\n\n%s", tableNames[i], strings.ToUpper(what[:1])+what[1:])
		if f.negative {
			b.WriteString("; none if the argument is negative")
		}
		b.WriteString(".\n\n| kernel | event |\n| --- | --- |\n")
		for _, p := range f.pairs {
			from, to := fmt.Sprintf("%#x", p.linux), fmt.Sprintf("%#x", p.to)
			if f.values {
				from, to = fmt.Sprint(p.linux), fmt.Sprint(p.to)
			}
			if i == openFlags || i == pipeFlags {
				from = openFlagNumbers(p)
			}
			if p.name != "" {
				value := uint32(0)
				for _, s := range symbols[f.symbols].Symbols {
					if s.Name == p.name {
						value = s.Value
					}
				}
				if to = fmt.Sprintf("%s (%#x)", p.name, value); f.values {
					to = fmt.Sprintf("%s (%d)", p.name, value)
				}
			}
			if p.count > 1 {
				from += fmt.Sprintf(" to %d", p.linux+p.count-1)
				to += " and those after it"
			}
			fmt.Fprintf(b, "| %s | %s |\n", from, to)
		}
	}
	return nil
}
