package suite

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"falcoreplay/internal/suggest"
)

// ParseError is all that is wrong with a suite file.
type ParseError struct {
	// Problems are in the order of the file. Each is one line that begins with
	// the file's name, the line and the column.
	Problems []string
}

func (e *ParseError) Error() string { return strings.Join(e.Problems, "\n") }

// maxProblems is how many problems of a file are told: more than anyone reads
// at a time.
const maxProblems = 50

// decoder reads the nodes of a file and collects what is wrong with them.
type decoder struct {
	path     string
	problems []string
	more     int
	seen     map[*yaml.Node]bool // anchors that are being followed
	nodes    int
}

// maxNodes limits how many nodes are read, as aliases of YAML may make a short
// file a long one.
const maxNodes = 1 << 20

func place(n *yaml.Node) Pos { return Pos{n.Line, n.Column} }

func (d *decoder) fail(at Pos, format string, args ...any) {
	if len(d.problems) == maxProblems {
		d.more++
		return
	}
	d.problems = append(d.problems, fmt.Sprintf("%s:%d:%d: %s", d.path, at.Line, at.Column, fmt.Sprintf(format, args...)))
}

// err is what is wrong with the file, nil if nothing is.
func (d *decoder) err() error {
	if len(d.problems) == 0 {
		return nil
	}
	if d.more > 0 {
		d.problems = append(d.problems, fmt.Sprintf("%s: and %d more", d.path, d.more))
	}
	return &ParseError{d.problems}
}

// document reads the one YAML document of a file.
func (d *decoder) document(data []byte) (root *yaml.Node) {
	dec := yaml.NewDecoder(strings.NewReader(string(data)))
	defer func() {
		// The library is not ours, and a panic of its must not be one of ours.
		if r := recover(); r != nil {
			d.fail(Pos{1, 1}, "not YAML: %v", r)
			root = nil
		}
	}()
	var doc, second yaml.Node
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) || err == nil && len(doc.Content) == 0 {
		d.fail(Pos{1, 1}, "the suite is empty; it needs cases")
		return nil
	} else if err != nil {
		d.yamlError(err)
		return nil
	}
	if err := dec.Decode(&second); err == nil {
		d.fail(place(&second), "a suite is one YAML document, and here a second one begins")
	} else if !errors.Is(err, io.EOF) {
		d.yamlError(err)
		return nil
	}
	return doc.Content[0]
}

// yamlError takes the line out of the library's message.
func (d *decoder) yamlError(err error) {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 1
	if n, _ := fmt.Sscanf(text, "line %d:", &line); n == 1 {
		_, text, _ = strings.Cut(text, ": ")
	}
	d.fail(Pos{line, 1}, "not YAML: %s", text)
}

// follow is the node that an alias stands for.
func (d *decoder) follow(n *yaml.Node) *yaml.Node {
	if d.nodes++; d.nodes == maxNodes {
		d.fail(place(n), "the suite is too large: limit %d values", maxNodes)
	}
	if d.nodes >= maxNodes {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Line: n.Line, Column: n.Column}
	}
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// key is what a key of a mapping means.
type key struct {
	name string
	read func(n *yaml.Node)
}

// mapping reads a mapping with known keys, and returns the keys that were
// there. what is how messages call it.
func (d *decoder) mapping(n *yaml.Node, what string, keys []key) map[string]bool {
	there := make(map[string]bool)
	if n = d.follow(n); n.Kind != yaml.MappingNode {
		d.fail(place(n), "%s is a mapping of keys to values", what)
		return there
	}
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.name
	}
	d.pairs(n, func(name string, at, value *yaml.Node) {
		i := slices.Index(names, name)
		if i < 0 {
			d.failHint(place(at), fmt.Sprintf("%s has no key %q", what, name), name, func() []string { return names })
			return
		}
		there[name] = true
		if isNull(value) {
			d.fail(place(at), "%q has no value", name)
			return
		}
		keys[i].read(value)
	})
	return there
}

// pairs goes through a mapping's keys, each of which may be there once.
func (d *decoder) pairs(n *yaml.Node, read func(name string, at, value *yaml.Node)) {
	if d.seen[n] {
		d.fail(place(n), "the value holds itself")
		return
	}
	d.seen[n] = true
	defer delete(d.seen, n)
	there := make(map[string]bool)
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := d.follow(n.Content[i])
		if k.Kind != yaml.ScalarNode {
			d.fail(place(k), "a key is a text")
			continue
		}
		if there[k.Value] {
			d.fail(place(k), "the key %q is there twice", k.Value)
			continue
		}
		there[k.Value] = true
		read(k.Value, k, d.follow(n.Content[i+1]))
	}
}

// maxNamed is how many words are named where none of them seems to be meant.
const maxNamed = 30

// failHint is fail with the word that was meant or, if it is none, all that there
// are. They are not asked for where the problem is not told any more.
func (d *decoder) failHint(at Pos, text, name string, words func() []string) {
	if len(d.problems) == maxProblems {
		d.more++
		return
	}
	list := words()
	h := suggest.Hint(name, list)
	if h == "" && len(list) <= maxNamed {
		h = "; there are " + strings.Join(list, ", ")
	}
	d.fail(at, "%s%s", text, h)
}

// sequence reads the items of a sequence.
func (d *decoder) sequence(n *yaml.Node, what string, read func(n *yaml.Node)) {
	if n.Kind != yaml.SequenceNode {
		d.fail(place(n), "%s is a sequence, each item beginning with '- '", what)
		return
	}
	if d.seen[n] {
		d.fail(place(n), "the value holds itself")
		return
	}
	d.seen[n] = true
	defer delete(d.seen, n)
	for _, item := range n.Content {
		read(d.follow(item))
	}
}

// text reads a text that is not empty. Numbers and words like true are texts
// as they are written.
func (d *decoder) text(n *yaml.Node, what string) Text {
	if n.Kind != yaml.ScalarNode || isNull(n) {
		d.fail(place(n), "%s is a text", what)
		return Text{Pos: place(n)}
	}
	if n.Value == "" {
		d.fail(place(n), "%s is empty", what)
	}
	return Text{n.Value, place(n)}
}

// texts reads a text or a sequence of them.
func (d *decoder) texts(n *yaml.Node, what string) []Text {
	if n.Kind != yaml.SequenceNode {
		return []Text{d.text(n, what)}
	}
	list := []Text{}
	d.sequence(n, what, func(n *yaml.Node) { list = append(list, d.text(n, what)) })
	return list
}

// truth reads true or false.
func (d *decoder) truth(n *yaml.Node, what string) bool {
	if n.Kind != yaml.ScalarNode || n.Value != "true" && n.Value != "false" {
		d.fail(place(n), "%s is true or false", what)
	}
	return n.Value == "true"
}

// count reads a number from 0.
func (d *decoder) count(n *yaml.Node, what string) int {
	var k int
	if n.Kind != yaml.ScalarNode || n.Tag != "!!int" || n.Decode(&k) != nil || k < 0 {
		d.fail(place(n), "%s is a number from 0", what)
		return 0
	}
	return k
}

func plain(list []Text) []string {
	out := make([]string, len(list))
	for i, t := range list {
		out[i] = t.Text
	}
	return out
}
