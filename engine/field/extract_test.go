package field

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	. "falcoreplay/internal/eventtest"
	"falcoreplay/replay"
	"falcoreplay/scap"
	"falcoreplay/scap/event"
)

const start = 1_700_000_000_123_456_789 // 2023-11-14 22:13:20 UTC

// testContext is of a host with init, a shell 100 and its child 200, which has
// a file, a directory and a connection open.
func testContext(t testing.TB) *Context {
	t.Helper()
	root := scap.Thread{TID: 1, PID: 1, VTID: 1, VPID: 1, Comm: "init", Exe: "/sbin/init", ExePath: "/usr/sbin/init", Cwd: "/", SID: 1, PGID: 1, VPGID: 1}
	shell := scap.Thread{TID: 100, PID: 100, PTID: 1, VTID: 100, VPID: 100, Comm: "bash", Exe: "-bash", ExePath: "/bin/bash", Cwd: "/home/a",
		Args: "-l\x00", Env: "A=b\x00HOME= /home/a \x00", SID: 100, PGID: 100, VPGID: 100, UID: 7, LoginUID: 7, TTY: 34816}
	child := shell
	child.TID, child.PID, child.PTID, child.VTID, child.VPID, child.PGID, child.VPGID = 200, 200, 100, 200, 200, 200, 200
	child.Comm, child.Exe, child.ExePath, child.Args = "nc", "nc", "/bin/nc", "-l\x0080\x00"
	child.Cgroups = "cpuset=/\x00memory=/user\x00"
	child.CapEffective, child.FDLimit = 1<<21|1, 1024
	host := replay.New(&scap.Snapshot{
		Machine: scap.Machine{Hostname: "box"},
		Threads: []scap.Thread{root, shell, child},
		FDs: []scap.FDs{{TID: 200, FDs: []scap.FD{
			{FD: 3, Type: scap.FDFileV2, Name: "/etc/shadow", Dev: 0xfe01, Ino: 5},
			{FD: 4, Type: scap.FDDirectory, Name: "/tmp"},
			{FD: 5, Type: scap.FDIPv4Socket, SrcIP: [16]byte{10, 0, 0, 5}, DstIP: [16]byte{1, 2, 3, 4}, SrcPort: 4000, DstPort: 80, L4Proto: 1},
		}}},
		Interfaces: []scap.Interface{{Name: "eth0", Addr: [16]byte{10, 0, 0, 5}, Netmask: [16]byte{255, 255, 255, 0}}},
		Users:      []scap.User{{UID: 7, GID: 7, Name: "ann", Home: "/home/a", Shell: "/bin/sh"}},
		Groups:     []scap.Group{{GID: 7, Name: "staff"}},
	})
	return &Context{Host: host}
}

func (c *Context) apply(ev *event.Event) *Context {
	c.Host.Apply(ev)
	c.Reset()
	return c
}

