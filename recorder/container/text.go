//go:build linux

package container

import (
	"encoding/binary"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

const (
	shortIDChars = 12
	fullIDChars  = 64
	digestPrefix = "sha256:"

	// maxLabelBytes is the longest value of a label that is kept, as in Falco
	// (go-worker/pkg/config/config.go, defaultLabelMaxLen).
	maxLabelBytes = 100
)

func shortID(id string) string { return id[:min(len(id), shortIDChars)] }

// isFullID reports whether runtimes that describe containers may have made id.
func isFullID(id string) bool {
	return len(id) == fullIDChars && strings.Trim(id, "0123456789abcdefABCDEF") == ""
}

// keepLabels copies the labels that are not too long.
func keepLabels(labels map[string]string) map[string]string {
	kept := make(map[string]string, len(labels))
	for k, v := range labels {
		if len(v) <= maxLabelBytes {
			kept[k] = v
		}
	}
	return kept
}

// splitImage takes the name of an image apart: a digest behind @ is left out, and
// the tag stands behind the last colon, unless that is of a registry's port
// (go-worker/pkg/container/engine.go, parseImageRepoTag). An id is no name.
func splitImage(image string) (repo, tag string) {
	if strings.HasPrefix(image, digestPrefix) {
		return "", ""
	}
	image, _, _ = strings.Cut(image, "@")
	colon := strings.LastIndexByte(image, ':')
	if colon < 0 || colon < strings.LastIndexByte(image, '/') {
		return image, ""
	}
	return image[:colon], image[colon+1:]
}

// port makes a mapping of what Docker and Podman say of one, such as "80/tcp",
// "0.0.0.0" and "8080". Captures have TCP and IPv4 only. Podman has no address
// where all are meant.
func port(container, hostIP, hostPort string) (Port, bool) {
	number, ok := strings.CutSuffix(container, "/tcp")
	if !ok {
		return Port{}, false
	}
	if hostIP == "" {
		hostIP = "0.0.0.0"
	}
	inside, err1 := strconv.ParseUint(number, 10, 16)
	outside, err2 := strconv.ParseUint(hostPort, 10, 16)
	addr, err3 := netip.ParseAddr(hostIP)
	if err1 != nil || err2 != nil || err3 != nil || !addr.Is4() {
		return Port{}, false
	}
	ip := addr.As4()
	return Port{HostIP: binary.BigEndian.Uint32(ip[:]), HostPort: uint16(outside), ContainerPort: uint16(inside)}, true
}

// probe makes a probe of Docker's and Podman's Healthcheck.Test: the first
// element says how the others are run (github.com/moby/moby,
// daemon/health.go, getProbe). The shell of an image is not asked for.
func probe(test []string) *Probe {
	switch {
	case len(test) < 2:
	case test[0] == "CMD":
		return &Probe{Exe: test[1], Args: test[2:]}
	case test[0] == "CMD-SHELL":
		return &Probe{Exe: "/bin/sh", Args: []string{"-c", test[1]}}
	}
	return nil
}

// seconds is a time of Docker's and Podman's JSON in seconds since the epoch, 0
// where it is none.
func seconds(text string) int64 {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || t.Unix() < 0 {
		return 0
	}
	return t.Unix()
}
