//go:build linux

package procsnap

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"falcoreplay/scap"
)

// A tree is the root of a host that a test makes up.
type tree struct {
	t   *testing.T
	dir string
}

func newTree(t *testing.T) tree {
	tr := tree{t, t.TempDir()}
	tr.write("proc/stat", "cpu  1 2 3\ncpu0 1 2 3\ncpu2 1 2 3\nintr 5\nbtime 1000\n")
	tr.write("proc/meminfo", "MemTotal:        2048 kB\nMemFree: 1 kB\n")
	tr.write("proc/sys/kernel/pid_max", "4194304\n")
	tr.write("proc/sys/kernel/hostname", "fake\n")
	tr.write("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nann:x:1001:2001::/home/ann:/bin/sh\n")
	tr.write("etc/group", "root:x:0:\nstaff:x:2001:ann\n")
	tr.link("proc/1/root", tr.dir)
	tr.write("proc/1/mounts", "cgroup /sys/fs/systemd cgroup rw,name=systemd 0 0\ncgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n")
	tr.write("sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory pids\n")
	return tr
}

func (tr tree) path(name string) string { return filepath.Join(tr.dir, name) }

func (tr tree) write(name, text string) {
	tr.t.Helper()
	if err := os.MkdirAll(filepath.Dir(tr.path(name)), 0o755); err != nil {
		tr.t.Fatal(err)
	}
	if err := os.WriteFile(tr.path(name), []byte(text), 0o644); err != nil {
		tr.t.Fatal(err)
	}
}

func (tr tree) link(name, to string) {
	tr.t.Helper()
	if err := os.MkdirAll(filepath.Dir(tr.path(name)), 0o755); err != nil {
		tr.t.Fatal(err)
	}
	if err := os.Symlink(to, tr.path(name)); err != nil {
		tr.t.Fatal(err)
	}
}

func statLine(tid, ppid int, comm, state string, ticks int) string {
	return fmt.Sprintf("%d (%s) %s %d 90 80 34816 -1 4194304 11 22 33 44 5 6 0 0 20 0 1 0 %d 1 2\n", tid, comm, state, ppid, ticks)
}

func statusOf(tgid, tid, ppid, uid, gid int, ns string) string {
	return fmt.Sprintf("Name:\tx\nTgid:\t%d\nPid:\t%d\nPPid:\t%d\nUid:\t9\t%d\t9\t%d\nGid:\t9\t%d\t9\t%d\nGroups:\t \nNStgid:\t%d%s\nNSpid:\t%d%s\nNSpgid:\t90%s\nVmSize:\t 10 kB\nVmRSS:\t 5 kB\nVmSwap:\t 1 kB\nCapInh:\t1\nCapPrm:\t2\nCapEff:\t0\n",
		tgid, tid, ppid, uid, uid, gid, gid, tgid, ns, tid, ns, ns)
}

// process makes one that runs /bin/prog.
func (tr tree) process(pid, ppid int, comm, cmdline string) string {
	dir := fmt.Sprintf("proc/%d/", pid)
	tr.write(dir+"stat", statLine(pid, ppid, comm, "S", pid))
	tr.write(dir+"status", statusOf(pid, pid, ppid, 0, 0, ""))
	tr.write(dir+"cmdline", cmdline)
	tr.write(dir+"environ", "")
	tr.write(dir+"cgroup", "0::/\n")
	if err := os.MkdirAll(tr.path(fmt.Sprintf("%stask/%d", dir, pid)), 0o755); err != nil {
		tr.t.Fatal(err)
	}
	return dir
}

