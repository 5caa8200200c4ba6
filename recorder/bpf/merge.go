package bpf

// feed is a ring, or what a test puts in its place.
type feed interface {
	// next takes the record that is next, if one is there, and tells its time.
	// What it took stays valid until it is called again.
	next() (ts uint64, ok bool, err error)
}

// merger puts the records of several rings in the order of their times.
//
// A ring that is empty may still get a record that is older than what the
// others hold: between the moment at which a record takes its time and the one
// at which it can be read some time passes. Records are given once that is at
// least lookAhead, so the order is right as long as no record takes longer. One
// that does is given late, but it is given. While no ring is empty nothing waits.
type merger struct {
	feeds     []feed
	clock     func() uint64 // that of the records' times
	lookAhead uint64        // nanoseconds

	heads   []head
	given   int    // the source whose record was given last, -1 for none
	asked   bool   // whether the empty rings were asked yet
	polled  uint64 // when they were
	horizon uint64 // what is as old as this or older can be given
}

type head struct {
	ts uint64
	ok bool
}

func newMerger(feeds []feed, clock func() uint64, lookAhead uint64) *merger {
	return &merger{feeds: feeds, clock: clock, lookAhead: lookAhead, heads: make([]head, len(feeds)), given: -1}
}

// next takes the next record and returns its source. If there is none yet it
// returns -1, and how many nanoseconds it is worth to wait.
func (m *merger) next() (from int, wait uint64, err error) {
	if m.given >= 0 {
		i := m.given
		m.given = -1
		if err := m.load(i); err != nil {
			return -1, 0, err
		}
	}
	if m.give() {
		return m.given, 0, nil
	}
	// Asking takes the line of the cache that the kernel writes to with each record
	// of a ring, hence not for every record.
	now := m.clock()
	if m.asked && now >= m.polled && now-m.polled < m.lookAhead {
		return -1, m.lookAhead - (now - m.polled), nil
	}
	m.asked, m.polled = true, now
	for i := range m.heads {
		if !m.heads[i].ok {
			if err := m.load(i); err != nil {
				return -1, 0, err
			}
		}
	}
	m.horizon = max(m.horizon, now-min(now, m.lookAhead))
	if m.give() {
		return m.given, 0, nil
	}
	return -1, m.lookAhead, nil
}

// give gives the oldest record, if it can be given.
func (m *merger) give() bool {
	first, empty := m.first()
	if first < 0 || empty && m.heads[first].ts > m.horizon {
		return false
	}
	m.given = first
	return true
}

// holds tells whether a record was taken that is not given yet.
func (m *merger) holds() bool {
	first, _ := m.first()
	return first >= 0
}

func (m *merger) load(i int) (err error) {
	m.heads[i].ts, m.heads[i].ok, err = m.feeds[i].next()
	return err
}

// first is the source with the oldest record, -1 if there is none, and whether
// any has no record.
func (m *merger) first() (first int, empty bool) {
	first = -1
	for i := range m.heads {
		switch {
		case !m.heads[i].ok:
			empty = true
		case first < 0 || m.heads[i].ts < m.heads[first].ts:
			first = i
		}
	}
	return first, empty
}
