//go:build linux && (amd64 || arm64)

package recorder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"falcoreplay/scap"
)

// output is one file of a recording.
type output struct {
	file    *os.File
	writer  *scap.Writer
	opened  time.Time
	stdout  bool
	syncing chan error // of the sync under way, nil if there is none
}

// openFile begins a file with a snapshot.
func (r *recording) openFile(s *scap.Snapshot) error {
	o := &output{opened: time.Now(), stdout: r.opt.Path == "-", file: os.Stdout}
	name := r.opt.fileName(o.opened, len(r.files)+1)
	if !o.stdout {
		var err error
		if o.file, err = createFile(name); err != nil {
			return err
		}
	}
	info := r.opt.info(o.opened, len(r.files)+1)
	if r.boxes != nil {
		info.Runtimes = r.boxes.from.Runtimes()
	}
	w, err := scap.NewWriter(o.file, scap.WriterOptions{Compression: r.opt.Compression, Level: r.opt.Level, Info: info})
	if err != nil {
		return errors.Join(err, o.file.Close())
	}
	o.writer, r.out = w, o
	r.files = append(r.files, name)
	if err := w.WriteSnapshot(s); err != nil {
		return err
	}
	if err := w.Cut(); err != nil {
		return err
	}
	return r.removeOld()
}

// closeFile ends the file, if there is one.
func (r *recording) closeFile(totals *scap.Totals) error {
	o := r.out
	if o == nil {
		return nil
	}
	r.out = nil
	if totals != nil {
		o.writer.SetTotals(*totals)
	}
	err := o.writer.Close()
	size := o.writer.Stats().FileBytes
	r.done += size
	if o.stdout {
		return err
	}
	if err != nil { // no half chunk behind what is good
		err = errors.Join(err, o.file.Truncate(int64(size)))
	}
	if o.syncing != nil {
		err = errors.Join(err, <-o.syncing)
	}
	return errors.Join(err, o.file.Sync(), o.file.Close())
}

// flush has the chunk written that is begun, and what was written before put on
// the disk; it waits for neither.
func (o *output) flush() error {
	if !o.stdout {
		select {
		case err := <-o.syncing: // never ready while there is none
			if o.syncing = nil; err != nil {
				return err
			}
		default:
		}
		if o.syncing == nil {
			done := make(chan error, 1)
			o.syncing = done
			go func() { done <- o.file.Sync() }()
		}
	}
	return o.writer.Cut()
}

// removeOld removes the files that are too many.
func (r *recording) removeOld() error {
	old := len(r.files) - r.opt.KeepFiles - 1
	if r.opt.KeepFiles == 0 || old < 0 {
		return nil
	}
	if err := os.Remove(r.files[old]); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("old file of the set: %w", err)
	}
	return nil
}

// suffixes are those that a file's number stands before.
var suffixes = []string{".scap.gz", ".scap.zst", ".scap"}

// fileName is the name of the nth file.
func (opt *Options) fileName(at time.Time, n int) string {
	if opt.RotateBytes == 0 && opt.RotateAfter == 0 {
		return opt.Path
	}
	stem, suffix := opt.Path, ""
	for _, s := range suffixes {
		if strings.HasSuffix(stem, s) {
			stem, suffix = strings.TrimSuffix(stem, s), s
			break
		}
	}
	return fmt.Sprintf("%s_%s_%04d%s", stem, at.UTC().Format("20060102T150405Z"), n, suffix)
}

// createFile makes a file that only its owner may read, in place of a regular
// file of that name. It follows no link in the last part of the path.
func createFile(path string) (*os.File, error) {
	switch info, err := os.Lstat(path); {
	case err == nil && !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is there and no regular file (%s); choose another name, or - for standard output", path, info.Mode().Type())
	case err == nil:
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	dir, err := unix.Open(filepath.Dir(path), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: filepath.Dir(path), Err: err}
	}
	defer unix.Close(dir)
	fd, err := unix.Openat(dir, filepath.Base(path), unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, &fs.PathError{Op: "create", Path: path, Err: err}
	}
	return os.NewFile(uintptr(fd), path), nil
}
