//go:build linux

package procsnap

import (
	"bytes"
	"strings"
)

// EnvMode is how much of environments a capture holds.
type EnvMode uint8

// The modes.
const (
	EnvMasked EnvMode = iota // values of names that look like secrets are masked
	EnvAll
	EnvNames // no values
	EnvNone
)

// Mask stands in place of what is masked.
const Mask = "***"

// secretWords are what is looked for in upper-case names of variables.
// secretEnds only count at the end.
var (
	secretWords = []string{"PASSW", "PASSPHRASE", "SECRET", "TOKEN", "CREDENTIAL", "APIKEY", "ACCESSKEY", "PRIVATEKEY",
		"PRIVATE_KEY", "BEARER", "CONNECTION_STRING", "CONNECTIONSTRING", "COOKIE"}
	secretEnds = []string{"_KEY", "_PASS", "_PWD", "_PW", "_AUTH", "_DSN", "_SAS", "_PIN"}
	secrets    = []string{"KEY", "PASS", "DSN", "AUTH"}
)

// IsSecretName reports whether a variable of this name is likely to hold a
// secret.
func IsSecretName(name string) bool {
	name = strings.ToUpper(name)
	for _, w := range secretWords {
		if strings.Contains(name, w) {
			return true
		}
	}
	for _, w := range secretEnds {
		if strings.HasSuffix(name, w) {
			return true
		}
	}
	for _, w := range secrets {
		if name == w {
			return true
		}
	}
	return false
}

// hasPassword reports whether a value is a URL with a password.
func hasPassword(value []byte) bool {
	_, rest, ok := bytes.Cut(value, []byte("://"))
	if !ok {
		return false
	}
	if end := bytes.IndexAny(rest, "/?# "); end >= 0 {
		rest = rest[:end]
	}
	user, _, ok := bytes.Cut(rest, []byte("@"))
	return ok && bytes.IndexByte(user, ':') >= 0
}

// AppendEnv appends an environment, variables that each end with a NUL, to dst
// as the mode has it, and returns the number of values that were masked.
// redact may be nil; it is called for the values that stay.
func AppendEnv(dst, env []byte, mode EnvMode, redact func(string) string) ([]byte, int) {
	masked := 0
	if mode == EnvNone {
		return dst, 0
	}
	for len(env) > 0 {
		def, rest, _ := bytes.Cut(env, []byte{0})
		env = rest
		name, value, ok := bytes.Cut(def, []byte("="))
		dst = append(dst, name...)
		if ok {
			dst = append(dst, '=')
			switch {
			case mode == EnvNames:
			case mode == EnvMasked && len(value) > 0 && (IsSecretName(string(name)) || hasPassword(value)):
				dst = append(dst, Mask...)
				masked++
			case redact != nil:
				dst = append(dst, redact(string(value))...)
			default:
				dst = append(dst, value...)
			}
		}
		dst = append(dst, 0)
	}
	return dst, masked
}
