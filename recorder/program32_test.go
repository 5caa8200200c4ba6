//go:build linux && amd64

package recorder

import "encoding/binary"

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
func (p *program32) words(v ...any) at {
	var b []byte
	for _, x := range v {
		switch x := x.(type) {
		case int:
			b = binary.LittleEndian.AppendUint32(b, uint32(x))
		case at:
			b = binary.LittleEndian.AppendUint32(b, uint32(base32+head32+codeBytes+int(x)))
		}
	}
	return p.put(b...)
}

// texts is an array of pointers to texts.
func (p *program32) texts(s ...string) at {
	var w []any
	for _, t := range s {
		w = append(w, p.put(append([]byte(t), 0)...))
	}
	return p.words(append(w, 0)...)
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
const codeBytes = 4096

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
