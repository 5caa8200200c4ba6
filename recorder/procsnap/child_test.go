//go:build linux

package procsnap

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// childKey names the variable that makes the test program a child of a test.
const childKey = "PROCSNAP_TEST_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(childKey) {
	case "":
		os.Exit(m.Run())
	case "open":
		childOpen()
	case "jail":
		childJail()
		childOpen()
	case "threads":
		childThreads()
	case "churn":
		childChurn()
	}
	waitForEnd()
}

// waitForEnd returns when the test lets go.
func waitForEnd() { _, _ = io.Copy(io.Discard, os.Stdin) }

// ready tells the test what there is.
func ready(v any) {
	if err := json.NewEncoder(os.Stdout).Encode(v); err != nil {
		os.Exit(1)
	}
}

// startChild runs this program as a child of some kind, waits until it is
// ready, and reads what it says.
func startChild(t testing.TB, kind string, report any, change func(*exec.Cmd)) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = []string{childKey + "=" + kind}
	cmd.Dir = t.TempDir()
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(cmd)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		done := make(chan struct{})
		go func() { cmd.Wait(); close(done) }()
		select {
		case <-done:
		case <-time.After(5 * time.Second):
			cmd.Process.Kill()
			<-done
		}
	})
	if err := json.NewDecoder(out).Decode(report); err != nil {
		t.Fatalf("child %s: %v", kind, err)
	}
	return cmd
}

// opened is what a child has opened, by kind. What a kernel does not have is
// missing, with its error.
type opened struct {
	FDs    map[string]int
	Addrs  map[string]string // of sockets: local, and remote behind a blank
	Errors map[string]string
}

func (o *opened) add(kind string, fd int, err error) {
	if err != nil {
		o.Errors[kind] = err.Error()
		return
	}
	o.FDs[kind] = fd
}

// file keeps an fd beyond the life of what opened it.
func (o *opened) file(kind string, f interface{ File() (*os.File, error) }, addr string) {
	file, err := f.File()
	if err != nil {
		o.Errors[kind] = err.Error()
		return
	}
	fd, err := unix.Dup(int(file.Fd()))
	o.add(kind, fd, err)
	o.Addrs[kind] = addr
}

func sys(nr uintptr, args ...uintptr) (int, error) {
	var a [6]uintptr
	copy(a[:], args)
	r, _, errno := unix.Syscall6(nr, a[0], a[1], a[2], a[3], a[4], a[5])
	if errno != 0 {
		return -1, errno
	}
	return int(r), nil
}

// childJail goes into another root, and becomes another user.
func childJail() {
	for _, err := range []error{
		syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 777, Max: 888}), syscall.Chroot("."), syscall.Chdir("/work"),
		syscall.Setgroups([]int{12347}), syscall.Setresgid(12348, 12346, 12348), syscall.Setresuid(12349, 12345, 12349),
	} {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

// childOpen opens an fd of every kind, in its working directory.
func childOpen() {
	o := &opened{map[string]int{}, map[string]string{}, map[string]string{}}
	open := func(kind, name string, flags int) {
		fd, err := unix.Open(name, flags, 0o600)
		o.add(kind, fd, err)
	}
	open("file", "file", unix.O_RDWR|unix.O_CREAT|unix.O_APPEND|unix.O_CLOEXEC|unix.O_SYNC)
	open("deleted", "deleted", unix.O_WRONLY|unix.O_CREAT|unix.O_NONBLOCK)
	_ = os.Remove("deleted")
	open("tmpfile", ".", unix.O_RDWR|unix.O_TMPFILE)
	open("directory", ".", unix.O_RDONLY|unix.O_DIRECTORY)
	open("path", "file", unix.O_PATH)
	open("device", "/dev/null", unix.O_RDONLY)
	_ = unix.Mkfifo("fifo", 0o600)
	open("fifo", "fifo", unix.O_RDWR)
	open("namespace", "/proc/self/ns/net", unix.O_RDONLY)
	open("newline", "new\nline", unix.O_RDWR|unix.O_CREAT)
	var pipe [2]int
	err := unix.Pipe2(pipe[:], 0)
	o.add("pipe", pipe[0], err)

	fd, err := unix.Eventfd(0, 0)
	o.add("eventfd", fd, err)
	fd, err = unix.EpollCreate1(0)
	o.add("epoll", fd, err)
	fd, err = unix.TimerfdCreate(unix.CLOCK_MONOTONIC, 0)
	o.add("timerfd", fd, err)
	fd, err = unix.Signalfd(-1, &unix.Sigset_t{}, 0)
	o.add("signalfd", fd, err)
	fd, err = unix.InotifyInit1(0)
	o.add("inotify", fd, err)
	fd, err = unix.MemfdCreate("mem", 0)
	o.add("memfd", fd, err)
	fd, err = unix.PidfdOpen(os.Getpid(), 0)
	o.add("pidfd", fd, err)
	fd, err = sys(unix.SYS_USERFAULTFD, unix.O_NONBLOCK)
	o.add("userfaultfd", fd, err)
	var params [120]byte // struct io_uring_params
	fd, err = sys(unix.SYS_IO_URING_SETUP, 1, uintptr(unsafe.Pointer(&params)))
	o.add("io_uring", fd, err)
	attr := [4]uint32{unix.BPF_MAP_TYPE_ARRAY, 4, 4, 1}
	fd, err = sys(unix.SYS_BPF, unix.BPF_MAP_CREATE, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr))
	o.add("bpf", fd, err)
	fd, err = unix.FanotifyInit(0, 0)
	o.add("fanotify", fd, err)

	childSockets(o)
	ready(o)
	runtime.KeepAlive(o)
}

