#!/bin/sh
# Compiles c/ into the objects that are checked in. Where clang or libbpf's
# headers are missing they stay as they are; TestObjects says when they are old.
set -e
cd "$(dirname "$0")"
clang=${CLANG:-clang}
if ! command -v "$clang" >/dev/null || [ ! -e /usr/include/bpf/bpf_core_read.h ]; then
	echo "recorder/bpf: no clang with libbpf's headers: objects not rebuilt" >&2
	exit 0
fi
GOPACKAGE=bpf exec go run github.com/cilium/ebpf/cmd/bpf2go -cc "$clang" -tags linux \
	-target amd64,arm64 ${OUT:+-output-dir "$OUT"} record c/record.bpf.c -- \
	-O2 -mcpu=v2 -Wall -Werror "-I/usr/include/$(uname -m)-linux-gnu"
