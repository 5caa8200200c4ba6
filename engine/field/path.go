package field

import (
	"bytes"
	"strings"
)

// maxPathBytes is the longest path that is put together, with its terminator
// (falcosecurity/libs at 48dfd53, userspace/libscap/scap_limits.h,
// SCAP_MAX_PATH_SIZE).
const maxPathBytes = 1024

// pathTooLong stands for a path over that limit (userspace/libsinsp/utils.cpp,
// sinsp_utils::concatenate_paths).
const pathTooLong = "/DIR_TOO_LONG/FILENAME_TOO_LONG"

// appendPath appends what replay.JoinPath makes of a directory and a path, with
// a slash between them if it is asked for. It needs no memory of its own.
func appendPath(dst []byte, dir string, slash bool, path string) []byte {
	if len(dir)+int(b2n(slash))+len(path)+1 > maxPathBytes {
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
