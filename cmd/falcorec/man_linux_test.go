//go:build amd64 || arm64

package main

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// The manual page has every flag, and the unit only flags that exist.
func TestManualAndUnit(t *testing.T) {
	page, err := os.ReadFile("../../docs/dist/falcorec.8")
	if err != nil {
		t.Fatal(err)
	}
	manual := strings.ReplaceAll(string(page), `\-`, "-")
	flags := recordCommand(io.Discard).Flags()
	flags.VisitAll(func(f *pflag.Flag) {
		if !strings.Contains(manual, "--"+f.Name) || f.Shorthand != "" && !strings.Contains(manual, "-"+f.Shorthand+" ") && !strings.Contains(manual, "-"+f.Shorthand+`"`) {
			t.Errorf("the manual has no -%s, --%s", f.Shorthand, f.Name)
		}
	})
	unit, err := os.ReadFile("../../docs/dist/falcorec.service")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(unit)) {
		_, command, ok := strings.Cut(line, "falcorec --quiet ")
		if !ok {
			continue
		}
		args := strings.Fields("--quiet " + strings.ReplaceAll(command, "$FALCOREC_OPTIONS", "--syscalls default"))
		var set settings
		cmd := recordCommandOf(&set, io.Discard)
		if err := cmd.ParseFlags(args); err != nil {
			t.Errorf("%s: %v", line, err)
		}
		if _, err := set.options(); err != nil {
			t.Errorf("%s: %v", line, err)
		}
		return
	}
	t.Error("the unit starts no falcorec")
}
