package rules

// CodeInfo describes a code.
type CodeInfo struct {
	Code     Code
	Severity Severity
	Means    string // when it is given
	// Never tells why the code is never given here, though Falco knows it.
	Never string
	// Own is set for codes that Falco does not know.
	Own bool
}

// Codes lists all codes, Falco's first, in the order of its own lists.
func Codes() []CodeInfo {
	return []CodeInfo{
		{Code: ErrFileRead, Severity: SeverityError, Means: "a rule file cannot be read"},
		{Code: ErrYAMLParse, Severity: SeverityError, Means: "a file is not YAML"},
		{Code: ErrYAMLValidate, Severity: SeverityError, Means: "a file is YAML, but keys or kinds of values are wrong"},
		{Code: ErrCompileCondition, Severity: SeverityError, Means: "a condition has wrong syntax, fields or types"},
		{Code: ErrCompileOutput, Severity: SeverityError, Means: "an output has wrong syntax or fields"},
		{Code: ErrValidate, Severity: SeverityError, Means: "an item does not fit with others, or with this version"},
		{Code: ErrExtension, Severity: SeverityError, Never: "for extensions built into Falco, of which rule files know nothing"},
		{Code: WarnUnknownSource, Severity: SeverityWarning, Means: "a rule is for a source of events that there is not; it is left out"},
		{Code: WarnUnsafeNACheck, Severity: SeverityWarning, Means: "a condition compares with `<NA>`"},
		{Code: WarnNoEventType, Severity: SeverityWarning, Means: "a condition fits more than 100 event types"},
		{Code: WarnUnknownFilter, Severity: SeverityWarning, Means: "a rule with skip-if-unknown-filter names an unknown field or event type; it is left out"},
		{Code: WarnUnusedMacro, Severity: SeverityWarning, Means: "no rule uses a macro"},
		{Code: WarnUnusedList, Severity: SeverityWarning, Means: "nothing uses a list"},
		{Code: WarnUnknownItem, Severity: SeverityWarning, Means: "a file holds an item of an unknown kind"},
		{Code: WarnDeprecatedItem, Severity: SeverityWarning, Means: "something is used that is no longer meant to be"},
		{Code: WarnExtension, Severity: SeverityWarning, Never: "for extensions built into Falco, of which rule files know nothing"},
		{Code: WarnAppendNoValues, Severity: SeverityWarning, Means: "an exception is changed without values"},
		{Code: WarnExceptionNameNotUnique, Severity: SeverityWarning, Means: "a rule has two exceptions of one name"},
		{Code: WarnInvalidMacroName, Severity: SeverityWarning, Means: "a macro's name cannot be used in conditions"},
		{Code: WarnInvalidListName, Severity: SeverityWarning, Means: "a list's name cannot be used in conditions"},
		{Code: WarnCompileCondition, Severity: SeverityWarning, Means: "a condition is likely not meant so: a constant that is a field, a slow regular expression"},
		{Code: WarnUnknownKey, Severity: SeverityWarning, Means: "an item has a key that is not known"},
		{Code: ErrLimit, Severity: SeverityError, Means: "what a file expands to is larger than this program allows", Own: true},
		{Code: NotePlugin, Severity: SeverityNotice, Means: "a file requires a plugin that this program does not stand in for", Own: true},
	}
}
