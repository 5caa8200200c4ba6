// Command helper does what a shell cannot, for the scenarios beside it.
//
//	helper memfd NAME PROGRAM ARG...   runs a copy of the program that lies in memory only, under the name
//	helper attach                 attaches to a child with ptrace
//	helper inject                 takes a child over with ptrace, and writes what there is into its memory and registers
//	helper traceme                asks to be traced, as programs do that will not be debugged
//	helper udp PORT               sends a datagram to this machine's own address
//	helper datagram ADDRESS:PORT  sends a datagram there
//	helper setuid UID             becomes another user
//	helper truncate FILE          empties a file
//	helper packet                 opens a packet socket
//	helper serve DIRECTORY COMMAND ARG...   serves the directory over HTTP while the command runs, its address in $URL
//	helper listen ADDRESS         waits at ADDRESS:PORT or at a socket's path for a connection, says "exit" to it and waits for its end
//	helper send ADDRESS           connects to it, and reads what is said
//	helper mknod FILE             makes an ordinary file by the call for devices
//	helper bpf                    loads an eBPF program that lets nothing pass, and attaches it to nothing
//	helper stdin ADDRESS:PORT     connects to it, as its standard input
//	helper tmpfile DIRECTORY      opens a file without a name there
//	helper userns                 asks for a user namespace, which a program of several threads does not get
//	helper insmod FILE            asks the kernel to load the file as a module
//	helper get URL SECONDS        fetches it again and again
package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

func main() {
	if len(os.Args) < 2 {
		fatal(fmt.Errorf("no command"))
	}
	do, ok := commands[os.Args[1]]
	if !ok {
		fatal(fmt.Errorf("no command %q", os.Args[1]))
	}
	if err := do(os.Args[2:]); err != nil {
		fatal(fmt.Errorf("%s: %w", os.Args[1], err))
	}
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "helper:", err)
	os.Exit(1)
}

var commands = map[string]func(args []string) error{
	"memfd": memfd, "attach": attach, "traceme": traceme, "udp": udp, "setuid": setuid, "truncate": truncate, "packet": packet,
	"serve": serve, "get": get, "listen": listen, "send": send, "insmod": insmod,
	"inject": inject, "datagram": datagram, "stdin": stdin, "tmpfile": tmpfile, "userns": userns,
	"mknod": mknod, "bpf": bpf,
}

func memfd(args []string) error {
	b, err := os.ReadFile(args[1])
	if err != nil {
		return err
	}
	fd, err := unix.MemfdCreate(args[0], unix.MFD_CLOEXEC)
	if err != nil {
		return err
	}
	if _, err := unix.Write(fd, b); err != nil {
		return err
	}
	return unix.Exec(fmt.Sprintf("/proc/self/fd/%d", fd), args[1:], os.Environ())
}

// traced starts a program, has stop take it over and do go on with it, and ends
// it.
func traced(stop, do func(pid int) error) error {
	runtime.LockOSThread()
	cmd := exec.Command("/bin/sleep", "5")
	if err := cmd.Start(); err != nil {
		return err
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	pid := cmd.Process.Pid
	if err := stop(pid); err != nil {
		return err
	}
	var status unix.WaitStatus
	if _, err := unix.Wait4(pid, &status, unix.WALL, nil); err != nil {
		return err
	}
	return do(pid)
}

func attach([]string) error { return traced(unix.PtraceAttach, unix.PtraceDetach) }

func inject([]string) error {
	return traced(func(pid int) error {
		if err := unix.PtraceSeize(pid); err != nil {
			return err
		}
		return unix.PtraceInterrupt(pid)
	}, rewriteWord)
}

// rewriteWord changes nothing: it writes what it has read.
func rewriteWord(pid int) error {
	var regs syscall.PtraceRegs
	if err := syscall.PtraceGetRegs(pid, &regs); err != nil {
		return err
	}
	word := make([]byte, 8)
	at := uintptr(regs.PC())
	if _, err := syscall.PtracePeekText(pid, at, word); err != nil {
		return err
	}
	if _, err := syscall.PtracePokeText(pid, at, word); err != nil {
		return err
	}
	if err := syscall.PtraceSetRegs(pid, &regs); err != nil {
		return err
	}
	return syscall.PtraceDetach(pid)
}

func traceme([]string) error {
	runtime.LockOSThread()
	if _, _, errno := unix.RawSyscall(unix.SYS_PTRACE, unix.PTRACE_TRACEME, 0, 0); errno != 0 {
		return errno
	}
	return nil
}

func udp(args []string) error {
	port, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return err
	}
	for _, a := range addrs {
		n, ok := a.(*net.IPNet)
		if !ok || n.IP.IsLoopback() || n.IP.To4() == nil {
			continue
		}
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
		if err != nil {
			return err
		}
		if err := unix.Connect(fd, &unix.SockaddrInet4{Port: port, Addr: [4]byte(n.IP.To4())}); err != nil {
			return err
		}
		_, err = unix.Write(fd, []byte("scenario"))
		return err
	}
	return errors.New("this machine has only its loopback address")
}

