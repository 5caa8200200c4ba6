package rules

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"unicode/utf16"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// document is the nodes of one rule file. It hides where the YAML library and
// yaml-cpp, which Falco uses, look at a file differently:
//   - a scalar is a string unless a number or a boolean is asked for, whatever
//     it looks like, and booleans are those of YAML 1.1;
//   - of a key given twice, the first counts;
//   - a merge key is a key like any other;
//   - bytes that are no UTF-8, and control characters, are like letters;
//   - "!=" in a list in brackets is an empty value, and no longer tag.
type document struct {
	src       *source
	plain     string // the file with those bytes masked: as long as it
	lineStart []int  // offsets of the lines as YAML counts them
	roots     []*yaml.Node
}

// parseDocument reads all YAML documents of a file. It changes nothing of src.
func parseDocument(src *source) (*document, *Diagnostic) {
	if len(src.data) > maxFileBytes {
		return nil, place{src, 0, ""}.problem(ErrLimit, "the file is too large: %d bytes, limit %d", len(src.data), maxFileBytes)
	}
	doc := &document{src: src, plain: maskBytes(src.data)}
	doc.lineStart = yamlLines(doc.plain)
	roots, err := decodeRoots(strings.NewReader(doc.plain))
	if err != nil {
		in := &lineReader{data: doc.plain}
		_, err = decodeRoots(in) // once more, to see how far it comes
		return nil, yamlError(src, in, err)
	}
	for _, root := range roots {
		doc.unmask(root)
	}
	doc.roots = roots
	return doc, nil
}

