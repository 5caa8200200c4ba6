//go:build !purego

package field

import "unsafe"

// view is b as a string that shares its memory. It is valid as long as b's
// bytes stay as they are: for parameters until the next event, for the arena
// until Context.Reset.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
