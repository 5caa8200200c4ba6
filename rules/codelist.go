package rules

// ErrorCodes are the codes that an error may have.
func ErrorCodes() []Code {
	return []Code{
		ErrFileRead, ErrYAMLParse, ErrYAMLValidate, ErrCompileCondition, ErrCompileOutput, ErrValidate, ErrExtension, ErrLimit,
	}
}

// WarningCodes are the codes that a warning or a notice may have.
func WarningCodes() []Code {
	return []Code{
		WarnUnknownSource, WarnUnsafeNACheck, WarnNoEventType, WarnUnknownFilter, WarnUnusedMacro, WarnUnusedList,
		WarnUnknownItem, WarnDeprecatedItem, WarnExtension, WarnAppendNoValues, WarnExceptionNameNotUnique,
		WarnInvalidMacroName, WarnInvalidListName, WarnCompileCondition, WarnUnknownKey, NotePlugin,
	}
}