// decodeRoots reads the roots of all documents.
func decodeRoots(in io.Reader) (roots []*yaml.Node, err error) {
	defer func() {
		// The library is not ours, and a panic of its must not be one of ours.
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	d := yaml.NewDecoder(in)
	for {
		var n yaml.Node
		err := d.Decode(&n)
		if errors.Is(err, io.EOF) {
			return roots, nil
		}
		if err != nil {
			return nil, err
		}
		if n.Kind == yaml.DocumentNode && len(n.Content) > 0 {
			roots = append(roots, n.Content[0])
		}
	}
}

// parsing is a file that is parsed beside others. done is closed at the end.
type parsing struct {
	src  *source
	doc  *document
	diag *Diagnostic
	done chan struct{}
}

// parseAll begins to parse the files, some at a time. What is in a file depends
// on no other.
func parseAll(files []File) []*parsing {
	all := make([]*parsing, len(files))
	for i, f := range files {
		all[i] = &parsing{src: newSource(f.Name, decodeText(f.Data), i), done: make(chan struct{})}
	}
	var next atomic.Int32
	for range min(len(files), runtime.GOMAXPROCS(0)) {
		go func() {
			for i := int(next.Add(1)) - 1; i < len(all); i = int(next.Add(1)) - 1 {
				p := all[i]
				p.doc, p.diag = parseDocument(p.src)
				close(p.done)
			}
		}()
	}
	return all
}

// mask stands for a byte that the library refuses. It has no meaning in YAML.
const mask = 'x'

// maskBytes replaces the bytes that the library refuses, or reads otherwise.
func maskBytes(data string) string {
	var out []byte
	for i := 0; i < len(data); {
		if c := data[i]; c >= ' ' && c < 0x7f || c == '\n' {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(data[i:])
		refused := r == utf8.RuneError && size == 1 ||
			r < ' ' && r != '\t' && r != '\n' && r != '\r' || r >= 0x7f && r < 0xa0 && r != 0x85 ||
			r == 0xfeff || r == 0xfffe || r == 0xffff
		if refused && out == nil {
			out = []byte(data)
		}
		for end := i + size; i < end; i++ {
			if refused {
				out[i] = mask
			}
		}
	}
	if out != nil {
		data = string(out)
	}
	return maskTags(data)
}

// maskTags finds tags without a value in lists, "!=" between brackets and
// commas, and makes them null. The library takes what follows for a part of the
// tag. Whoever writes it has forgotten quotes.
func maskTags(data string) string {
	const blanks = " \t"
	var out []byte
	for at := 0; ; at += 2 {
		i := strings.Index(data[at:], "!=")
		if i < 0 {
			break
		}
		at += i
		before, behind := strings.TrimRight(data[:at], blanks), strings.TrimLeft(data[at+2:], blanks)
		if before == "" || behind == "" || !strings.ContainsRune("[,", rune(before[len(before)-1])) || !strings.ContainsRune(",]", rune(behind[0])) {
			continue
		}
		if out == nil {
			out = []byte(data)
		}
		copy(out[at:], "~ ")
	}
	if out != nil {
		data = string(out)
	}
	return data
}

// unmask puts masked bytes back into the scalars of a document.
func (d *document) unmask(n *yaml.Node) {
	if d.plain == d.src.data {
		return
	}
	if off := d.offset(n); n.Kind == yaml.ScalarNode && n.Value == "~" && strings.HasPrefix(d.src.data[off:], "!=") {
		n.Value, n.Style = "", yaml.TaggedStyle|yaml.DoubleQuotedStyle
	} else if n.Kind == yaml.ScalarNode {
		t := scalarText(&source{data: d.plain}, off, n)
		value := []byte(t.s)
		for i := range value {
			if _, off, fixed := t.originByte(i); !fixed && value[i] == d.plain[off] {
				value[i] = d.src.data[off]
			}
		}
		n.Value = string(value)
	}
	for _, c := range n.Content {
		d.unmask(c)
	}
}

// lineReader gives a line at a time, and so knows how far the parser came.
type lineReader struct {
	data string
	off  int
	last int // where the last line given begins
}

func (r *lineReader) Read(b []byte) (int, error) {
	if r.off >= len(r.data) {
		return 0, io.EOF
	}
	line := r.data[r.off:]
	if i := strings.IndexByte(line, '\n'); i >= 0 {
		line = line[:i+1]
	}
	if r.off == 0 || r.data[r.off-1] == '\n' {
		r.last = r.off
	}
	n := copy(b, line)
	r.off += n
	return n, nil
}

var yamlErrorLine = regexp.MustCompile(`^line (\d+): `)

// yamlError makes a diagnostic of an error of the YAML library. The line it
// tells is that of the beginning of what could not be parsed, or it is
// missing; then the last line that it read is taken.
func yamlError(src *source, in *lineReader, err error) *Diagnostic {
	msg := strings.TrimPrefix(err.Error(), "yaml: ")
	off := in.last
	if m := yamlErrorLine.FindStringSubmatch(msg); m != nil {
		msg = msg[len(m[0]):]
		line, _ := strconv.Atoi(m[1])
		switch {
		case strings.Contains(msg, "',' or"):
			line++ // the parser counts lines from 0, where the scanner does not
		case strings.HasPrefix(msg, "did not find expected"):
			line = 0
		}
		if 0 < line && line <= len(src.lines) {
			off = src.lines[line-1]
		}
	}
	for off < len(src.data) && (src.data[off] == ' ' || src.data[off] == '\t') {
		off++
	}
	return &Diagnostic{Severity: SeverityError, Code: ErrYAMLParse, Pos: src.pos(off), Message: msg}
}

// decodeText returns a file's contents in UTF-8 without a byte order mark. As
// YAML asks, a file with the mark of UTF-16 is in that.
func decodeText(b []byte) string {
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		return string(b[3:])
	case bytes.HasPrefix(b, []byte("\xff\xfe")):
		return decodeUTF16(b[2:], 0, 1)
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		return decodeUTF16(b[2:], 1, 0)
	}
	return string(b)
}

func decodeUTF16(b []byte, low, high int) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = uint16(b[2*i+low]) | uint16(b[2*i+high])<<8
	}
	return string(utf16.Decode(units))
}

// yamlLines returns the offsets of the beginnings of lines, as the library
// counts them: by all of YAML 1.1's line breaks.
func yamlLines(data string) []int {
	lines := []int{0}
	for i := 0; i < len(data); i++ {
		switch {
		case data[i] == '\n',
			data[i] == '\r' && !strings.HasPrefix(data[i+1:], "\n"),
			data[i] == 0x85 && i > 0 && data[i-1] == 0xc2,
			(data[i] == 0xa8 || data[i] == 0xa9) && i > 1 && data[i-2] == 0xe2 && data[i-1] == 0x80:
			lines = append(lines, i+1)
		}
	}
	return lines
}

