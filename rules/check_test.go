package rules

import "testing"

// TestFate holds that the first error decides what becomes of a rule, and that
// those of the output come first.
func TestFate(t *testing.T) {
	cond := Problem{Code: ErrCompileCondition}
	unknown := Problem{Code: ErrCompileCondition, Unknown: true}
	output := Problem{Code: ErrCompileOutput}
	unknownOutput := Problem{Code: ErrCompileOutput, Unknown: true}
	warning := Problem{Severity: SeverityWarning}
	for _, c := range []struct {
		name     string
		skip     bool
		problems []Problem
		want     fate
	}{
		{"nothing", true, nil, stays},
		{"a warning", true, []Problem{warning}, stays},
		{"unknown", true, []Problem{warning, unknown}, isSkipped},
		{"unknown, not to be skipped", false, []Problem{unknown}, isWrong},
		{"unknown before another", true, []Problem{unknown, cond}, isSkipped},
		{"unknown behind another", true, []Problem{cond, unknown}, isWrong},
		{"unknown in the output", true, []Problem{cond, unknownOutput}, isSkippedForOutput},
		{"wrong output", true, []Problem{unknown, output, unknownOutput}, isWrong},
	} {
		if got := fateOf(&Rule{SkipIfUnknownFilter: c.skip}, c.problems); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}
