// Package rulefile finds and reads the rule files that a command line names.
// Commands import it.
package rulefile

import (
	"fmt"
	"os"
	"path/filepath"

	"falcoreplay/rules"
)

// Read reads the rule files that the paths name, in their order; of a
// directory all *.yaml and *.yml files directly in it, by name. The bundled rules
// are named by rules.BundledName.
func Read(paths []string) ([]rules.File, error) {
	var files []rules.File
	for _, path := range paths {
		if path == rules.BundledName {
			files = append(files, rules.Bundled()...)
			continue
		}
		names, err := in(path)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				return nil, fmt.Errorf("rules: %w", err)
			}
			files = append(files, rules.File{Name: name, Data: data})
		}
	}
	return files, nil
}

func in(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	names = rules.SelectFiles(names)
	if len(names) == 0 {
		return nil, fmt.Errorf("rules: no *.yaml or *.yml file in directory %s", path)
	}
	for i, name := range names {
		names[i] = filepath.Join(path, name)
	}
	return names, nil
}
