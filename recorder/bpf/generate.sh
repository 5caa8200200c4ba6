#!/bin/sh
# Compiles c/ into the objects that are checked in, and leaves the hash of the
# sources and the compiler's version in c/hash. Where clang or libbpf's headers
# are missing all stays as it is; TestObjects says when the objects are old.
set -e
cd "$(dirname "$0")"
clang=${CLANG:-clang}
if ! command -v "$clang" >/dev/null || [ ! -e /usr/include/bpf/bpf_core_read.h ]; then
	echo "recorder/bpf: no clang with libbpf's headers: objects not rebuilt" >&2
	exit 0
fi
GOPACKAGE=bpf go run github.com/cilium/ebpf/cmd/bpf2go -cc "$clang" -tags linux \
	-target amd64,arm64 ${OUT:+-output-dir "$OUT"} record c/record.bpf.c -- \
	-O2 -mcpu=v2 -Wall -Werror "-I/usr/include/$(uname -m)-linux-gnu"
if [ -z "$OUT" ]; then
	{ LC_ALL=C ls c/*.[ch] | xargs cat | sha256sum | cut -c1-64; "$clang" --version | head -n 1; } >c/hash
fi
