package main

import (
	"slices"
	"strings"
	"testing"
)

func TestOrderCaptures(t *testing.T) {
	for _, c := range []struct{ names, want string }{
		{"a b", "a b"},
		{"b a", "b a"},
		{"t.scap0 t.scap1 t.scap10 t.scap2", "t.scap0 t.scap1 t.scap2 t.scap10"},
		{"t10.scap t9.scap z t2.scap t1.scap", "t9.scap t10.scap z t1.scap t2.scap"},
		{"t2.scap u1.scap", "t2.scap u1.scap"},
		{"t_20260102.scap t_20251231.scap", "t_20251231.scap t_20260102.scap"},
		{"t.scap t.scap1 t.scap0", "t.scap t.scap0 t.scap1"},
		{"-", "-"},
	} {
		if got := orderCaptures(strings.Fields(c.names)); !slices.Equal(got, strings.Fields(c.want)) {
			t.Errorf("%s: got %v, want %s", c.names, got, c.want)
		}
	}
}

func TestCaptureName(t *testing.T) {
	for _, c := range []struct {
		name string
		is   bool
	}{
		{"t.scap", true}, {"t.scap0", true}, {"t.scap12", true}, {"t.scap.gz", true}, {"t.scap.zst", true},
		{"t.scap.zst3", true}, {"t.scap3.gz", true}, {"t.scap.txt", false}, {"scap", false}, {"t.scapx", false},
		{"t.pcap", false}, {"t.scap.gz.part", false},
	} {
		if got := captureName.MatchString(c.name); got != c.is {
			t.Errorf("%s: %t, want %t", c.name, got, c.is)
		}
	}
}