func TestFakeTree(t *testing.T) {
	tr := newTree(t)
	tr.process(1, 0, "init", "/sbin/init\x00")
	for _, dir := range []string{"a.slice", "a.slice/docker-1.scope"} {
		tr.write("sys/fs/cgroup/"+dir+"/cgroup.controllers", map[string]string{"a.slice": "cpu memory pids\n", "a.slice/docker-1.scope": "memory pids\n"}[dir])
	}
	exe := tr.path("upper/bin/prog")
	tr.write("upper/bin/prog", "")
	tr.write("upper/file", "x")
	if err := os.Chmod(exe, 0o757); err != nil {
		t.Fatal(err)
	}
	st, err := statx(unix.AT_FDCWD, exe, 0)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(50, 7)
	if err := os.Chtimes(exe, now, now); err != nil {
		t.Fatal(err)
	}
	if st, err = statx(unix.AT_FDCWD, exe, 0); err != nil {
		t.Fatal(err)
	}

	dir := tr.process(100, 1, "pr) S og", "prog\x00-a\x00\x00secret")
	tr.write(dir+"status", statusOf(100, 100, 1, 1001, 2001, "\t1"))
	tr.write(dir+"environ", "HOME=/h\x00API_TOKEN=abc\x00")
	tr.write(dir+"cgroup", "3:cpu,cpuacct:/a\n1:name=systemd:/b\n0::/a.slice/docker-1.scope\n")
	tr.write(dir+"loginuid", "1001")
	tr.write(dir+"limits", "Limit                     Soft Limit           Hard Limit           Units     \nMax processes             5                    5          processes \nMax open files            1024                 1048576              files     \n")
	tr.write(dir+"mountinfo", fmt.Sprintf("%d 1 8:1 / %s rw - overlay o rw,lowerdir=/l,upperdir=/upper,workdir=/w\n77 1 0:99 / /nfs rw - nfs4 s:/ rw\n", st.Mnt_id, tr.path("upper")))
	tr.link(dir+"exe", exe)
	tr.link(dir+"cwd", "/home/ann")
	tr.link(dir+"root", "/ctr")
	tr.link(dir+"ns/pid", "pid:[7]")
	tr.link(dir+"ns/mnt", "mnt:[7]")
	tr.link(dir+"ns/net", "net:[7]")
	tr.write(dir+"task/101/stat", statLine(101, 1, "worker", "R", 1))
	tr.write(dir+"task/101/status", statusOf(100, 101, 1, 1002, 2002, "\t5"))
	tr.write(dir+"task/102/stat", statLine(102, 1, "gone", "Z", 1))
	tr.write(dir+"task/102/status", statusOf(100, 102, 1, 1002, 2002, "\t6"))

	tr.write(dir+"net/tcp", "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"+
		"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 500 1 0000000000000000 100 0 0 10 0\n")
	tr.write(dir+"net/udp6", "  sl\n   0: 00000000000000000000000001000000:0050 00000000000000000000000001000000:0051 0A 00000000:00000000 00:00000000 00000000     0        0 501 1 0\n")
	tr.write(dir+"net/unix", "Num       RefCount Protocol Flags    Type St Inode Path\n00000000000000ff: 00000002 00000000 00010000 0001 01 502 /run/x")
	for fd, to := range map[string]string{
		"0": tr.path("upper/file"), "1": "pipe:[400]", "2": "anon_inode:[eventfd]", "3": "anon_inode:inotify", "4": "anon_inode:bpf-map",
		"5": "anon_inode:[perf_event]", "6": "pidfd:[3]", "7": "socket:[500]", "8": "socket:[501]", "9": "socket:[502]",
		"10": "socket:[999]", "11": tr.path("upper"), "12": "/nfs/far", "13": "/nfs/dir", "14": "/gone", "20": "pipe:[401]",
	} {
		tr.link(dir+"fd/"+fd, to)
	}
	tr.write(dir+"fdinfo/0", fmt.Sprintf("pos:\t0\nflags:\t0102002\nmnt_id:\t%d\nino:\t5\n", st.Mnt_id))
	tr.write(dir+"fdinfo/12", "pos:\t0\nflags:\t0100001\nmnt_id:\t77\nino:\t6\n")
	tr.write(dir+"fdinfo/13", fmt.Sprintf("pos:\t0\nflags:\t0%o\nmnt_id:\t77\nino:\t8\n", syscall.O_DIRECTORY))

	kthread := tr.process(2, 0, "kthreadd", "")
	tr.write(kthread+"stat", strings.Replace(statLine(2, 0, "kthreadd", "S", 1), "4194304", "2097152", 1))
	zombie := tr.process(50, 1, "dead", "")
	tr.write(zombie+"stat", statLine(50, 1, "dead", "Z", 1))
	tr.process(60, 1, "me", "me\x00")
	if err := os.MkdirAll(tr.path("proc/70"), 0o755); err != nil { // ended meanwhile
		t.Fatal(err)
	}

	snap, stats, err := Take(Options{Root: tr.dir, SkipPIDs: []int{60}, FDs: 15, Redact: func(s string) string { return strings.Replace(s, "secret", "****", 1) }})
	if err != nil {
		t.Fatal(err)
	}
	if want := (Stats{Processes: 2, Threads: 3, FDs: 13, KernelThreads: 1, Zombies: 1, Vanished: 2, FDsVanished: 1, FDsLeftOut: 1, SocketsUnknown: 1, EnvMasked: 1}); stats != want {
		t.Errorf("got  %+v\nwant %+v", stats, want)
	}
	if want := (scap.Machine{CPUs: 2, MemoryBytes: 2 << 20, MaxPID: 4194304, Hostname: "fake", BootTime: 1000e9}); snap.Machine != want || !snap.HasMachine {
		t.Errorf("machine %+v", snap.Machine)
	}
	if len(snap.Users) != 2 || len(snap.Groups) != 2 || !snap.HasUsers {
		t.Errorf("users %+v %+v", snap.Users, snap.Groups)
	}

	cgroups := "cpu=/a\x00cpuacct=/a\x00name=systemd=/b\x00memory=/a.slice/docker-1.scope\x00pids=/a.slice/docker-1.scope\x00cpu=/a.slice\x00cpuset=/\x00io=/\x00"
	lead := scap.Thread{
		TID: 100, PID: 100, PTID: 1, SID: 80, VPGID: 1, PGID: 90, VTID: 1, VPID: 1,
		Comm: "pr) S og", Exe: "prog", ExePath: exe, Args: "-a\x00\x00****\x00", Env: "HOME=/h\x00API_TOKEN=***\x00", Cgroups: cgroups,
		Cwd: "/home/ann", Root: "/ctr", FDLimit: 1024, UID: 1001, GID: 2001, LoginUID: 1001, TTY: 34816,
		VMSizeKB: 10, VMRSSKB: 5, VMSwapKB: 1, MajorFaults: 33, MinorFaults: 11, PIDNSInitStart: 1001e9,
		CapInheritable: 1, CapPermitted: 2, ExeWritable: true, ExeUpperLayer: true,
		ExeIno: st.Ino, ExeInoCtime: nanoseconds(st.Ctime), ExeInoMtime: 50e9 + 7,
	}
	worker := lead
	worker.TID, worker.VTID, worker.Comm, worker.Env, worker.UID, worker.GID, worker.Flags = 101, 5, "worker", "", 1002, 2002, 1|1<<13
	worker.VPID, worker.VPGID = 5, 5 // as statusOf has it
	for i, want := range []scap.Thread{
		{TID: 1, PID: 1, SID: 80, VPGID: 90, PGID: 90, VTID: 1, VPID: 1, Comm: "init", Exe: "/sbin/init", Cgroups: "cpuset=/\x00cpu=/\x00io=/\x00memory=/\x00pids=/\x00",
			Root: tr.dir, FDLimit: -1, LoginUID: math.MaxUint32, TTY: 34816, VMSizeKB: 10, VMRSSKB: 5, VMSwapKB: 1, MajorFaults: 33, MinorFaults: 11,
			PIDNSInitStart: 1000e9 + 1e7, CapInheritable: 1, CapPermitted: 2},
		lead, worker,
	} {
		if i >= len(snap.Threads) || !reflect.DeepEqual(snap.Threads[i], want) {
			t.Errorf("thread %d\ngot  %+v\nwant %+v", i, snap.Threads[min(i, len(snap.Threads)-1)], want)
		}
	}

	file, err := statx(unix.AT_FDCWD, tr.path("upper/file"), 0)
	if err != nil {
		t.Fatal(err)
	}
	top, err := statx(unix.AT_FDCWD, tr.path("upper"), 0)
	if err != nil {
		t.Fatal(err)
	}
	want := []scap.FD{
		{FD: 0, Type: scap.FDFileV2, Name: tr.path("upper/file"), Ino: file.Ino, OpenFlags: openFlags(0o102002), Dev: 0x801},
		{FD: 1, Type: scap.FDFIFO, Name: "pipe:[400]", Ino: 400},
		{FD: 2, Type: scap.FDEvent}, {FD: 3, Type: scap.FDInotify}, {FD: 4, Type: scap.FDBPF}, {FD: 5, Type: scap.FDUnsupported}, {FD: 6, Type: scap.FDPIDFD},
		{FD: 7, Type: scap.FDIPv4Server, Ino: 500, SrcIP: [16]byte{127, 0, 0, 1}, SrcPort: 8080, L4Proto: 2},
		{FD: 8, Type: scap.FDIPv6Socket, Ino: 501, SrcIP: [16]byte{15: 1}, SrcPort: 80, DstIP: [16]byte{15: 1}, DstPort: 81, L4Proto: 3},
		{FD: 9, Type: scap.FDUnixSocket, Ino: 502, Name: "/run/x", UnixSrc: 255},
		{FD: 11, Type: scap.FDDirectory, Name: tr.path("upper"), Ino: top.Ino},
		{FD: 12, Type: scap.FDFileV2, Name: "/nfs/far", Ino: 6, OpenFlags: openFlags(0o100001), Dev: 0x63},
		{FD: 13, Type: scap.FDDirectory, Name: "/nfs/dir", Ino: 8},
	}
	if len(snap.FDs) != 1 || snap.FDs[0].TID != 100 {
		t.Fatalf("fd lists %+v", snap.FDs)
	}
	if got := snap.FDs[0].FDs; !slices.Equal(got, want) {
		for i := range max(len(got), len(want)) {
			if i >= len(got) || i >= len(want) || got[i] != want[i] {
				t.Errorf("fd %d\ngot  %+v\nwant %+v", i, got[i:min(i+1, len(got))], want[i:min(i+1, len(want))])
			}
		}
	}
}

