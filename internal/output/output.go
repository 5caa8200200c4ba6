// Package output holds what all that is written for people and programs has in
// common: JSON documents, counted nouns, and what is said of a format that
// there is not. Any package may import it.
package output

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// JSON writes a value as an indented JSON document. Letters like < stand for
// themselves.
func JSON(w io.Writer, value any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(value)
}

// Count is a number with its noun, which gets an s unless there is one.
func Count[N int | uint64](n N, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// UnknownFormat is the error for a format that is not one of those that there
// are.
func UnknownFormat(name string, formats []string) error {
	return fmt.Errorf("unknown format %q, expected one of %s", name, strings.Join(formats, ", "))
}
