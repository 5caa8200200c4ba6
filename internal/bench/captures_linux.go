package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"falcoreplay/scap"
)

// captures are the files that are measured, all of the same events but for none.
type captures struct {
	plain  string // uncompressed
	member string // as Falco wrote it, one gzip member
	gzip   string // in chunks
	zstd   string
	none   string // the snapshot alone
	many   string // a directory with manyCaptures short ones
	twenty string // plain twenty times, if it is asked for
}

const manyCaptures = 200

// capturesIn are the captures that prepare makes in dir.
func capturesIn(shared, dir string) captures {
	in := func(name string) string { return filepath.Join(dir, name) }
	return captures{
		plain: in("plain.scap"), member: filepath.Join(shared, "captures/falco-workload.scap"),
		gzip: in("chunks.scap.gz"), zstd: in("chunks.scap.zst"), none: in("none.scap"), many: in("many"),
		twenty: in("twenty.scap"),
	}
}

// prepare makes the captures in dir.
func prepare(shared, dir string, twenty bool) error {
	c := capturesIn(shared, dir)
	plain, err := exec.Command("gzip", "-dc", c.member).Output()
	if err == nil {
		err = os.WriteFile(c.plain, plain, 0o666)
	}
	if err != nil {
		return err
	}
	for _, w := range []struct {
		path   string
		comp   scap.Compression
		events bool
	}{{c.gzip, scap.Gzip, true}, {c.zstd, scap.Zstd, true}, {c.none, scap.None, false}} {
		if _, err := rewrite(plain, w.path, w.comp, w.events); err != nil {
			return fmt.Errorf("%s: %w", w.path, err)
		}
	}
	if err := os.Mkdir(c.many, 0o777); err != nil {
		return err
	}
	short, err := os.ReadFile(filepath.Join(shared, "captures/falco-containers.scap"))
	if err != nil {
		return err
	}
	for i := range manyCaptures {
		if err := os.WriteFile(filepath.Join(c.many, fmt.Sprintf("%03d.scap", i)), short, 0o666); err != nil {
			return err
		}
	}
	if twenty {
		cmd := exec.Command(filepath.Join(shared, "perf/repeat.py"), c.plain, c.twenty, "20")
		cmd.Stderr = os.Stderr
		return cmd.Run()
	}
	return nil
}

// rewrite writes the capture anew, as falcorec would, with its events or only
// its snapshot, and returns the number of events.
func rewrite(plain []byte, path string, comp scap.Compression, events bool) (int, error) {
	rd, err := scap.NewReader(bytes.NewReader(plain), "plain", scap.Options{})
	if err != nil {
		return 0, err
	}
	defer rd.Close()
	var out bytes.Buffer
	w, err := scap.NewWriter(&out, scap.WriterOptions{Compression: comp})
	if err != nil {
		return 0, err
	}
	if err := w.WriteSnapshot(rd.Snapshot()); err != nil {
		return 0, err
	}
	for events && len(plain) > 0 {
		if len(plain) < 8 {
			return 0, io.ErrUnexpectedEOF
		}
		kind, n := binary.LittleEndian.Uint32(plain), int(binary.LittleEndian.Uint32(plain[4:]))
		if n < 12 || n > len(plain) {
			return 0, fmt.Errorf("a block of %d bytes", n)
		}
		// Event blocks without and with flags (docs/format.md).
		body := plain[8 : n-4]
		head := map[uint32]int{0x216: 2, 0x217: 6, 0x221: 2, 0x222: 6}[kind]
		if plain = plain[n:]; head == 0 || len(body) < head+20 {
			continue
		}
		var flags uint32
		if head == 6 {
			flags = binary.LittleEndian.Uint32(body[2:])
		}
		record := body[head:]
		record = record[:min(len(record), int(binary.LittleEndian.Uint32(record[16:])))]
		if err := w.WriteEvent(binary.LittleEndian.Uint16(body), flags, record); err != nil {
			return 0, err
		}
	}
	if err := w.Close(); err != nil {
		return 0, err
	}
	return int(w.Stats().Events), os.WriteFile(path, out.Bytes(), 0o666)
}
