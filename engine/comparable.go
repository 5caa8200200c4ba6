package engine

import (
	"fmt"
	"slices"

	"falcoreplay/rules/syntax"
	"falcoreplay/scap/event"
)

// class groups the value types that compare alike.
type class uint8

// The classes. Types of classNone cannot be compared.
const (
	classNone class = iota
	classSigned
	classUnsigned
	classDouble
	classBool
	classString
	classBytes
	classAddr
	classNet
)

// classes has the class of each type, and bits the width of numbers
// (falcosecurity/libs at 48dfd53, userspace/libsinsp/filter_compare.cpp,
// flt_is_comparable and flt_compare).
var classes = [event.NumParamTypes]struct {
	class class
	bits  uint8
}{
	event.PTInt8: {classSigned, 8}, event.PTInt16: {classSigned, 16},
	event.PTInt32: {classSigned, 32}, event.PTInt64: {classSigned, 64},
	event.PTErrno: {classSigned, 64}, event.PTFD: {classSigned, 64}, event.PTPID: {classSigned, 64},
	event.PTUint8: {classUnsigned, 8}, event.PTUint16: {classUnsigned, 16},
	event.PTUint32: {classUnsigned, 32}, event.PTUint64: {classUnsigned, 64},
	event.PTSyscallID: {classUnsigned, 16}, event.PTSigType: {classUnsigned, 8},
	event.PTRelTime: {classUnsigned, 64}, event.PTAbsTime: {classUnsigned, 64},
	event.PTPort:   {classUnsigned, 16},
	event.PTFlags8: {classUnsigned, 8}, event.PTFlags16: {classUnsigned, 16}, event.PTFlags32: {classUnsigned, 32},
	event.PTEnumFlags8: {classUnsigned, 8}, event.PTEnumFlags16: {classUnsigned, 16}, event.PTEnumFlags32: {classUnsigned, 32},
	event.PTMode: {classUnsigned, 32}, event.PTUID: {classUnsigned, 32}, event.PTGID: {classUnsigned, 32}, event.PTDouble: {classDouble, 64}, event.PTBool: {classBool, 32},
	event.PTCharBuf: {classString, 0}, event.PTFSPath: {classString, 0}, event.PTFSRelPath: {classString, 0},
	event.PTByteBuf:  {classBytes, 0},
	event.PTIPv4Addr: {classAddr, 0}, event.PTIPv6Addr: {classAddr, 0}, event.PTIPAddr: {classAddr, 0},
	event.PTIPv4Net: {classNet, 0}, event.PTIPv6Net: {classNet, 0}, event.PTIPNet: {classNet, 0},
}

// ops is a set of operators.
type ops uint32

func opSet(list ...syntax.Op) (s ops) {
	for _, op := range list {
		s |= 1 << op
	}
	return s
}

func (s ops) has(op syntax.Op) bool { return s>>op&1 != 0 }

var numberOps = opSet(syntax.OpEq, syntax.OpNe, syntax.OpLt, syntax.OpLe, syntax.OpGt, syntax.OpGe,
	syntax.OpIn, syntax.OpIntersects, syntax.OpExists)

var addrOps = opSet(syntax.OpEq, syntax.OpNe, syntax.OpIn, syntax.OpIntersects, syntax.OpExists)

// classOps has the operators of each class.
var classOps = [...]ops{
	classSigned: numberOps, classUnsigned: numberOps, classDouble: numberOps,
	classBool: addrOps, classAddr: addrOps, classNet: addrOps,
	classString: numberOps | opSet(syntax.OpContains, syntax.OpIContains, syntax.OpStartsWith, syntax.OpEndsWith,
		syntax.OpGlob, syntax.OpIGlob, syntax.OpPMatch, syntax.OpRegex),
	classBytes: addrOps | opSet(syntax.OpContains, syntax.OpStartsWith, syntax.OpEndsWith,
		syntax.OpBContains, syntax.OpBStartsWith),
}

