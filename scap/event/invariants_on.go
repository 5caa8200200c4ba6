//go:build invariants

package event

const invariants = true

func overwrite(b []byte) {
	for i := range b {
		b[i] = 0xDB
	}
}
