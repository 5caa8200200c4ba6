package engine

import (
	"cmp"
	"encoding/binary"
	"slices"

	"falcoreplay/scap/event"
)

// nodeID is a node of a graph.
type nodeID int32

// The constants are nodes of every graph.
const (
	nodeFalse nodeID = iota
	nodeTrue
)

type nodeKind uint8

const (
	kindConst nodeKind = iota
	kindCheck
	kindNot
	kindAnd
	kindOr
)

// node is an expression. Equal expressions are one node, so that each is
// evaluated once an event, whatever the number of rules that hold it.
type node struct {
	kind  nodeKind
	check int32 // of kindCheck
	cost  int32 // what it takes to evaluate it, in about 10 ns
	typed bool  // a part of it may be decided before there is an event, see special
	kids  []nodeID
}

// graph holds the expressions of all rules. It is built when rules are
// compiled and not changed later.
type graph struct {
	nodes []node
	index map[string]nodeID
}

func newGraph() *graph {
	return &graph{nodes: make([]node, 2), index: make(map[string]nodeID)}
}

// intern returns the node with the kind and the children, in any order.
func (g *graph) intern(kind nodeKind, check int32, cost int32, kids []nodeID) nodeID {
	key := make([]byte, 0, 8+4*len(kids))
	key = append(key, byte(kind))
	key = binary.LittleEndian.AppendUint32(key, uint32(check))
	for _, k := range kids {
		key = binary.LittleEndian.AppendUint32(key, uint32(k))
	}
	if id, ok := g.index[string(key)]; ok {
		return id
	}
	id := nodeID(len(g.nodes))
	typed := slices.ContainsFunc(kids, func(k nodeID) bool { return g.nodes[k].typed })
	g.nodes = append(g.nodes, node{kind, check, cost, typed, kids})
	g.index[string(key)] = id
	return id
}

func (g *graph) leaf(check, cost int32, typed bool) nodeID {
	id := g.intern(kindCheck, check, cost, nil)
	g.nodes[id].typed = typed
	return id
}

func (g *graph) not(x nodeID) nodeID {
	switch {
	case x == nodeFalse:
		return nodeTrue
	case x == nodeTrue:
		return nodeFalse
	case g.nodes[x].kind == kindNot:
		return g.nodes[x].kids[0]
	}
	return g.intern(kindNot, 0, g.nodes[x].cost, []nodeID{x})
}

func (g *graph) and(kids []nodeID) nodeID { return g.combine(kindAnd, kids) }
func (g *graph) or(kids []nodeID) nodeID  { return g.combine(kindOr, kids) }

// combine makes a conjunction or a disjunction: flat, without constants and
// repetitions, first the children that are cheap and likely to decide it.
// Evaluation has no side effects, so that the order is free.
func (g *graph) combine(kind nodeKind, kids []nodeID) nodeID {
	neutral, final := nodeTrue, nodeFalse
	if kind == kindOr {
		neutral, final = nodeFalse, nodeTrue
	}
	flat := make([]nodeID, 0, len(kids))
	for _, k := range kids {
		switch {
		case k == final:
			return final
		case k == neutral:
		case g.nodes[k].kind == kind:
			flat = append(flat, g.nodes[k].kids...)
		default:
			flat = append(flat, k)
		}
	}
	slices.SortFunc(flat, func(a, b nodeID) int {
		return cmp.Or(cmp.Compare(g.effort(kind, a), g.effort(kind, b)), cmp.Compare(a, b))
	})
	flat = slices.Compact(flat)
	switch len(flat) {
	case 0:
		return neutral
	case 1:
		return flat[0]
	}
	var cost int32
	for i, k := range flat {
		// Most checks are false: of a conjunction the first decides more
		// often than not, of a disjunction all are looked at.
		if c := g.nodes[k].cost; kind == kindAnd {
			cost += c >> min(i, 8)
		} else {
			cost += c
		}
		cost = min(cost, 1<<20)
	}
	return g.intern(kind, 0, cost, slices.Clip(flat))
}

// effort is what a child takes for the chance that it decides a conjunction or a
// disjunction. Most comparisons are false: one that is negated seldom ends a
// conjunction, and mostly a disjunction.
func (g *graph) effort(kind nodeKind, child nodeID) int32 {
	n := &g.nodes[child]
	if (n.kind == kindNot) == (kind == kindAnd) {
		return n.cost * 8
	}
	return n.cost
}

// special rebuilds an expression for one event type, with the checks that the
// type decides, and those that are settled anyway, put in as constants.
type special struct {
	g     *graph
	known func(check int32, t event.Type) (value, known bool)
	t     event.Type
	done  map[nodeID]nodeID
}

func (s *special) node(x nodeID) nodeID {
	if !s.g.nodes[x].typed {
		return x
	}
	if y, ok := s.done[x]; ok {
		return y
	}
	n := s.g.nodes[x]
	y := x
	switch n.kind {
	case kindCheck:
		if value, known := s.known(n.check, s.t); known {
			y = nodeFalse
			if value {
				y = nodeTrue
			}
		}
	case kindNot:
		if k := s.node(n.kids[0]); k != n.kids[0] {
			y = s.g.not(k)
		}
	default:
		kids, changed := make([]nodeID, len(n.kids)), false
		for i, k := range n.kids {
			kids[i] = s.node(k)
			changed = changed || kids[i] != k
		}
		if changed {
			y = s.g.combine(n.kind, kids)
		}
	}
	s.done[x] = y
	return y
}
