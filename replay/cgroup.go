package replay

import "strings"

// setCgroups takes NUL-separated SUBSYSTEM=PATH texts. One that has no "="
// makes all of them unusable, and the thread keeps what it had.
func (t *Thread) setCgroups(p []byte) {
	defs := texts(p)
	cgroups := make([]Cgroup, 0, len(defs))
	for _, def := range defs {
		subsys, path, ok := strings.Cut(def, "=")
		if !ok {
			return
		}
		subsys = strings.Replace(subsys, "_cgroup", "", 1)
		if known, ok := cgroupNames[subsys]; ok {
			subsys = known
		}
		cgroups = append(cgroups, Cgroup{subsys, path})
	}
	t.Cgroups = cgroups
}

// cgroupNames has the usual names of the subsystems that the kernel shortens
// (falcosecurity/libs, userspace/libsinsp/threadinfo.cpp,
// sinsp_threadinfo::set_cgroups).
var cgroupNames = map[string]string{"perf": "perf_event", "mem": "memory", "io": "blkio"}
