//go:build linux

package container

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// listenAs makes a socket as another user, and gives it to root: the owner of
// the path says nothing.
func listenAs(t *testing.T, path string, uid uintptr) net.Listener {
	t.Helper()
	type result struct {
		l   net.Listener
		err error
	}
	done := make(chan result)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with its user
		if _, _, no := unix.RawSyscall(unix.SYS_SETRESUID, uid, uid, uid); no != 0 {
			done <- result{err: no}
			return
		}
		l, err := net.Listen("unix", path)
		done <- result{l, err}
	}()
	r := <-done
	if r.err != nil {
		t.Fatal(r.err)
	}
	t.Cleanup(func() { r.l.Close() })
	if err := os.Chown(path, os.Geteuid(), -1); err != nil {
		t.Fatal(err)
	}
	return r.l
}

// TestPeer connects to sockets of several users at one path.
func TestPeer(t *testing.T) {
	dir, err := os.MkdirTemp("", "peer")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "s")
	connect := func(p *peer) error {
		conn, err := p.dial(context.Background(), "", "")
		if err == nil {
			conn.Close()
		}
		return err
	}

	p := &peer{path: path, timeout: time.Second}
	if connect(p) == nil || p.trusted() {
		t.Error("nobody listens")
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	if err := connect(p); err != nil || !p.trusted() {
		t.Errorf("own socket: %v, trusted %v", err, p.trusted())
	}
	l.Close()
	if os.Geteuid() != 0 {
		t.Skip("needs root for sockets of other users")
	}
	l = listenAs(t, path, 65534)
	if err := connect(p); !errors.Is(err, errOtherUser) {
		t.Errorf("a socket of another user at the same path: %v", err)
	}
	p = &peer{path: path, timeout: time.Second}
	if err := connect(p); err != nil || p.trusted() {
		t.Errorf("a user's socket: %v, trusted %v", err, p.trusted())
	}
	l.Close()
	if _, err := net.Listen("unix", path); err != nil {
		t.Fatal(err)
	}
	if err := connect(p); !errors.Is(err, errOtherUser) {
		t.Errorf("root's socket after a user's: %v", err)
	}
}
