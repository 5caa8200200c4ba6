package scap

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"falcoreplay/scap/event"
)

// chunkAt is a chunk of a file.
type chunkAt struct {
	meta         chunkMeta
	start, body  int // in the file, of the header and of what is compressed
	end          int
	first, count int // events
}

// chunksOf finds the chunks of a file that is whole.
func chunksOf(t testing.TB, data []byte) (all []chunkAt) {
	t.Helper()
	for at := 0; at < len(data); {
		_, header, meta, ok := chunkStart(data[at:])
		if !ok {
			t.Fatalf("no chunk at %d of %d", at, len(data))
		}
		c := chunkAt{start: at, body: at + header}
		if err := c.meta.decode(data[at+meta : c.body]); err != nil {
			t.Fatal(err)
		}
		c.first, c.count = int(c.meta.Before), int(c.meta.Events)
		at = c.body + int(c.meta.Packed)
		c.end = at
		all = append(all, c)
	}
	return all
}

// chunked is a real capture in chunks, and its events.
func chunked(t testing.TB, c Compression) (data []byte, want []seen) {
	t.Helper()
	plain := testCapture(t, "falco-attacks.scap")
	data = write(t, WriterOptions{Compression: c, ChunkBytes: 5_000}, snapshotOf(t, plain), records(t, plain))
	want, _, err := readAll(data, Options{Raw: true})
	if err != nil || len(want) < 1000 {
		t.Fatal(len(want), err)
	}
	return data, want
}

func TestChunkMetadata(t *testing.T) {
	for _, comp := range []Compression{Gzip, Zstd} {
		data, want := chunked(t, comp)
		chunks := chunksOf(t, data)
		plain := unpack(t, comp, data)
		events, at := 0, uint64(0)
		for i, c := range chunks {
			m := c.meta
			var first, last uint64
			var types typeSet
			for k, e := range want[events : events+c.count] {
				if k == 0 {
					first = e.TS
				}
				first, last = min(first, e.TS), max(last, e.TS)
				types.add(e.Type)
			}
			if m.Number != uint64(i) || m.Offset != at || int(m.Before) != events || m.First != first || m.Last != last ||
				!bytes.Equal(m.Types, types.bytes()) || m.Section != (i == 0) || m.End != (i == len(chunks)-1) {
				t.Errorf("%v: chunk %d: %+v", comp, i, m)
			}
			events += c.count
			at += m.Length
		}
		if len(chunks) < 20 || events != len(want) || int(at) != len(plain) {
			t.Errorf("%v: %d chunks, %d events of %d, %d bytes of %d", comp, len(chunks), events, len(want), at, len(plain))
		}
	}
}

// without is the events but those of some chunks, numbered anew.
func without(all []seen, chunks ...chunkAt) []seen {
	all = slices.Clone(all)
	for _, c := range slices.Backward(chunks) {
		all = slices.Delete(all, c.first, c.first+c.count)
	}
	for i := range all {
		all[i].Num = uint64(i + 1)
	}
	return all
}

// TestDamagedChunks: a damaged chunk costs itself, and what it costs is said.
func TestDamagedChunks(t *testing.T) {
	for _, comp := range []Compression{Gzip, Zstd} {
		data, want := chunked(t, comp)
		chunks := chunksOf(t, data)
		rng := rand.New(rand.NewPCG(1, 1))
		check := func(what string, damaged []byte, costs ...chunkAt) {
			t.Helper()
			got, stats, err := readAll(damaged, Options{Raw: true})
			var events, offset uint64
			for i, c := range costs {
				if events += c.meta.Events; i == 0 {
					offset = c.meta.Offset
				}
			}
			if at := place(t, err, ErrCorrupt); at != int64(offset) {
				t.Errorf("%v: %s: %v, want it at %d", comp, what, err, offset)
			}
			if !slices.Equal(got, without(want, costs...)) || stats.LostChunks != uint64(len(costs)) || stats.LostEvents != events {
				t.Errorf("%v: %s: %d events, want %d without %d; %+v; %v", comp, what, len(got), len(want), events, stats, err)
			}
		}
		for range 25 {
			i := rng.IntN(len(chunks) - 1)
			c := chunks[i]
			// The trailer of a gzip member is the same as the metadata say.
			end := c.end
			if comp == Gzip {
				end -= gzipTrailerBytes
			}
			if i > 0 {
				header := bytes.Clone(data)
				at := c.start + rng.IntN(c.body-c.start)
				if comp == Gzip && at >= c.start+4 && at < c.start+10 {
					continue // time and system, which nobody reads
				}
				header[at] ^= 1 << rng.IntN(8)
				check("header", header, c)
				check("removed", slices.Concat(data[:c.start], data[c.end:]), c)
				check("cut out", slices.Concat(data[:c.start+5], data[c.end-1:]), c)
			}
			body := bytes.Clone(data)
			body[c.body+rng.IntN(end-c.body)] ^= 1 << rng.IntN(8)
			if got, _, err := readAll(body, Options{Raw: true}); err == nil && slices.Equal(got, want) {
				continue // there are bits without a meaning
			}
			check("body", body, c)
			j := 1 + rng.IntN(len(chunks)-2)
			if j > i+1 {
				body[chunks[j].start] ^= 1
				check("two", body, c, chunks[j])
			}
		}
		junk := slices.Concat(data[:chunks[3].start], []byte("\x1f\x8bjunk"), data[chunks[3].start:])
		if got, stats, err := readAll(junk, Options{Raw: true}); !slices.Equal(got, want) || stats.LostChunks != 0 || !errors.Is(err, ErrCorrupt) {
			t.Errorf("%v: junk: %d events, %+v, %v", comp, len(got), stats, err)
		}
	}
}

