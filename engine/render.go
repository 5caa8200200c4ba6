package engine

import "falcoreplay/engine/field"

// absent is what an output shows for a value that is absent.
const absent = "<NA>"

// alert makes the alert of a rule for the event. It copies all it needs.
func (v *Evaluator) alert(r *compiledRule) *Alert {
	host := v.ctx.Host
	ev := host.Current.Event
	a := &Alert{
		Rule: r.rule, EventNum: ev.Num, TimeNS: ev.TS, Host: host.Name,
		location: v.engine.opts.Location,
	}
	v.message = v.appendMessage(v.message[:0], r.template)
	a.Message = string(v.message)
	for _, f := range v.engine.also {
		a.Also = append(a.Also, v.shown(f))
	}
	if v.engine.opts.NoFields {
		return a
	}
	a.Fields = v.fields(r.template)
	return a
}

// shown is the value of a field.
func (v *Evaluator) shown(f *field.Field) Shown {
	values, ok := f.Extract(&v.ctx, v.candidate[:0])
	v.candidate = values
	if !ok {
		return Shown{}
	}
	v.message = f.AppendText(&v.ctx, v.message[:0])
	return Shown{string(v.message), true}
}

// fields are the values of an output's fields, in memory of one piece.
func (v *Evaluator) fields(t *template) []Field {
	list := make([]Field, len(t.fields))
	v.message, v.ends = v.message[:0], v.ends[:0]
	for _, f := range t.fields {
		v.message = v.engine.sources[f.source].field.AppendJSON(&v.ctx, v.message)
		v.ends = append(v.ends, len(v.message))
	}
	all, start := string(v.message), 0
	for i, f := range t.fields {
		list[i] = Field{f.name, all[start:v.ends[i]]}
		start = v.ends[i]
	}
	return list
}

// appendMessage appends an output with its values filled in.
func (v *Evaluator) appendMessage(dst []byte, t *template) []byte {
	for _, k := range t.tokens {
		if k.source == noSource {
			dst = append(dst, k.text...)
			continue
		}
		start := len(dst)
		dst = v.appendSource(dst, k.source)
		if k.width > 0 {
			for len(dst) < start+k.width {
				dst = append(dst, ' ')
			}
			dst = dst[:start+k.width]
		}
	}
	return dst
}

// appendSource appends what an output shows for a source
// (sinsp_filtercheck.cpp, tostring).
func (v *Evaluator) appendSource(dst []byte, id sourceID) []byte {
	s := &v.engine.sources[id]
	if s.kind == fromField {
		return s.field.AppendText(&v.ctx, dst)
	}
	values, ok := v.extract(id)
	if !ok || !s.list && len(values) == 0 {
		return append(dst, absent...)
	}
	if s.list {
		return field.AppendTexts(dst, values, s.typ, s.format)
	}
	value := values[0]
	if classOf(s.typ) == classString {
		value.S = cString(value.S)
	}
	return field.AppendText(dst, value, s.typ, s.format)
}
