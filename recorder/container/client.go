//go:build linux

package container

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"
)

// client talks to a runtime. Its methods but the functions that subscribe
// returns may be called by several goroutines at once.
type client interface {
	// name is what the runtime calls itself, with its version; kind is the type
	// of its containers.
	name() string
	kind() string

	// list is the full ids of the containers that run.
	list(ctx context.Context) ([]string, error)

	// describe describes a container by its full id or the beginning of one. It
	// returns nil if the runtime has none such.
	describe(ctx context.Context, id string) (*Description, error)

	// subscribe asks for notices from now on, until the context ends, which
	// next returns one after the other. The error is errNoNotices where the
	// runtime has none to give.
	subscribe(ctx context.Context) (next func() (notice, error), err error)

	close()
}

// notice says that a container was made or began to run, or that it ended or
// was removed.
type notice struct {
	id          string // full
	name, image string // where the notice has them
	gone        bool
}

var errNoNotices = errors.New("no notices of containers")

const (
	// maxBodyBytes bounds an answer. One of a list has some 4 KiB for each
	// container that runs.
	maxBodyBytes = 16 << 20

	// maxNoticeBytes bounds a notice, which holds the labels of a container.
	maxNoticeBytes = 1 << 20
)

// explain puts an error of a runtime into the words of a warning.
func explain(err error, timeout time.Duration) string {
	switch {
	case isTimeout(err):
		return fmt.Sprintf("does not answer within %v", timeout)
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		return "may not be asked: its socket is another user's, and the capabilities to override that were given up"
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, os.ErrNotExist):
		return "is not running"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return "went away"
	}
	text := err.Error()
	if len(text) > maxReasonBytes {
		text = text[:maxReasonBytes] + "..."
	}
	return fmt.Sprintf("cannot be asked: %q", text)
}

// maxReasonBytes bounds what a runtime may put into a warning.
const maxReasonBytes = 200

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &t) && t.Timeout()
}
