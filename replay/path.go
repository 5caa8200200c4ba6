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
	return string(AppendPath(buf[:0], dir, false, path))
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

// AppendPath appends what JoinPath makes of a directory and a path to dst, with a
// slash between them if it is asked for. It needs no memory of its own.
func AppendPath(dst []byte, dir string, slash bool, path string) []byte {
	extra := 0
	if slash {
		extra = 1
	}
	if len(dir)+extra+len(path)+1 > maxPathBytes {
		return append(dst, pathTooLong...)
	}
	mark := len(dst)
	if len(path) > 0 && path[0] != '/' {
		dst = append(dst, dir...)
		if slash {
			dst = append(dst, '/')
		}
	}
	based := len(dst) > mark
	for i := 0; i < len(path); {
		empty := len(dst) == mark
		atStart := empty || dst[len(dst)-1] == '/'
		rest := path[i:]
		switch {
		case atStart && isParent(rest):
			i += min(3, len(rest))
			if len(dst) > mark+1 {
				dst = dst[:mark+1+bytes.LastIndexByte(dst[mark:len(dst)-1], '/')]
			}
		case atStart && rest[0] == '.' && (len(rest) == 1 || rest[1] == '/'):
			i += min(2, len(rest))
		case rest[0] == '/':
			i++
			if !empty && atStart || empty && based {
				continue
			}
			dst = append(dst, '/')
		default: // a component, or the rest of one
			n := strings.IndexByte(rest, '/')
			if n < 0 {
				n = len(rest)
			}
			dst = append(dst, rest[:n]...)
			i += n
		}
	}
	if len(dst) > mark+1 && dst[len(dst)-1] == '/' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

// isParent tells that a path begins with "..".
func isParent(path string) bool {
	return len(path) >= 2 && path[0] == '.' && path[1] == '.' && (len(path) == 2 || path[2] == '/')
}
