package field

import (
	"errors"
	"strings"
	"testing"

	"falcoreplay/scap/event"
)

// parse splits a name as rules have it.
func parse(s string) (name, arg string, hasArg bool) {
	name, arg, hasArg = strings.Cut(s, "[")
	return name, strings.TrimSuffix(arg, "]"), hasArg
}

func resolve(t *testing.T, s string) *Field {
	t.Helper()
	f, err := Resolve(parse(s))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestResolve(t *testing.T) {
	for _, c := range []struct {
		name  string
		typ   event.ParamType
		multi MultiKind
	}{
		{"evt.type", event.PTCharBuf, MultiNone},
		{"evt.dir", event.PTCharBuf, MultiNone},
		{"evt.arg.name", event.PTCharBuf, MultiNone},
		{"evt.arg[0]", event.PTCharBuf, MultiNone},
		{"evt.arg[-1]", event.PTCharBuf, MultiNone},
		{"evt.rawarg.fd", event.PTFD, MultiRaw},
		{"evt.rawarg.res", event.PTErrno, MultiRaw},
		{"evt.rawarg.name", event.PTFSPath, MultiRaw},
		{"evt.around[1404996934793590564]", event.PTUint64, MultiAround},
		{"evt.abspath", event.PTCharBuf, MultiNone},
		{"evt.abspath.dst", event.PTCharBuf, MultiNone},
		{"evt.type.is.open", event.PTUint32, MultiNone},
		{"evt.type.is.2", event.PTUint32, MultiNone},
		{"proc.aname", event.PTCharBuf, MultiAncestors},
		{"proc.aname[2]", event.PTCharBuf, MultiNone},
		{"proc.aname[-1]", event.PTCharBuf, MultiAncestors},
		{"proc.aargs", event.PTCharBuf, MultiNone},
		{"proc.aenv[2]", event.PTCharBuf, MultiAncestors},
		{"proc.aenv[HOME]", event.PTCharBuf, MultiNone},
		{"proc.env[HOME]", event.PTCharBuf, MultiNone},
		{"proc.apid", event.PTInt64, MultiAncestors},
		{"proc.args[0]", event.PTCharBuf, MultiNone},
		{"thread.cgroup.memory", event.PTCharBuf, MultiNone},
		{"fd.types", event.PTCharBuf, MultiNone},
		{"fd.types[0]", event.PTCharBuf, MultiNone},
		{"fd.ip", event.PTIPAddr, MultiAddress},
		{"fd.net", event.PTIPNet, MultiNet},
		{"fd.snet", event.PTIPNet, MultiNone},
		{"fd.proto", event.PTPort, MultiPort},
		{"fd.cip.name", event.PTCharBuf, MultiName},
		{"container.mount.dest[/proc*]", event.PTCharBuf, MultiNone},
		{"container.mount[0]", event.PTCharBuf, MultiNone},
		// As many bits are taken as Falco's variables have.
		{"proc.env[99999999999]", event.PTCharBuf, MultiNone},
		{"proc.args[18446744073709551616]", event.PTCharBuf, MultiNone},
		{"proc.aname[4294967295]", event.PTCharBuf, MultiAncestors},
		{"evt.arg[4294967296]", event.PTCharBuf, MultiNone},
		// What is no regular expression finds nothing.
		{"container.mount[(]", event.PTCharBuf, MultiNone},
		{"container.label[a.b/c]", event.PTCharBuf, MultiNone},
	} {
		f := resolve(t, c.name)
		if f.Name != c.name || f.Type != c.typ || f.Multi() != c.multi {
			t.Errorf("%s: %+v", c.name, f)
		}
	}
}

func TestResolveRefuses(t *testing.T) {
	for _, c := range []struct {
		name    string
		unknown bool
	}{
		{"", true}, {"proc", true}, {"proc.nam", true}, {"proc.namex", true}, {"proc.name[0]", true},
		{"evt.arg", false}, {"evt.arg[x]", false}, {"evt.arg.nosuch", false}, {"evt.arg.name[0]", true},
		{"evt.rawarg[0]", false}, {"evt.rawarg", false}, {"evt.rawarg.nosuch", false},
		{"evt.around", false}, {"evt.around[x]", false}, {"evt.abspath.nosuch", true}, {"evt.abspath[0]", true},
		{"evt.type.is", false}, {"evt.type.is[2]", false}, {"evt.type.is.nosuch", true},
		{"proc.aname[x]", true}, {"proc.aname.x", true}, {"proc.args[x]", true},
		{"proc.env[a]b]", true}, {"thread.cgroup", false}, {"thread.cgroup[cpu]", false}, {"thread.cgroup.a1", true},
		{"fd.types[x]", false}, {"container.id[0]", false}, {"container.mount", false}, {"container.label", false},
		{"container.mount[a b]", false}, {"container.label[a b]", false},
	} {
		f, err := Resolve(parse(c.name))
		var unknown *UnknownError
		switch {
		case err == nil:
			t.Errorf("%s: resolved to %+v", c.name, f)
		case errors.As(err, &unknown) != c.unknown:
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
