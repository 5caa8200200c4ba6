package rulefile

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"path"
	"strings"

	"falcoreplay/rules"
)

// gitPrefix marks a path as one of a git revision: git:REVISION:PATH, where
// PATH is as git itself takes it, from the top of the repository or, if it
// begins with ./, from the working directory.
const gitPrefix = "git:"

// ReadRevisions is Read that also reads paths like git:main:rules/ from a git
// revision, for which it runs git.
func ReadRevisions(paths []string) ([]rules.File, error) {
	var files []rules.File
	for _, path := range paths {
		read := func(path string) ([]rules.File, error) { return Read([]string{path}) }
		if strings.HasPrefix(path, gitPrefix) {
			read = readGit
		}
		of, err := read(path)
		if err != nil {
			return nil, err
		}
		files = append(files, of...)
	}
	return files, nil
}

// readGit reads a rule file of a git revision, or those of a directory of it.
func readGit(name string) ([]rules.File, error) {
	rev, file, ok := strings.Cut(strings.TrimPrefix(name, gitPrefix), ":")
	if !ok || rev == "" || file == "" || strings.HasPrefix(rev, "-") {
		return nil, fmt.Errorf("rules: %q names no revision and path; the rules of a branch are git:BRANCH:rules/", name)
	}
	object := rev + ":" + file
	kind, err := git("cat-file", "-t", object)
	if err != nil {
		return nil, fmt.Errorf("rules: %s: %w", name, err)
	}
	names := []string{file}
	if strings.TrimSpace(string(kind)) == "tree" {
		list, err := git("ls-tree", "--full-tree", "-z", "--name-only", object)
		if err != nil {
			return nil, fmt.Errorf("rules: %s: %w", name, err)
		}
		if names = rules.SelectFiles(strings.Split(string(list), "\x00")); len(names) == 0 {
			return nil, fmt.Errorf("rules: no *.yaml or *.yml file in %s", name)
		}
		for i := range names {
			names[i] = join(file, names[i])
		}
	}
	var files []rules.File
	for _, n := range names {
		data, err := git("cat-file", "blob", rev+":"+n)
		if err != nil {
			return nil, fmt.Errorf("rules: %s%s:%s: %w", gitPrefix, rev, n, err)
		}
		files = append(files, rules.File{Name: gitPrefix + rev + ":" + n, Data: data})
	}
	return files, nil
}

// join keeps a ./ at the beginning, which has a meaning for git.
func join(dir, name string) string {
	if dir == "." || strings.HasPrefix(dir, "./") {
		return "./" + path.Join(dir, name)
	}
	return path.Join(dir, name)
}

// git runs git, which has to be installed.
func git(args ...string) ([]byte, error) {
	cmd := exec.Command("git", args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if errors.Is(err, exec.ErrNotFound) {
		return nil, errors.New("git is not installed, or not in PATH")
	}
	if err != nil {
		if text := strings.TrimSpace(stderr.String()); text != "" {
			return nil, fmt.Errorf("git: %s", text)
		}
		return nil, fmt.Errorf("git: %w", err)
	}
	return out, nil
}
