package field

import (
	"fmt"
	"regexp"
	"strings"

	"falcoreplay/replay"
)

// hostContainer stands for the host where a container is asked for (the
// container plugin 0.7.1, src/container_info.h, host_container_info).
var hostContainer = replay.Container{ID: "host", FullID: "host", Name: "host", Type: "host"}

// container is the container that the event describes or that its thread is in,
// nil if it is not known. Of a container that is not known there is still the
// id. ok is false if the event has no thread that is known. t is nil for events
// that describe a container (src/caps/extract/extract.cpp, extract).
func (c *Context) container() (cont *replay.Container, id string, t *replay.Thread, ok bool) {
	cur := &c.Host.Current
	if cur.Container != nil {
		return cur.Container, cur.Container.ID, nil, true
	}
	if t = cur.Thread; t == nil || int64(t.TID) != cur.Event.TID {
		t = c.Host.Thread(replay.TID(cur.Event.TID))
	}
	if t == nil {
		return nil, "", nil, false
	}
	if t.ContainerID == "" {
		return &hostContainer, "host", t, true
	}
	return c.Host.Container(t.ContainerID), t.ContainerID, t, true
}

func containerID(c *Context) (Value, bool) {
	cont, id, _, ok := c.container()
	if cont != nil {
		id = cont.ID
	}
	return Value{S: id}, ok
}

// ofContainer makes an extractor of a text of the container.
func ofContainer(text func(*replay.Container) string) extractor {
	return func(_ *Field, c *Context, dst []Value) ([]Value, bool) {
		if cont, _, _, _ := c.container(); cont != nil {
			return str(dst, text(cont))
		}
		return dst, false
	}
}

// containerTruth makes an extractor of a truth about the container.
func containerTruth(is func(*replay.Container) bool) extractor {
	return func(_ *Field, c *Context, dst []Value) ([]Value, bool) {
		if cont, _, _, _ := c.container(); cont != nil {
			return truth(dst, is(cont))
		}
		return dst, false
	}
}

// containerStart makes an extractor of the start of the thread's pid namespace.
func containerStart(value func(c *Context, start uint64) uint64) extractor {
	return func(_ *Field, c *Context, dst []Value) ([]Value, bool) {
		if _, _, t, _ := c.container(); t != nil && t.PIDNSInitStartTS != 0 {
			return num(dst, value(c, t.PIDNSInitStartTS))
		}
		return dst, false
	}
}

// appendMount appends all of a mount.
func appendMount(dst []byte, m *replay.Mount) []byte {
	dst = append(append(dst, m.Source...), ':')
	dst = append(append(dst, m.Dest...), ':')
	dst = append(append(dst, m.Mode...), ':')
	dst = append(append(dst, mountRDWR(m)...), ':')
	return append(dst, m.Propagation...)
}

func mountRDWR(m *replay.Mount) string {
	if m.RDWR {
		return "true"
	}
	return "false"
}

func mountSource(m *replay.Mount) string      { return m.Source }
func mountDest(m *replay.Mount) string        { return m.Dest }
func mountMode(m *replay.Mount) string        { return m.Mode }
func mountPropagation(m *replay.Mount) string { return m.Propagation }

func mounts(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	cont, _, _, _ := c.container()
	if cont == nil {
		return dst, false
	}
	mark := len(c.arena)
	for i := range cont.Mounts {
		if i > 0 {
			c.arena = append(c.arena, ',')
		}
		c.arena = appendMount(c.arena, &cont.Mounts[i])
	}
	return str(dst, c.since(mark))
}

// mountField is for fields of one mount: by its number, or by a regular
// expression that is found somewhere in its source, or in its destination for
// container.mount.source. Falco's documents call it a glob, but it never was
// one in the plugin: /proc* stands for /pro and any number of c.
func mountField(text func(*replay.Mount) string, by func(*replay.Mount) string) resolver {
	return func(f *Field, _, arg string, hasArg bool) error {
		if !hasArg {
			return needArg(f, f.Def.Name+"[0] or "+f.Def.Name+"[/proc]")
		}
		if strings.IndexByte(arg, ' ') >= 0 {
			return fmt.Errorf("field %s: the argument may not hold a blank", f.Name)
		}
		find := func(ms []replay.Mount) *replay.Mount { return nil }
		if n, ok := pluginIndex(arg); ok {
			find = func(ms []replay.Mount) *replay.Mount {
				if n < int64(len(ms)) {
					return &ms[n]
				}
				return nil
			}
		} else if re, err := regexp.Compile("(?m)" + arg); err == nil {
			find = func(ms []replay.Mount) *replay.Mount {
				for i := range ms {
					if re.MatchString(by(&ms[i])) {
						return &ms[i]
					}
				}
				return nil
			}
		} // Falco takes other arguments too, and finds nothing with them
		f.get = func(_ *Field, c *Context, dst []Value) ([]Value, bool) {
			cont, _, _, _ := c.container()
			if cont == nil {
				return dst, false
			}
			m := find(cont.Mounts)
			switch {
			case m == nil:
				return dst, false
			case text != nil:
				return str(dst, text(m))
			}
			mark := len(c.arena)
			c.arena = appendMount(c.arena, m)
			return str(dst, c.since(mark))
		}
		return nil
	}
}

