// Command falcoanalyze replays captures of a host through Falco rules and
// prints the alerts.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
)

// Exit codes.
const (
	exitDone     = 0 // nothing went wrong
	exitFindings = 1 // there is what the caller asked to fail on
	exitUsage    = 2 // the command line, the rules or the configuration are wrong
	exitCapture  = 3 // a capture could not be read or is damaged; what could be read was reported
)

func main() {
	floor := heapFloor()
	code := program(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	runtime.KeepAlive(floor)
	os.Exit(code)
}

// program is all that the process does. Alerts go to stdout and nothing else does.
func program(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	out := bufio.NewWriterSize(stdout, 64<<10)
	cmd := analyzeCommand(&streams{stdin, out, stderr})
	cmd.SetArgs(args)
	cmd.SetOut(out)
	cmd.SetErr(stderr)
	err := cmd.Execute()
	if flushErr := out.Flush(); flushErr != nil {
		err = errors.Join(err, fmt.Errorf("standard output: %w", flushErr))
	}
	return exitCode(err, stderr)
}

// streams are where the program reads and writes.
type streams struct {
	in  io.Reader
	out *bufio.Writer
	err io.Writer
}

// exitError is an error with the exit code that it asks for. The text may be
// empty: then all has been said.
type exitError struct {
	code int
	text string
}

func (e *exitError) Error() string { return e.text }

// usageError is an exitError for what the caller got wrong.
func usageError(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Sprintf(format, args...)}
}

// exitCode writes what is to be said of an error and returns the exit code.
func exitCode(err error, stderr io.Writer) int {
	if err == nil {
		return exitDone
	}
	code, text := exitUsage, err.Error()
	var e *exitError
	if errors.As(err, &e) {
		code = e.code
	}
	if text != "" {
		fmt.Fprintln(stderr, "falcoanalyze: "+text)
	}
	return code
}
