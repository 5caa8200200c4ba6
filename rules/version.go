package rules

import (
	"fmt"
	"strings"
)

// version is a version of three numbers.
type version [3]uint64

// parseVersion reads x.y.z; what follows is ignored, and so are blanks and plus
// signs before the numbers, as sinsp_version does in falcosecurity/libs,
// userspace/libsinsp/version.h at 48dfd53.
func parseVersion(s string) (v version, ok bool) {
	for i := range v {
		if i > 0 {
			if s == "" || s[0] != '.' {
				return version{}, false
			}
			s = s[1:]
		}
		s = strings.TrimPrefix(strings.TrimLeft(s, " \t\n\v\f\r"), "+")
		n := 0
		for n < len(s) && s[n] >= '0' && s[n] <= '9' {
			if v[i] = v[i]*10 + uint64(s[n]-'0'); v[i] >= 1<<32 {
				return version{}, false
			}
			n++
		}
		if n == 0 {
			return version{}, false
		}
		s = s[n:]
	}
	return v, true
}

func (v version) String() string { return fmt.Sprintf("%d.%d.%d", v[0], v[1], v[2]) }

func (v version) less(w version) bool {
	for i := range v {
		if v[i] != w[i] {
			return v[i] < w[i]
		}
	}
	return false
}

// fits tells whether v is enough where w is required.
func (v version) fits(w version) bool { return v[0] == w[0] && !v.less(w) }
