//go:build linux && (arm64 || arm)

package procsnap

// kernelLargeFile is O_LARGEFILE as the kernel has it (Linux,
// arch/arm64/include/uapi/asm/fcntl.h); Go's is not what /proc shows.
const kernelLargeFile = 0o400000
