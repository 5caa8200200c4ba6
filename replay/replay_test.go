package replay

import (
	"slices"
	"testing"

	. "falcoreplay/internal/eventtest"
	"falcoreplay/scap"
	"falcoreplay/scap/event"
)

const sec = 1_000_000_000

// testHost is a host with init and a shell, 100, whose standard input is a
// terminal.
func testHost(t *testing.T) *Host {
	t.Helper()
	return New(&scap.Snapshot{
		Machine: scap.Machine{Hostname: "box"},
		Threads: []scap.Thread{
			{TID: 1, PID: 1, VTID: 1, VPID: 1, Comm: "init", Exe: "/sbin/init", Cwd: "/", SID: 1, PGID: 1, VPGID: 1},
			{TID: 100, PID: 100, PTID: 1, VTID: 100, VPID: 100, Comm: "sh", Exe: "-sh", ExePath: "/bin/sh", Cwd: "/home/a",
				Args: "-l\x00", Env: "A=b\x00", SID: 100, PGID: 100, VPGID: 100, UID: 7, LoginUID: 7, TTY: 34816},
		},
		FDs:        []scap.FDs{{TID: 100, FDs: []scap.FD{{FD: 0, Type: scap.FDFileV2, Name: "/dev/pts/0"}}}},
		Interfaces: []scap.Interface{{Name: "eth0", Addr: [16]byte{10, 0, 0, 5}, Netmask: [16]byte{255, 255, 255, 0}}},
		Users:      []scap.User{{UID: 7, GID: 7, Name: "ann", Home: "/home/a", Shell: "/bin/sh"}},
		Groups:     []scap.Group{{GID: 7, Name: "staff"}},
	})
}

// clone is the return from clone in the creator (child > 0) or in the child.
func clone(tid, child int64, ts uint64, pid, ptid int64, flags uint32, ids ...any) *event.Event {
	params := []any{child, "sh", Texts{"-l"}, tid, pid, ptid, "", 1024, 0, 0, 100, 50, 0, "sh", Texts{"cpuset=/"}, flags, 7, 7}
	return Make(event.SyscallClone20X, tid, ts, append(params, ids...)...)
}

func execve(tid int64, ts uint64, comm, path string, args ...string) *event.Event {
	return Make(event.SyscallExecve19X, tid, ts, 0, path, Texts(args), tid, tid, 100, "", 1024, 0, 0, 200, 90, 0, comm,
		Texts{"cpuset=/"}, Texts{"A=c", "B=d"}, 34816, tid, 7, 0, 0, 3, 3, 99, 11*sec, 12*sec, 7, path, tid, 7)
}

func (h *Host) run(evs ...*event.Event) {
	for _, ev := range evs {
		h.Apply(ev)
	}
}

func TestProcessLife(t *testing.T) {
	h := testHost(t)
	h.run(clone(100, 200, 20*sec, 100, 1, 0, 100, 100))
	child := h.Thread(200)
	if child == nil || child.PTID != 100 || child.CWD() != "/home/a/" || child.Env[0] != "A=b" || child.TTY != 34816 ||
		child.LoginUID != 7 || child.ExePath != "/bin/sh" || child.CmdLine != "sh -l" && child.CmdLine != "" {
		t.Fatalf("child is %+v", child)
	}
	if f := child.FD(0); f == nil || f.Name != "/dev/pts/0" || f.Flags&FDCloned == 0 || f == h.Thread(100).FD(0) {
		t.Errorf("child's standard input is %+v", f)
	}
	h.run(clone(200, 0, 20*sec+5, 200, 100, 0, 200, 200))
	if h.Thread(200) != child {
		t.Error("the child's own return from clone replaced it")
	}

	h.run(execve(200, 21*sec, "ls", "/bin/ls", "-a", "/"))
	if child.Comm != "ls" || child.CmdLine != "ls -a /" || child.ExePath != "/bin/ls" || !slices.Equal(child.Env, []string{"A=c", "B=d"}) ||
		child.LastExecTS != 21*sec || child.ExeInoCtimeDurationClone != 9*sec {
		t.Errorf("after execve: %+v", child)
	}

	exit := Make(event.Procexit1E, 200, 22*sec, 0, 0, 0, 0, 0)
	h.run(exit)
	if h.Current.Thread != child || h.Thread(200) == nil {
		t.Error("an exiting thread is gone before its exit event is judged")
	}
	h.run(Make(event.SyscallGetcwdX, 100, 23*sec, 8, "/home/a"))
	if h.Thread(200) != nil {
		t.Error("an exited thread is still there")
	}
}

