package bpf

import "github.com/cilium/ebpf"

// programs are those that are attached.
func (o *recordObjects) programs() []*ebpf.Program {
	return []*ebpf.Program{o.SysExit, o.ProcessExec, o.ProcessFork, o.ProcessExit, o.SignalDeliver}
}
