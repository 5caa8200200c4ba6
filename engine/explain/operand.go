package explain

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"falcoreplay/engine/field"
	"falcoreplay/rules/syntax"
	"falcoreplay/scap/event"
)

// several tells fields that are compared by other values than their own.
func (s *Seen) several() bool {
	return s.resolved != nil && s.resolved.Multi() != field.MultiNone
}

// see evaluates an operand. compared tells that it is the left-hand side of a
// check, for which some fields have other values.
func see(x syntax.Operand, c *field.Context, compared bool) (*Seen, error) {
	switch x := x.(type) {
	case *syntax.Field:
		f, err := field.Resolve(x.Name, x.Arg, x.HasArg)
		if err != nil {
			return nil, err
		}
		s := &Seen{Operand: x, Type: f.Type, Format: f.Format, List: f.List, base: f.Type, resolved: f}
		if compared {
			s.Values, s.Present = f.Candidates(c, nil)
		} else {
			s.Values, s.Present = f.Extract(c, nil)
		}
		return s, nil
	case *syntax.Value:
		return oneText(x, x.Text), nil
	case *syntax.TransformerList:
		return seeList(x, c)
	case *syntax.Transformer:
		return seeTransformer(x, c)
	}
	return nil, fmt.Errorf("%s is neither a field nor a transformer", x)
}

func oneText(x syntax.Operand, text string) *Seen {
	return &Seen{Operand: x, Type: event.PTCharBuf, base: event.PTCharBuf, Present: true, Values: []field.Value{{S: text}}}
}

// seeList puts the values of the items in one list of texts
// (sinsp_filtercheck_rawstring.cpp, list_check).
func seeList(x *syntax.TransformerList, c *field.Context) (*Seen, error) {
	list := &Seen{Operand: x, Type: event.PTCharBuf, base: event.PTCharBuf, List: true, Present: true}
	for _, i := range x.Items {
		item, err := see(i, c, false)
		if err != nil {
			return nil, err
		}
		list.Present = list.Present && item.Present
		for _, v := range item.Values {
			text := raw(item.Type, v)
			switch item.base {
			case event.PTPID, event.PTInt64:
				text = strconv.FormatInt(int64(v.N), 10)
			case event.PTUint64:
				text = strconv.FormatUint(v.N, 10)
			}
			list.Values = append(list.Values, field.Value{S: text})
		}
	}
	return list, nil
}

// raw is a value as the bytes in which Falco holds it.
func raw(t event.ParamType, v field.Value) string {
	n, ok := numbers[t]
	if !ok {
		return v.S
	}
	return string(binary.LittleEndian.AppendUint64(nil, v.N)[:n.bits/8])
}

func seeTransformer(x *syntax.Transformer, c *field.Context) (*Seen, error) {
	args := make([]*Seen, len(x.Args))
	present := true
	for i, a := range x.Args {
		s, err := see(a, c, false)
		if err != nil {
			return nil, err
		}
		args[i], present = s, present && s.Present
	}
	if x.Name == "val" {
		return args[0], nil
	}
	out := oneText(x, "")
	if len(args) == 1 {
		*out = *args[0]
		out.Operand, out.resolved, out.Values = x, nil, nil
		if x.Name == "len" {
			out.Type, out.List = event.PTUint64, false
		}
	} else if x.Name == "getopt" {
		out.List = !x.HasArg
	}
	if out.Present = present; !present {
		out.Values = nil
		return out, nil
	}
	switch x.Name {
	case "len":
		out.Values = []field.Value{{N: length(args[0])}}
	case "join":
		out.Values = []field.Value{{S: join(args[0], args[1])}}
	case "concat":
		text := ""
		for _, a := range args {
			text += cut(raw(a.Type, a.Values[0]))
		}
		out.Values = []field.Value{{S: text}}
	case "getopt":
		out.Values, out.Present = options(args[0].Values, args[1].Values[0].S, x.Arg)
	default:
		for _, v := range args[0].Values {
			text, ok := transform(x.Name, strings.TrimRight(v.S, "\x00"))
			if !ok {
				out.Values, out.Present = nil, false
				break
			}
			out.Values = append(out.Values, field.Value{S: terminated(text)})
		}
	}
	return out, nil
}

