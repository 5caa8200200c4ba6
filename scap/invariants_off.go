//go:build !invariants

package scap

// invariants makes readers overwrite memory that an event lies in once the event
// is no longer valid, so that tests under the build tag find who keeps it.
const invariants = false

func overwrite([]byte) {}
