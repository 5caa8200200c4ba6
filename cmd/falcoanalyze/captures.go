package main

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// captureName is how files are named that are taken for captures.
var captureName = regexp.MustCompile(`\.scap[0-9]*(\.(gz|zst)[0-9]*)?$`)

// expandCaptures puts in place of directories the captures below them, by name,
// and all in the order in which they are to be reported. The errors are of
// directories that could not be read whole or have none.
func expandCaptures(args []string) (out []string, errs []error) {
	for _, arg := range args {
		if info, err := os.Stat(arg); arg == "-" || err != nil || !info.IsDir() {
			out = append(out, arg) // opening it tells what is wrong with it
			continue
		}
		found := len(out)
		// A name that ends with a separator is no link, which is not followed.
		err := filepath.WalkDir(arg+string(filepath.Separator), func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && captureName.MatchString(d.Name()) {
				out = append(out, path)
			}
			return err
		})
		switch {
		case err != nil:
			errs = append(errs, err)
		case len(out) == found:
			errs = append(errs, fmt.Errorf("%s: there are no captures in the directory, that is files named *.scap, with a number, .gz or .zst behind that", arg))
		}
	}
	return orderCaptures(out), errs
}

// orderCaptures puts the files of rotated sets in the order in which they were
// written and leaves everything else where the caller put it. Names that
// stand next to each other and differ in nothing but one run of digits are a
// set: trace.scap2 comes before trace.scap10, although a shell says otherwise.
func orderCaptures(names []string) []string {
	out := slices.Clone(names)
	for start := 0; start < len(out); {
		stem, _ := splitNumber(out[start])
		end := start + 1
		for end < len(out) && stem != "" {
			if s, _ := splitNumber(out[end]); s != stem {
				break
			}
			end++
		}
		slices.SortStableFunc(out[start:end], func(a, b string) int {
			_, x := splitNumber(a)
			_, y := splitNumber(b)
			return compareNumbers(x, y)
		})
		start = end
	}
	return out
}

// splitNumber takes the last run of digits out of a file's name. The stem is ""
// where there is none.
func splitNumber(path string) (stem, digits string) {
	const decimal = "0123456789"
	dir, name := filepath.Split(path)
	end := strings.LastIndexAny(name, decimal) + 1
	if end == 0 {
		return "", ""
	}
	start := len(strings.TrimRight(name[:end], decimal))
	return dir + name[:start] + "\x00" + name[end:], name[start:end]
}

// compareNumbers compares decimal numbers of any length; where they are equal,
// fewer leading zeros come first.
func compareNumbers(a, b string) int {
	x, y := strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x, y), cmp.Compare(len(a), len(b)))
}
