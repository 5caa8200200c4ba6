package scap

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"testing"
)

func readSnapshot(data []byte, opts Options) (*Snapshot, error) {
	r, err := NewReader(&oneRead{data}, "test", opts)
	if err != nil {
		return nil, err
	}
	return r.Snapshot(), r.Close()
}

// oneRead gives all it has at the first read.
type oneRead struct{ b []byte }

func (r *oneRead) Read(p []byte) (int, error) {
	n := copy(p, r.b)
	if r.b = r.b[n:]; n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// TestThreadsVersions writes a process list of each version and reads it.
func TestThreadsVersions(t *testing.T) {
	types := [][]blockType{
		1: {blockThreadsV1, blockThreadsV1Int}, 2: {blockThreadsV2, blockThreadsV2Int}, 3: {blockThreadsV3, blockThreadsV3Int},
		4: {blockThreadsV4}, 5: {blockThreadsV5}, 6: {blockThreadsV6}, 7: {blockThreadsV7}, 8: {blockThreadsV8}, 9: {blockThreadsV9},
	}
	for version := 1; version <= 9; version++ {
		want := newThread()
		var b []byte
		put := func(since int, set func(), values ...any) {
			if version >= since {
				b = append(b, enc(values...)...)
				set()
			}
		}
		put(1, func() { want.TID, want.PID, want.PTID = 3, 2, 1 }, int64(3), int64(2), int64(1))
		put(6, func() { want.SID = 4 }, int64(4))
		put(8, func() { want.VPGID = 5 }, int64(5))
		put(1, func() { want.Comm, want.Exe = "cat", "/bin/cat" }, "cat", "/bin/cat")
		put(7, func() { want.ExePath = "/usr/bin/cat" }, "/usr/bin/cat")
		put(1, func() { want.Args, want.Cwd = "-n\x00f\x00", "/tmp" }, "-n\x00f", "/tmp")
		put(1, func() { want.FDLimit, want.Flags, want.UID, want.GID = 1024, 7, 1000, 100 }, int64(1024), uint32(7), uint32(1000), uint32(100))
		put(2, func() { want.VMSizeKB, want.VMRSSKB, want.VMSwapKB = 11, 12, 13 }, uint32(11), uint32(12), uint32(13))
		put(2, func() { want.MajorFaults, want.MinorFaults = 14, 15 }, uint64(14), uint64(15))
		put(3, func() { want.Env = "A=1\x00B=\x00" }, "A=1\x00B=\x00")
		put(4, func() { want.VTID, want.VPID, want.Cgroups = 33, 22, "cpu=/\x00" }, int64(33), int64(22), "cpu=/\x00")
		put(5, func() { want.Root = "/root" }, "/root")
		if version == 9 {
			b = entry(true, b)
		}
		for _, typ := range types[version] {
			for padding := range 4 {
				s, err := readSnapshot(slices.Concat(section(), block(typ, b, b, make([]byte, padding))), Options{})
				if err != nil || !reflect.DeepEqual(s.Threads, []Thread{want, want}) {
					t.Errorf("version %d, padding %d: %v\ngot  %+v\nwant %+v", version, padding, err, s, want)
				}
			}
			// Cut: no length is believed.
			for cut := range len(b) {
				if _, err := readSnapshot(slices.Concat(section(), block(typ, b[:cut])), Options{}); cut >= 4 && err == nil {
					t.Errorf("version %d cut at %d of %d: no error", version, cut, len(b))
				}
			}
		}
	}
}

// TestThreadTail reads entries of version 9 that end early, as older recorders
// wrote them, or late, as later ones may.
func TestThreadTail(t *testing.T) {
	head := enc(int64(3), int64(2), int64(1), int64(4), int64(5), "c", "e", "p", "", "/", int64(0), uint32(0), uint32(0), uint32(0),
		uint32(0), uint32(0), uint32(0), uint64(0), uint64(0), "", int64(1), int64(1), "", "/")
	old := enc(uint32(1000), uint8(1), uint64(1), uint64(2), uint64(3)) // before libs 0.10.0
	full := enc(uint64(77), uint32(34816), old, uint8(1), uint64(5), uint64(6), uint64(7), uint8(1), uint8(1), int64(9))
	read := func(tail []byte) Thread {
		t.Helper()
		s, err := readSnapshot(slices.Concat(section(), block(blockThreadsV9, entry(true, head, tail))), Options{})
		if err != nil {
			t.Fatal(err)
		}
		return s.Threads[0]
	}
	base := read(nil)
	if base.LoginUID != 1<<32-1 || base.PGID != -1 || base.Root != "/" {
		t.Errorf("no tail: %+v", base)
	}
	want := base
	want.LoginUID, want.ExeWritable, want.CapInheritable, want.CapPermitted, want.CapEffective = 1000, true, 1, 2, 3
	if got := read(old); got != want {
		t.Errorf("old tail: got %+v\nwant %+v", got, want)
	}
	want.PIDNSInitStart, want.TTY, want.ExeUpperLayer = 77, 34816, true
	want.ExeIno, want.ExeInoCtime, want.ExeInoMtime, want.ExeFromMemfd, want.ExeLowerLayer, want.PGID = 5, 6, 7, true, true, 9
	if got := read(full); got != want {
		t.Errorf("full tail: got %+v\nwant %+v", got, want)
	}
	if got := read(append(full, 1, 2, 3)); got != want {
		t.Errorf("later tail: got %+v\nwant %+v", got, want)
	}
}

func ip(b ...byte) (a [16]byte) {
	copy(a[:], b)
	return a
}

func TestLists(t *testing.T) {
	ip6 := ip(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)
	fds := []struct {
		body []byte
		want FD
	}{
		{enc(int64(0), uint64(9), uint8(FDFile), "/f"), FD{FD: 0, Ino: 9, Type: FDFile, Name: "/f"}},
		{enc(int64(1), uint64(9), uint8(FDIPv4Socket), []byte{1, 2, 3, 4, 5, 6, 7, 8}, uint16(80), uint16(81), uint8(1)),
			FD{FD: 1, Ino: 9, Type: FDIPv4Socket, SrcIP: ip(1, 2, 3, 4), DstIP: ip(5, 6, 7, 8), SrcPort: 80, DstPort: 81, L4Proto: 1}},
		{enc(int64(2), uint64(9), uint8(FDIPv4Server), []byte{1, 2, 3, 4}, uint16(80), uint8(2)),
			FD{FD: 2, Ino: 9, Type: FDIPv4Server, SrcIP: ip(1, 2, 3, 4), SrcPort: 80, L4Proto: 2}},
		{enc(int64(3), uint64(9), uint8(FDIPv6Socket), ip6[:], ip6[:], uint16(80), uint16(81), uint8(1)),
			FD{FD: 3, Ino: 9, Type: FDIPv6Socket, SrcIP: ip6, DstIP: ip6, SrcPort: 80, DstPort: 81, L4Proto: 1}},
		{enc(int64(4), uint64(9), uint8(FDIPv6Server), ip6[:], uint16(80), uint8(2)),
			FD{FD: 4, Ino: 9, Type: FDIPv6Server, SrcIP: ip6, SrcPort: 80, L4Proto: 2}},
		{enc(int64(5), uint64(9), uint8(FDUnixSocket), uint64(1), uint64(2), "/s"),
			FD{FD: 5, Ino: 9, Type: FDUnixSocket, UnixSrc: 1, UnixDst: 2, Name: "/s"}},
		{enc(int64(6), uint64(9), uint8(FDFileV2), uint32(3), "/v2"), FD{FD: 6, Ino: 9, Type: FDFileV2, OpenFlags: 3, Name: "/v2"}},
		{enc(int64(7), uint64(9), uint8(FDPIDFD), "pid:1"), FD{FD: 7, Ino: 9, Type: FDPIDFD, Name: "pid:1"}},
	}
	var v1, v2 []byte
	var want []FD
	for _, f := range fds {
		v1, v2, want = append(v1, f.body...), append(v2, entry(true, f.body)...), append(want, f.want)
	}
	iface4 := enc([]byte{127, 0, 0, 1, 255, 0, 0, 0, 127, 255, 255, 255})
	iface6 := enc(ip6[:], ip6[:], ip6[:])
	ifs := [][]byte{
		enc(uint16(1), uint16(2), iface4, uint64(10), []byte("lo")), enc(uint16(2), uint16(2), iface6, uint64(10), []byte("lo")),
		enc(uint16(3), uint16(2), iface4, []byte("lo")), enc(uint16(4), uint16(2), iface6, []byte("lo")),
	}
	lo4 := Interface{Name: "lo", Addr: ip(127, 0, 0, 1), Netmask: ip(255), Broadcast: ip(127, 255, 255, 255), LinkSpeed: 10}
	lo6 := Interface{Name: "lo", IPv6: true, Addr: ip6, Netmask: ip6, Broadcast: ip6, LinkSpeed: 10}
	lo4n, lo6n := lo4, lo6
	lo4n.LinkSpeed, lo6n.LinkSpeed = 0, 0
	user, group := enc(uint8(0), uint32(1), uint32(2), "u", "/h", "/sh"), enc(uint8(1), uint32(2), "g")
	machine := enc(uint32(2), uint64(1<<30), uint64(4096), []byte("host"), make([]byte, 124), uint64(5), uint64(6), uint64(7), uint64(8))

	s, err := readSnapshot(slices.Concat(section(),
		block(blockMachine, machine),
		block(blockFDs, int64(42), v1, []byte{0, 0, 0}),
		block(blockFDsInt, int64(42)),
		block(blockFDsV2, int64(43), v2,
			entry(true, int64(8), uint64(9), uint8(FDFileV2), uint32(3), "/v2", uint32(77)),
			entry(true, int64(9), uint64(9), uint8(99), "of a later version"), []byte{0}),
		block(blockInterfaces, ifs[0], ifs[1], ifs[2], ifs[3]),
		block(blockInterfacesV2, entry(false, ifs[0]), entry(false, ifs[1], "later"), entry(false, ifs[2]), entry(false, ifs[3])),
		block(blockUsersInt, user, group, user),
		block(blockUsersV2, entry(true, user), entry(true, group, "later"), []byte{0, 0}),
	), Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.entries = 0
	if w := (&Snapshot{
		Machine: Machine{2, 1 << 30, 4096, "host", 5, 6, 7, 8},
		FDs: []FDs{{42, want}, {42, nil}, {43, append(slices.Clone(want),
			FD{FD: 8, Ino: 9, Type: FDFileV2, OpenFlags: 3, Name: "/v2", Dev: 77},
			FD{FD: 9, Ino: 9, Type: FDUnsupported, Name: "unknown-type:[99]"})}},
		Interfaces: []Interface{lo4, lo6, lo4n, lo6n},
		Users:      []User{{1, 2, "u", "/h", "/sh"}},
		Groups:     []Group{{2, "g"}},
		HasMachine: true, HasInterfaces: true, HasUsers: true,
	}); !reflect.DeepEqual(s, w) {
		t.Errorf("got  %+v\nwant %+v", s, w)
	}
}

// TestSnapshotDamage: the traps that other readers of such lists fell into.
func TestSnapshotDamage(t *testing.T) {
	for _, c := range []struct {
		name  string
		block []byte
	}{
		{"entry shorter than its length field", block(blockUsersV2, uint32(3), uint32(0))},
		{"entry of 1 GiB", block(blockUsersV2, uint32(1<<30), uint32(0))},
		{"entry of 4 GiB", block(blockInterfacesV2, uint32(1<<32-1), uint32(0))},
		{"entry shorter than its fields", block(blockUsersV2, entry(true, uint8(1), uint32(1)), "group")},
		{"string longer than its entry", block(blockUsersV2, entry(true, uint8(1), uint32(1), uint16(9), []byte("g")), make([]byte, 20))},
		{"string longer than its block", block(blockUsers, uint8(1), uint32(1), uint16(999), []byte("g"))},
		{"interface of type 9", block(blockInterfaces, uint16(9), uint16(0))},
		{"fd of type 99 without length", block(blockFDs, int64(1), int64(1), int64(1), uint8(99))},
		{"fd list without a thread", block(blockFDs, uint32(1))},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := readSnapshot(slices.Concat(section(), c.block), Options{})
			if at := place(t, err, ErrCorrupt); at < int64(len(section())) {
				t.Errorf("place %d", at)
			}
		})
	}
	users := block(blockUsers, uint8(1), uint32(1), "g", uint8(1), uint32(2), "h")
	_, err := readSnapshot(slices.Concat(section(), users), Options{MaxSnapshotEntries: 1})
	place(t, err, ErrUnsupported)
	// A machine block that is shorter, and one that is longer than today's.
	for _, n := range []int{0, 4, 100, 500} {
		s, err := readSnapshot(slices.Concat(section(), block(blockMachine, make([]byte, n))), Options{})
		if err != nil || !s.HasMachine {
			t.Errorf("machine block of %d: %v", n, err)
		}
	}
}

