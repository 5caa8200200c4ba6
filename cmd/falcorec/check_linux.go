//go:build amd64 || arm64

package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"falcoreplay/recorder"
)

func checkCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Says what this host offers for recording, and what is missing",
		Long: `Looks whether this host can be recorded, and how well: loads the program that
records and takes a snapshot, but writes nothing. It exits with 1 if nothing can
be recorded.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !printFindings(cmd.OutOrStdout(), recorder.Check()) {
				return &failedError{errors.New("this host cannot be recorded as it is")}
			}
			return nil
		},
	}
}

var levels = map[recorder.Level]string{recorder.Good: "ok", recorder.Poor: "poor", recorder.Bad: "MISSING"}

// printFindings prints a line for each, and reports whether none is bad.
func printFindings(out io.Writer, found []recorder.Finding) bool {
	good := true
	for _, f := range found {
		fmt.Fprintf(out, "%-8s %-12s  %s\n", levels[f.Level], f.About, f.Text)
		good = good && f.Level != recorder.Bad
	}
	return good
}