func childSockets(o *opened) {
	listen := func(kind, network, addr string) net.Listener {
		l, err := net.Listen(network, addr)
		if err != nil {
			o.Errors[kind] = err.Error()
			return nil
		}
		o.file(kind, l.(interface{ File() (*os.File, error) }), l.Addr().String())
		return l
	}
	dial := func(kind, network, addr string) {
		c, err := net.Dial(network, addr)
		if err != nil {
			o.Errors[kind] = err.Error()
			return
		}
		o.file(kind, c.(interface{ File() (*os.File, error) }), c.LocalAddr().String()+" "+c.RemoteAddr().String())
	}
	if l := listen("tcp4 server", "tcp4", "127.0.0.1:0"); l != nil {
		dial("tcp4", "tcp4", l.Addr().String())
	}
	if l := listen("tcp6 server", "tcp6", "[::1]:0"); l != nil {
		dial("tcp6", "tcp6", l.Addr().String())
	}
	packet := func(kind, network, addr string) {
		c, err := net.ListenPacket(network, addr)
		if err != nil {
			o.Errors[kind] = err.Error()
			return
		}
		o.file(kind, c.(interface{ File() (*os.File, error) }), c.LocalAddr().String())
	}
	packet("udp4 server", "udp4", "127.0.0.1:0")
	packet("udp6 server", "udp6", "[::1]:0")
	dial("udp4", "udp4", "127.0.0.1:9")
	dial("udp6", "udp6", "[::1]:9")
	if l := listen("unix server", "unix", "sock"); l != nil {
		dial("unix", "unix", "sock")
	}
	listen("unix abstract", "unix", fmt.Sprintf("@procsnap-%d", os.Getpid()))
	socket := func(kind string, family, typ, proto int) {
		fd, err := unix.Socket(family, typ, proto)
		o.add(kind, fd, err)
	}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
	o.add("unix pair", pair[0], err)
	socket("raw4", unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP)
	socket("raw6", unix.AF_INET6, unix.SOCK_RAW, unix.IPPROTO_ICMPV6)
	socket("tcp4 unbound", unix.AF_INET, unix.SOCK_STREAM, 0)
	socket("tcp6 unbound", unix.AF_INET6, unix.SOCK_STREAM, 0)
	socket("udp4 unbound", unix.AF_INET, unix.SOCK_DGRAM, 0)
	socket("udp6 unbound", unix.AF_INET6, unix.SOCK_DGRAM, 0)
	socket("netlink unbound", unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_ROUTE)
	socket("netlink", unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_ROUTE)
	if fd, ok := o.FDs["netlink"]; ok {
		if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
			o.Errors["netlink bind"] = err.Error()
		}
	}
	socket("packet", unix.AF_PACKET, unix.SOCK_DGRAM, 0)
}

// childThreads has a thread with a name of its own, and ends its first thread.
func childThreads() {
	runtime.LockOSThread() // the main goroutine is on the first thread
	named := make(chan int)
	go func() {
		runtime.LockOSThread()
		name := append([]byte("second thread"), 0)
		_ = unix.Prctl(unix.PR_SET_NAME, uintptr(unsafe.Pointer(&name[0])), 0, 0, 0)
		named <- unix.Gettid()
		waitForEnd()
		os.Exit(0)
	}()
	tid := <-named
	go func() {
		// Ready once the first thread is a zombie.
		for {
			b, err := os.ReadFile(fmt.Sprintf("/proc/self/task/%d/stat", os.Getpid()))
			if err != nil || strings.Contains(string(b), ") Z ") {
				break
			}
			time.Sleep(time.Millisecond)
		}
		ready(tid)
	}()
	syscall.RawSyscall(syscall.SYS_EXIT, 0, 0, 0)
}

// childChurn starts and ends processes as fast as it can, until it is let go.
func childChurn() {
	end := make(chan struct{})
	go func() { waitForEnd(); close(end) }()
	ready(0)
	for {
		select {
		case <-end:
			os.Exit(0)
		default:
		}
		cmd := exec.Command("/bin/true")
		_ = cmd.Run()
	}
}
