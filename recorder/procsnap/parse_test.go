//go:build linux

package procsnap

import (
	"reflect"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"falcoreplay/scap"
)

const statusText = `Name:	a\nb
Umask:	0022
State:	S (sleeping)
Tgid:	100
Ngid:	0
Pid:	101
PPid:	7
TracerPid:	0
Uid:	1000	1001	1002	1003
Gid:	2000	2001	2002	2003
FDSize:	64
Groups:	4 24 1000 
NStgid:	100	20	1
NSpid:	101	21	2
NSpgid:	90	20	1
NSsid:	80	20	1
VmPeak:	 999999 kB
VmSize:	   74016 kB
VmRSS:	   11564 kB
VmSwap:	      12 kB
CapInh:	0000000000000001
CapPrm:	000001ffffffffff
CapEff:	000000000000000a
`

func TestStatus(t *testing.T) {
	var got status
	if err := parseStatus([]byte(statusText), &got); err != nil {
		t.Fatal(err)
	}
	want := status{
		tgid: 100, ppid: 7, euid: 1001, fsuid: 1003, egid: 2001, fsgid: 2003, groups: []uint32{4, 24, 1000},
		capInh: 1, capPrm: 0x1ffffffffff, capEff: 10, vmSize: 74016, vmRSS: 11564, vmSwap: 12,
		vtid: 2, vpid: 1, vpgid: 1, pgid: 90, namespaces: 3, hasTgid: true, hasUIDs: true,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	for _, text := range []string{"", "Tgid:\t1\n", "Uid:\t1\t2\t3\n", "Tgid\nUid\n"} {
		if parseStatus([]byte(text), &got) == nil {
			t.Errorf("no error for %q", text)
		}
	}
}

func TestStat(t *testing.T) {
	got, err := parseStat([]byte("101 (a) R (b\n) S 7 90 80 34817 -1 4194304 11 22 33 44 5 6 0 0 20 0 1 0 12345 1 2\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := stat{comm: []byte("a) R (b\n"), state: 'S', ppid: 7, pgid: 90, sid: 80, tty: 34817, flags: 4194304, minflt: 11, majflt: 33, startTicks: 12345}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if n := got.startTime(5e9); n != 5e9+123450000000 {
		t.Errorf("start %d", n)
	}
	for _, text := range []string{"", ")(", "1 (x", "1 (x)", "1 (x) S 1 2"} {
		if _, err := parseStat([]byte(text)); err == nil {
			t.Errorf("no error for %q", text)
		}
	}
}

func TestMounts(t *testing.T) {
	m := parseMounts([]byte(`22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /mnt/a\040b rw - nfs4 server:/x ro,vers=4
31 22 259:300 /sub /r ro,nosuid master:2 propagate_from:3 - xfs /dev/x ro,attr2
32 22 0:50 / /o rw - overlay overlay rw,lowerdir=/l1:/l2,upperdir=/u\054x,workdir=/w
33 22 0:51 / /f rw - fuse.sshfs h: rw
broken
34 22 nonsense / /x rw - tmpfs tmpfs rw
`))
	want := map[uint64]mount{
		22: {dev: 0x801},
		30: {dev: 0x28, slow: true, readOnly: true},
		31: {dev: 300&0xff | 259<<8 | 0x100<<12, readOnly: true},
		32: {dev: 0x32, overlay: &overlay{"/", "/o", "/u,x"}},
		33: {dev: 0x33, slow: true},
	}
	if !reflect.DeepEqual(m.byID, want) {
		t.Errorf("got %+v", m.byID)
	}
	if !m.isSlowPath("/mnt/a b/x") || !m.isSlowPath("/f") || m.isSlowPath("/foo") || m.isSlowPath("/") {
		t.Errorf("slow: %q", m.slow)
	}
	if d := device(259, 300); uint64(d) != unix.Mkdev(259, 300) {
		t.Errorf("device %#x", d)
	}
}

func TestSocketLines(t *testing.T) {
	v4 := func(a ...byte) (ip [16]byte) { copy(ip[:], a); return ip }
	for _, c := range []struct {
		parse func([]byte) (scap.FD, bool)
		line  string
		want  scap.FD
	}{
		{parseInet4, "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 19411 1 0000000000000000 100 0 0 10 0",
			scap.FD{Ino: 19411, Type: scap.FDIPv4Server, SrcIP: v4(127, 0, 0, 1), SrcPort: 8080}},
		{parseInet4, "1234: 0200000A:0016 0100000A:C001 01 00000000:00000000 02:0000A8C0 00000000  1000        0 55 2 0",
			scap.FD{Ino: 55, Type: scap.FDIPv4Socket, SrcIP: v4(10, 0, 0, 2), DstIP: v4(10, 0, 0, 1), SrcPort: 22, DstPort: 49153}},
		{parseInet4, "   1: 0200000A:0016 0100000A:C001 06 00000000:00000000 03:000009C5 00000000     0        0 0 3 0", scap.FD{}},
		{parseInet4, "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode", scap.FD{}},
		{parseInet4, "   0: 0100007F1F90 00000000:0000 0A 0:0 00:0 0 0 0 19411", scap.FD{}},
		{parseInet6, "   0: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 77 1 0",
			scap.FD{Ino: 77, Type: scap.FDIPv6Server, SrcIP: [16]byte{15: 1}, SrcPort: 80}},
		{parseInet6, "   0: 0000000000000000FFFF00000100007F:0050 000080FE00000000000000000100000A:1234 01 00000000:00000000 00:00000000 00000000     0        0 78 1 0",
			scap.FD{Ino: 78, Type: scap.FDIPv6Socket, SrcIP: [16]byte{10: 255, 11: 255, 12: 127, 15: 1}, SrcPort: 80,
				DstIP: [16]byte{0: 0xfe, 1: 0x80, 12: 10, 15: 1}, DstPort: 0x1234}},
		{parseUnix, "Num       RefCount Protocol Flags    Type St Inode Path", scap.FD{}},
		{parseUnix, "ffff8881084b1c00: 00000002 00000000 00010000 0001 01 16012 /run/a b.sock",
			scap.FD{Ino: 16012, Type: scap.FDUnixSocket, UnixSrc: 0xffff8881084b1c00, Name: "/run/a b.sock"}},
		{parseUnix, "0000000000000000: 00000003 00000000 00000000 0001 03     9 @x",
			scap.FD{Ino: 9, Type: scap.FDUnixSocket, Name: "@x"}},
		{parseUnix, "0000000000000000: 00000003 00000000 00000000 0001 03 10", scap.FD{Ino: 10, Type: scap.FDUnixSocket}},
		{parseNetlink, "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode", scap.FD{}},
		{parseNetlink, "0000000000000000 15  1234       00000001 0        0        0     2        0        777     ",
			scap.FD{Ino: 777, Type: scap.FDNetlink}},
	} {
		got, ok := c.parse([]byte(c.line))
		if !ok {
			got = scap.FD{}
		}
		if got != c.want || ok != (c.want.Ino != 0) {
			t.Errorf("%q: %v\ngot  %+v\nwant %+v", c.line, ok, got, c.want)
		}
	}
}

func TestOpenFlags(t *testing.T) {
	for _, c := range []struct {
		flags uint64
		want  uint32
	}{
		{0, 1},
		{unix.O_WRONLY, 2},
		{unix.O_RDWR | unix.O_CLOEXEC | unix.O_APPEND, 3 | 1<<12 | 1<<3},
		{unix.O_DIRECTORY, 1 | 1<<10 | 1<<13},
		{unix.O_DSYNC, 1 | 1<<4 | 1<<7},
		{kernelLargeFile | unix.O_NONBLOCK, 1 | 1<<11 | 1<<6},
		{unix.O_CREAT | unix.O_EXCL | unix.O_TRUNC | unix.O_DIRECT, 1 | 1<<2 | 1<<5 | 1<<8 | 1<<9},
	} {
		if got := openFlags(c.flags); got != c.want {
			t.Errorf("%#o: got %#x, want %#x", c.flags, got, c.want)
		}
	}
}

func TestAccounts(t *testing.T) {
	users := parsePasswd("root:x:0:0:root:/root:/bin/bash\n#x:x:1:1:::\n+nis:::::\nbad:x:y:0::/:/\nshort:x:1:1\nlast:x:4294967294:7:,,,:/home/l:")
	if want := []scap.User{{Name: "root", Home: "/root", Shell: "/bin/bash"}, {UID: 4294967294, GID: 7, Name: "last", Home: "/home/l"}}; !reflect.DeepEqual(users, want) {
		t.Errorf("users %+v", users)
	}
	groups := parseGroups("root:x:0:\n+:::\nadm:x:4:a,b\nbad:x\nworse:x:-1:\n")
	if want := []scap.Group{{Name: "root"}, {GID: 4, Name: "adm"}}; !reflect.DeepEqual(groups, want) {
		t.Errorf("groups %+v", groups)
	}
}

func TestEnvModes(t *testing.T) {
	const env = "HOME=/root\x00DB_PASSWORD=hunter2\x00aws_secret_access_key=x\x00URL=https://u:p@h/\x00NOVALUE\x00EMPTY_TOKEN=\x00PWD=/\x00SSH_AUTH_SOCK=/s\x00CUT=ab"
	for _, c := range []struct {
		mode   EnvMode
		want   string
		masked int
	}{
		{EnvAll, env + "\x00", 0},
		{EnvMasked, "HOME=/root\x00DB_PASSWORD=***\x00aws_secret_access_key=***\x00URL=***\x00NOVALUE\x00EMPTY_TOKEN=\x00PWD=/\x00SSH_AUTH_SOCK=/s\x00CUT=ab\x00", 3},
		{EnvNames, "HOME=\x00DB_PASSWORD=\x00aws_secret_access_key=\x00URL=\x00NOVALUE\x00EMPTY_TOKEN=\x00PWD=\x00SSH_AUTH_SOCK=\x00CUT=\x00", 0},
		{EnvNone, "", 0},
	} {
		got, masked := AppendEnv(nil, []byte(env), c.mode, nil)
		if string(got) != c.want || masked != c.masked {
			t.Errorf("mode %d: %d masked\ngot  %q\nwant %q", c.mode, masked, got, c.want)
		}
	}
	got, _ := AppendEnv(nil, []byte("A=xyx\x00"), EnvAll, func(s string) string { return strings.ReplaceAll(s, "x", "-") })
	if string(got) != "A=-y-\x00" {
		t.Errorf("redacted: %q", got)
	}
}

func TestOptions(t *testing.T) {
	_, _, err := Take(Options{ArgsBytes: -1, EnvBytes: 5000, Env: 9, StallTimeout: -1})
	for _, word := range []string{"ArgsBytes", "EnvBytes", "Env is", "StallTimeout"} {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s is not in %v", word, err)
		}
	}
	if _, _, err := Take(Options{Root: t.TempDir()}); err == nil {
		t.Error("no error without a process list")
	}
}

func TestAddr(t *testing.T) {
	attr := func(typ uint16, v ...byte) syscall.NetlinkRouteAttr {
		return syscall.NetlinkRouteAttr{Attr: syscall.RtAttr{Type: typ}, Value: v}
	}
	names := map[uint32]string{2: "eth0"}
	index := []byte{2, 0, 0, 0}
	msg := func(family, bits byte) []byte { return append([]byte{family, bits, 0, 0}, index...) }
	got, ok := parseAddr(msg(unix.AF_INET, 24), []syscall.NetlinkRouteAttr{
		attr(unix.IFA_ADDRESS, 10, 0, 0, 9), attr(unix.IFA_LOCAL, 10, 0, 0, 9), attr(unix.IFA_BROADCAST, 10, 0, 0, 255),
		attr(unix.IFA_LABEL, 'e', 't', 'h', '0', ':', '1', 0)}, names)
	want := scap.Interface{Name: "eth0:1"}
	copy(want.Addr[:], []byte{10, 0, 0, 9})
	copy(want.Netmask[:], []byte{255, 255, 255, 0})
	copy(want.Broadcast[:], []byte{10, 0, 0, 255})
	if !ok || got != want {
		t.Errorf("got %+v", got)
	}
	got, ok = parseAddr(msg(unix.AF_INET6, 64), []syscall.NetlinkRouteAttr{attr(unix.IFA_ADDRESS, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)}, names)
	if !ok || !got.IPv6 || got.Name != "eth0" || got.Addr[0] != 0xfe || got.Netmask[7] != 255 || got.Netmask[8] != 0 || got.Broadcast != [16]byte{} {
		t.Errorf("got %+v", got)
	}
	if _, ok := parseAddr(msg(unix.AF_INET, 200), []syscall.NetlinkRouteAttr{attr(unix.IFA_ADDRESS, 1, 2, 3, 4)}, names); ok {
		t.Error("prefix of 200 bits")
	}
}

func TestChoose(t *testing.T) {
	list := []Process{{PID: 1, Comm: "init"}, {PID: 2, PPID: 1}, {PID: 3, PPID: 2, Comm: "want"}, {PID: 4, PPID: 9}, {PID: 5, PPID: 1}, {PID: 9, PPID: 3}, {PID: 10, PPID: 11}, {PID: 11, PPID: 10}}
	var asked []int
	got := chooseOf(list, func(p Process) bool { asked = append(asked, p.PID); return p.Comm == "want" })
	want := map[int]level{1: name, 2: name, 3: whole, 4: whole, 9: whole}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
	if want := []int{1, 2, 3, 5, 11, 10}; !reflect.DeepEqual(asked, want) {
		t.Errorf("asked %v", asked)
	}
}

// FuzzParsers holds that nothing in a file of /proc makes a parser panic.
func FuzzParsers(f *testing.F) {
	f.Add([]byte(statusText))
	f.Add([]byte("101 (a) S 7 90 80 34817 -1 4194304 11 22 33 44 5 6 0 0 20 0 1 0 12345 1 2\n"))
	f.Add([]byte(`30 22 0:40 / /mnt/a\040b rw - nfs4 server:/x ro,upperdir=\777`))
	f.Add([]byte("   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 19411 1"))
	f.Add([]byte("cpu0 1\nbtime 5\nMax open files   1 2 files"))
	f.Add([]byte("root:x:0:0:root:/root:/bin/bash\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var s status
		_ = parseStatus(b, &s)
		_, _ = parseStat(b)
		parseMounts(b)
		parseHostStat(b)
		parseFDLimit(b)
		parsePasswd(string(b))
		parseGroups(string(b))
		for _, table := range socketTables {
			if sock, ok := table.parse(b); ok && sock.Ino == 0 {
				t.Errorf("%s: socket without an inode", table.file)
			}
		}
		if _, n := AppendEnv(nil, b, EnvMasked, nil); n > len(b) {
			t.Errorf("%d masked", n)
		}
	})
}
