//go:build linux && amd64

package recorder

import (
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// compatCase is a call of a 32-bit program and the event that it makes.
type compatCase struct {
	code   string
	call   []any // number and arguments
	params []any
}

// compatCases are calls that only 32-bit programs have, and those whose
// arguments lie otherwise in registers and memory. Numbers are those of
// syscall_32.tbl.
func compatCases(p *program32) []compatCase {
	const ebadf, enoent, einval = -9, -2, -22
	text := func(s string) at { return p.put(append([]byte(s), 0)...) }
	timeval := binary.LittleEndian.AppendUint64([]byte{4}, 3_000_005_000)
	path, hello := text("/none"), text("hello")
	iov := p.words(hello, 3, hello, 5)
	rlimit := p.words(0, -1)
	msg := p.words(0, 0, iov, 2, 0, 0, 0)
	vec := p.words(0, 0, iov, 1, 0, 0, 0, 0, 0, 0, iov, 2, 0, 0, 0, 0)
	in := p.put(make([]byte, 16)...)
	msgIn := p.words(0, 0, p.words(in, 16), 1, 0, 0, 0)
	unixName := p.put(append([]byte{1, 0}, "\x00name"...)...)
	inet := p.put(append([]byte{2, 0, 0, 80, 127, 0, 0, 1}, make([]byte, 8)...)...)
	mem := span{1, 1 << 30}
	return []compatCase{
		{"SYSCALL_STAT_X", []any{195, path, 0}, []any{enoent, "/none"}},                  // stat64
		{"SYSCALL_LSTAT_X", []any{196, path, 0}, []any{enoent, "/none"}},                 // lstat64
		{"SYSCALL_FSTAT_X", []any{197, -1, 0}, []any{ebadf, -1}},                         // fstat64
		{"SYSCALL_LLSEEK_X", []any{140, 77, 1, 2, 0, 1}, []any{ebadf, 77, 1<<32 | 2, 1}}, // _llseek
		{"SYSCALL_UMOUNT_1_X", []any{22, path}, []any{span{1 << 63, 1<<64 - 1}, "/none"}},
		{"SYSCALL_MMAP_X", []any{192, 0, 4096, 3, 0x22, -1}, // mmap2; the result is an address and no error
			[]any{span{0x10000, 1 << 32}, mem, span{0, 1 << 30}, 0, 0, 4096, 3, 2 | 8, -1, 0}},
		{"SYSCALL_BRK_4_X", []any{45, 0}, []any{span{base32, 1 << 32}, mem, span{0, 1 << 30}, 0, 0}},

		{"SYSCALL_WRITEV_X", []any{146, -1, iov, 2}, []any{ebadf, []byte("helhello"), -1, 8}},
		{"SYSCALL_PREAD_X", []any{180, -1, hello, 5, 7, 1}, []any{ebadf, nil, -1, 5, 1<<32 | 7}},
		{"SYSCALL_PWRITE_X", []any{181, -1, hello, 5, 7, 2}, []any{ebadf, []byte("hello"), -1, 5, 2<<32 | 7}},
		{"SYSCALL_PREADV_X", []any{333, -1, iov, 2, 8, 3}, []any{ebadf, 0, nil, -1, 3<<32 | 8}},
		{"SYSCALL_PWRITEV_X", []any{334, -1, iov, 2, 8, 4}, []any{ebadf, []byte("helhello"), -1, 8, 4<<32 | 8}},
		{"SYSCALL_SENDFILE_X", []any{187, -1, -2, p.words(10, -1), 5}, []any{ebadf, 10, -1, -2, 5}},
		{"SYSCALL_SENDFILE_X", []any{239, -1, -2, p.words(10, 1), 5}, []any{ebadf, 1<<32 | 10, -1, -2, 5}}, // sendfile64

		{"SYSCALL_SETRLIMIT_X", []any{75, 4, rlimit}, []any{0, 0, -1, 4}},
		{"SYSCALL_GETRLIMIT_X", []any{191, 4, p.words(5, 5)}, []any{0, 0, -1, 4}}, // ugetrlimit
		{"SYSCALL_PRLIMIT_X", []any{340, 0, 4, 0, p.words(5, 5, 5, 5)}, []any{0, 0, 0, 0, -1, 0, 4}},
		{"SYSCALL_NANOSLEEP_X", []any{162, p.words(0, 1234), 0}, []any{0, 1234}},
		{"SYSCALL_PPOLL_X", []any{309, 0, 0, p.words(1, 2), p.words(0x200, 0), 99}, []any{einval, []byte{0, 0}, 1_000_000_002, 0x200}},
		{"SYSCALL_PPOLL_X", []any{414, 0, 0, p.words(1, 0, 3, 0), p.words(0x200, 0), 99}, []any{einval, []byte{0, 0}, 1_000_000_003, 0x200}}, // ppoll_time64
		{"SYSCALL_FUTEX_X", []any{422, 0x1000, 129, 7}, []any{0, 0x1000, 129, 7}},                                                            // futex_time64
		{"SYSCALL_FCNTL_X", []any{221, -1, 3, 5}, []any{ebadf, -1, 4, 5}},                                                                    // fcntl64, F_GETFL
		{"SYSCALL_GETUID_X", []any{199}, []any{0}},                                                                                           // getuid32
		{"SYSCALL_GETRESUID_X", []any{209, p.words(9), p.words(9), p.words(9)}, []any{0, 0, 0, 0}},

		{"SOCKET_SOCKET_X", []any{359, 1, 2, 0}, []any{span{3, 99}, 1, 2, 0, 0}},
		{"SOCKET_BIND_X", []any{361, -1, unixName, 7}, []any{ebadf, []byte("\x01name\x00"), -1}},
		{"SOCKET_CONNECT_X", []any{362, -1, inet, 16}, []any{ebadf, nil, -1, addr("127.0.0.1:80")}},
		{"SOCKET_SETSOCKOPT_X", []any{366, -1, 1, 20, p.words(3, 5), 8}, []any{ebadf, -1, 1, 20, timeval, 8}},         // SO_RCVTIMEO_OLD
		{"SOCKET_SETSOCKOPT_X", []any{366, -1, 1, 66, p.words(3, 0, 5, 0), 16}, []any{ebadf, -1, 1, 20, timeval, 16}}, // SO_RCVTIMEO_NEW
		{"SOCKET_SENDMSG_X", []any{370, -1, msg, 0}, []any{ebadf, []byte("helhello"), -1, 8, nil}},

		// socketcall
		{"SOCKET_SOCKET_X", []any{102, 1, p.words(2, 1, 0)}, []any{span{3, 99}, 2, 1, 0, 0}},
		{"SOCKET_SEND_X", []any{102, 9, p.words(-1, hello, 5, 0)}, []any{ebadf, []byte("hello"), -1, 5, nil}},
		{"SOCKET_RECV_X", []any{102, 10, p.words(-1, hello, 5, 0)}, []any{ebadf, nil, -1, 5, nil}},
		{"SOCKET_SENDTO_X", []any{102, 11, p.words(-1, hello, 5, 0, 0, 0)}, []any{ebadf, []byte("hello"), -1, 5, nil}},
		{"SOCKET_ACCEPT4_6_X", []any{102, 18, p.words(-1, 0, 0, 0x80000)}, []any{ebadf, nil, 0, 0, 0, 4096}},
		// The sockets made here are the descriptors after what the program has.
		{"SOCKET_SOCKETPAIR_X", []any{102, 8, p.words(1, 2, 0, in)}, []any{0, span{3, 99}, span{3, 99}, nonzero, nonzero, 1, 2, 0}},
		{"SYSCALL_DUP2_X", []any{63, 5, 90}, []any{90, 5, 90}},
		{"SYSCALL_DUP2_X", []any{63, 6, 91}, []any{91, 6, 91}},
		{"SOCKET_SENDMMSG_X", []any{345, 90, vec, 2, 0}, []any{3, 90, 3, []byte("hel"), unixTuple{true, true, ""}}},
		{"SOCKET_SENDMMSG_X", nil, []any{8, 90, 8, []byte("helhello"), unixTuple{true, true, ""}}},
		{"SOCKET_RECVMSG_X", []any{372, 91, msgIn, 0}, []any{3, 3, []byte("hel"), unixTuple{true, true, ""}, nil, 91}},
		{"SOCKET_RECVMMSG_X", []any{337, 91, msgIn, 1, 0, 0}, []any{8, 91, 8, []byte("helhello"), unixTuple{true, true, ""}, nil}},

		{"GENERIC_X", []any{96, 0, 0}, []any{60, 140}}, // getpriority has the 64-bit number
	}
}

// TestCompat compares every parameter of the events of a 32-bit program.
func TestCompat(t *testing.T) {
	s := openSource(t, SourceOptions{RingBytes: 128 << 20})
	p := &program32{}
	cases := compatCases(p)
	for _, c := range cases {
		if c.call != nil {
			p.call(c.call...)
		}
	}
	argv, env := p.texts("prog", "one"), p.texts("A=b")
	p.call(11, p.put([]byte("/none\x00")...), argv, env) // execve
	p.call(1, 0)                                         // exit
	file := filepath.Join(t.TempDir(), "compat")
	if err := os.WriteFile(file, p.bytes(), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := s.SelectAll(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(file)
	if err := cmd.Start(); err != nil {
		t.Skipf("no 32-bit programs here: %v", err)
	}
	done := make(chan struct{})
	var runErr error
	go func() { runErr = cmd.Wait(); close(done) }()
	var got []recorded
	drain(t, s, done, func(_ uint16, b []byte) {
		tid, r := parseRecord(t, b)
		switch {
		case tid != int64(cmd.Process.Pid):
		case r.info.Name == "execve" && number(r.params[0]) == 0:
			got = nil // what came before was Go's
		default:
			got = append(got, r)
		}
	})
	if runErr != nil {
		t.Skipf("no 32-bit programs here: %v", runErr)
	}
	if len(got) != len(cases)+2 { // an execve and the end
		var names []string
		for _, r := range got {
			names = append(names, r.info.Name)
		}
		t.Fatalf("%d events, not %d: %v", len(got), len(cases)+2, names)
	}
	for i, c := range cases {
		t.Run(c.code, func(t *testing.T) {
			e := expected{Code: c.code}
			for i, v := range c.params {
				e.Params = append(e.Params, encodeParam(lookupCode(c.code).Params[i], v))
			}
			compare(t, e, got[i:i+1])
		})
	}
	r := got[len(cases)]
	if r.info.Name != "execve" || string(r.params[1]) != "prog\x00" || string(r.params[2]) != "one\x00" || string(r.params[15]) != "A=b\x00" || string(r.params[30]) != "/none\x00" {
		t.Errorf("%s %q", r.info.Name, r.params)
	}
}
