package bpf

import "github.com/cilium/ebpf"

// programs are those that are attached. On x86-64 a new thread's first return
// to user space passes sys_exit, so there is none for forks.
func (o *recordObjects) programs() []*ebpf.Program {
	return []*ebpf.Program{o.SysExit, o.ProcessExec, o.ProcessExit, o.SignalDeliver}
}
