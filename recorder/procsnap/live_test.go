//go:build linux

package procsnap

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"falcoreplay/internal/testenv"
	"falcoreplay/scap"
)

// take reads the process and its ancestors.
func take(t testing.TB, pid int, opts Options) (*scap.Snapshot, Stats) {
	t.Helper()
	opts.Keep = func(p Process) bool { return p.PID == pid }
	snap, stats, err := Take(opts)
	if err != nil {
		t.Fatal(err)
	}
	return snap, stats
}

func find(t testing.TB, snap *scap.Snapshot, tid int) scap.Thread {
	t.Helper()
	for _, th := range snap.Threads {
		if th.TID == int64(tid) {
			return th
		}
	}
	t.Fatalf("no thread %d in the snapshot", tid)
	return scap.Thread{}
}

func inode(t testing.TB, pid, fd int) uint64 {
	t.Helper()
	fi, err := os.Stat(fmt.Sprintf("/proc/%d/fd/%d", pid, fd))
	if err != nil {
		t.Fatal(err)
	}
	return fi.Sys().(*syscall.Stat_t).Ino
}

// TestFDs reads the fds of a child that has one of every kind. As root there
// are more kinds than without.
func TestFDs(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var o opened
	cmd := startChild(t, "open", &o, func(c *exec.Cmd) { c.Dir = dir })
	pid := cmd.Process.Pid
	snap, stats := take(t, pid, Options{})
	if stats.Stalled != 0 || stats.SocketsUnknown > 1 {
		t.Errorf("%+v", stats)
	}
	for kind, err := range o.Errors {
		t.Logf("no %s here: %s", kind, err)
	}
	fds := make(map[int]scap.FD)
	for _, l := range snap.FDs {
		if l.TID != int64(pid) {
			t.Errorf("fds of thread %d", l.TID)
		}
		for _, f := range l.FDs {
			fds[int(f.FD)] = f
		}
	}

	dev := deviceOf(t, dir)
	file := func(name string, flags uint32) scap.FD {
		return scap.FD{Type: scap.FDFileV2, Name: name, OpenFlags: flags, Dev: dev}
	}
	const rd, wr, rw, app, dsync, nonblock, sync, dirBit, large, cloexec, tmp = 1, 2, 3, 1 << 3, 1 << 4, 1 << 6, 1 << 7, 1 << 10, 1 << 11, 1 << 12, 1 << 13
	want := map[string]scap.FD{
		"file":        file(dir+"/file", rw|app|cloexec|sync|dsync|large),
		"deleted":     file(dir+"/deleted (deleted)", wr|nonblock|large),
		"newline":     file(dir+"/new\nline", rw|large),
		"path":        file(dir+"/file", rd),
		"directory":   {Type: scap.FDDirectory, Name: dir},
		"device":      {Type: scap.FDFileV2, Name: "/dev/null", OpenFlags: rd | large, Dev: deviceOf(t, "/dev/null")},
		"fifo":        {Type: scap.FDFIFO, Name: dir + "/fifo"},
		"eventfd":     {Type: scap.FDEvent},
		"epoll":       {Type: scap.FDEventPoll},
		"timerfd":     {Type: scap.FDTimerFD},
		"signalfd":    {Type: scap.FDSignalFD},
		"inotify":     {Type: scap.FDInotify},
		"memfd":       {Type: scap.FDMemFD, Name: "/memfd:mem (deleted)"},
		"pidfd":       {Type: scap.FDPIDFD},
		"userfaultfd": {Type: scap.FDUserfaultFD},
		"io_uring":    {Type: scap.FDIOURing},
		"bpf":         {Type: scap.FDBPF},
		"fanotify":    {Type: scap.FDUnsupported},

		"unix server":     {Type: scap.FDUnixSocket, Name: "sock"},
		"unix abstract":   {Type: scap.FDUnixSocket, Name: fmt.Sprintf("@procsnap-%d", pid)},
		"unix":            {Type: scap.FDUnixSocket},
		"unix pair":       {Type: scap.FDUnixSocket},
		"netlink":         {Type: scap.FDNetlink},
		"netlink unbound": {Type: scap.FDNetlink},
		"raw4":            {Type: scap.FDIPv4Server, L4Proto: 5, SrcPort: unix.IPPROTO_ICMP},
		"raw6":            {Type: scap.FDIPv6Server, L4Proto: 5, SrcPort: unix.IPPROTO_ICMPV6},
		"tcp4 unbound":    {Type: scap.FDIPv4Server, L4Proto: 2},
		"tcp6 unbound":    {Type: scap.FDIPv6Server, L4Proto: 2},
		"udp4 unbound":    {Type: scap.FDIPv4Server, L4Proto: 3},
		"udp6 unbound":    {Type: scap.FDIPv6Server, L4Proto: 3},
	}
	if fd, ok := o.FDs["tmpfile"]; ok {
		name, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", pid, fd))
		if err != nil {
			t.Fatal(err)
		}
		want["tmpfile"] = file(name, rw|tmp|dirBit|large)
	}
	if fd, ok := o.FDs["pipe"]; ok {
		want["pipe"] = scap.FD{Type: scap.FDFIFO, Name: fmt.Sprintf("pipe:[%d]", inode(t, pid, fd))}
	}
	if fd, ok := o.FDs["namespace"]; ok {
		f := fds[fd] // a file of a file system that is not mounted
		want["namespace"] = scap.FD{Type: scap.FDFileV2, Name: fmt.Sprintf("net:[%d]", inode(t, pid, fd)), OpenFlags: rd | large, Dev: f.Dev}
		var ns unix.Stat_t
		if err := unix.Stat("/proc/self/ns/net", &ns); err != nil || f.Dev != uint32(ns.Dev) {
			t.Errorf("namespace on device %#x, not %#x: %v", f.Dev, ns.Dev, err)
		}
	}
	for kind, addr := range o.Addrs {
		local, remote, connected := strings.Cut(addr, " ")
		if strings.HasPrefix(kind, "unix") {
			continue
		}
		f := scap.FD{L4Proto: map[string]uint8{"tcp": 2, "udp": 3}[kind[:3]]}
		four := kind[3] == '4'
		put := func(text string, ip *[16]byte, port *uint16) {
			a := netip.MustParseAddrPort(text)
			copy(ip[:], a.Addr().AsSlice())
			*port = a.Port()
		}
		put(local, &f.SrcIP, &f.SrcPort)
		f.Type = map[bool]scap.FDType{true: scap.FDIPv4Server, false: scap.FDIPv6Server}[four]
		if connected {
			put(remote, &f.DstIP, &f.DstPort)
			f.Type = map[bool]scap.FDType{true: scap.FDIPv4Socket, false: scap.FDIPv6Socket}[four]
		}
		want[kind] = f
	}

	for kind, fd := range o.FDs {
		got, ok := fds[fd]
		if kind == "packet" {
			if ok {
				t.Errorf("%s: %+v", kind, got)
			}
			continue
		}
		w, known := want[kind]
		if !known {
			t.Errorf("%s: nothing to compare with", kind)
		}
		w.FD, w.Ino = int64(fd), inode(t, pid, fd)
		if w.Type == scap.FDUnixSocket {
			w.UnixSrc = kernelAddress(t, w.Ino)
		}
		if got != w {
			t.Errorf("%s\ngot  %+v\nwant %+v", kind, got, w)
		}
	}
	if len(o.FDs) < 25 {
		t.Errorf("only %d kinds of fds: %v", len(o.FDs), o.Errors)
	}
}

