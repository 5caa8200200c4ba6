package regress

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"falcoreplay/rules"
)

// memory has rules and baselines by name; captures are read from the disk.
type memory map[string][]byte

func (m memory) Open(path string) (io.ReadCloser, error) {
	if data, ok := m[path]; ok {
		return io.NopCloser(bytes.NewReader(data)), nil
	}
	return os.Open(path)
}

func (m memory) Glob(pattern string) ([]string, error) { return filepath.Glob(pattern) }

func (m memory) Rules(paths []string) ([]rules.File, error) {
	var list []rules.File
	for _, p := range paths {
		data, err := m.Read(p)
		if err != nil {
			return nil, err
		}
		list = append(list, rules.File{Name: p, Data: data})
	}
	return list, nil
}

func (m memory) Read(path string) ([]byte, error) {
	data, ok := m[path]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
	return data, nil
}

func (m memory) Write(path string, data []byte) error {
	m[path] = bytes.Clone(data)
	return nil
}
