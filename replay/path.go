package replay

import (
	"bytes"
	"strings"
)

// maxPathBytes is the longest path that Falco rebuilds, with its terminator
// (falcosecurity/libs, userspace/libscap/scap_limits.h, SCAP_MAX_PATH_SIZE).
const maxPathBytes = 1024

// pathTooLong stands for a path over that limit (falcosecurity/libs,
// userspace/libsinsp/utils.cpp, sinsp_utils::concatenate_paths).
const pathTooLong = "/DIR_TOO_LONG/FILENAME_TOO_LONG"

// JoinPath resolves path against the directory dir, which ends in a slash, the
// way Falco does: "." and ".." and repeated slashes are folded, dir itself is
// taken as it is, and nothing asks a file system. An absolute path ignores
// dir. A result of more than 1023 bytes becomes
// "/DIR_TOO_LONG/FILENAME_TOO_LONG".
func JoinPath(dir, path string) string {
	if len(dir)+len(path)+1 > maxPathBytes {
		return pathTooLong
	}
	absolute := path == "" || path[0] == '/'
	if isCleanPath(path) && (absolute || strings.HasSuffix(dir, "/")) {
		if absolute {
			return path
		}
		return dir + path
	}
	var buf [maxPathBytes]byte
	out := buf[:0]
	if !absolute {
		out = append(out, dir...)
	}
	return string(foldPath(out, path))
}

// isCleanPath reports whether folding would leave path as it is.
func isCleanPath(path string) bool {
	n := len(path)
	switch {
	case n == 0 || path == "/":
		return true
	case path[0] == '.', path[n-1] == '/':
		return false
	}
	// A component that begins with a dot may be a hidden file: let the folding
	// look closer.
	return !strings.Contains(path, "//") && !strings.Contains(path, "/.")
}

// foldPath appends path to out, folding "." and "..", which may eat into what
// out holds already, and repeated slashes; a slash at the end is dropped.
func foldPath(out []byte, path string) []byte {
	based := len(out) > 0
	for i := 0; i < len(path); {
		atStart := len(out) == 0 || out[len(out)-1] == '/'
		rest := path[i:]
		switch {
		case atStart && (strings.HasPrefix(rest, "../") || rest == ".."):
			i += min(3, len(rest))
			if len(out) > 1 {
				out = out[:bytes.LastIndexByte(out[:len(out)-1], '/')+1]
			}
		case atStart && (strings.HasPrefix(rest, "./") || rest == "."):
			i += min(2, len(rest))
		case rest[0] == '/':
			i++
			if len(out) > 0 && out[len(out)-1] == '/' || len(out) == 0 && based {
				continue
			}
			out = append(out, '/')
		default: // a component, or the rest of one
			n := strings.IndexByte(rest, '/')
			if n < 0 {
				n = len(rest)
			}
			out = append(out, rest[:n]...)
			i += n
		}
	}
	if len(out) > 1 && out[len(out)-1] == '/' {
		out = out[:len(out)-1]
	}
	return out
}
