//go:build linux && (amd64 || arm64)

package bpf

import (
	"errors"
	"testing"

	"github.com/cilium/ebpf"

	"falcoreplay/internal/testenv"
)

func TestLoad(t *testing.T) {
	testenv.Root(t)
	var calls [NumCalls]Call
	p, err := Load(&calls, nil, Options{})
	var ve *ebpf.VerifierError
	if errors.As(err, &ve) {
		t.Fatalf("%+v", ve)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.Attach(); err != nil {
		t.Fatal(err)
	}
}
