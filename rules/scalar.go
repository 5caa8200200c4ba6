package rules

import (
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// scalarText returns a scalar's value with the origin of each byte: it reads
// the value again from the file, as YAML's rules for the scalar's style say.
// If what it read is not the value (an oddity of the parser, or a style used
// in an unforeseen way), all of the value comes from where the scalar begins.
func scalarText(src *source, at int, n *yaml.Node) text {
	if n.Value == "" {
		return text{"", []run{{src, 0, int32(at), true}}}
	}
	at = skipProperties(src.data, at)
	d := scalarDecoder{src: src, i: at, want: n.Value}
	d.out.b = make([]byte, 0, len(n.Value))
	ok := false
	switch n.Style &^ yaml.TaggedStyle {
	case 0:
		ok = d.plain()
	case yaml.SingleQuotedStyle:
		ok = d.quoted('\'')
	case yaml.DoubleQuotedStyle:
		ok = d.quoted('"')
	case yaml.LiteralStyle, yaml.FoldedStyle:
		ok = d.block(n.Style&yaml.FoldedStyle != 0)
	}
	if !ok || string(d.out.b) != n.Value {
		return fixedText(n.Value, src, at)
	}
	return d.out.text()
}

// skipProperties skips anchors and tags before a scalar.
func skipProperties(data string, i int) int {
	for start := i; ; {
		for i < len(data) && (isBreak(data[i]) || data[i] == ' ' || data[i] == '\t') {
			i++
		}
		if i >= len(data) || data[i] != '&' && data[i] != '!' {
			if i >= len(data) {
				return start
			}
			return i
		}
		for i < len(data) && !isBreak(data[i]) && data[i] != ' ' && data[i] != '\t' {
			i++
		}
	}
}

func isBreak(c byte) bool { return c == '\n' || c == '\r' }

// scalarDecoder reads a scalar's value again. What it wrote is always a prefix
// of what it wants, or it gave up.
type scalarDecoder struct {
	src  *source
	i    int // next byte of the file
	want string
	out  textBuilder
}

func (d *scalarDecoder) rest() string { return d.want[d.out.len():] }

// more tells whether there is more to read, and where from.
func (d *scalarDecoder) more() bool {
	return d.out.len() < len(d.want) && d.i < len(d.src.data)
}

// copy takes n bytes as they are.
func (d *scalarDecoder) copy(n int) bool {
	s := d.src.data[d.i:min(d.i+n, len(d.src.data))]
	s = s[:min(len(s), len(d.rest()))]
	if s == "" || !strings.HasPrefix(d.rest(), s) {
		return false
	}
	d.out.addBytes(s, d.src, d.i)
	d.i += n
	return true
}

// put writes s for n bytes of the file.
func (d *scalarDecoder) put(s string, n int) bool {
	if !strings.HasPrefix(d.rest(), s) {
		return false
	}
	d.out.addFixed(s, d.src, d.i)
	d.i += n
	return true
}

// fold reads white space within a plain or quoted scalar. With line breaks in
// it, one break is a space, and more are one fewer; blanks around them do not
// count.
func (d *scalarDecoder) fold() bool {
	data, j, breaks := d.src.data, d.i, 0
	for j < len(data) && (data[j] == ' ' || data[j] == '\t' || isBreak(data[j])) {
		if isBreak(data[j]) {
			breaks++
			if data[j] == '\r' && j+1 < len(data) && data[j+1] == '\n' {
				j++
			}
		}
		j++
	}
	switch breaks {
	case 0:
		return d.copy(j - d.i)
	case 1:
		return d.put(" ", j-d.i)
	}
	return d.put(strings.Repeat("\n", breaks-1), j-d.i)
}

// plain reads a scalar without quotes.
func (d *scalarDecoder) plain() bool {
	for d.more() {
		word := strings.IndexAny(d.src.data[d.i:], " \t\r\n")
		if word < 0 {
			word = len(d.src.data) - d.i
		}
		if word > 0 && !d.copy(word) || word == 0 && !d.fold() {
			return false
		}
	}
	return true
}

// quoted reads a scalar in quotes.
func (d *scalarDecoder) quoted(quote byte) bool {
	if d.i >= len(d.src.data) || d.src.data[d.i] != quote {
		return false
	}
	d.i++
	for d.more() {
		ok := false
		c := d.src.data[d.i]
		switch {
		case c == '\'' && quote == '\'':
			ok = strings.HasPrefix(d.src.data[d.i:], "''") && d.put("'", 2)
		case c == '"' && quote == '"':
			return false
		case c == '\\' && quote == '"':
			ok = d.escape()
		case c == ' ' || c == '\t' || isBreak(c):
			ok = d.fold()
		default:
			ok = d.copy(1)
		}
		if !ok {
			return false
		}
	}
	return true
}

// escape reads an escape in double quotes. What it stands for is taken from
// the value: only its length has to be known.
func (d *scalarDecoder) escape() bool {
	data := d.src.data
	if d.i+1 >= len(data) {
		return false
	}
	n := 2
	switch c := data[d.i+1]; {
	case c == 'x':
		n = 4
	case c == 'u':
		n = 6
	case c == 'U':
		n = 10
	case isBreak(c):
		// The line goes on behind the blanks of the next.
		j := d.i + 2
		if c == '\r' && j < len(data) && data[j] == '\n' {
			j++
		}
		for j < len(data) && (data[j] == ' ' || data[j] == '\t') {
			j++
		}
		d.i = j
		return true
	}
	_, size := utf8.DecodeRuneInString(d.rest())
	return d.put(d.rest()[:size], n)
}

// block reads a literal or a folded scalar.
func (d *scalarDecoder) block(folded bool) bool {
	data := d.src.data
	eol := func(i int) int {
		if j := strings.IndexAny(data[i:], "\r\n"); j >= 0 {
			return i + j
		}
		return len(data)
	}
	start := d.nextLine(eol(min(d.i, len(data))))
	// The first line that is not empty tells the indentation; if an indicator
	// tells it, that line may have more.
	indent := 0
	for i := start; i < len(data); {
		end := eol(i)
		if n := countSpaces(data[i:end]); n < end-i {
			indent = n
			break
		} else {
			indent = max(indent, n)
		}
		if next := d.nextLine(end); next > i {
			i = next
		} else {
			break
		}
	}
	for ; indent >= 0; indent-- {
		d.i, d.out = start, textBuilder{}
		if d.blockLines(folded, indent, eol) {
			return true
		}
	}
	return false
}

// nextLine returns the beginning of the line behind the one that ends at i.
func (d *scalarDecoder) nextLine(i int) int {
	if strings.HasPrefix(d.src.data[i:], "\r\n") {
		return i + 2
	}
	return min(i+1, len(d.src.data))
}

func countSpaces(s string) int { return len(s) - len(strings.TrimLeft(s, " ")) }

// blockLines reads the lines of a block scalar at an indentation.
func (d *scalarDecoder) blockLines(folded bool, indent int, eol func(int) int) bool {
	data := d.src.data
	breaks, brk := 0, d.i // line breaks that were read and not written, the first of them
	first, loose := true, false
	for d.more() {
		end := eol(d.i)
		line := data[d.i:end]
		blanks := countSpaces(line)
		if blanks < len(line) && blanks < indent {
			break // the scalar has ended
		}
		if len(line) <= indent {
			breaks++
			d.i = d.nextLine(end)
			continue
		}
		content := d.i + indent
		wasLoose := loose
		loose = data[content] == ' ' || data[content] == '\t'
		sep := strings.Repeat("\n", breaks)
		if folded && !first && !loose && !wasLoose {
			if sep = sep[1:]; breaks == 1 {
				sep = " "
			}
		}
		d.i = brk
		if !d.put(sep, 0) {
			return false
		}
		d.i = content
		if d.rest() != "" && !d.copy(end-content) {
			return false
		}
		first, breaks, brk = false, 1, end
		d.i = d.nextLine(end)
	}
	// What is left are breaks at the end, as many as the chomping keeps.
	d.i = brk
	rest := d.rest()
	return strings.Trim(rest, "\n") == "" && d.put(rest, 0)
}
