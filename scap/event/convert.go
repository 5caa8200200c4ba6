package event

// conversion is one row of the conversion table.
type conversion struct {
	nparams uint8
	action  action
	to      Type // for actionChangeType
	instrs  []instr
}

type action uint8

const (
	actionPass action = iota
	actionStore
	actionStoreAndPass
	actionAddParams
	actionChangeType
)

// instr makes one parameter of the new event.
type instr struct {
	op    op
	param uint8 // index in the event it comes from
	empty bool  // where that has nothing: empty, not the default of the type
}

type op uint8

const (
	opFromEmpty op = iota
	opFromDefault
	opFromOld
	opFromEnter
	opContainerJson
)