// offset returns where a node begins.
func (d *document) offset(n *yaml.Node) int {
	if n.Line < 1 || n.Line > len(d.lineStart) {
		return 0
	}
	off := d.lineStart[n.Line-1]
	for col := 1; col < n.Column && off < len(d.plain); col++ {
		_, size := utf8.DecodeRuneInString(d.plain[off:])
		off += size
	}
	return off
}

// text returns a scalar's value with its origin.
func (d *document) text(n *yaml.Node) text { return scalarText(d.src, d.offset(n), n) }

// deref follows aliases. There is at most one: an alias cannot be anchored.
func deref(n *yaml.Node) *yaml.Node {
	if n != nil && n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func isScalar(n *yaml.Node) bool   { return n.Kind == yaml.ScalarNode && !isNull(n) }
func isSequence(n *yaml.Node) bool { return n.Kind == yaml.SequenceNode }
func isMap(n *yaml.Node) bool      { return n.Kind == yaml.MappingNode }

// isNull holds for a scalar that is none, as yaml-cpp sees it: plain, without
// a tag, and empty or one of four words.
func isNull(n *yaml.Node) bool {
	if n.Kind != yaml.ScalarNode || n.Style != 0 {
		return false
	}
	switch n.Value {
	case "", "~", "null", "Null", "NULL":
		return true
	}
	return false
}

// badKey returns a key that is no scalar in an item, or in a mapping of its that
// has keys of the format; nil if there is none. Falco meets such keys while it
// holds a file against its schema, before it reads anything of it.
func badKey(item *yaml.Node) *yaml.Node {
	maps := []*yaml.Node{item}
	add := func(seq *yaml.Node) {
		if seq != nil && isSequence(seq) {
			for _, n := range seq.Content {
				maps = append(maps, deref(n))
			}
		}
	}
	if v, _ := lookup(item, "override"); v != nil {
		maps = append(maps, v)
	}
	exceptions, _ := lookup(item, "exceptions")
	add(exceptions)
	plugins, _ := lookup(item, "required_plugin_versions")
	add(plugins)
	if plugins != nil && isSequence(plugins) {
		for _, n := range plugins.Content {
			alternatives, _ := lookup(deref(n), "alternatives")
			add(alternatives)
		}
	}
	for _, m := range maps {
		for i := 0; isMap(m) && i+1 < len(m.Content); i += 2 {
			if deref(m.Content[i]).Kind != yaml.ScalarNode {
				return m.Content[i]
			}
		}
	}
	return nil
}

// lookup returns a key's value in a mapping, or nil; and the key's node.
func lookup(m *yaml.Node, key string) (value, keyNode *yaml.Node) {
	if !isMap(m) {
		return nil, nil
	}
	for i := 0; i+1 < len(m.Content); i += 2 {
		if k := deref(m.Content[i]); isScalar(k) && k.Value == key {
			return deref(m.Content[i+1]), m.Content[i]
		}
	}
	return nil, nil
}

// decodeBool reads a boolean as yaml-cpp does: y, yes, true, on and their
// opposites, in lower or upper case or with a capital.
func decodeBool(s string) (value, ok bool) {
	if s == "" || s != strings.ToLower(s) && s != strings.ToUpper(s) && s[1:] != strings.ToLower(s[1:]) {
		return false, false
	}
	switch strings.ToLower(s) {
	case "y", "yes", "true", "on":
		return true, true
	case "n", "no", "false", "off":
		return false, true
	}
	return false, false
}

// decodeUint32 reads a number as yaml-cpp does: decimal, or hexadecimal or
// octal if it begins so, and blanks may follow.
func decodeUint32(s string) (uint32, bool) {
	s = strings.TrimPrefix(strings.TrimRight(s, " \t\r\n\v\f"), "+")
	base := 10
	switch {
	case strings.HasPrefix(s, "0x"), strings.HasPrefix(s, "0X"):
		s, base = s[2:], 16
	case len(s) > 1 && s[0] == '0':
		s, base = s[1:], 8
	}
	v, err := strconv.ParseUint(s, base, 32)
	return uint32(v), err == nil
}
