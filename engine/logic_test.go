package engine

import (
	"testing"

	"falcoreplay/rules/syntax"
)

// logicTable has conditions that can never be true, and near misses that can.
var logicTable = []struct {
	condition string
	never     bool
}{
	// One event has one type, and the type tells which fields there are.
	{"evt.type = open and evt.type = close", true},
	{"evt.type in (open, openat) and evt.type = close", true},
	{"evt.type in (open, close) and evt.type = close", false},
	{"evt.type = execve and fd.name = /etc/shadow", true},
	{"evt.type = execve and not fd.name = /etc/shadow", false},
	{"evt.type = open and fd.name = /etc/shadow", false},
	{"evt.type = execve and fd.name exists", true},
	{"evt.type = execve and tolower(fd.name) = x", true},
	{"evt.type = execve and proc.name = fd.name", false},
	{"evt.type = execve and proc.name = val(fd.name)", true},
	{"evt.type in (execve, openat) and fd.name = /etc/shadow", false},
	{"evt.type = openat and evt.arg.addr exists", true},
	{"evt.type = connect and evt.arg.addr exists", false},
	{"evt.type = openat and evt.rawarg.addr exists", true},
	{"evt.type = openat and fs.path.target = /x", true},
	{"evt.type = renameat2 and fs.path.target = /x", false},
	{"evt.type = execve and fd.net = 10.0.0.0/8", true},
	{"evt.type = execve and fd.port != 80", true},
	{"syscall.type = open and evt.type = close", true},
	{"evt.type = sync and evt.type = open", true},
	// Numbers of events begin with 1.
	{"evt.num = 0", true},
	{"evt.num >= 1", false},
	{"proc.name = x and evt.num < 1", true},
	// A comparison and its opposite.
	{"proc.name = a and not proc.name = a", true},
	{"proc.name = a and proc.name != a", true},
	{"not proc.name = a and not proc.name != a", false}, // it may be absent
	{"proc.name exists and not proc.name = a and not proc.name != a", true},
	{"proc.aname = a and not proc.aname = a", true},
	{"proc.aname = a and proc.aname != a", false}, // of two ancestors
	{"fd.ip = 1.2.3.4 and fd.ip = 1.2.3.5", false},
	{"fd.port = 80 and fd.port = 443", false},
	{"proc.args = a and not proc.args = a", true},
	{"proc.name = val(proc.pname) and not proc.name exists", true},
	{"proc.name = a and not proc.name exists", true},
	// Texts.
	{"proc.name = a and proc.name = b", true},
	{"proc.name in (a, b) and proc.name in (b, c)", false},
	{"proc.name in (a, b) and proc.name in (c, d)", true},
	{"proc.name in (a, b) and not proc.name in (a, b, c)", true},
	{"proc.name in (a, b) and not proc.name in (a)", false},
	{"proc.name in ()", true},
	{"not proc.name in ()", false},
	{"proc.name = a and proc.name startswith b", true},
	{"proc.name = ab and proc.name startswith a", false},
	{"proc.name = Ab and proc.name contains a", true},
	{"proc.name = Ab and proc.name icontains a", false},
	{"proc.name = Ab and proc.name glob 'a*'", true},
	{"proc.name = Ab and proc.name iglob 'a*'", false},
	{"proc.name = abc and proc.name regex 'a.c'", false},
	{"proc.name = abc and proc.name regex 'a.d'", true},
	{"proc.name = a and proc.name pmatch (b)", true},
	{"fd.name = /etc/passwd and fd.name pmatch (/etc)", false},
	{"fd.name startswith /etc and fd.name startswith /var", true},
	{"fd.name startswith /etc and fd.name startswith /etc/ssh", false},
	{"fd.name startswith /etc/ssh and not fd.name startswith /etc", true},
	{"fd.name startswith /etc and not fd.name startswith /etc/ssh", false},
	{"fd.name endswith .so and fd.name endswith .a", true},
	{"fd.name startswith /etc and not fd.name contains tc", true},
	{"fd.name icontains ETC and not fd.name contains etc", false},
	{"fd.name contains etc and not fd.name icontains ETC", true},
	{"fd.name startswith /etc and fd.name endswith /var", false},
	{"fd.name startswith oneof (/a, /b) and fd.name startswith /a", false},
	{"proc.name = oneof (a, b) and proc.name = c", true},
	{"proc.name contains anyof (a, b) and not proc.name contains a and not proc.name contains b", false},
	{"proc.name startswith allof (a, b)", true},
	{"proc.name != allof (a, b) and proc.name = a", true},
	{"tolower(proc.name) = a and tolower(proc.name) = b", true},
	{"tolower(proc.name) = a and proc.name = A", false},
	{"b64(proc.name) = a and b64(proc.name) = b", false}, // nothing is said of what is decoded
	// Numbers.
	{"fd.num > 3 and fd.num < 3", true},
	{"fd.num > 2 and fd.num < 4 and fd.num != 3", true},
	{"fd.num > 2 and fd.num < 4", false},
	{"fd.num >= 3 and fd.num <= 3", false},
	{"fd.num = 3 and fd.num in (4, 5)", true},
	{"fd.num > 3 and not fd.num > 2", true},
	{"fd.num < 0", false},
	{"fd.sport < 0", true},
	{"fd.sport >= 0 and fd.sport <= 65535", false},
	{"evt.buflen > 5 and evt.buflen < 6", true},
	{"len(fd.name) = 5 and len(fd.name) = 6", true},
	{"evt.is_open_read = true and evt.is_open_read = false", true},
	{"evt.is_open_read != true and evt.is_open_read != false", true},
	{"evt.is_open_read = true and evt.is_open_write = false", false},
	// Addresses.
	{"fd.sip = 1.2.3.4 and fd.sip = 1.2.3.5", true},
	{"fd.sip = 1.2.3.4 and not fd.sip in (1.2.3.4)", true},
	{"fd.sip = 1.2.3.4 and fd.cip = 1.2.3.5", false},
	{"fd.snet = 1.0.0.0/8 and fd.snet = 2.0.0.0/8", false},
	// Lists.
	{"fd.types in (file) and fd.types in (ipv4)", false}, // an empty list is in both
	// Structure.
	{"(proc.name = a or proc.name = b) and (proc.name = c or proc.name = d)", true},
	{"(proc.name = a or proc.name = b) and (proc.name = c or proc.pid = 1)", false},
	{"not (proc.name = a or not proc.name = a)", true},
	{"not (not proc.name = a or proc.name in (a, b))", true},
	{"proc.name = a and (evt.type = open and not proc.name = a or evt.type = close and proc.name = b)", true},
}