// TestCgroupNamespace reads from within a container, where the kernel tells the
// paths of all others as seen from there.
func TestCgroupNamespace(t *testing.T) {
	tr := newTree(t)
	tr.link("proc/1/ns/cgroup", "cgroup:[1]")
	tr.link("proc/self/ns/cgroup", "cgroup:[2]")
	tr.write("proc/self/cgroup", "1:name=systemd:/\n0::/leaf\n")
	pid := fmt.Sprintf("%d\n", os.Getpid())
	tr.write("sys/fs/cgroup/pods/me/leaf/cgroup.procs", "1\n"+pid+"99\n")
	tr.write("sys/fs/cgroup/pods/me/cgroup.procs", pid[:len(pid)-2]+"\n")
	tr.write("sys/fs/cgroup/other/cgroup.procs", "9"+pid)
	tr.write("sys/fs/systemd/x/cgroup.procs", pid)
	tr.write("sys/fs/cgroup/other/cgroup.controllers", "memory\n")
	tr.write("sys/fs/cgroup/pods/me/cgroup.controllers", "pids\n")
	for i, c := range []struct{ file, want string }{
		{"1:name=systemd:/..\n0::/../../other\n", "name=systemd=/\x00memory=/other\x00cpuset=/\x00cpu=/\x00io=/\x00pids=/\x00"},
		{"1:name=systemd:/y\n0::/\n", "name=systemd=/x/y\x00pids=/pods/me\x00cpuset=/\x00cpu=/\x00io=/\x00memory=/\x00"},
		{"0::/../../..\n", "cpuset=/\x00cpu=/\x00io=/\x00memory=/\x00pids=/\x00"},
	} {
		tr.process(10+i, 1, "p", "p\x00")
		tr.write(fmt.Sprintf("proc/%d/cgroup", 10+i), c.file)
		snap, _, err := Take(Options{Root: tr.dir, Keep: func(p Process) bool { return p.PID == 10+i }})
		if err != nil {
			t.Fatal(err)
		}
		if got := snap.Threads[0].Cgroups; got != c.want {
			t.Errorf("%q\ngot  %q\nwant %q", c.file, got, c.want)
		}
	}
}