// rawOnly are types whose values are compared only where a raw parameter has
// such a type in some events and another in the first that has it. For the
// others Falco lacks the operators, or constants of the type (filter_compare.cpp,
// flt_is_comparable; value_parser.cpp, string_to_rawval).
var rawOnly = []event.ParamType{event.PTUID, event.PTGID, event.PTSigType, event.PTSyscallID}

// listTypes are the types whose lists can be compared.
var listTypes = [event.NumParamTypes]bool{
	event.PTCharBuf: true, event.PTUint64: true, event.PTRelTime: true, event.PTAbsTime: true,
	event.PTBool: true, event.PTIPAddr: true, event.PTIPNet: true,
}

// listOps are the operators of lists.
var listOps = opSet(syntax.OpIn, syntax.OpExists, syntax.OpIntersects)

func classOf(t event.ParamType) class {
	if int(t) < len(classes) {
		return classes[t].class
	}
	return classNone
}

// checkOp tells why an operator does not suit a type, or nil if it does.
func checkOp(op syntax.Op, t event.ParamType, list bool) error {
	if op == syntax.OpExists {
		return nil
	}
	if list {
		if int(t) >= len(listTypes) || !listTypes[t] {
			return fmt.Errorf("lists of %s cannot be compared", typeName(t))
		}
		if !listOps.has(op) {
			return fmt.Errorf("operator %s does not suit lists: in, intersects and exists do", op)
		}
		return nil
	}
	if !classOps[classOf(t)].has(op) || slices.Contains(rawOnly, t) {
		return fmt.Errorf("operator %s does not suit type %s", op, typeName(t))
	}
	return nil
}

// typeNames are the names of types in messages (falcosecurity/libs,
// userspace/libsinsp/utils.cpp, param_type_to_string).
var typeNames = [event.NumParamTypes]string{
	event.PTNone: "NONE", event.PTInt8: "INT8", event.PTInt16: "INT16", event.PTInt32: "INT32", event.PTInt64: "INT64",
	event.PTUint8: "UINT8", event.PTUint16: "UINT16", event.PTUint32: "UINT32", event.PTUint64: "UINT64",
	event.PTCharBuf: "CHARBUF", event.PTByteBuf: "BYTEBUF", event.PTErrno: "ERRNO", event.PTSockAddr: "SOCKADDR",
	event.PTSockTuple: "SOCKTUPLE", event.PTFD: "FD", event.PTPID: "PID", event.PTFDList: "FDLIST",
	event.PTFSPath: "FSPATH", event.PTSyscallID: "SYSCALLID", event.PTSigType: "SIGTYPE", event.PTRelTime: "RELTIME",
	event.PTAbsTime: "ABSTIME", event.PTPort: "PORT", event.PTL4Proto: "L4PROTO", event.PTSockFamily: "SOCKFAMILY",
	event.PTBool: "BOOL", event.PTIPv4Addr: "IPV4ADDR", event.PTDyn: "DYNAMIC", event.PTFlags8: "FLAGS8",
	event.PTFlags16: "FLAGS16", event.PTFlags32: "FLAGS32", event.PTUID: "UID", event.PTGID: "GID",
	event.PTDouble: "DOUBLE", event.PTSigSet: "SIGSET", event.PTCharBufArray: "CHARBUFARRAY",
	event.PTCharBufPairArray: "CHARBUFPAIRARRAY", event.PTIPv4Net: "IPV4NET", event.PTIPv6Addr: "IPV6ADDR",
	event.PTIPv6Net: "IPV6NET", event.PTIPAddr: "IPADDR", event.PTIPNet: "IPNET", event.PTMode: "MODE",
	event.PTFSRelPath: "FSRELPATH", event.PTEnumFlags8: "ENUMFLAGS8", event.PTEnumFlags16: "ENUMFLAGS16",
	event.PTEnumFlags32: "ENUMFLAGS32", event.PTFD32: "FD32", event.PTPID32: "PID32",
}

func typeName(t event.ParamType) string {
	if int(t) < len(typeNames) && typeNames[t] != "" {
		return typeNames[t]
	}
	return fmt.Sprintf("type %d", t)
}
