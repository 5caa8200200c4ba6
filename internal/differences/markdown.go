package differences

import "strings"

// Markdown writes the list as a document.
func (l *List) Markdown(source string) []byte {
	var b strings.Builder
	b.WriteString("<!-- Made from " + source + " by make generate. -->\n\n")
	b.WriteString(strings.TrimSpace(l.Intro) + "\n")
	for _, s := range l.Sections {
		b.WriteString("\n" + strings.TrimSpace(s.Intro) + "\n\n")
		row(&b, s.Columns...)
		b.WriteString(strings.Repeat("| --- ", len(s.Columns)) + "|\n")
		for _, e := range s.Entries {
			row(&b, []string{e.What, e.Falco, e.Ours, e.Why}[:len(s.Columns)]...)
		}
	}
	return []byte(b.String())
}

// row writes a row of a table.
func row(b *strings.Builder, cells ...string) {
	for _, c := range cells {
		c = strings.ReplaceAll(strings.Join(strings.Fields(c), " "), "|", `\|`)
		b.WriteString("| " + c)
		if c != "" {
			b.WriteByte(' ')
		}
	}
	b.WriteString("|\n")
}