// TestLayers tells the layers of an overlay file system apart.
func TestLayers(t *testing.T) {
	tr := newTree(t)
	tr.write("up/bin/own", "")
	tr.link("up/bin/link", "own")
	s := &scanner{opts: &Options{Root: tr.dir}}
	o := &overlay{root: "/", point: "/m", upper: "/up"}
	for _, c := range []struct {
		o            *overlay
		file         string
		upper, lower bool
	}{
		{o, "/m/bin/own", true, false},
		{o, "/m/bin/own (deleted)", true, false},
		{o, "/m/bin/other", false, true},
		{o, "/m/bin/own/x", false, true},
		{o, "/m/bin/link", false, true},
		{o, "/elsewhere", false, false},
		{&overlay{"/", "/", "/up"}, "/bin/own", true, false},
		{&overlay{"/bin", "/m", "/up"}, "/m/own", true, false},
		{&overlay{"/", "/", "/none"}, "/bin/own", false, false},
		{&overlay{"/", "/", "relative"}, "/bin/own", false, false},
	} {
		if upper, lower := s.layer(c.o, c.file); upper != c.upper || lower != c.lower {
			t.Errorf("%+v %s: upper %v, lower %v", *c.o, c.file, upper, lower)
		}
	}
}

func TestMayWrite(t *testing.T) {
	tr := newTree(t)
	tr.write("p/uid_map", "         0     100000      65536\n")
	tr.write("p/gid_map", "         0     100000      65536\n")
	tr.write("q/uid_map", "         0          0 4294967295\n")
	dir, err := openat(unix.AT_FDCWD, tr.path("p"), unix.O_PATH)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(dir)
	host, err := openat(unix.AT_FDCWD, tr.path("q"), unix.O_PATH)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(host)
	file := unix.Statx_t{Uid: 10, Gid: 20, Mode: unix.S_IFREG | 0o755}
	with := func(mode uint16) *unix.Statx_t { st := file; st.Mode = unix.S_IFREG | mode; return &st }
	immutable := file
	immutable.Attributes = unix.STATX_ATTR_IMMUTABLE
	for i, c := range []struct {
		dir  int
		st   *unix.Statx_t
		as   status
		want bool
	}{
		{host, &file, status{fsuid: 10}, true},
		{host, &immutable, status{fsuid: 10, capEff: math.MaxUint64}, false},
		{host, &file, status{fsuid: 11, fsgid: 20}, false},
		{host, with(0o775), status{fsuid: 11, fsgid: 20}, true},
		{host, with(0o775), status{fsuid: 11, groups: []uint32{1, 20}}, true},
		{host, with(0o775), status{fsuid: 11, fsgid: 21}, false},
		{host, with(0o757), status{fsuid: 11, fsgid: 21}, true},
		{host, &file, status{fsuid: 0, fsgid: 21, capEff: 1 << capDACOverride}, true},
		{host, &file, status{fsuid: 0, fsgid: 21, capEff: 1 << capFOwner}, true},
		{host, &file, status{fsuid: 0, fsgid: 21, capEff: 1 << 21}, false},
		{dir, &file, status{fsuid: 100000, fsgid: 21, capEff: math.MaxUint64}, false},
		{dir, &unix.Statx_t{Uid: 100001, Gid: 5, Mode: 0o100755}, status{fsuid: 100000, capEff: 1 << capDACOverride}, false},
		{dir, &unix.Statx_t{Uid: 100001, Gid: 100005, Mode: 0o100755}, status{fsuid: 100000, capEff: 1 << capDACOverride}, true},
		{dir, &unix.Statx_t{Uid: 100001, Gid: 5, Mode: 0o100755}, status{fsuid: 100000, capEff: 1 << capFOwner}, true},
	} {
		s := &scanner{status: c.as}
		if got := s.mayWrite(c.dir, c.st); got != c.want {
			t.Errorf("case %d: %v", i, got)
		}
	}
}

