// Package rules reads Falco rule files: YAML in, resolved rules out, with
// macros and lists put in and exceptions added to the conditions. It also
// holds the rules that come with this program.
//
// It does not know fields and event types, nor does it evaluate anything: the
// engine does, and Options lets it take part in the checks. It does not read
// the file system.
//
// It imports package rules/syntax; the engine and the commands import it.
//
// The reference is falcosecurity/falco at 1307474, engine version 0.63.0,
// userspace/engine: rule_loader_reader.cpp, rule_loader_collector.cpp and
// rule_loader_compiler.cpp. As in Falco the files are loaded one by one, and
// the rules must be right after each of them: a file may change what came
// before it, but not rely on what comes after.
//
// Unlike Falco, all errors of all files are reported and not only the first,
// and each points at the place in the file. A macro or a list which is not
// used is reported only if no later file uses it either.
package rules

import (
	"fmt"
	"strings"

	"falcoreplay/rules/syntax"
)

// File is one rule file.
type File struct {
	// Name is how the file is called in messages; files should differ in it.
	Name string
	// Data is its contents. It is not kept, nor changed.
	Data []byte
}

// Options changes how rules are loaded. The zero value is ready for use.
type Options struct {
	// KnownField, if set, is asked about each field of each condition and each
	// exception. An error says why there is no such field. Outputs are left to
	// Check.
	KnownField func(f *syntax.Field) error

	// Check, if set, is given each rule when it is resolved, enabled or not,
	// and returns all that is wrong with it. Each rule of the Set was given to
	// it once. Before that it may be given the rule as it was when it came
	// from an earlier file, since it must be right then, too. Expr is nil if
	// the condition has an error: then only the output can be checked. Load calls
	// it, and KnownField, for one rule after another, but not in its own
	// goroutine.
	Check func(*Rule) []Problem

	// Sources are the event sources whose rules are loaded; nil is "syscall".
	// Rules of others are left out with a warning.
	Sources []string

	// Plugins are the plugins that are stood in for, with their versions; nil
	// is "container" at ContainerPluginVersion.
	Plugins map[string]string

	// MaxDiagnostics is how many diagnostics of each severity are kept;
	// 0 is DefaultMaxDiagnostics.
	MaxDiagnostics int
}

// Problem is what a check finds wrong with a rule.
type Problem struct {
	// Severity is SeverityError unless it is said otherwise.
	Severity Severity
	// Code is ErrCompileCondition if it is empty.
	Code Code
	// Pos is a position out of the rule; the rule's own if it is not set.
	Pos syntax.Pos
	// Message is one line, in lower case.
	Message string
	// Unknown marks an error that is only an unknown field or event type: a
	// rule with skip-if-unknown-filter is left out for it with a warning.
	Unknown bool
}

// The versions this package stands for.
const (
	// EngineVersion is Falco's: FALCO_ENGINE_VERSION_* in falcosecurity/falco,
	// userspace/engine/falco_engine_version.h at 1307474.
	EngineVersion = "0.63.0"
	// ContainerPluginVersion is that of the container plugin whose fields the
	// engine has.
	ContainerPluginVersion = "0.7.1"
)

// Set is the rules of a load, in the order in which they were first defined.
type Set struct {
	Rules  []*Rule
	Macros []*Macro
	Lists  []*List
	// RequiredEngineVersion is the highest version that the files require;
	// empty if they require none.
	RequiredEngineVersion string
	// RequiredPlugins are the plugins that the files require: of each group
	// one is enough.
	RequiredPlugins [][]Plugin
}

// Rule is one rule, resolved. It is not changed after Load.
type Rule struct {
	Name string
	Desc string
	// Condition is as it is written, with what was appended to it, but with
	// macros, lists and exceptions not yet in it.
	Condition string
	// Expr is the condition with macros, lists and exceptions in it. Rules that
	// use the same macro share its nodes. All positions are in the files.
	Expr syntax.Expr
	// Written is the condition with lists and exceptions in it, but with macros
	// left as their names; Set.Macros has what they stand for. It shares its
	// checks with Expr.
	Written syntax.Expr
	// Output is the template of the message.
	Output   string
	Priority Priority
	Source   string
	// Tags are sorted, and each is there once.
	Tags    []string
	Enabled bool
	// WarnEventTypes is false if the rule asks for no warning about a
	// condition that fits too many event types.
	WarnEventTypes bool
	// SkipIfUnknownFilter leaves the rule out if it has unknown fields.
	SkipIfUnknownFilter bool
	// Capture and CaptureDurationMS, in milliseconds, are for Falco's
	// recording of what surrounds an alert. They have no effect here.
	Capture           bool
	CaptureDurationMS uint32
	Exceptions        []Exception

	// Pos is where the rule was first or last defined as a whole, and
	// ConditionPos and OutputPos where these values begin.
	Pos, ConditionPos, OutputPos syntax.Pos

	output text
}

// OutputPosAt returns the position of a byte of Output.
func (r *Rule) OutputPosAt(offset int) syntax.Pos { return r.output.pos(offset) }

// Exception is a part of a rule that was made from its exceptions.
type Exception struct {
	Name string
	// Fields are what its values are compared with, and Ops how, one each.
	Fields, Ops []string
	// Single tells that there is one field, and each value is by itself and
	// not a list with a value for each field.
	Single bool
	// Values is the number of values.
	Values int
	Pos    syntax.Pos
}

// Macro is a named condition.
type Macro struct {
	Name string
	// Condition is as it is written, with what was appended to it, but with
	// macros and lists not yet in it.
	Condition string
	// Expr is the condition with macros and lists in it.
	Expr syntax.Expr
	// Written is the condition with lists in it, but with macros left as their
	// names.
	Written syntax.Expr
	Pos     syntax.Pos
	// Used tells whether a rule or another macro refers to it.
	Used bool
}

// List is a named list of values, not yet split where an item holds several.
type List struct {
	Name string
	// Items has the items of lists that are named in it, one level deep.
	Items []string
	// Written is the items as they are written, with what was appended.
	Written []*syntax.Value
	Pos     syntax.Pos
	// Used tells whether a condition or another list refers to it.
	Used bool
}

// Kind is what an item of a rule file defines or changes.
type Kind uint8

// The kinds.
const (
	KindOther Kind = iota
	KindList
	KindMacro
	KindRule
)

// Plugin is a plugin with the version that is required of it.
type Plugin struct{ Name, Version string }

// Priority is how urgent a rule's alerts are, most urgent first, as in Falco:
// falco_common::priority_type in userspace/engine/falco_common.h.
type Priority uint8

// The priorities.
const (
	Emergency Priority = iota
	Alert
	Critical
	Error
	Warning
	Notice
	Informational
	Debug
)

var priorityNames = [...]string{
	"Emergency", "Alert", "Critical", "Error", "Warning", "Notice", "Informational", "Debug",
}

// String returns the name as Falco prints it.
func (p Priority) String() string {
	if int(p) < len(priorityNames) {
		return priorityNames[p]
	}
	return fmt.Sprintf("Priority(%d)", p)
}

// ParsePriority reads a priority's name in upper or lower case, also "info".
func ParsePriority(s string) (Priority, bool) {
	for p, name := range priorityNames {
		if strings.EqualFold(s, name) {
			return Priority(p), true
		}
	}
	return Informational, strings.EqualFold(s, "info")
}
