//go:build linux && (ppc64 || ppc64le)

package procsnap

// kernelLargeFile is O_LARGEFILE as the kernel has it (Linux,
// arch/powerpc/include/uapi/asm/fcntl.h); Go's is not what /proc shows.
const kernelLargeFile = 0o200000
