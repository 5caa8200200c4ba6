package lint

import (
	"slices"
	"strings"

	"falcoreplay/rules"
)

// The codes of findings.
const (
	NeverTrue       rules.Code = "FR_NEVER_TRUE"
	PartNeverTrue   rules.Code = "FR_PART_NEVER_TRUE"
	AlwaysTrue      rules.Code = "FR_ALWAYS_TRUE"
	Shadowed        rules.Code = "FR_SHADOWED"
	ExceptionUnused rules.Code = "FR_EXCEPTION_UNUSED"
	DuplicateItem   rules.Code = "FR_DUPLICATE_ITEM"
	OutputAbsent    rules.Code = "FR_OUTPUT_ABSENT"
	NoTags          rules.Code = "FR_NO_TAGS"
	NoTechnique     rules.Code = "FR_NO_TECHNIQUE"
	UnusedIgnore    rules.Code = "FR_UNUSED_IGNORE"
)

// Code describes a code of an error, a warning or a finding.
type Code struct {
	Code     rules.Code
	Severity rules.Severity
	// Off tells that it is only looked for on request.
	Off bool
	// Title is a short sentence, and Text what the documentation says.
	Title, Text string
	// Bad is a rule file that has the finding, and Good one that has none;
	// empty for what Falco tells, too.
	Bad, Good string
}

// Codes are all there are: the findings, and then what loading tells.
func Codes() []Code { return codes }

// Lookup finds a code; nil if there is none.
func Lookup(code rules.Code) *Code {
	for i := range codes {
		if codes[i].Code == code {
			return &codes[i]
		}
	}
	return nil
}

// codes has the findings, and then what loading tells.
var codes = slices.Concat(findings, loading())

const findingSeverity = rules.SeverityWarning

var findings = []Code{
	{NeverTrue, findingSeverity, false, "A rule's condition can never be true.",
		`The rule never alerts. Either two parts of the condition exclude each other, or the events that one part asks for do not have the field that another compares, or a list in it is empty. The message names the fewest parts that explain it.

Comparisons of a field that an event does not have are false, so that a part as ` + "`evt.type = execve and fd.name = /etc/shadow`" + ` is: execve is about no file descriptor.`,
		rule("x", "evt.type = execve and fd.name = /etc/shadow", "o"),
		rule("x", "evt.type = openat and fd.name = /etc/shadow", "o")},
	{PartNeverTrue, findingSeverity, false, "A part of a condition can never be true where it stands.",
		`What stands beside the part excludes it. Without "not" around it, it adds nothing to what the rule matches; with it, it excludes nothing. Only parts that are written in the rule itself are looked at, not those of macros, and no lists that are empty or macros that are never true: these are places to be filled in.`,
		rule("x", "evt.type in (open, openat) and (fd.name = /etc/shadow or evt.type = close)", "o"),
		rule("x", "evt.type in (open, openat, close) and (fd.name = /etc/shadow or evt.type = close)", "o")},
	{AlwaysTrue, findingSeverity, false, "A condition, or a part of it, is true for every event.",
		`A part that is always true can be left out; a rule whose condition is always true alerts for every event.`,
		rule("x", "evt.type = open and (proc.name in (a, b) or not proc.name = a)", "o"),
		rule("x", "evt.type = open and (proc.name in (b, c) or not proc.name = a)", "o")},
	{Shadowed, findingSeverity, false, "Another rule always comes first.",
		`Of the rules that an event matches only the first alerts, in the order of the files, unless rule matching is "all". A rule before this one matches every event that this one matches, so that this one never alerts. Put the special rule first, or exclude its events from the general one. Rules that are not enabled are left aside.`,
		rule("general", "evt.type = execve", "o") + rule("special", "evt.type = execve and proc.name = nc", "o"),
		rule("special", "evt.type = execve and proc.name = nc", "o") + rule("general", "evt.type = execve", "o")},
	{ExceptionUnused, findingSeverity, false, "An exception, or a value of one, never excludes anything.",
		`The rule's condition does not match what the exception is about, or an exception before excludes it already.`,
		rule("x", "evt.type = execve and proc.name in (nc, ncat)", "o") + "  exceptions:\n    - name: known\n      fields: [proc.name]\n      values:\n        - [socat]\n",
		rule("x", "evt.type = execve and proc.name in (nc, ncat)", "o") + "  exceptions:\n    - name: known\n      fields: [proc.name]\n      values:\n        - [nc]\n"},
	{DuplicateItem, findingSeverity, false, "A list has an item twice.",
		`The second one has no effect. Only what is written in the list itself counts, not what lists in it hold.`,
		"- list: l\n  items: [a, b, a]\n" + rule("x", "evt.type = execve and proc.name in (l)", "o"),
		"- list: l\n  items: [a, b]\n" + rule("x", "evt.type = execve and proc.name in (l)", "o")},
	{OutputAbsent, findingSeverity, false, "The output names a field that is never there.",
		`None of the events that the rule can match has the field, so that alerts show <NA> in its place.`,
		rule("x", "evt.type = execve", "started %proc.name from %fd.name"),
		rule("x", "evt.type = execve", "started %proc.name from %proc.cwd")},
	{NoTags, findingSeverity, true, "A rule has no tags.",
		`Tags choose rules, and tell what an alert is about.`,
		"- rule: x\n  desc: d\n  condition: evt.type = execve\n  output: o\n  priority: INFO\n",
		"- rule: x\n  desc: d\n  condition: evt.type = execve\n  output: o\n  priority: INFO\n  tags: [host]\n"},
	{NoTechnique, findingSeverity, true, "No tag of a rule names a MITRE ATT&CK technique.",
		`A rule with tags should have one that is a technique or a part of one, such as T1059 or T1059.004.`,
		rule("x", "evt.type = execve", "o"),
		"- rule: x\n  desc: d\n  condition: evt.type = execve\n  output: o\n  priority: INFO\n  tags: [host, T1059.004]\n"},
	{UnusedIgnore, findingSeverity, false, "A comment ignores nothing.",
		`A comment "falcoreplay:ignore" names a code that there is not, or that nothing at its place has.`,
		"# falcoreplay:ignore FR_SHADOWED the order is meant\n" + rule("x", "evt.type = execve", "o"),
		"# falcoreplay:ignore FR_OUTPUT_ABSENT kept for our parser\n" + rule("x", "evt.type = execve", "%fd.name")},
}

// loading describes the codes that loading gives.
func loading() (list []Code) {
	for _, c := range rules.Codes() {
		if c.Never == "" {
			list = append(list, Code{Code: c.Code, Severity: c.Severity, Title: strings.ToUpper(c.Means[:1]) + c.Means[1:] + "."})
		}
	}
	return list
}

// rule is a rule for examples.
func rule(name, condition, output string) string {
	return "- rule: " + name + "\n  desc: d\n  condition: " + condition + "\n  output: \"" + output + "\"\n  priority: INFO\n  tags: [host]\n"
}
