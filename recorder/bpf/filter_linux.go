//go:build linux && (amd64 || arm64)

package bpf

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
)

// setFilter gives the program its filter.
func (p *Program) setFilter(opt *Options) error {
	if opt.Filter == nil {
		return nil
	}
	hierarchy := int32(-1)
	if opt.Hierarchy != "" {
		var err error
		if hierarchy, err = controller(opt.Hierarchy); err != nil {
			return err
		}
	}
	if err := p.objs.FilterHierarchy.Set(hierarchy); err != nil {
		return err
	}
	return p.objs.Filters.Put(uint32(0), opt.Filter)
}

// controllers are the names of control groups' controllers in the kernel, where
// they differ from those of files.
var controllers = map[string]string{"blkio": "io"}

// controller is the number of a controller in the running kernel.
func controller(name string) (int32, error) {
	if n, ok := controllers[name]; ok {
		name = n
	}
	spec, err := btf.LoadKernelSpec()
	if err != nil {
		return 0, fmt.Errorf("types of the kernel: %w", err)
	}
	var ids *btf.Enum
	if err := spec.TypeByName("cgroup_subsys_id", &ids); err != nil {
		return 0, fmt.Errorf("controllers of the kernel: %w", err)
	}
	for _, v := range ids.Values {
		if v.Name == name+"_cgrp_id" {
			return int32(v.Value), nil
		}
	}
	return 0, fmt.Errorf("the kernel has no controller %q", name)
}

// maxPIDs is more than there can be processes.
func maxPIDs() (uint32, error) {
	const file = "/proc/sys/kernel/pid_max"
	b, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", file, err)
	}
	return uint32(n), nil
}

// Descent are the bits of the filter's atoms that are true of a process, for
// whom it descends from, and of those that it begins: struct descent.
type Descent struct{ Own, Children uint32 }

// Follow adds to what the program knows of a process.
func (p *Program) Follow(pid uint32, d Descent) error {
	have, err := p.Descent(pid)
	if err != nil {
		return err
	}
	if err := p.objs.Descendants.Put(pid, Descent{have.Own | d.Own, have.Children | d.Children}); err != nil {
		return fmt.Errorf("process %d: %w", pid, err)
	}
	return nil
}

// Descent is what the program knows of a process.
func (p *Program) Descent(pid uint32) (d Descent, err error) {
	if err := p.objs.Descendants.Lookup(pid, &d); err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
		return d, fmt.Errorf("process %d: %w", pid, err)
	}
	return d, nil
}

// InCgroup tells the program which of the filter's atoms are true of whoever
// lives in or below the control group whose directory has an inode.
func (p *Program) InCgroup(inode uint64, atoms uint32) error {
	var have uint32
	if err := p.objs.CgroupIds.Lookup(inode, &have); err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
		return fmt.Errorf("control group: %w", err)
	}
	if err := p.objs.CgroupIds.Put(inode, have|atoms); err != nil {
		return fmt.Errorf("control group: %w", err)
	}
	return nil
}
