package engine

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"

	"falcoreplay/engine/field"
	"falcoreplay/scap/event"
)

// maxTextBytes is how long a text to compare with may be (falcosecurity/libs at
// 48dfd53, userspace/libsinsp/sinsp_filtercheck.h, s_max_filter_value_buf_size,
// with a byte for the end): a longer one is refused, as Falco does.
const maxTextBytes = 255

// parseConstant reads a constant of a condition as a value of a type
// (falcosecurity/libs at 48dfd53, userspace/libsinsp/value_parser.cpp,
// string_to_rawval).
func parseConstant(t event.ParamType, text string) (field.Value, error) {
	if c := classes[t].class; (c == classString || c == classBytes) && len(text) > maxTextBytes {
		return field.Value{}, fmt.Errorf("a text to compare with has %d bytes, at most %d are allowed", len(text), maxTextBytes)
	}
	if t == event.PTByteBuf {
		return field.Value{S: text}, nil
	}
	if strings.IndexByte(text, 0) >= 0 {
		return field.Value{}, errors.New("a value cannot hold a NUL byte")
	}
	if t == event.PTPort {
		n, err := parsePort(text)
		return field.Value{N: uint64(n)}, err
	}
	switch c := classes[t]; c.class {
	case classSigned, classUnsigned:
		n, ok := parseNumber(text, c.class == classSigned, int(c.bits))
		if !ok {
			return field.Value{}, fmt.Errorf("%q is not a number", text)
		}
		return field.Value{N: n}, nil
	case classDouble: // only whole numbers can be written
		n, ok := parseNumber(text, true, 32)
		if !ok {
			return field.Value{}, fmt.Errorf("%q is not a whole number", text)
		}
		return field.Value{N: math.Float64bits(float64(int64(n)))}, nil
	case classBool:
		switch text {
		case "true":
			return field.Value{N: 1}, nil
		case "false":
			return field.Value{}, nil
		}
		return field.Value{}, fmt.Errorf("%q is neither true nor false", text)
	case classAddr:
		a, err := parseAddr(t, text)
		return field.Value{S: a}, err
	case classNet:
		p, err := parseNet(t, text)
		return field.Value{S: encodeNet(p)}, err
	}
	return field.Value{S: text}, nil
}

// parseNumber reads a decimal number as C's scanf does, of which the number
// has to be the whole: blanks before it are skipped, it may have a sign, and
// what exceeds 64 bits is the largest number. It is cut to bits bits and, if it
// is signed, extended again (userspace/libsinsp/utils.cpp, sinsp_numparser).
func parseNumber(text string, signed bool, bits int) (uint64, bool) {
	s := strings.TrimLeft(text, " \t\n\v\f\r")
	negative := false
	if s != "" && (s[0] == '-' || s[0] == '+') {
		negative, s = s[0] == '-', s[1:]
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	if s == "" {
		return 0, false
	}
	n, err := strconv.ParseUint(s, 10, 64)
	switch {
	case !signed && err != nil:
		n = math.MaxUint64
	case signed && negative && (err != nil || n > 1<<63):
		n = 1 << 63
	case signed && !negative && (err != nil || n > math.MaxInt64):
		n = math.MaxInt64
	case negative:
		n = -n
	}
	return cutNumber(n, signed, bits), true
}

// cutNumber keeps the low bits of a number, and extends the sign if it has one.
func cutNumber(n uint64, signed bool, bits int) uint64 {
	shift := 64 - bits
	if signed {
		return uint64(int64(n<<shift) >> shift)
	}
	return n << shift >> shift
}

// parsePort reads a port: a number, or the name of a service. Falco asks the
// machine it runs on for the name; here there is a table, so that the answer
// is the same everywhere. No text is port 0.
func parsePort(text string) (uint16, error) {
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			if p, ok := services[text]; ok {
				return p, nil
			}
			return 0, fmt.Errorf("%q is neither a port nor a known service", text)
		}
	}
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%q is too large for a port", text)
	}
	return uint16(n), nil
}

// services are names of the IANA service registry that rules may use as ports.
var services = map[string]uint16{
	"ftp-data": 20, "ftp": 21, "ssh": 22, "telnet": 23, "smtp": 25, "time": 37, "whois": 43, "domain": 53,
	"tftp": 69, "gopher": 70, "finger": 79, "http": 80, "kerberos": 88, "pop3": 110, "sunrpc": 111, "auth": 113,
	"nntp": 119, "ntp": 123, "netbios-ns": 137, "netbios-dgm": 138, "netbios-ssn": 139, "imap2": 143, "snmp": 161,
	"snmp-trap": 162, "bgp": 179, "irc": 194, "ldap": 389, "https": 443, "microsoft-ds": 445, "exec": 512,
	"login": 513, "shell": 514, "syslog": 514, "printer": 515, "submission": 587, "ldaps": 636, "domain-s": 853,
	"rsync": 873, "ftps": 990, "telnets": 992, "imaps": 993, "pop3s": 995, "socks": 1080, "openvpn": 1194,
	"ms-sql-s": 1433, "ms-sql-m": 1434, "nfs": 2049, "mysql": 3306, "ms-wbt-server": 3389, "sip": 5060,
	"sip-tls": 5061, "xmpp-client": 5222, "postgresql": 5432, "amqp": 5672, "x11": 6000, "redis": 6379,
	"http-alt": 8080, "bacula-dir": 9101,
}

// parseAddr reads an IP address into its 4 or 16 bytes.
func parseAddr(t event.ParamType, text string) (string, error) {
	if t == event.PTIPAddr {
		t = event.PTIPv6Addr
		if strings.IndexByte(text, '.') >= 0 {
			t = event.PTIPv4Addr
		}
	}
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" || a.Is4() != (t == event.PTIPv4Addr) {
		return "", fmt.Errorf("%q is not an IP address", text)
	}
	return string(a.AsSlice()), nil
}

// parseNet reads an IP network in CIDR notation.
func parseNet(t event.ParamType, text string) (netip.Prefix, error) {
	want4 := t == event.PTIPv4Net || t == event.PTIPNet && strings.IndexByte(text, '.') >= 0
	ip, mask, ok := strings.Cut(text, "/")
	if !ok {
		return netip.Prefix{}, fmt.Errorf("%q is not an IP network", text)
	}
	mask, _, _ = strings.Cut(mask, "\n")
	a, err := netip.ParseAddr(ip)
	if err != nil || a.Zone() != "" || a.Is4() != want4 {
		return netip.Prefix{}, fmt.Errorf("%q is not an IP network", text)
	}
	bits, ok := parseNumber(mask, false, 8)
	if !ok || int(bits) > a.BitLen() || bits == 0 && !want4 {
		return netip.Prefix{}, fmt.Errorf("%q is not a mask of an IP network", mask)
	}
	return netip.PrefixFrom(a, int(bits)).Masked(), nil
}

// encodeNet puts a network into a string: the address and its mask length.
func encodeNet(p netip.Prefix) string {
	if !p.IsValid() {
		return ""
	}
	return string(append(p.Addr().AsSlice(), byte(p.Bits())))
}

// inNet tells whether an address of 4 or 16 bytes is in an encoded network;
// same is false if one is of version 4 and the other is of version 6.
func inNet(addr, net string) (in, same bool) {
	if len(addr)+1 != len(net) {
		return false, false
	}
	bits := int(net[len(net)-1])
	whole := bits / 8
	if addr[:whole] != net[:whole] {
		return false, true
	}
	if rest := bits % 8; rest != 0 {
		return (addr[whole]^net[whole])>>(8-rest) == 0, true
	}
	return true, true
}