func TestLateReturnFromClone(t *testing.T) {
	h := testHost(t)
	h.run(
		clone(200, 0, 20*sec, 200, 100, 0, 200, 200),
		Make(event.Procexit1E, 200, 20*sec+10, 0, 0, 0, 0, 0),
		clone(100, 200, 20*sec+20, 100, 1, 0, 100, 100),
	)
	if h.Thread(200) != nil {
		t.Error("the creator's return from clone brought an exited child back")
	}
}

func TestThreadsShareFDs(t *testing.T) {
	h := testHost(t)
	h.run(clone(100, 201, 20*sec, 100, 1, CloneThread|CloneFiles, 100, 100))
	thread := h.Thread(201)
	if thread == nil || thread.PID != 100 || thread.PTID != 1 || thread.Main() != h.Thread(100) || thread.Group.Alive() != 2 {
		t.Fatalf("thread is %+v", thread)
	}
	h.run(Make(event.SyscallOpenat_2X, 201, 21*sec, 3, -100, "../b/file", 1, 0, 0, 77))
	if f := h.Thread(100).FD(3); f == nil || f.Name != "/home/b/file" || f.NameRaw != "../b/file" || f.Ino != 77 {
		t.Errorf("the main thread sees %+v", f)
	}
	h.run(Make(event.Procexit1E, 100, 22*sec, 0, 0, 0, 0, 0), Make(event.SyscallGetcwdX, 201, 23*sec, -1, nil))
	if m := h.Thread(100); m == nil || !m.IsDead() || thread.FD(3) == nil {
		t.Error("the main thread went before its last thread")
	}
	h.run(Make(event.Procexit1E, 201, 24*sec, 0, 0, 0, 0, 0), Make(event.SyscallGetcwdX, 1, 25*sec, -1, nil))
	if h.Thread(100) != nil || h.Thread(201) != nil {
		t.Error("a process outlived its last thread")
	}
}

func TestReparenting(t *testing.T) {
	h := testHost(t)
	h.run(
		clone(100, 200, 20*sec, 100, 1, 0, 100, 100),
		clone(200, 300, 20*sec, 200, 100, 0, 200, 200),
		Make(event.SyscallPrctlX, 100, 20*sec, 0, prSetChildSubreaper, "1", 1),
		Make(event.Procexit1E, 200, 21*sec, 0, 0, 0, 0, 0),
		Make(event.SyscallGetcwdX, 300, 22*sec, -1, nil),
	)
	if p := h.Thread(300).PTID; p != 100 {
		t.Errorf("the subreaper 100 should have adopted 300, but %d did", p)
	}
	h.run(
		Make(event.Procexit1E, 100, 23*sec, 0, 0, 0, 0, 1),
		Make(event.SyscallGetcwdX, 300, 24*sec, -1, nil),
	)
	if p := h.Thread(300).PTID; p != 1 {
		t.Errorf("init should have adopted 300, as the event says, but %d did", p)
	}
}

func TestUnknownThread(t *testing.T) {
	h := testHost(t)
	h.Skip(Make(event.SyscallGetcwdX, 555, 20*sec, -1, nil))
	if th := h.Thread(555); th == nil || th.Comm != "<NA>" || !th.IsInvalid() || th.CWD() != "./" {
		t.Errorf("a thread that nothing was told of is %+v", th)
	}
	h.run(Make(event.Procexit1E, 556, 21*sec, 0, 0, 0, 0, 0))
	if h.Thread(556) != nil || h.Current.Thread != nil {
		t.Error("an exit made a thread")
	}
}

