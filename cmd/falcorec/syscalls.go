//go:build linux && (amd64 || arm64)

package main

import (
	"errors"
	"fmt"
	"strings"

	"falcoreplay/engine"
	"falcoreplay/internal/callset"
	"falcoreplay/internal/rulefile"
	"falcoreplay/recorder"
	"falcoreplay/scap/event"
)

// selectSyscalls reads --syscalls; nil stands for all.
func selectSyscalls(flag string) ([]string, error) {
	path, isRules := strings.CutPrefix(flag, "rules:")
	switch {
	case isRules:
		wanted, err := ofRules(path)
		return callset.Merge(callset.State(), wanted), err
	case flag == "all":
		return nil, nil
	case flag == "default":
		return callset.Default(), nil
	}
	names := strings.Split(flag, ",")
	var unknown []string
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
		if !recorder.Recordable(names[i]) {
			unknown = append(unknown, fmt.Sprintf("%q is no system call", name))
		}
	}
	if len(unknown) > 0 {
		return nil, errors.New(strings.Join(unknown, ", "))
	}
	return callset.Merge(callset.State(), names), nil
}

// ofRules are the calls that the rules of a file or a directory look at.
func ofRules(path string) ([]string, error) {
	files, err := rulefile.Read([]string{path})
	if err != nil {
		return nil, err
	}
	eng, err := engine.Load(files, engine.Options{NoFields: true})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, s := range event.Syscalls() {
		if eng.Wants(s.Exit) {
			names = append(names, s.Name)
		}
	}
	if eng.Wants(event.SignaldeliverE) {
		names = append(names, "signaldeliver")
	}
	return names, nil
}
