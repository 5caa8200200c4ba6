package lint

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"falcoreplay/rules"
	"falcoreplay/rules/syntax"
)

// silencer is a comment in a rule file that silences codes.
type silencer struct {
	pos   syntax.Pos // of the comment
	line  int        // that it is about
	code  rules.Code
	known bool
	used  bool
}

// comment finds silencers in a line: behind a blank or at its beginning.
var comment = regexp.MustCompile(`(?:^|\s)(#\s*falcoreplay:ignore)(?:\s+([^\s]*))?`)

// silencers reads the comments of a file.
func silencers(file, text string) (list []*silencer) {
	offset := 0
	var pending []*silencer
	for i, line := range strings.SplitAfter(text, "\n") {
		trimmed := strings.TrimSpace(line)
		alone := strings.HasPrefix(trimmed, "#")
		if !alone && trimmed != "" {
			for _, s := range pending {
				s.line = i + 1
			}
			pending = nil
		}
		if m := comment.FindStringSubmatchIndex(line); m != nil {
			codes := ""
			if m[4] >= 0 {
				codes = line[m[4]:m[5]]
			}
			for _, code := range strings.Split(codes, ",") {
				s := &silencer{pos: syntax.Pos{File: file, Offset: offset + m[2], Line: i + 1, Column: m[2] + 1},
					line: i + 1, code: rules.Code(code), known: Lookup(rules.Code(code)) != nil}
				list = append(list, s)
				if alone {
					pending = append(pending, s)
				}
			}
		}
		offset += len(line)
	}
	return list
}

// silence takes out what comments in the files silence, and tells which
// comments do not. If the rules could not be loaded, nothing can be said of
// those.
func (r *Report) silence(files []rules.File, opts *Options, loaded bool) {
	for _, f := range files {
		list := silencers(f.Name, r.loaded.Source(f.Name))
		if len(list) == 0 {
			continue
		}
		r.Diagnostics = slices.DeleteFunc(r.Diagnostics, func(d rules.Diagnostic) bool {
			if d.Severity == rules.SeverityError || d.Pos.File != f.Name {
				return false
			}
			start, _ := r.loaded.ItemAt(d.Pos)
			silenced := false
			for _, s := range list {
				if s.code == d.Code && (s.line == d.Pos.Line || s.line == start.Line) {
					s.used, silenced = true, true
				}
			}
			if silenced {
				r.Silenced++
			}
			return silenced
		})
		for _, s := range list {
			r.unused(s, opts, loaded)
		}
	}
}

// unused tells that a comment silences nothing.
func (r *Report) unused(s *silencer, opts *Options, loaded bool) {
	if s.used || !opts.wants(UnusedIgnore) || s.known && (!loaded || !opts.wants(s.code)) {
		return
	}
	d := rules.Diagnostic{Severity: rules.SeverityWarning, Code: UnusedIgnore, Pos: s.pos}
	switch {
	case s.code == "":
		d.Message = "the comment names no code to ignore"
	case !s.known:
		d.Message = fmt.Sprintf("there is no code %q to ignore", s.code)
	default:
		d.Message = fmt.Sprintf("nothing here has the code %s to ignore", s.code)
	}
	r.Diagnostics = append(r.Diagnostics, d)
}
