package field

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"falcoreplay/replay"
	"falcoreplay/scap"
	"falcoreplay/scap/event"
)

// TestCarried holds that fields which an event type is said not to carry are
// absent from all of its events.
func TestCarried(t *testing.T) {
	var fields []*Field
	add := func(name string) {
		if f, err := Resolve(name, "", false); err == nil {
			fields = append(fields, f)
		}
	}
	for i := range Catalogue() {
		add(Catalogue()[i].Name)
	}
	params := make(map[string]bool)
	for typ := event.Type(0); typ < event.NumTypes; typ++ {
		for _, p := range event.Lookup(typ).Params {
			if !params[p.Name] {
				params[p.Name] = true
				add("evt.arg." + p.Name)
				add("evt.rawarg." + p.Name)
			}
		}
	}
	captures, err := filepath.Glob("../../testdata/*.scap")
	if err != nil || len(captures) == 0 {
		t.Fatal("no captures", err)
	}
	missing, carried := 0, make(map[*Field]bool)
	for _, capture := range captures {
		eachEvent(t, capture, func(c *Context) {
			typ := c.Host.Current.Event.Type
			for _, f := range fields {
				if f.Carried(typ) {
					carried[f] = true
					continue
				}
				missing++
				if _, ok := f.Extract(c, nil); ok {
					t.Fatalf("%s: %s is there", event.Lookup(typ).Code, f.Name)
				}
				if v, ok := f.Candidates(c, nil); ok {
					t.Fatalf("%s: %s has candidates %v", event.Lookup(typ).Code, f.Name, v)
				}
			}
		})
	}
	if missing == 0 || len(carried) < 200 {
		t.Errorf("%d times not carried, %d fields carried: nothing was tested", missing, len(carried))
	}
}

// eachEvent replays a capture and calls f for each event.
func eachEvent(t *testing.T, capture string, f func(*Context)) {
	t.Helper()
	file, err := os.Open(capture)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rd, err := scap.NewReader(file, capture, scap.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer rd.Close()
	var c Context
	for section := 0; ; {
		ev, err := rd.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if rd.Section() != section {
			section = rd.Section()
			c = Context{Host: replay.New(rd.Snapshot())}
		}
		c.Host.Apply(ev)
		if !ev.StateOnly {
			c.Reset()
			f(&c)
		}
	}
}
