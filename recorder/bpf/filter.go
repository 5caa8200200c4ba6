package bpf

// Limits of a Filter: enum limits of c/record.h.
const (
	MaxAtoms = 31
	MaxTerms = 32
)

// CallState, in Call.About, marks what changes the state of the host.
const CallState = 1 << 31

// What an Atom asks about: enum atom_kind.
const (
	AtomCall   = 0 // nothing: Call.About has the answer
	AtomName   = 1 // V[0] and V[1] are a mask, V[2] and V[3] a name
	AtomPID    = 2 // V[0]
	AtomTree   = 3 // descends from a process: those of Follow
	AtomUID    = 4 // V[0] to V[1]
	AtomCgroup = 5 // in or below control groups: those of InCgroup
)

// Atom is a question about a task: struct atom.
type Atom struct {
	Kind uint64
	V    [4]uint64
}

// Term is true of answers, a bit for each atom, that have Value where they have
// Mask: struct term.
type Term struct{ Mask, Value uint32 }

// Filter says which events are recorded: struct filter.
type Filter struct {
	On     uint32
	Strict uint32 // calls that change the state have to pass too, by Who

	HasTree, HasCgroup      uint32
	NAtoms, NTerms, NWho, _ uint32

	Atoms      [MaxAtoms]Atom
	Terms, Who [MaxTerms]Term
}
