//go:build purego

package field

// view is b as a string.
func view(b []byte) string { return string(b) }
