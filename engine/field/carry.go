package field

import (
	"strings"

	"falcoreplay/scap/event"
)

// Carried tells whether an event of the type may have the field: if not, the
// field is absent from every such event, and every comparison with it is
// false. True is no promise.
func (f *Field) Carried(t event.Type) bool {
	switch {
	case t >= event.NumTypes:
		return true
	case f.params != nil:
		return f.params[t] >= 0
	case f.Def.Class == "fd":
		return event.Lookup(t).Flags&(event.FlagCreatesFD|event.FlagUsesFD|event.FlagDestroysFD) != 0
	case f.Def.Class == "fs.path":
		call := &pathCalls[t]
		which := onePath
		if strings.HasPrefix(f.Def.Name, "fs.path.source") {
			which = sourcePath
		} else if strings.HasPrefix(f.Def.Name, "fs.path.target") {
			which = targetPath
		}
		return call.success >= 0 && (call.index[which] >= 0 || call.byName && which == onePath)
	}
	return true
}
