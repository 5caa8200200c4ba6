//go:build linux && (amd64 || arm64)

package recorder

import (
	"context"
	"encoding/binary"
	"regexp"
	"slices"
	"strings"
	"time"

	"falcoreplay/internal/cgroup"
	"falcoreplay/recorder/container"
	"falcoreplay/recorder/procsnap"
	"falcoreplay/scap"
	"falcoreplay/scap/event"
)

// describer knows containers: a *container.Watcher.
type describer interface {
	List(ctx context.Context, cgroups []string) []container.Event
	Ask(cgroups []byte)
	Events() <-chan container.Event
	Runtimes() []string
}

// listTimeout is how long the beginning of a file waits for runtimes; what they
// tell later is told where it falls.
const listTimeout = time.Second

// maxCgroupTexts bounds the cgroups that are remembered as seen.
const maxCgroupTexts = 4096

// containers are what a recording has to do with containers. All methods but
// list are for its goroutine.
type containers struct {
	from describer
	only bool // nothing of containers that no recorded process is in

	seen map[string]bool            // cgroups that were looked at, where only is set
	in   map[string]bool            // ids of containers that recorded processes are in
	held map[string]container.Event // what else was told, by id, where only is set

	removed []removal // in the order of their times
}

// removal is a container that ended. The runtime tells of it while events of the
// container still wait in the ring, so it is written a while later.
type removal struct {
	event container.Event
	told  time.Time
}

// removalDelay is much longer than events wait in the ring.
const removalDelay = 2 * time.Second

// gone are the removals whose time has come.
func (c *containers) gone(now time.Time) (events []container.Event) {
	for len(c.removed) > 0 && now.Sub(c.removed[0].told) >= removalDelay {
		if e := c.removed[0].event; c.told(e) {
			events = append(events, e)
		}
		c.removed = c.removed[1:]
	}
	return events
}

func newContainers(from describer, only bool) *containers {
	return &containers{from: from, only: only, seen: map[string]bool{}, in: map[string]bool{}, held: map[string]container.Event{}}
}

// list are the containers at the beginning of a file.
func (c *containers) list(s *scap.Snapshot) []container.Event {
	distinct := map[string]bool{}
	var cgroups []string
	for i := range s.Threads {
		if text := s.Threads[i].Cgroups; !distinct[text] {
			distinct[text] = true
			cgroups = append(cgroups, text)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), listTimeout)
	defer cancel()
	list := c.from.List(ctx, cgroups)
	if !c.only {
		return list
	}
	ids := map[string]bool{}
	for _, text := range cgroups {
		idsOf(text, func(id string) { ids[id] = true })
	}
	return slices.DeleteFunc(list, func(e container.Event) bool { return !ids[e.Container.ID] })
}

// idsOf finds the containers that cgroups tell of, which are as in scap.Thread.
func idsOf(cgroups string, found func(id string)) {
	for entry := range strings.SplitSeq(cgroups, "\x00") {
		if _, path, ok := strings.Cut(entry, "="); ok {
			if id := cgroup.Find(path).ID; id != "" {
				found(id)
			}
		}
	}
}

// cgroupsParam has, for the events that tell cgroups, one more than their place
// among the parameters.
var cgroupsParam = func() (at [event.NumTypes]uint8) {
	for t := range at {
		if info := event.Lookup(event.Type(t)); info != nil {
			at[t] = uint8(1 + slices.IndexFunc(info.Params, func(p event.Param) bool { return p.Name == "cgroups" }))
		}
	}
	return at
}()

// look asks about the container of an event, if it tells one that is new, and
// returns what was held back of it.
func (c *containers) look(record []byte) []container.Event {
	typ := binary.LittleEndian.Uint16(record[recordType:])
	if int(typ) >= len(cgroupsParam) || cgroupsParam[typ] == 0 {
		return nil
	}
	text := param(record, int(cgroupsParam[typ])-1)
	if len(text) == 0 {
		return nil
	}
	c.from.Ask(text)
	if !c.only || c.seen[string(text)] {
		return nil
	}
	if len(c.seen) >= maxCgroupTexts {
		clear(c.seen)
	}
	cgroups := string(text)
	c.seen[cgroups] = true
	var told []container.Event
	idsOf(cgroups, func(id string) {
		c.in[id] = true
		if e, ok := c.held[id]; ok {
			told = append(told, e)
			delete(c.held, id)
		}
	})
	return told
}

// told reports whether an event is to be written now.
func (c *containers) told(e container.Event) bool {
	id := e.Container.ID
	if !c.only || c.in[id] {
		return true
	}
	if e.Removed {
		delete(c.held, id)
	} else if len(c.held) < maxCgroupTexts {
		c.held[id] = e
	}
	return false
}

// param is a parameter of an event, nil if it is not there.
func param(record []byte, i int) []byte {
	count := int(binary.LittleEndian.Uint32(record[recordParams:]))
	at := recordHeader + 2*count
	if i >= count || len(record) < at {
		return nil
	}
	for k := range i {
		at += int(binary.LittleEndian.Uint16(record[recordHeader+2*k:]))
	}
	end := at + int(binary.LittleEndian.Uint16(record[recordHeader+2*i:]))
	if end > len(record) {
		return nil
	}
	return record[at:end]
}

// maskEnv masks the environments of containers as those of processes.
func maskEnv(mode procsnap.EnvMode, redact *regexp.Regexp) func(env []string) []string {
	if mode == procsnap.EnvNone {
		return nil
	}
	var value func(string) string
	if redact != nil {
		value = func(s string) string { return redactText(redact, s) }
	}
	return func(env []string) []string {
		if len(env) == 0 {
			return nil
		}
		text, _ := procsnap.AppendEnv(nil, []byte(strings.Join(env, "\x00")+"\x00"), mode, value)
		return strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00")
	}
}