// cut is a text up to its first NUL, as C sees it.
func cut(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	return s
}

func length(s *Seen) uint64 {
	switch {
	case s.List:
		return uint64(len(s.Values))
	case s.Type == event.PTByteBuf:
		return uint64(len(s.Values[0].S))
	}
	return uint64(len(cut(s.Values[0].S)))
}

func join(separator, list *Seen) string {
	var texts []string
	for _, v := range list.Values {
		texts = append(texts, cut(raw(list.Type, v)))
	}
	return strings.Join(texts, raw(separator.Type, separator.Values[0]))
}

// transform applies a transformer of one text (sinsp_filter_transformers).
func transform(name, s string) (string, bool) {
	switch name {
	case "tolower":
		return mapBytes(s, lower), true
	case "toupper":
		return mapBytes(s, upper), true
	case "basename":
		parts := strings.Split(s, "/")
		return parts[len(parts)-1], true
	case "b64":
		return unbase64(s)
	}
	return "", false
}

func mapBytes(s string, f func(byte) byte) string {
	b := []byte(s)
	for i := range b {
		b[i] = f(b[i])
	}
	return string(b)
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c | 0x20
	}
	return c
}

func upper(c byte) byte {
	if 'a' <= c && c <= 'z' {
		return c &^ 0x20
	}
	return c
}

// unbase64 decodes a text that may have up to two padding signs, of which the
// bits left over are zero (base64.h, decodeWithoutPadding).
func unbase64(s string) (string, bool) {
	if s == "" {
		return "", true
	}
	s = strings.TrimSuffix(strings.TrimSuffix(s, "="), "=")
	if s == "" || strings.ContainsAny(s, "\r\n") { // line ends are taken by Go's decoder
		return "", false
	}
	b, err := base64.RawStdEncoding.Strict().DecodeString(s)
	return string(b), err == nil
}

// terminated is a text with a NUL behind it, which transformers add where there
// is none, and which belongs to the text for comparisons by bytes.
func terminated(s string) string {
	if strings.HasSuffix(s, "\x00") {
		return s
	}
	return s + "\x00"
}

// options reads arguments as getopt does (see sinsp_filtercheck_multivalue_transformer.cpp,
// sinsp_filter_multivalue_transformer_getopt): the options and their arguments
// or, if one is chosen, its last argument.
func options(args []field.Value, spec, chosen string) ([]field.Value, bool) {
	takes := make(map[byte]bool) // whether an option takes an argument
	for i, c := range []byte(strings.TrimPrefix(spec, ":")) {
		if rest := strings.TrimPrefix(spec, ":")[i+1:]; c != ':' {
			takes[c] = strings.HasPrefix(rest, ":")
		}
	}
	var found [][]string // an option as it is shown, and its argument
	for len(args) > 0 {
		arg := args[0].S
		args = args[1:]
		if arg == "--" || len(arg) < 2 || arg[0] != '-' {
			break
		}
		if arg[1] == '-' {
			continue
		}
		for letters := arg[1:]; letters != ""; {
			name := letters[:1]
			letters = letters[1:]
			argument, known := takes[name[0]]
			switch {
			case !known:
				found = append(found, []string{"?", "?"})
			case !argument:
				found = append(found, []string{name, name})
			case letters != "":
				found = append(found, []string{name, name, letters})
				letters = ""
			case len(args) > 0:
				found = append(found, []string{name, name, args[0].S})
				args = args[1:]
			default:
				found = append(found, []string{name, ""})
			}
		}
	}
	var out []field.Value
	for _, f := range found {
		switch {
		case chosen == "":
			for _, text := range f[1:] {
				out = append(out, field.Value{S: text})
			}
		case f[0] == chosen && f[1] != "?":
			out = []field.Value{{S: f[len(f)-1]}}
		}
	}
	return out, chosen == "" || len(out) > 0
}
