package engine

import "falcoreplay/engine/field"

// optString is an option string of getopt(3): which letters are options, and
// which of them take an argument.
type optString struct {
	valid, arg [256]bool
}

func parseOptString(s string) *optString {
	o := &optString{}
	if s != "" && s[0] == ':' {
		s = s[1:]
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == ':' {
			continue
		}
		o.valid[c] = true
		if i+1 < len(s) && s[i+1] == ':' {
			o.arg[c] = true
			i++
		}
	}
	return o
}

// getopt reads the options in a list of arguments. The result is a list of the
// options, each followed by its argument if it takes one; an unknown option is
// "?", and one whose argument is missing "". With a letter selected, the
// result is the last argument of that option, or the letter itself if it takes
// none, and there is no result without the option.
//
// It ends at "--" and at the first argument that is no option, and skips long
// options (falcosecurity/libs at 48dfd53,
// userspace/libsinsp/sinsp_filtercheck_multivalue_transformer.cpp,
// sinsp_filter_multivalue_transformer_getopt::extract).
func getopt(dst, args []field.Value, opts *optString, selected string) ([]field.Value, bool) {
	r := optResult{dst: dst, selected: selected}
	for i := 0; i < len(args); i++ {
		arg := args[i].S
		if arg == "--" || len(arg) < 2 || arg[0] != '-' {
			break
		}
		if arg[1] != '-' {
			i += r.cluster(arg, args[i+1:], opts)
		}
	}
	return r.dst, selected == "" || r.found
}

// optResult collects what getopt finds.
type optResult struct {
	dst      []field.Value
	selected string
	found    bool
}

// cluster reads the options in one argument like -xvf, and tells how many of
// the next arguments belong to it.
func (r *optResult) cluster(arg string, next []field.Value, opts *optString) int {
	for i := 1; i < len(arg); i++ {
		c := arg[i]
		switch {
		case c == ':' || !opts.valid[c]:
			if r.selected == "" {
				r.emit("?")
			}
		case !opts.arg[c]:
			r.option(arg[i : i+1])
		case i+1 < len(arg):
			r.option(arg[i:i+1], arg[i+1:])
			return 0
		case len(next) > 0:
			r.option(arg[i:i+1], next[0].S)
			return 1
		case r.selected == "" || r.selected == arg[i:i+1]:
			r.emit("")
			return 0
		default:
			return 0
		}
	}
	return 0
}

// option adds an option and its argument, or chooses of them.
func (r *optResult) option(texts ...string) {
	switch {
	case r.selected == "":
		for _, t := range texts {
			r.emit(t)
		}
	case r.selected == texts[0]:
		r.emit(texts[len(texts)-1])
	}
}

func (r *optResult) emit(text string) {
	if r.selected != "" {
		r.dst, r.found = r.dst[:0], true
	}
	r.dst = append(r.dst, field.Value{S: text})
}