func setuid(args []string) error {
	uid, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	return syscall.Setuid(uid)
}

func truncate(args []string) error {
	f, err := os.OpenFile(args[0], os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	return f.Close()
}

func packet([]string) error {
	_, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0x0300)
	return err
}

func serve(args []string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go http.Serve(l, http.FileServer(http.Dir(args[0])))
	cmd := exec.Command(args[1], args[2:]...)
	cmd.Env = append(os.Environ(), "URL=http://"+l.Addr().String()+"/")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}

// network is that of an address, which is a socket's path or has a port.
func network(address string) string {
	if strings.HasPrefix(address, "/") {
		return "unix"
	}
	return "tcp"
}

func listen(args []string) error {
	l, err := net.Listen(network(args[0]), args[0])
	if err != nil {
		return err
	}
	c, err := l.Accept()
	if err != nil {
		return err
	}
	if _, err := c.Write([]byte("exit\n")); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, c)
	return err
}

func send(args []string) error {
	c, err := net.Dial(network(args[0]), args[0])
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.Read(make([]byte, 80))
	return err
}

func datagram(args []string) error {
	c, err := net.Dial("udp", args[0])
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.Write([]byte("scenario"))
	return err
}

func stdin(args []string) error {
	c, err := net.Dial("tcp", args[0])
	if err != nil {
		return err
	}
	f, err := c.(*net.TCPConn).File()
	if err != nil {
		return err
	}
	return unix.Dup3(int(f.Fd()), 0, 0)
}

func tmpfile(args []string) error {
	fd, err := unix.Open(args[0], unix.O_TMPFILE|unix.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return unix.Close(fd)
}

func userns([]string) error {
	if err := unix.Unshare(unix.CLONE_NEWUSER); err != unix.EINVAL {
		return fmt.Errorf("%v, not %v", err, unix.EINVAL)
	}
	return nil
}

func mknod(args []string) error { return unix.Mknod(args[0], unix.S_IFREG|0o644, 0) }

// bpf loads "r0 = 0; exit" as a socket filter.
func bpf([]string) error {
	program := [2]uint64{0xb7, 0x95}
	license := []byte("GPL\x00")
	attr := struct {
		kind, count            uint32
		instructions, license  uintptr
		logLevel, logSizeBytes uint32
		log                    uint64
		kernelVersion, flags   uint32
	}{unix.BPF_PROG_TYPE_SOCKET_FILTER, uint32(len(program)), uintptr(unsafe.Pointer(&program)), uintptr(unsafe.Pointer(&license[0])), 0, 0, 0, 0, 0}
	_, _, errno := unix.Syscall(unix.SYS_BPF, unix.BPF_PROG_LOAD, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr))
	runtime.KeepAlive(&program)
	runtime.KeepAlive(license)
	if errno != 0 {
		return errno
	}
	return nil
}

// insmod succeeds if the kernel refuses, so that nobody loads a module with it.
func insmod(args []string) error {
	f, err := os.Open(args[0])
	if err != nil {
		return err
	}
	defer f.Close()
	if err := unix.FinitModule(int(f.Fd()), "", 0); err == nil {
		return errors.New("the kernel has loaded it")
	}
	return nil
}

func get(args []string) error {
	seconds, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	http.DefaultTransport.(*http.Transport).DisableKeepAlives = true
	for end := time.Now().Add(time.Duration(seconds) * time.Second); time.Now().Before(end); {
		r, err := http.Get(args[0])
		if err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return err
		}
		r.Body.Close()
	}
	return nil
}
