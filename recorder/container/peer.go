//go:build linux

package container

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// peer is who listens on a unix socket, by the kernel's word: the path may lead
// to another socket a moment later.
type peer struct {
	path    string
	timeout time.Duration // of connecting

	mu  sync.Mutex
	met bool
	uid uint32 // who made the socket that was connected to first
}

var errOtherUser = errors.New("socket was replaced by another user's")

// dial connects to the socket, whatever address it is given, unless another
// user than before has made it.
func (p *peer) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	d := net.Dialer{Timeout: p.timeout}
	conn, err := d.DialContext(ctx, "unix", p.path)
	if err != nil {
		return nil, err
	}
	uid, err := listener(conn.(*net.UnixConn))
	if err == nil {
		err = p.meet(uid)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

func (p *peer) meet(uid uint32) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.met && p.uid != uid {
		return errOtherUser
	}
	p.met, p.uid = true, uid
	return nil
}

// trusted reports whether the socket that was connected to is root's or the
// recorder's own. What others answer does not replace what such a one told.
func (p *peer) trusted() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.met && (p.uid == 0 || int(p.uid) == os.Geteuid())
}

// listener is the user who called listen on the other end (unix(7),
// SO_PEERCRED).
func listener(conn *net.UnixConn) (uid uint32, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	var cred *unix.Ucred
	if failed := raw.Control(func(fd uintptr) {
		cred, err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); failed != nil {
		return 0, failed
	}
	if err != nil {
		return 0, os.NewSyscallError("getsockopt", err)
	}
	return cred.Uid, nil
}
