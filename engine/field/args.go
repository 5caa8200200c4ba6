package field

import "falcoreplay/scap/event"

// allArgs is all parameters of an event as "NAME=VALUE" or "NAME=VALUE(NAME)",
// and nothing for system calls that have no type of their own.
func allArgs(_ *Field, c *Context, dst []Value) ([]Value, bool) {
	ev := c.Host.Current.Event
	if ev.Type == event.GenericX {
		return str(dst, "")
	}
	mark := len(c.arena)
	buf := c.arena
	for i := range min(ev.NumParams(), len(ev.Info().Params)) {
		if i > 0 {
			buf = append(buf, ' ')
		}
		p := c.param(i)
		buf = append(append(buf, p.Name...), '=')
		buf = c.appendValue(buf, &p)
		buf = append(buf, '(')
		start := len(buf)
		if buf = c.appendName(buf, &p); len(buf) == start {
			buf = buf[:start-1]
		} else {
			buf = append(buf, ')')
		}
	}
	c.arena = buf
	return str(dst, c.since(mark))
}

// paramByName is evt.arg.NAME.
func paramByName(f *Field, c *Context, dst []Value) ([]Value, bool) {
	return c.argument(int(f.params[c.Host.Current.Event.Type]), dst)
}

// paramByIndex is evt.arg[INDEX].
func paramByIndex(f *Field, c *Context, dst []Value) ([]Value, bool) {
	return c.argument(int(f.index), dst)
}

func (c *Context) argument(i int, dst []Value) ([]Value, bool) {
	ev := c.Host.Current.Event
	if i < 0 || i >= ev.NumParams() || i >= len(ev.Info().Params) {
		return dst, false
	}
	p := c.param(i)
	// Most texts need not be copied.
	if p.typ == event.PTCharBuf || p.isText() && len(p.data) > 0 && p.data[0] == '/' {
		if len(p.data) == 0 || string(p.text()) == nullText {
			return str(dst, notRead)
		}
		return str(dst, view(p.text()))
	}
	return str(dst, c.paramText(i))
}

// rawParam is evt.rawarg.NAME. An empty parameter that is no text is there,
// with no bytes.
func rawParam(f *Field, c *Context, dst []Value) ([]Value, bool) {
	ev := c.Host.Current.Event
	i := int(f.params[ev.Type])
	if i < 0 || i >= ev.NumParams() {
		return dst, false
	}
	p := shownParam{Param: &ev.Info().Params[i], data: ev.Param(i)}
	p.typ = p.Type
	switch {
	case p.isText():
		return str(dst, view(textParam(ev, i)))
	case p.isSigned():
		return num(dst, uint64(p.int()))
	}
	return one(dst, Value{S: view(p.data), N: p.uint()})
}

// rawCandidate is rawParam for comparisons, in which an empty parameter is
// absent.
func rawCandidate(f *Field, c *Context, dst []Value) ([]Value, bool) {
	ev := c.Host.Current.Event
	i := int(f.params[ev.Type])
	if i < 0 || i >= ev.NumParams() {
		return dst, false
	}
	switch ev.Info().Params[i].Type {
	case event.PTCharBuf, event.PTFSPath, event.PTFSRelPath:
	default:
		if len(ev.Param(i)) == 0 {
			return dst, false
		}
	}
	return rawParam(f, c, dst)
}