func TestLogic(t *testing.T) {
	l := NewLogic()
	for _, c := range logicTable {
		e, err := syntax.Parse(c.condition)
		if err != nil {
			t.Fatalf("%s: %v", c.condition, err)
		}
		cond, ok := l.Cond(e)
		if !ok {
			t.Errorf("%s: %v", c.condition, l.c.problems)
			l.c.problems = nil
			continue
		}
		if got := l.Never(cond, RuleTypes(e)); got != c.never {
			t.Errorf("%s: never is %v", c.condition, got)
		}
	}
}

// TestLogicGivesUp holds that a question which is too hard has an answer, and
// that it is the harmless one.
func TestLogicGivesUp(t *testing.T) {
	// Of n+1 pigeons in n holes two share one, which takes long to see.
	condition := ""
	const holes = 12
	for p := range holes + 1 {
		part := ""
		for h := range holes {
			part += sep(part, " or ") + atom(p, h)
		}
		condition += sep(condition, " and ") + "(" + part + ")"
	}
	for h := range holes {
		for p := range holes + 1 {
			for q := range p {
				condition += " and not (" + atom(p, h) + " and " + atom(q, h) + ")"
			}
		}
	}
	e, err := syntax.Parse(condition)
	if err != nil {
		t.Fatal(err)
	}
	l := NewLogic()
	cond, _ := l.Cond(e)
	if l.Never(cond, RuleTypes(e)) {
		t.Error("found out after all: make the test harder")
	}
}

func sep(s, separator string) string {
	if s == "" {
		return ""
	}
	return separator
}

// atom is a comparison that is independent of all others.
func atom(p, h int) string {
	return "proc.env[P" + string(rune('A'+p)) + "H" + string(rune('A'+h)) + "] = x"
}
