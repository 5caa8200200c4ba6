//go:build linux && amd64

package recorder

import (
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// program32 is a program of 32 bits that makes one system call after another.
type program32 struct {
	code, data []byte
	fixes      []int // places in code that hold an offset into data
}

const (
	base32 = 0x08048000
	head32 = 52 + 32 // ELF header and one segment
)

// at is an argument that points into the data.
type at int

func (p *program32) put(b ...byte) at {
	p.data = append(p.data, b...)
	return at(len(p.data) - len(b))
}

// words adds numbers of 32 bits; a pointer into the data is given as an at.
func (p *program32) words(size int, v ...any) at {
	var b []byte
	for _, x := range v {
		switch x := x.(type) {
		case int:
			b = binary.LittleEndian.AppendUint32(b, uint32(x))
		case at:
			b = binary.LittleEndian.AppendUint32(b, uint32(base32+head32+size+int(x)))
		}
	}
	return p.put(b...)
}

// call adds a system call: eax, ebx, ecx, edx, esi, edi, then int 0x80.
func (p *program32) call(args ...any) {
	for i, a := range args {
		p.code = append(p.code, []byte{0xb8, 0xbb, 0xb9, 0xba, 0xbe, 0xbf}[i])
		n := 0
		switch a := a.(type) {
		case int:
			n = a
		case at:
			n = int(a)
			p.fixes = append(p.fixes, len(p.code))
		}
		p.code = binary.LittleEndian.AppendUint32(p.code, uint32(n))
	}
	p.code = append(p.code, 0xcd, 0x80)
}

// codeBytes is where the data begins: the code is padded to it.
const codeBytes = 2048

func (p *program32) bytes() []byte {
	for _, f := range p.fixes {
		v := binary.LittleEndian.Uint32(p.code[f:])
		binary.LittleEndian.PutUint32(p.code[f:], v+base32+head32+codeBytes)
	}
	body := append(append(p.code, make([]byte, codeBytes-len(p.code))...), p.data...)
	le := binary.LittleEndian
	h := append([]byte("\x7fELF\x01\x01\x01"), make([]byte, 9)...)
	h = le.AppendUint16(h, 2) // executable
	h = le.AppendUint16(h, 3) // 386
	h = le.AppendUint32(h, 1)
	h = le.AppendUint32(h, base32+head32)
	h = le.AppendUint32(h, 52)
	h = le.AppendUint32(h, 0)
	h = le.AppendUint32(h, 0)
	for _, v := range []uint16{52, 32, 1, 0, 0, 0} {
		h = le.AppendUint16(h, v)
	}
	size := uint32(head32 + len(body))
	for _, v := range []uint32{1, 0, base32, base32, size, size, 7, 4096} {
		h = le.AppendUint32(h, v)
	}
	return append(h, body...)
}

// TestCompat makes the system calls that only 32-bit programs have.
func TestCompat(t *testing.T) {
	s := openSource(t, SourceOptions{})
	p := &program32{}
	path, hello := p.put([]byte("/none\x00")...), p.put([]byte("hello")...)
	p.call(195, path, 0)                                       // stat64
	p.call(196, path, 0)                                       // lstat64
	p.call(197, -1, 0)                                         // fstat64
	p.call(140, 77, 1, 2, 0, 1)                                // _llseek
	p.call(22, path)                                           // umount
	p.call(192, 0, 4096, 3, 0x22, -1)                          // mmap2
	p.call(146, -1, p.words(codeBytes, hello, 3, hello, 5), 2) // writev
	p.call(199)                                                // getuid32
	p.call(102, 1, p.words(codeBytes, 2, 1, 0))                // socketcall: socket
	p.call(102, 9, p.words(codeBytes, -1, hello, 5, 0))        // send
	p.call(102, 10, p.words(codeBytes, -1, hello, 5, 0))       // recv
	p.call(96, 0, 0)                                           // getpriority
	p.call(1, 0)                                               // exit
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
		if tid, r := parseRecord(t, b); tid == int64(cmd.Process.Pid) {
			got = append(got, r)
		}
	})
	if runErr != nil {
		t.Skipf("no 32-bit programs here: %v", runErr)
	}
	const ebadf, enoent = -9, -2
	for code, w := range map[string][]any{
		"SYSCALL_STAT_X":     {enoent, "/none"},
		"SYSCALL_LSTAT_X":    {enoent, "/none"},
		"SYSCALL_FSTAT_X":    {ebadf, -1},
		"SYSCALL_LLSEEK_X":   {ebadf, 77, 1<<32 | 2, anything},
		"SYSCALL_UMOUNT_1_X": {anything, "/none"},
		"SYSCALL_MMAP_X":     {anything, anything, anything, 0, 0, 4096, 3, 2 | 8, -1, anything},
		"SYSCALL_WRITEV_X":   {ebadf, []byte("helhello"), -1, 8},
		"SYSCALL_GETUID_X":   {0},
		"SOCKET_SOCKET_X":    {nonzero, 2, 1, 0, 0},
		"SOCKET_SEND_X":      {ebadf, []byte("hello"), -1, 5, nil},
		"SOCKET_RECV_X":      {ebadf, nil, -1, 5, nil},
		"GENERIC_X":          {60, 140},
	} {
		t.Run(code, func(t *testing.T) {
			e := expected{Code: code}
			for i, v := range w {
				e.Params = append(e.Params, encodeParam(lookupCode(code).Params[i], v))
			}
			compare(t, e, got)
		})
	}
}
