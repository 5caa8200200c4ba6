//go:build linux && !arm64 && !arm && !ppc64 && !ppc64le

package procsnap

// kernelLargeFile is O_LARGEFILE as the kernel has it; the C library's and
// Go's, 0 on 64-bit machines, is not what /proc shows (Linux,
// include/uapi/asm-generic/fcntl.h).
const kernelLargeFile = 0o100000