// TestCutChunks: a file cut anywhere is good up to its last whole chunk.
func TestCutChunks(t *testing.T) {
	for _, comp := range []Compression{Gzip, Zstd} {
		data, want := chunked(t, comp)
		chunks := chunksOf(t, data)
		rng := rand.New(rand.NewPCG(1, 1))
		for i := range 100 {
			cut := chunks[0].end + rng.IntN(len(data)-chunks[0].end)
			if i < len(chunks)-1 {
				cut = chunks[i].end
			}
			events := 0
			for _, c := range chunks {
				if c.end <= cut {
					events += c.count
				}
			}
			got, stats, err := readAll(data[:cut], Options{Raw: true})
			place(t, err, ErrTruncated)
			if !slices.Equal(got, want[:events]) || stats.LostChunks != 0 {
				t.Fatalf("%v: cut at %d: %d events, want %d; %+v, %v", comp, cut, len(got), events, stats, err)
			}
			// An error of the file is what it is.
			errDisk := errors.New("disk on fire")
			r, err := NewReader(io.MultiReader(bytes.NewReader(data[:cut]), iotest.ErrReader(errDisk)), "test", Options{Raw: true})
			for n := 0; err == nil; n++ {
				if _, err = r.Next(); err != nil && n != events {
					t.Fatalf("%v: cut at %d: %d events, want %d; %v", comp, cut, n, events, err)
				}
			}
			place(t, err, errDisk)
		}
		// Nothing at all was written after the first chunk.
		if _, _, err := readAll(data[:chunks[0].end-1], Options{}); !errors.Is(err, ErrTruncated) {
			t.Error(err)
		}
	}
}

// TestChunkClaims reads metadata that claim much.
func TestChunkClaims(t *testing.T) {
	raw := section()
	for _, m := range []chunkMeta{
		{Length: 80 << 20, Packed: 150 << 20}, {Length: 1 << 60, Packed: 5}, {Length: 5, Packed: 1 << 60}, {Length: 1 << 63, Packed: 1 << 63},
		{Length: 80 << 20, Packed: uint64(len(raw))}, {Number: 1 << 63, Offset: 1 << 63, Before: 1 << 63, Length: 9, Packed: 9},
	} {
		meta, err := m.encode()
		if err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		for _, comp := range []Compression{Gzip, Zstd} {
			runtime.ReadMemStats(&before)
			_, _, err = readAll(appendChunk(nil, comp, meta, raw), Options{})
			runtime.ReadMemStats(&after)
			if !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrTruncated) {
				t.Errorf("%+v: %v", m, err)
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > 20<<20 {
				t.Errorf("%+v: %d bytes", m, n)
			}
		}
	}
	// The list of losses is cut to what fits.
	m := chunkMeta{Totals: &Totals{Lost: 9}}
	for range 10_000 {
		m.Totals.LostBySyscall = append(m.Totals.LostBySyscall, SyscallCount{"a name of a system call", 1 << 60})
	}
	b, err := m.encode()
	var got chunkMeta
	if err = errors.Join(err, got.decode(b)); err != nil || len(b) > maxChunkMetaBytes || got.Totals.Lost != 9 || len(got.Totals.LostBySyscall) < 500 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}

// faultyDisk takes some bytes and then fails.
type faultyDisk struct {
	mu   sync.Mutex
	room int
	got  []byte
}

var errFull = errors.New("no space left")

func (d *faultyDisk) Write(b []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := min(d.room, len(b))
	d.got = append(d.got, b[:n]...)
	d.room -= n
	if n < len(b) {
		return n, errFull
	}
	return n, nil
}

