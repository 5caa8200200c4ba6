//go:build !poison

package scap

// poison makes readers overwrite memory that an event lies in once the event
// is no longer valid, so that tests find who keeps it. See the build tag.
const poison = false

func overwrite([]byte) {}
