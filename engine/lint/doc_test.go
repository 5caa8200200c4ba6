package lint_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"falcoreplay/engine/lint"
)

const docIntro = `# falcoanalyze lint

    falcoanalyze lint falco_rules.yaml my_rules.yaml
    falcoanalyze lint --strict -o sarif rules.d > lint.sarif

checks rule files without a capture. The files are loaded together and in order,
as with ` + "`-r`" + `: a later one may change an earlier one. Reported are the errors for
which Falco refuses them and its warnings, under Falco's codes, and mistakes
that Falco says nothing of, under codes that begin with ` + "`FR_`" + `. These hold whatever
the events: where something is in doubt, nothing is said.

| exit code | meaning |
| --- | --- |
| 0 | the rules can be loaded |
| 1 | with ` + "`--strict`" + `: there is a warning or a finding |
| 2 | the rules cannot be loaded, or the command line is wrong |

## Ignoring findings

    # falcoreplay:ignore FR_SHADOWED the order is meant
    - rule: ...

ignores warnings and findings of the codes that it names, separated by commas.
What follows is the reason. A comment on a line of its own is about the next
line that is no comment, any other about its own line; if a rule, a macro, a
list or another item begins there, it is about all of the item. A comment that
ignores nothing is a finding itself. Errors cannot be ignored. ` + "`--disable CODE`" + `
leaves a code out altogether, and ` + "`--enable CODE`" + ` looks for one that is off by
default.

## Output

` + "`-o text`" + ` shows each finding with its line and a caret under the place. ` + "`-o sarif`" + `
is a log of SARIF 2.1.0, for code hosts. ` + "`-o json`" + ` is one object:

| key | value |
| --- | --- |
| ` + "`findings`" + ` | a list, in the order of the files and of the places in them |
| ` + "`errors`, `warnings`, `notices`" + ` | how many there are of each severity |
| ` + "`ignored`" + ` | how many findings comments ignored |

and each finding has

| key | value |
| --- | --- |
| ` + "`severity`" + ` | ` + "`error`, `warning` or `notice`" + ` |
| ` + "`code`" + ` | one of the codes below |
| ` + "`file`, `line`, `column`, `offset`" + ` | the place: lines and columns count from 1, offsets from 0, columns and offsets in bytes |
| ` + "`item`" + ` | what has the problem, such as ` + "`rule \"x\"`" + `, or empty |
| ` + "`message`" + ` | a sentence |

Keys may be added, but not changed.

## What it finds in Falco's rules

The three stock rule files of Falco have thirteen findings. Two rules can never
alert as they are shipped, for they wait to be filled in: "Network Connection
outside Local Subnet" compares with an empty list, and "Launch Disallowed
Container" allows every container. Three more never alert with the others
loaded, since a more general rule comes first. Four outputs name a field that
their events do not have, one condition a parameter that creat lacks; two
exclude what is excluded already; one list has an item twice.

## Codes
`

// TestDocumentation holds that docs/lint.md has all codes; -update writes it.
func TestDocumentation(t *testing.T) {
	const path = "../../docs/lint.md"
	var b bytes.Buffer
	b.WriteString(docIntro)
	for _, c := range lint.Codes() {
		if c.Bad == "" {
			continue
		}
		fmt.Fprintf(&b, "\n### %s\n\n%s", c.Code, c.Title)
		if c.Off {
			b.WriteString(" Off by default.")
		}
		fmt.Fprintf(&b, "\n\n%s\n\nFound in:\n\n%s\nNot in:\n\n%s", c.Text, indent(c.Bad), indent(c.Good))
	}
	b.WriteString("\n### What loading tells\n\n| code | severity | meaning |\n| --- | --- | --- |\n")
	for _, c := range lint.Codes() {
		if c.Bad == "" {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", c.Code, c.Severity, strings.TrimSpace(c.Title+" "+c.Text))
		}
	}
	have, err := os.ReadFile(path)
	if err != nil && !*update {
		t.Fatal(err)
	}
	if bytes.Equal(have, b.Bytes()) {
		return
	}
	if !*update {
		t.Fatal("docs/lint.md is not up to date: go test ./engine/lint -update")
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func indent(s string) string {
	return "    " + strings.ReplaceAll(strings.TrimSuffix(s, "\n"), "\n", "\n    ") + "\n"
}