// TestStall has a process whose memory cannot be read: here a fifo that nobody
// writes to.
func TestStall(t *testing.T) {
	tr := newTree(t)
	tr.process(1, 0, "init", "init\x00")
	for pid := 10; pid < 200; pid++ {
		dir := tr.process(pid, 1, "p", "p\x00")
		if pid == 20 || pid == 30 || pid == 199 {
			if err := os.Remove(tr.path(dir + "cmdline")); err != nil {
				t.Fatal(err)
			}
			if err := unix.Mkfifo(tr.path(dir+"cmdline"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	tr.write("proc/31/status", statusOf(31, 31, 30, 0, 0, ""))
	defer func() { // lets the threads that hang go
		for _, pid := range []string{"20", "30", "199"} {
			if fd, err := unix.Open(tr.path("proc/"+pid+"/cmdline"), unix.O_WRONLY|unix.O_NONBLOCK, 0); err == nil {
				unix.Close(fd)
			}
		}
	}()
	snap, stats, err := Take(Options{Root: tr.dir, StallTimeout: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if stats.Stalled != 3 || stats.Processes != 191 {
		t.Errorf("%+v", stats)
	}
	for i, th := range snap.Threads {
		hung := th.PID == 20 || th.PID == 30 || th.PID == 199
		if th.Comm == "" || hung != (th.Exe == "") || i > 0 && th.TID <= snap.Threads[i-1].TID {
			t.Errorf("%+v", th)
		}
	}

	// Of an ancestor that stalls there is its name still.
	snap, stats, err = Take(Options{Root: tr.dir, StallTimeout: 300 * time.Millisecond, Keep: func(p Process) bool { return p.PID == 31 }})
	if err != nil {
		t.Fatal(err)
	}
	if len(snap.Threads) != 3 || snap.Threads[1].TID != 30 || snap.Threads[1].Comm != "p" || snap.Threads[1].UID != unknownID || stats.Stalled != 1 {
		t.Errorf("%+v\n%+v", stats, snap.Threads)
	}
}

func TestLimits(t *testing.T) {
	tr := newTree(t)
	dir := tr.process(1, 0, "c", strings.Repeat("a", 2000)+"\x00"+strings.Repeat("b", 3000)+"\x00")
	tr.write(dir+"environ", strings.Repeat("A=1234\x00", 1000))
	tr.write(dir+"cgroup", strings.Repeat("1:cpu:/"+strings.Repeat("c", 90)+"\n", 100))
	tr.link(dir+"cwd", "/"+strings.Repeat("d", 2000))
	snap, _, err := Take(Options{Root: tr.dir})
	if err != nil {
		t.Fatal(err)
	}
	th := snap.Threads[0]
	if len(th.Exe) != maxPathBytes || len(th.Args) != 4096-2001 || !strings.HasSuffix(th.Args, "b\x00") {
		t.Errorf("exe of %d bytes, args of %d", len(th.Exe), len(th.Args))
	}
	if len(th.Env) != 4096 || !strings.HasSuffix(th.Env, "\x00") || len(th.Cgroups) > 4096 || len(th.Cgroups) < 3900 || len(th.Cwd) != maxPathBytes {
		t.Errorf("env of %d bytes, cgroups of %d, cwd of %d", len(th.Env), len(th.Cgroups), len(th.Cwd))
	}
	snap, _, err = Take(Options{Root: tr.dir, Env: EnvNone, ArgsBytes: 10, Redact: func(s string) string { return s + strings.Repeat("r", 100) }})
	if err != nil {
		t.Fatal(err)
	}
	if th := snap.Threads[0]; th.Env != "" || th.Exe != "aaaaaaaaa" || th.Args != "" {
		t.Errorf("%+v", th)
	}
}

func TestKeep(t *testing.T) {
	tr := newTree(t)
	tr.process(1, 0, "init", "init\x00")
	tr.process(10, 1, "sshd", "sshd\x00-D\x00")
	tr.process(11, 10, "shell", "sh\x00")
	tr.process(12, 11, "child", "child\x00x\x00")
	tr.process(13, 1, "other", "other\x00")
	tr.write("proc/11/environ", "A=1\x00")
	snap, stats, err := Take(Options{Root: tr.dir, Env: EnvAll, OnlyUsersOfThreads: true, Keep: func(p Process) bool { return p.Comm == "shell" }})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, th := range snap.Threads {
		got = append(got, fmt.Sprintf("%d %d %s %s args=%q env=%q uid=%d cgroups=%d", th.PID, th.PTID, th.Comm, th.Exe, th.Args, th.Env, int32(th.UID), len(th.Cgroups)))
	}
	all := len("cpuset=/.cpu=/.io=/.memory=/.pids=/.")
	want := []string{
		`1 0 init init args="" env="" uid=-1 cgroups=0`,
		`10 1 sshd sshd args="" env="" uid=-1 cgroups=0`,
		fmt.Sprintf(`11 10 shell sh args="" env="A=1\x00" uid=0 cgroups=%d`, all),
		fmt.Sprintf(`12 11 child child args="x\x00" env="" uid=0 cgroups=%d`, all),
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if stats.Filtered != 3 || len(snap.Users) != 1 || snap.Users[0].Name != "root" {
		t.Errorf("%+v, users %+v", stats, snap.Users)
	}
}