func TestExtract(t *testing.T) {
	c := testContext(t)
	open := Make(event.SyscallOpenat_2X, 200, start, 6, -100, "x/../shadow", 1|4|1<<14, 0o755, 3, 9)
	fails := Make(event.SyscallOpenat_2X, 200, start+1, -2, 4, "nosuch", 2, 0, 0, 0)
	read := Make(event.SyscallReadX, 200, start+2, 3, Raw("a\x00b"), 3, 3)
	unlink := Make(event.SyscallUnlinkat2X, 200, start+3, 0, 4, "./y", 0)
	for _, test := range []struct {
		ev   *event.Event
		want map[string]string
	}{
		{open, map[string]string{
			"evt.time": "22:13:20.123456789", "evt.time.s": "22:13:20", "evt.time.iso8601": "2023-11-14T22:13:20.123456789+0000",
			"evt.datetime": "2023-11-14 22:13:20.123456789", "evt.rawtime": "1700000000123456789", "evt.rawtime.ns": "123456789",
			"evt.type": "openat", "evt.dir": "<", "evt.category": "file", "evt.type.is.openat": "<NA>",
			"evt.arg.name": "/home/a/shadow", "evt.arg[2]": "/home/a/shadow", "evt.arg.dirfd": "AT_FDCWD", "evt.arg.fd": "<f>/home/a/shadow",
			"evt.rawarg.name": "x/../shadow", "evt.rawarg.fd": "6", "evt.res": "SUCCESS", "evt.rawres": "6", "evt.failed": "false",
			"evt.is_open_read": "true", "evt.is_open_write": "false", "evt.is_open_create": "true", "evt.is_open_exec": "true",
			"fd.name": "/home/a/shadow", "fd.num": "6", "fd.typechar": "f", "fd.directory": "/home/a", "fd.filename": "shadow",
			"fs.path.name": "/home/a/shadow", "fs.path.nameraw": "x/../shadow", "evt.abspath": "/home/a/shadow",
			"evt.hostname": "box", "evt.source": "syscall", "evt.is_async": "false", "evt.asynctype": "<NA>",
			"proc.name": "nc", "proc.pname": "bash", "proc.aname[0]": "nc", "proc.aname[2]": "init", "proc.aname[3]": "<NA>", "proc.aname": "bash init",
			"proc.cmdline": "nc -l 80", "proc.pcmdline": "bash -l", "proc.acmdline": "bash -l init", "proc.args": "-l 80", "proc.args[1]": "80", "proc.args[9]": "",
			"proc.exeline": "nc -l 80", "proc.env": "A=b HOME= /home/a ", "proc.env[HOME]": "/home/a", "proc.env[NO]": "", "proc.aenv[HOME]": "/home/a",
			"proc.cwd": "/home/a/", "proc.pid": "200", "proc.ppid": "100", "proc.apid": "200", "proc.apid[2]": "1", "proc.sname": "bash",
			"proc.loginshellid": "100", "proc.fdopencount": "4", "proc.fdlimit": "1024", "proc.fdusage": "0.4", "proc.is_pgid_leader": "true",
			"thread.cap_effective": "CAP_CHOWN CAP_SYS_ADMIN", "thread.cgroup.memory": "/user", "thread.cgroup.cpu": "<NA>", "thread.cgroups": "cpuset=/ memory=/user",
			"user.name": "ann", "user.uid": "7", "user.loginuid": "7", "user.loginname": "ann", "group.name": "root", "user.homedir": "/home/a",
			"container.id": "host", "container.name": "host", "container.image": "", "container.mount[0]": "<NA>", "container.privileged": "false",
			"k8s.pod.name": "<NA>", "k8s.pod.ip": "", "fd.types[4]": "(directory)", "fd.types": "(file,directory,ipv4)",
			"fd.lip": "<NA>", "fd.sproto": "<NA>", "proc.stdin.name": "<NA>",
		}},
		{fails, map[string]string{
			"evt.res": "ENOENT", "evt.rawres": "-2", "evt.failed": "true", "evt.count.error": "1", "evt.count.error.file": "1", "evt.count.error.net": "<NA>",
			"evt.arg.fd": "ENOENT", "evt.arg.dirfd": "<d>/tmp", "fd.name": "/tmp/nosuch", "fd.directory": "/tmp", "fd.filename": "<NA>", "fd.typechar": "f",
			"evt.args":      "fd=-2(ENOENT) dirfd=4(<d>/tmp) name=nosuch(/tmp/nosuch) flags=2(O_WRONLY) mode=0 dev=0 ino=0",
			"evt.deltatime": "1", "evt.reltime": "000000001",
		}},
		{read, map[string]string{
			"evt.buffer": "a.b", "evt.buflen": "3", "evt.io_dir": "read", "evt.is_io": "true", "evt.category": "file",
			"fd.name": "/etc/shadow", "fd.dev": "FE01", "fd.dev.major": "254", "fd.dev.minor": "1", "fd.ino": "5",
			"fd.uid": "2003", "fd.containername": ":/etc/shadow", "fd.containerdirectory": ":/etc",
			"evt.arg.data": "a.b", "evt.rawarg.data": "a.b", "evt.abspath": "<NA>", "fs.path.name": "<NA>",
		}},
		{unlink, map[string]string{
			"fs.path.name": "/tmp/y", "fs.path.nameraw": "./y", "fs.path.source": "<NA>", "evt.abspath": "/tmp/y", "evt.arg.name": "/tmp/y",
		}},
	} {
		c.apply(test.ev)
		for name, want := range test.want {
			f, err := Resolve(parse(name))
			if err != nil {
				t.Fatal(err)
			}
			if got := string(f.AppendText(c, nil)); got != want {
				t.Errorf("%s of %s is %q, want %q", name, test.ev.Info().Name, got, want)
			}
		}
	}
}

