// Package bpf is the kernel side of the recorder: the BPF program in c/, its
// compiled objects, the layouts that it shares with user space, and a loader.
//
// It knows how a parameter is filled in, not which parameters an event has:
// those come as a table of Calls. What comes out of the ring is a scap event in
// its final layout. Only package recorder imports it; it imports nothing of the
// module. Everything but the layouts needs Linux.
package bpf

//go:generate ./generate.sh
