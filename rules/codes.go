package rules

// Code names a kind of problem. The names are Falco's: error_codes and
// warning_codes in falcosecurity/falco, userspace/engine/falco_load_result.cpp
// at 1307474. Codes of our own begin with FR_.
type Code string

// The codes of errors.
const (
	// ErrFileRead: a file cannot be read. For callers: Load reads no files.
	ErrFileRead Code = "LOAD_ERR_FILE_READ"
	// ErrYAMLParse: the file is not YAML.
	ErrYAMLParse Code = "LOAD_ERR_YAML_PARSE"
	// ErrYAMLValidate: it is YAML, but keys or kinds of values are wrong.
	ErrYAMLValidate Code = "LOAD_ERR_YAML_VALIDATE"
	// ErrCompileCondition: a condition has wrong syntax, fields or types.
	ErrCompileCondition Code = "LOAD_ERR_COMPILE_CONDITION"
	// ErrCompileOutput: an output has wrong syntax or fields.
	ErrCompileOutput Code = "LOAD_ERR_COMPILE_OUTPUT"
	// ErrValidate: an item does not fit with others, or with this version.
	ErrValidate Code = "LOAD_ERR_VALIDATE"
	// ErrExtension is for extensions of Falco; it is not used here.
	ErrExtension Code = "LOAD_ERR_EXTENSION"
	// ErrLimit: what a file expands to is larger than this program allows.
	ErrLimit Code = "FR_ERR_LIMIT"
)

// The codes of warnings.
const (
	WarnUnknownSource          Code = "LOAD_UNKNOWN_SOURCE"
	WarnUnsafeNACheck          Code = "LOAD_UNSAFE_NA_CHECK"
	WarnNoEventType            Code = "LOAD_NO_EVTTYPE"
	WarnUnknownFilter          Code = "LOAD_UNKNOWN_FILTER"
	WarnUnusedMacro            Code = "LOAD_UNUSED_MACRO"
	WarnUnusedList             Code = "LOAD_UNUSED_LIST"
	WarnUnknownItem            Code = "LOAD_UNKNOWN_ITEM"
	WarnDeprecatedItem         Code = "LOAD_DEPRECATED_ITEM"
	WarnExtension              Code = "LOAD_WARNING_EXTENSION"
	WarnAppendNoValues         Code = "LOAD_APPEND_NO_VALUES"
	WarnExceptionNameNotUnique Code = "LOAD_EXCEPTION_NAME_NOT_UNIQUE"
	WarnInvalidMacroName       Code = "LOAD_INVALID_MACRO_NAME"
	WarnInvalidListName        Code = "LOAD_INVALID_LIST_NAME"
	WarnCompileCondition       Code = "LOAD_COMPILE_CONDITION"
	WarnUnknownKey             Code = "LOAD_UNKNOWN_KEY"
	// NotePlugin: a plugin is required that this program does not stand in
	// for. Falco would not start without it; here its fields are missing.
	NotePlugin Code = "FR_PLUGIN_MISSING"
)

// deprecatedFields no longer hold what they did, since there are no enter
// events: deprecated_fields in falco_load_result.cpp.
var deprecatedFields = []string{
	"evt.dir", "evt.latency", "evt.latency.s", "evt.latency.ns", "evt.latency.human", "evt.wait_latency",
}