func TestCandidates(t *testing.T) {
	c := testContext(t)
	c.apply(Make(event.SyscallReadX, 200, start, 3, Raw("abc"), 5, 3))
	show := func(name string) string {
		f := resolve(t, name)
		values, ok := f.Candidates(c, nil)
		texts := make([]string, len(values))
		for i, v := range values {
			texts[i] = string(AppendText(nil, v, f.Type, f.Format))
		}
		return strings.Join(append(texts, strconv.FormatBool(ok)), " ")
	}
	for name, want := range map[string]string{
		"proc.aname": "bash init true", "proc.apid": "100 1 true", "proc.acmdline": "bash -l init true", "proc.aenv": "A=b HOME= /home/a   true",
		"proc.aexe": "-bash /sbin/init true", "proc.aexepath": "/bin/bash /usr/sbin/init true",
		"fd.ip": "10.0.0.5 1.2.3.4 true", "fd.port": "4000 80 true", "fd.net": "<IPNET> <IPNET> true",
		"evt.around[5]": "5 true", "proc.name": "nc true",
	} {
		if got := show(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	c.apply(Make(event.SyscallReadX, 200, start, 3, Raw("abc"), 3, 3))
	if got := show("fd.ip"); got != "true" {
		t.Errorf("fd.ip of a file: %q", got)
	}
	c.apply(Make(event.SyscallReadX, 200, start, 3, Raw("abc"), 99, 3))
	if got := show("fd.ip"); got != "false" {
		t.Errorf("fd.ip of an unknown file descriptor: %q", got)
	}
	if !Around(c, start+1_000_000, 1) || Around(c, start+1_000_001, 1) {
		t.Error("Around")
	}
}

func TestLocation(t *testing.T) {
	c := testContext(t)
	c.Location = time.FixedZone("X", 2*60*60)
	c.apply(Make(event.SyscallReadX, 200, start, 3, Raw("abc"), 3, 3))
	for name, want := range map[string]string{
		"evt.time": "00:13:20.123456789", "evt.datetime.s": "2023-11-15 00:13:20", "evt.time.iso8601": "2023-11-14T22:13:20.123456789+0000",
	} {
		if got := string(resolve(t, name).AppendText(c, nil)); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

// usual are the fields that the stock rules use most.
var usual = []string{
	"evt.type", "evt.dir", "evt.res", "evt.args", "evt.arg.name", "evt.arg.flags", "evt.arg.fd", "evt.rawarg.fd", "evt.time", "evt.buffer",
	"evt.is_open_read", "evt.is_open_write", "fd.name", "fd.directory", "fd.filename", "fd.num", "fd.type", "fd.typechar", "fd.sip", "fd.rip",
	"fd.sport", "fd.l4proto", "fs.path.name", "proc.name", "proc.pname", "proc.exe", "proc.exepath", "proc.cmdline", "proc.pcmdline",
	"proc.args", "proc.aname[2]", "proc.aname", "proc.acmdline[1]", "proc.env", "proc.env[HOME]", "proc.sname", "proc.tty", "proc.pid",
	"proc.is_exe_upper_layer", "proc.duration", "thread.cap_permitted", "user.name", "user.uid", "user.loginuid", "group.name",
	"container.id", "container.image.repository", "container.privileged", "k8s.ns.name", "evt.abspath",
}

func TestAllocations(t *testing.T) {
	c := testContext(t)
	open := Make(event.SyscallOpenat_2X, 200, start, 6, 4, "a/../shadow", 1, 0o755, 3, 9)
	c.apply(open)
	var dst []Value
	for _, name := range usual {
		f := resolve(t, name)
		if n := testing.AllocsPerRun(100, func() {
			c.Reset()
			dst, _ = f.Candidates(c, dst[:0])
			dst, _ = f.Extract(c, dst[:0])
		}); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}

// TestAnyEvent reads every field of events of every type with parameters of any
// length.
func TestAnyEvent(t *testing.T) {
	var fields []*Field
	for i := range Catalogue() {
		d := &Catalogue()[i]
		for _, name := range []string{d.Name, d.Name + "[0]", d.Name + "[3]", d.Name + ".name", d.Name + ".data", d.Name + ".fd", d.Name + ".fds", d.Name + ".val", d.Name + ".tuple"} {
			if f, err := Resolve(parse(name)); err == nil {
				fields = append(fields, f)
			}
		}
	}
	c := testContext(t)
	r := rand.New(rand.NewPCG(3, 4))
	var values []Value
	var dst []byte
	for typ := event.Type(0); typ < event.NumTypes; typ++ {
		for range 8 {
			ev := randomEvent(r, typ)
			cur := &c.Host.Current
			*cur = replay.Current{Event: ev, Thread: c.Host.Thread(200), FD: c.Host.Thread(200).FD(3 + int64(r.IntN(3)))}
			if r.IntN(4) == 0 {
				cur.FD = nil
			}
			if r.IntN(8) == 0 {
				cur.Thread = nil
			}
			c.Reset()
			for _, f := range fields {
				values, _ = f.Extract(c, values[:0])
				values, _ = f.Candidates(c, values[:0])
				f.RawType(c)
				dst = f.AppendText(c, dst[:0])
				if dst = f.AppendJSON(c, dst[:0]); len(dst) == 0 {
					t.Fatalf("%s is nothing in JSON", f.Name)
				}
			}
		}
	}
}

// randomEvent is an event whose parameters may be too many, too few, too long
// and too short.
func randomEvent(r *rand.Rand, typ event.Type) *event.Event {
	n := len(event.Lookup(typ).Params)
	if r.IntN(3) == 0 {
		n = r.IntN(event.MaxParams + 1)
	}
	lens, data := make([]byte, 2*n), []byte(nil)
	for i := range n {
		size := []int{0, 1, 2, 4, 8, 12, 30}[r.IntN(7)]
		lens[2*i] = byte(size)
		for range size {
			data = append(data, byte(r.IntN(256))&byte(r.IntN(256)))
		}
	}
	ev := &event.Event{Num: 1, TS: start, TID: int64(100 * (1 + r.IntN(3))), Type: typ}
	ev.SetParams(n, 2, append(lens, data...))
	return ev
}