// label finds a label, which are sorted by their keys.
func label(labels []replay.Label, key string) (string, bool) {
	for i := range labels {
		if labels[i].Key == key {
			return labels[i].Value, true
		}
	}
	return "", false
}

func containerLabel(f *Field, c *Context, dst []Value) ([]Value, bool) {
	return labelOf(c, f.key, dst)
}

func labelOf(c *Context, key string, dst []Value) ([]Value, bool) {
	if cont, _, _, _ := c.container(); cont != nil {
		if v, ok := label(cont.Labels, key); ok {
			return str(dst, v)
		}
	}
	return dst, false
}

// fixedLabel makes an extractor of a label with a well-known key.
func fixedLabel(key string) extractor {
	return func(_ *Field, c *Context, dst []Value) ([]Value, bool) { return labelOf(c, key, dst) }
}

// appendLabels appends labels as "KEY:VALUE" separated by commas, without those
// that Kubernetes uses itself.
func appendLabels(dst []byte, labels []replay.Label) []byte {
	mark := len(dst)
	for _, l := range labels {
		if strings.HasPrefix(l.Key, "annotation.") || strings.HasPrefix(l.Key, "io.kubernetes.") {
			continue
		}
		if len(dst) > mark {
			dst = append(dst, ", "...)
		}
		dst = append(dst, l.Key...)
		if l.Value != "" {
			dst = append(append(dst, ':'), l.Value...)
		}
	}
	return dst
}

func containerLabels(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	cont, _, _, _ := c.container()
	if cont == nil {
		return dst, false
	}
	mark := len(c.arena)
	c.arena = appendLabels(c.arena, cont.Labels)
	return str(dst, c.since(mark))
}

// shortIDChars is the length of a short container id.
const shortIDChars = 12

func shortID(id string) string { return id[:min(len(id), shortIDChars)] }

// sandbox is the container of the pod that a container is in, nil if it is not
// known. A container without a pod has the host for one, as in Falco.
func (c *Context) sandbox(cont *replay.Container) *replay.Container {
	if id := shortID(cont.PodSandboxID); id != "" {
		return c.Host.Container(id)
	}
	return &hostContainer
}

// ofSandbox makes an extractor of a text that is the container's own or, where
// its runtime did not describe the network, the pod's.
func ofSandbox(text func(*replay.Container) string) extractor {
	return func(_ *Field, c *Context, dst []Value) ([]Value, bool) {
		cont, _, _, _ := c.container()
		if cont != nil && cont.CNIJSON == "" {
			cont = c.sandbox(cont)
		}
		if cont == nil {
			return dst, false
		}
		return str(dst, text(cont))
	}
}

// podLabelsOf is the labels of the pod that a container is in: those that its
// sandbox has, or its own.
func (c *Context) podLabelsOf(cont *replay.Container) (labels, own []replay.Label) {
	if cont.CNIJSON == "" {
		if s := c.sandbox(cont); s != nil {
			return s.PodLabels, cont.PodLabels
		}
	}
	return cont.PodLabels, cont.PodLabels
}

func podLabel(f *Field, c *Context, dst []Value) ([]Value, bool) {
	cont, _, _, _ := c.container()
	if cont == nil {
		return dst, false
	}
	labels, own := c.podLabelsOf(cont)
	if v, ok := label(labels, f.key); ok {
		return str(dst, v)
	}
	if v, ok := label(own, f.key); ok {
		return str(dst, v)
	}
	return dst, false
}

func podLabels(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	cont, _, _, _ := c.container()
	if cont == nil {
		return dst, false
	}
	labels, _ := c.podLabelsOf(cont)
	mark := len(c.arena)
	c.arena = appendLabels(c.arena, labels)
	return str(dst, c.since(mark))
}