// deviceOf is the device of the file system that a path is on, which stat does
// not tell for all (btrfs, overlay).
func deviceOf(t *testing.T, path string) (dev uint32) {
	b, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	longest := -1
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if point := f[4]; len(point) >= longest && (point == "/" || path == point || strings.HasPrefix(path, point+"/")) {
			var major, minor uint32
			if _, err := fmt.Sscanf(f[2], "%d:%d", &major, &minor); err != nil {
				t.Fatal(err)
			}
			longest, dev = len(point), uint32(unix.Mkdev(major, minor))
		}
	}
	return dev
}

// kernelAddress is what the kernel shows as the address of a unix socket.
func kernelAddress(t *testing.T, ino uint64) uint64 {
	b, err := os.ReadFile("/proc/net/unix")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) >= 7 && f[6] == fmt.Sprint(ino) {
			return number([]byte(strings.TrimSuffix(f[0], ":")), 16)
		}
	}
	t.Errorf("no unix socket %d", ino)
	return 0
}

// TestProcess reads a child in namespaces of its own, as another user, in
// another root, and checks every field of its thread.
func TestProcess(t *testing.T) {
	testenv.Root(t)
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for p := top; p != filepath.Dir(p) && p != os.TempDir(); p = filepath.Dir(p) {
		if err := os.Chmod(p, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(top+"/work", 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(top+"/work", 0o777); err != nil {
		t.Fatal(err)
	}
	now := uint64(time.Now().UnixNano())
	var o opened
	cmd := startChild(t, "jail", &o, func(c *exec.Cmd) {
		c.Args = []string{"argv zero", "one", "", "three four"}
		c.Env = append(c.Env, "PLAIN=value", "MY_PASSWORD=hidden")
		c.Dir = top
		c.SysProcAttr = &syscall.SysProcAttr{
			Setsid:     true,
			Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNET,
		}
	})
	pid := cmd.Process.Pid
	boot := now - monotonic(t)
	snap, stats := take(t, pid, Options{BootTime: boot})
	if stats.EnvMasked != 1 {
		t.Errorf("%+v", stats)
	}
	got := find(t, snap, pid)

	proc := fmt.Sprintf("/proc/%d/", pid)
	cgroup, err := os.ReadFile(proc + "cgroup")
	if err != nil {
		t.Fatal(err)
	}
	for _, pair := range strings.Split(strings.TrimSuffix(got.Cgroups, "\x00"), "\x00") {
		name, path, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(pair, "name=") {
			name = pair[:strings.LastIndexByte(pair, '=')]
			path = pair[len(name)+1:]
		}
		v1 := strings.Contains(string(cgroup), name+":"+path+"\n") || strings.Contains(string(cgroup), name+",")
		if !v1 && !strings.Contains(string(cgroup), "0::"+path) {
			t.Errorf("cgroup %q is not in\n%s", pair, cgroup)
		}
	}
	var exe unix.Stat_t
	if err := unix.Stat("/proc/self/exe", &exe); err != nil {
		t.Fatal(err)
	}
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	loginUID := uint32(unknownID)
	if b, err := os.ReadFile(proc + "loginuid"); err == nil {
		loginUID = uint32(number(b, 10))
	}
	if got.PIDNSInitStart < now-2e9 || got.PIDNSInitStart > now+10e9 {
		t.Errorf("pid namespace began at %d, now is %d", got.PIDNSInitStart, now)
	}
	if got.VMSizeKB == 0 || got.VMRSSKB == 0 || got.VMRSSKB > got.VMSizeKB || got.MinorFaults == 0 {
		t.Errorf("figures: %+v", got)
	}
	want := scap.Thread{
		TID: int64(pid), PID: int64(pid), PTID: int64(os.Getpid()), SID: int64(pid), VPGID: 1, PGID: int64(pid), VTID: 1, VPID: 1,
		Comm: "exe", Exe: "argv zero", ExePath: program, Args: "one\x00\x00three four\x00",
		Env:     childKey + "=jail\x00PLAIN=value\x00MY_PASSWORD=***\x00",
		Cgroups: got.Cgroups, Cwd: top + "/work", Root: top, FDLimit: 777, UID: 12345, GID: 12346, LoginUID: loginUID,
		VMSizeKB: got.VMSizeKB, VMRSSKB: got.VMRSSKB, VMSwapKB: got.VMSwapKB, MajorFaults: got.MajorFaults, MinorFaults: got.MinorFaults,
		PIDNSInitStart: got.PIDNSInitStart,
		ExeIno:         exe.Ino, ExeInoCtime: uint64(exe.Ctim.Nano()), ExeInoMtime: uint64(exe.Mtim.Nano()),
	}
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	for _, th := range snap.Threads {
		if th.PID != int64(pid) || th.TID == int64(pid) {
			continue
		}
		if th.Flags != 1|1<<13 || th.VPID != 1 || th.VTID <= 1 || th.Exe != "argv zero" || th.Env != "" || th.UID != 12345 || th.PIDNSInitStart != got.PIDNSInitStart {
			t.Errorf("thread %+v", th)
		}
	}

	// It is its own network namespace's sockets that it has.
	found := false
	for _, l := range snap.FDs {
		for _, f := range l.FDs {
			found = found || int(f.FD) == o.FDs["unix server"] && f.Type == scap.FDUnixSocket && f.Name == "sock" && l.TID == int64(pid)
		}
	}
	if !found {
		t.Errorf("no unix socket %d in %+v", o.FDs["unix server"], snap.FDs)
	}
}

// monotonic is the time since the boot.
func monotonic(t *testing.T) uint64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts); err != nil {
		t.Fatal(err)
	}
	return uint64(ts.Nano())
}

// TestFirstThreadEnded reads a process whose first thread has ended.
func TestFirstThreadEnded(t *testing.T) {
	var tid int
	cmd := startChild(t, "threads", &tid, func(c *exec.Cmd) { c.Args = []string{"half", "dead"} })
	pid := cmd.Process.Pid
	snap, stats := take(t, pid, Options{Env: EnvAll})
	lead, second := find(t, snap, pid), find(t, snap, tid)
	exe, err := os.Readlink("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	if lead.Exe != "half" || lead.Args != "dead\x00" || lead.ExePath != exe || lead.Env != childKey+"=threads\x00" || lead.ExeIno == 0 {
		t.Errorf("%+v", lead)
	}
	if second.Comm != "second thread" || second.PID != int64(pid) || second.Cwd == "" || second.Flags != 1|1<<13 {
		t.Errorf("%+v", second)
	}
	if len(snap.FDs) != 1 || stats.FDs < 3 {
		t.Errorf("%+v, %+v", stats, snap.FDs)
	}
}

// TestTerminal reads a child that has a terminal, and rights like its parent's.
func TestTerminal(t *testing.T) {
	ptmx, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer ptmx.Close()
	n, err := unix.IoctlGetUint32(int(ptmx.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(ptmx.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("/dev/pts/%d", n)
	pts, err := os.OpenFile(name, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer pts.Close()
	var st unix.Stat_t
	if err := unix.Fstat(int(pts.Fd()), &st); err != nil {
		t.Fatal(err)
	}
	var o opened
	cmd := startChild(t, "open", &o, func(c *exec.Cmd) {
		c.Dir = t.TempDir()
		c.ExtraFiles = []*os.File{pts}
		c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 3}
	})
	snap, _, err := Take(Options{})
	if err != nil {
		t.Fatal(err)
	}
	child, self := find(t, snap, cmd.Process.Pid), find(t, snap, os.Getpid())
	if child.TTY != uint32(st.Rdev) || child.SID != child.PID || child.PGID != child.PID || child.VPGID != child.PID {
		t.Errorf("terminal %#x, not %#x: %+v", child.TTY, st.Rdev, child)
	}
	if child.CapPermitted != self.CapPermitted || child.CapEffective != self.CapEffective || child.CapInheritable != self.CapInheritable ||
		os.Geteuid() == 0 && self.CapEffective == 0 || child.UID != uint32(os.Geteuid()) || child.GID != uint32(os.Getegid()) {
		t.Errorf("%+v", child)
	}
	for _, l := range snap.FDs {
		for _, f := range l.FDs {
			if l.TID == child.TID && f.FD == 3 && (f.Type != scap.FDFileV2 || f.Name != name || f.Ino != st.Ino || f.Dev != deviceOf(t, name)) {
				t.Errorf("%+v", f)
			}
		}
	}
}

// TestExe reads what a program's file tells: in memory only, writable, removed.
func TestExe(t *testing.T) {
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Skip(err)
	}
	text, err := os.ReadFile(sleep)
	if err != nil {
		t.Fatal(err)
	}
	run := func(path string, args ...string) scap.Thread {
		t.Helper()
		cmd := exec.Command(path)
		cmd.Args = append([]string{"sleep"}, "60")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() { cmd.Process.Kill(); cmd.Wait() }()
		for _, f := range args {
			if err := os.Remove(f); err != nil {
				t.Fatal(err)
			}
		}
		snap, _ := take(t, cmd.Process.Pid, Options{})
		return find(t, snap, cmd.Process.Pid)
	}

	fd, err := unix.MemfdCreate("prog", unix.MFD_CLOEXEC)
	if err != nil {
		t.Skip(err)
	}
	mem := os.NewFile(uintptr(fd), "memfd")
	defer mem.Close()
	if _, err := mem.Write(text); err != nil {
		t.Fatal(err)
	}
	if th := run(fmt.Sprintf("/proc/self/fd/%d", fd)); !th.ExeFromMemfd || th.ExePath != "/memfd:prog (deleted)" || !th.ExeWritable || th.ExeIno == 0 {
		t.Errorf("in memory: %+v", th)
	}

	copied := filepath.Join(t.TempDir(), "copied")
	if err := os.WriteFile(copied, text, 0o755); err != nil {
		t.Fatal(err)
	}
	if th := run(copied, copied); th.ExeFromMemfd || !th.ExeWritable || th.ExePath != copied+" (deleted)" || th.ExeInoMtime == 0 || th.Comm != "copied" {
		t.Errorf("removed: %+v", th)
	}
}

// TestOverlay runs a program of each layer of an overlay file system.
func TestOverlay(t *testing.T) {
	testenv.Root(t)
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Skip(err)
	}
	text, err := os.ReadFile(sleep)
	if err != nil {
		t.Fatal(err)
	}
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{"lower", "upper", "work", "merged"} {
		if err := os.Mkdir(filepath.Join(top, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(top+"/lower/low", text, 0o755); err != nil {
		t.Fatal(err)
	}
	opts := fmt.Sprintf("lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work", top, top, top)
	if err := unix.Mount("overlay", top+"/merged", "overlay", 0, opts); err != nil {
		t.Skipf("no overlay file systems here: %v", err)
	}
	defer unix.Unmount(top+"/merged", unix.MNT_DETACH)
	if err := os.WriteFile(top+"/merged/up", text, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, upper := range map[string]bool{"low": false, "up": true} {
		cmd := exec.Command(top+"/merged/"+name, "60")
		cmd.Args[0] = "sleep" // busybox goes by it
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		snap, _ := take(t, cmd.Process.Pid, Options{})
		if th := find(t, snap, cmd.Process.Pid); th.ExeUpperLayer != upper || th.ExeLowerLayer == upper {
			t.Errorf("%s: %+v", name, th)
		}
		cmd.Process.Kill()
		cmd.Wait()
	}
}

// TestChurn reads a process list that changes meanwhile.
func TestChurn(t *testing.T) {
	for range runtime.NumCPU() {
		startChild(t, "churn", new(int), nil)
	}
	self := os.Getpid()
	vanished, rounds := 0, 60
	if testing.Short() {
		rounds = 10
	}
	for range rounds {
		snap, stats, err := Take(Options{Env: EnvNone})
		if err != nil {
			t.Fatal(err)
		}
		vanished += stats.Vanished + stats.Zombies
		seen := make(map[int64]bool)
		for i, th := range snap.Threads {
			if seen[th.TID] {
				t.Fatalf("thread %d twice", th.TID)
			}
			seen[th.TID] = true
			if th.TID <= 0 || th.PID <= 0 || th.Comm == "" || th.VTID <= 0 || th.VPID <= 0 {
				t.Fatalf("thread %d of %d: %+v", i, len(snap.Threads), th)
			}
		}
		if th := find(t, snap, self); th.PTID != int64(os.Getppid()) || th.ExePath == "" {
			t.Errorf("%+v", th)
		}
		if stats.Stalled != 0 || stats.Threads != len(snap.Threads) {
			t.Errorf("%+v", stats)
		}
	}
	t.Logf("%d processes and threads ended while they were read, in %d snapshots", vanished, rounds)
}

// TestHost holds the snapshot of this host against other sources.
func TestHost(t *testing.T) {
	snap, _, err := Take(Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := snap.Machine
	host, _ := os.Hostname()
	now := uint64(time.Now().UnixNano())
	boot := now - monotonic(t)
	if m.Hostname != host || int(m.CPUs) < runtime.NumCPU() || m.MaxPID < 300 || m.BootTime > boot+2e9 || m.BootTime+2e9 < boot {
		t.Errorf("%+v", m)
	}
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil || m.MemoryBytes != info.Totalram*uint64(info.Unit) {
		t.Errorf("memory %d, not %d", m.MemoryBytes, info.Totalram*uint64(info.Unit))
	}
	if !snap.HasInterfaces {
		t.Error("no interfaces")
	}
	v6 := false
	for _, i := range snap.Interfaces {
		if v6 && !i.IPv6 {
			t.Error("IPv4 behind IPv6")
		}
		v6 = i.IPv6
		if i.Name == "lo" && !i.IPv6 && (i.Addr[0] != 127 || i.Netmask[0] != 255) {
			t.Errorf("%+v", i)
		}
	}
}
