package bpf

import (
	"fmt"
	"strconv"
	"strings"
)

// CPUsPerRing is how many processors share a ring, unless one asks for a number
// of rings.
const CPUsPerRing = 8

// maxCPUs is more than any kernel has (NR_CPUS, 8192 at most).
const maxCPUs = 1 << 14

// parseCPUs reads a list of processors as the kernel writes it, such as
// "0-3,8,10-11".
func parseCPUs(list string) ([]int, error) {
	var all []int
	for part := range strings.SplitSeq(strings.TrimSpace(list), ",") {
		from, to, isRange := strings.Cut(part, "-")
		if !isRange {
			to = from
		}
		a, errA := strconv.Atoi(from)
		b, errB := strconv.Atoi(to)
		if errA != nil || errB != nil || a < 0 || b < a || b >= maxCPUs || len(all) > 0 && a <= all[len(all)-1] {
			return nil, fmt.Errorf("%q is no list of processors", list)
		}
		for ; a <= b; a++ {
			all = append(all, a)
		}
	}
	return all, nil
}

// ringsOfCPUs deals processors out to rings: neighbours of those that are online
// share one, as they share caches, and the others, which may come online later,
// go round. The result has a ring for each number up to the largest possible
// one, also for those between that no processor has. rings is how many there
// are, 0 for one for every CPUsPerRing processors online.
func ringsOfCPUs(possible, online []int, rings int) ([]int, int) {
	if rings == 0 {
		rings = (len(online) + CPUsPerRing - 1) / CPUsPerRing
	}
	rings = max(1, min(rings, len(possible)))
	of := make([]int, possible[len(possible)-1]+1)
	for cpu := range of {
		of[cpu] = cpu % rings
	}
	for i, cpu := range online {
		if cpu < len(of) {
			of[cpu] = i * rings / len(online)
		}
	}
	return of, rings
}
