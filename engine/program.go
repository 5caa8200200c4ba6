package engine

// program is a rule as it is evaluated for one event type.
type program struct {
	rule int32
	root ref
}

// ref is an expression in an Engine: twice the place of its op, plus 1 for its
// negation, so that a negation is no step of its own.
type ref int32

// op is a node of the graph as it is evaluated: a comparison, or a conjunction
// or disjunction of others. A constant is a conjunction or a disjunction of
// nothing.
type op struct {
	kind  nodeKind // kindCheck, kindAnd or kindOr
	check int32    // of kindCheck
	kids  []ref
}

// layout puts the nodes that are evaluated one behind another, those of an
// event type together, as far as others do not have them already.
type layout struct {
	nodes []node
	refs  []ref // of the nodes, -1 for those that are not laid out yet
	ops   []op
	kids  []ref // memory for those of ops
}

func newLayout(nodes []node) *layout {
	l := &layout{nodes: nodes, refs: make([]ref, len(nodes))}
	n := 0
	for i := range nodes {
		l.refs[i] = -1
		n += len(nodes[i].kids)
	}
	l.kids = make([]ref, 0, n)
	return l
}

// ref lays out a node with all that is under it.
func (l *layout) ref(id nodeID) ref {
	if r := l.refs[id]; r >= 0 {
		return r
	}
	n := &l.nodes[id]
	var r ref
	if n.kind == kindNot {
		r = l.ref(n.kids[0]) ^ 1
	} else {
		o := op{kind: n.kind, check: n.check}
		switch {
		case id == nodeTrue:
			o.kind = kindAnd
		case id == nodeFalse:
			o.kind = kindOr
		default:
			for _, k := range n.kids {
				l.ref(k)
			}
			start := len(l.kids)
			for _, k := range n.kids {
				l.kids = append(l.kids, l.refs[k])
			}
			o.kids = l.kids[start:len(l.kids):len(l.kids)]
		}
		r = ref(len(l.ops) << 1)
		l.ops = append(l.ops, o)
	}
	l.refs[id] = r
	return r
}