// TestSnapshotOfCaptures compares the threads of real captures with what Falco
// says of those that it has met before anything happened.
func TestSnapshotOfCaptures(t *testing.T) {
	for _, name := range []string{"cat_write", "connect_localhost", "empty", "privileged"} {
		t.Run(name, func(t *testing.T) {
			r, err := NewReader(openShared(t, "captures/"+name+".scap"), name, Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			s := r.Snapshot()
			threads := map[string]Thread{}
			for _, th := range s.Threads {
				threads[strconv.FormatInt(th.TID, 10)] = th
			}
			z, err := gzip.NewReader(openShared(t, "parity/golden/"+name+".probe.jsonl.gz"))
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for lines := bufio.NewReaderSize(z, 1<<20); ; n++ {
				line, err := lines.ReadBytes('\n')
				if err != nil || field(line, "evt.type") != "procinfo" {
					break
				}
				if got, want := s.Machine.Hostname, field(line, "evt.hostname"); want != "" && got != want {
					t.Errorf("host %q, want %q", got, want)
				}
				th, ok := threads[field(line, "thread.tid")]
				if known := field(line, "proc.pid") != "null"; known != ok {
					t.Errorf("thread %s: in the snapshot: %v, Falco knows it: %v", field(line, "thread.tid"), ok, known)
				}
				if !ok || th.TID != th.PID {
					continue // Falco says of a thread what it says of its process
				}
				got := fmt.Sprintf("%s %d %d %d %d", th.Comm, th.PID, th.UID, th.VMSizeKB, th.VMRSSKB)
				want := fmt.Sprintf("%s %s %s %s %s", field(line, "proc.name"), field(line, "proc.pid"),
					field(line, "user.uid"), field(line, "thread.vmsize"), field(line, "thread.vmrss"))
				if got != want {
					t.Errorf("thread %d: got %s, want %s", th.TID, got, want)
				}
			}
			if n < 20 || len(s.FDs) == 0 || len(s.Interfaces) == 0 || len(s.Users) == 0 || len(s.Groups) == 0 {
				t.Errorf("%d threads compared; %d fd lists, %d interfaces, %d users, %d groups", n, len(s.FDs), len(s.Interfaces), len(s.Users), len(s.Groups))
			}
		})
	}
}