// TestFullDisk: the error stays, and the file is good up to its last chunk.
func TestFullDisk(t *testing.T) {
	for _, comp := range []Compression{Gzip, Zstd, None} {
		d := &faultyDisk{room: 30_000}
		w, err := NewWriter(d, WriterOptions{Compression: comp, ChunkBytes: 5_000})
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(1, 1))
		n := 0
		for ; err == nil; n++ {
			if n > 1_000_000 {
				t.Fatal("no error")
			}
			noise := enc(rng.Uint64(), rng.Uint64(), rng.Uint64())
			err = w.WriteEvent(0, 0, evV2(int64(n+1), 1, event.SyscallReadX, zero, noise, fd3, zero))
		}
		for _, again := range []error{err, w.WriteEvent(0, 0, evV2(1, 1, closeX)), w.WriteSnapshot(&Snapshot{}), w.Flush(), w.Cut(), w.Close(), w.Close()} {
			if again != err || !errors.Is(again, errFull) || !strings.Contains(again.Error(), "bytes into the file") {
				t.Errorf("%v: %v, then %v", comp, err, again)
			}
		}
		s := w.Stats()
		if comp != None {
			chunks := chunksOf(t, d.got[:s.FileBytes])
			last := chunks[len(chunks)-1]
			all, _, err := readAll(d.got, Options{})
			if len(all) != last.first+last.count || len(all) == 0 || len(all) > n || uint64(len(chunks)) != s.Chunks {
				t.Errorf("%v: %d events, want %d; %+v", comp, len(all), last.first+last.count, s)
			}
			place(t, err, ErrTruncated)
		} else if all, _, err := readAll(d.got[:s.FileBytes], Options{}); err != nil || len(all) == 0 {
			t.Errorf("%d events, %v", len(all), err)
		}
	}
}

// TestFlush: what was flushed can be read while the recording goes on.
func TestFlush(t *testing.T) {
	for _, comp := range []Compression{Gzip, Zstd, None} {
		d := &faultyDisk{room: 1 << 30}
		w, err := NewWriter(d, WriterOptions{Compression: comp})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.WriteSnapshot(fullSnapshot()); err != nil {
			t.Fatal(err)
		}
		for n := range 10 {
			if err := errors.Join(w.WriteEvent(0, 0, evV2(int64(n), 1, closeX, zero, fd3)), w.Flush(), w.Flush()); err != nil {
				t.Fatal(err)
			}
			all, _, err := readAll(d.got, Options{})
			if len(all) != n+1 || comp != None && !errors.Is(err, ErrTruncated) {
				t.Errorf("%v: %d events of %d, %v", comp, len(all), n+1, err)
			}
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if err := w.WriteEvent(0, 0, nil); err == nil {
			t.Error("an event after Close")
		}
		if all, _, err := readAll(d.got, Options{}); len(all) != 10 || err != nil {
			t.Errorf("%v: %d events, %v", comp, len(all), err)
		}
	}
}

// TestCloseChunks ends readers and writers early, with their goroutines.
func TestCloseChunks(t *testing.T) {
	data, _ := chunked(t, Gzip)
	before := runtime.NumGoroutine()
	for range 100 {
		r, err := NewReader(bytes.NewReader(data), "test", Options{})
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		w, err := NewWriter(io.Discard, WriterOptions{Compression: Zstd})
		if err != nil {
			t.Fatal(err)
		}
		w.Close()
	}
	for i := 0; runtime.NumGoroutine() > before+5; i++ {
		if i > 100_000 {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
		runtime.Gosched()
	}
}

// chunksFrom makes chunks of any bytes, as no writer of ours does.
func chunksFrom(t testing.TB, comp Compression, parts ...[]byte) (data []byte) {
	t.Helper()
	w, err := startChunkWriter(io.Discard, comp, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer w.stop()
	var at uint64
	for i, raw := range parts {
		packed, err := w.compress(raw)
		if err != nil {
			t.Fatal(err)
		}
		m := chunkMeta{Number: uint64(i), Offset: at, Length: uint64(len(raw)), Packed: uint64(len(packed)), Checksum: crc(raw), End: i == len(parts)-1}
		at += m.Length
		meta, err := m.encode()
		if err != nil {
			t.Fatal(err)
		}
		data = appendChunk(data, comp, meta, packed)
	}
	return data
}

// TestTornBlock: chunks that split blocks are read, and where one of these is
// lost nothing is made up of the rest.
func TestTornBlock(t *testing.T) {
	ev := block(blockEventV2, uint16(0), evV2(1, 1, closeX, zero, fd3))
	for _, comp := range []Compression{Gzip, Zstd} {
		data := chunksFrom(t, comp, slices.Concat(section(), ev, ev[:20]), slices.Concat(ev[20:], ev, ev[:9]), slices.Concat(ev[9:], ev))
		if all, _, err := readAll(data, Options{}); err != nil || len(all) != 5 {
			t.Errorf("%v: %d events, %v", comp, len(all), err)
		}
		second := chunksOf(t, data)[1]
		all, _, err := readAll(slices.Concat(data[:second.start], data[second.end:]), Options{})
		if len(all) != 1 || !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "middle of a block") {
			t.Errorf("%v: %d events, %v", comp, len(all), err)
		}
	}
}

// TestDecoders: what is read does not depend on how many chunks are
// decompressed side by side.
func TestDecoders(t *testing.T) {
	data, want := chunked(t, Gzip)
	c := chunksOf(t, data)[7]
	data[c.end-20] ^= 0x10
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var message string
	for _, n := range []int{1, 2, 8} {
		runtime.GOMAXPROCS(n)
		got, _, err := readAll(data, Options{Raw: true})
		if !slices.Equal(got, without(want, c)) || err == nil || message != "" && err.Error() != message {
			t.Errorf("%d processors: %d events, %v", n, len(got), err)
		}
		message = err.Error()
	}
	t.Log(message)
}
