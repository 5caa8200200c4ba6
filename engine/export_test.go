package engine

// Unindexed returns options with which every rule is evaluated as it is
// written, without what the event type decides.
func Unindexed(o Options) Options {
	o.unindexed = true
	return o
}
