package rules

import (
	"embed"
	"io/fs"
	"slices"
	"strings"
)

//go:embed bundled/*.yaml
var bundled embed.FS

// BundledName names the bundled rules where command lines and suites name rule
// files; a file of that name is ./bundled.
const BundledName = "bundled"

// Bundled returns the rules that come with this program, in the order in which
// they are to be loaded. Their names begin with "bundled:".
func Bundled() []File {
	entries, err := fs.ReadDir(bundled, "bundled")
	if err != nil {
		panic(err) // the directory is part of the program
	}
	var files []File
	for _, e := range entries { // sorted by name
		data, err := fs.ReadFile(bundled, "bundled/"+e.Name())
		if err != nil {
			panic(err)
		}
		files = append(files, File{Name: "bundled:" + e.Name(), Data: data})
	}
	return files
}

// SelectFiles returns those of the names in a directory that are rule files, in
// the order in which Falco loads them: by name, those that end in .yml or
// .yaml.
func SelectFiles(names []string) []string {
	var out []string
	for _, n := range names {
		if strings.HasSuffix(n, ".yaml") || strings.HasSuffix(n, ".yml") {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out
}