func TestFDs(t *testing.T) {
	h := testHost(t)
	fd := func(num int64) *FD { return h.Thread(100).FD(num) }
	h.run(
		Make(event.SyscallOpenat_2X, 100, 20*sec, 5, -100, "dir", openDirectory|openCloexec, 0, 0, 1),
		Make(event.SyscallOpenat_2X, 100, 20*sec, 6, 5, "in/./side", 1|openUpperLayer, 0, 0, 2),
		Make(event.SyscallOpenat_2X, 100, 20*sec, 7, 99, "lost", 1, 0, 0, 2),
		Make(event.SyscallDup1X, 100, 20*sec, 8, 5),
		Make(event.SyscallDup3X, 100, 20*sec, 9, 6, 9, openCloexec),
	)
	for num, want := range map[int64]string{5: "/home/a/dir", 6: "/home/a/dir/in/side", 7: "<UNKNOWN>lost", 8: "/home/a/dir", 9: "/home/a/dir/in/side"} {
		if f := fd(num); f == nil || f.Name != want {
			t.Errorf("fd %d is %+v, want %s", num, f, want)
		}
	}
	if fd(5).Type != FDDirectory || fd(6).Type != FDFileV2 || fd(6).Flags&FDOverlayUpper == 0 {
		t.Errorf("types: %+v, %+v", fd(5), fd(6))
	}
	h.run(execve(100, 21*sec, "sh", "/bin/sh"))
	if fd(5) != nil || fd(9) != nil || fd(6) == nil || fd(8) == nil {
		t.Error("execve closes what has the flag, and nothing else")
	}
	h.run(Make(event.SyscallCloseX, 100, 22*sec, 0, 6))
	if h.Current.FD == nil || h.Current.FD.Name != "/home/a/dir/in/side" {
		t.Error("a file is gone before its close is judged")
	}
	h.run(Make(event.SyscallCloseRangeX, 100, 23*sec, 0, 8, 1000, 0))
	if fd(6) != nil || fd(8) != nil || fd(0) == nil {
		t.Error("close and close_range")
	}
}

func TestSockets(t *testing.T) {
	h := testHost(t)
	fd := func(num int64) *FD { return h.Thread(100).FD(num) }
	h.run(
		Make(event.SocketSocketX, 100, 20*sec, 3, afInet, sockStream, 0),
		Make(event.SocketConnectX, 100, 20*sec, errInProgress, Tuple("10.0.0.5:4444->93.184.216.34:443"), 3, Addr("93.184.216.34:443")),
	)
	if f := fd(3); f.Name != "10.0.0.5:4444->93.184.216.34:443" || !f.IsRoleClient() || f.Proto() != L4TCP || !h.Current.FDNameChanged {
		t.Errorf("after connect: %+v", f)
	}
	h.run(
		Make(event.SocketSocketX, 100, 21*sec, 4, afInet, sockDgram, 0),
		Make(event.SocketBindX, 100, 21*sec, 0, Addr("10.0.0.5:53"), 4),
	)
	if f := fd(4); f.Type != FDIPv4Server || f.Name != "10.0.0.5:53" || !f.IsRoleServer() {
		t.Errorf("after bind: %+v", f)
	}
	h.run(Make(event.SocketRecvfromX, 100, 22*sec, 3, Raw("abc"), Tuple("10.0.0.9:999->10.0.0.5:53"), 4, 512))
	if f := fd(4); f.Type != FDIPv4 || f.Name != "10.0.0.9:999->10.0.0.5:53" || f.DstPort != 53 || f.Proto() != L4UDP {
		t.Errorf("after recvfrom: %+v", f)
	}
	h.run(Make(event.SocketSendtoX, 100, 22*sec, 3, Raw("abc"), 7, 3, Tuple("0.0.0.0:888->10.0.0.77:53")))
	if f := fd(7); f == nil || f.Name != "10.0.0.5:888->10.0.0.77:53" || !f.IsRoleClient() {
		t.Errorf("sendto on a socket of unknown origin: %+v", f)
	}
	h.run(Make(event.SocketAccept46X, 100, 23*sec, 12, Tuple("[::ffff:10.0.0.8]:80->[::ffff:10.0.0.5]:8080"), 0, 0, 5, openCloexec))
	if f := fd(12); f == nil || f.Type != FDIPv4 || f.Name != "10.0.0.8:80->10.0.0.5:8080" || !f.IsRoleServer() || f.OpenFlags != openCloexec {
		t.Errorf("after accept4: %+v", f)
	}
}
