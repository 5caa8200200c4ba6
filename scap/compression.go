package scap

import (
	"fmt"
	"strconv"
	"strings"
)

// Compression is how a capture is compressed.
type Compression uint8

// The compressions. Captures that are not compressed have no chunks either.
const (
	Gzip Compression = iota
	Zstd
	None
)

func (c Compression) String() string {
	switch c {
	case Gzip:
		return "gzip"
	case Zstd:
		return "zstd"
	case None:
		return "none"
	}
	return fmt.Sprintf("compression %d", uint8(c))
}

// Levels of compression. A recorder shares its host with what it records, so
// the defaults are fast ones; the files of higher gzip levels are some percent
// smaller and take several times as long.
const (
	maxGzipLevel     = 9
	maxZstdLevel     = 22
	defaultGzipLevel = 1
	defaultZstdLevel = 1
)

// levels are the highest and the default level; both 0 where there are none.
func (c Compression) levels() (highest, normal int) {
	switch c {
	case Gzip:
		return maxGzipLevel, defaultGzipLevel
	case Zstd:
		return maxZstdLevel, defaultZstdLevel
	}
	return 0, 0
}

func (c Compression) check(level int) error {
	if c > None {
		return fmt.Errorf("%v is unknown", c)
	}
	if highest, _ := c.levels(); level < 0 || level > highest {
		if highest == 0 {
			return fmt.Errorf("compression none has no level %d", level)
		}
		return fmt.Errorf("%v level %d is not between 1 and %d", c, level, highest)
	}
	return nil
}

// ParseCompression reads none, gzip[:LEVEL] or zstd[:LEVEL]. The level is 0
// where there is none.
func ParseCompression(s string) (c Compression, level int, err error) {
	name, number, has := strings.Cut(s, ":")
	for c = Gzip; c.String() != name; c++ {
		if c == None {
			return 0, 0, fmt.Errorf("compression %q is not none, gzip or zstd", name)
		}
	}
	if !has {
		return c, 0, nil
	}
	if level, err = strconv.Atoi(number); err != nil || level == 0 {
		return 0, 0, fmt.Errorf("level %q of compression %s is not a number from 1", number, name)
	}
	return c, level, c.check(level)
}
