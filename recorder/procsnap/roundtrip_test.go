//go:build linux

package procsnap

import (
	"bytes"
	"io"
	"reflect"
	"testing"

	"falcoreplay/scap"
)

// TestRoundTrip writes this host into a capture and reads it again: nothing is
// too long for the format, and nothing gets lost.
func TestRoundTrip(t *testing.T) {
	var o opened
	startChild(t, "open", &o, nil)
	snap, _, err := Take(Options{})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w, err := scap.NewWriter(&b, scap.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.WriteSnapshot(snap); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := scap.NewReader(&b, "host", scap.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(); err != io.EOF {
		t.Fatal(err)
	}
	got := r.Snapshot()
	if got.Machine != snap.Machine || !got.HasMachine || got.HasUsers != snap.HasUsers || got.HasInterfaces != snap.HasInterfaces {
		t.Errorf("machine %+v, not %+v", got.Machine, snap.Machine)
	}
	if !reflect.DeepEqual(got.Users, snap.Users) || !reflect.DeepEqual(got.Groups, snap.Groups) || !reflect.DeepEqual(got.Interfaces, snap.Interfaces) {
		t.Error("users, groups or interfaces differ")
	}
	compare(t, "thread", got.Threads, snap.Threads)
	compare(t, "fd list", got.FDs, snap.FDs)
}

func compare[T any](t *testing.T, what string, got, want []T) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d of %s, not %d", len(got), what, len(want))
	}
	for i := range got {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("%s %d\ngot  %+v\nwant %+v", what, i, got[i], want[i])
		}
	}
}
