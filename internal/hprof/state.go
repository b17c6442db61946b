// SPDX-License-Identifier: Apache-2.0

package hprof

// A state says who holds an object, in each question: an Owner, and in the last
// place the number of a set of holders. A heap has millions of objects and some
// thousands of states, so that an object keeps a state's number, 0 for the one in
// which nobody holds it.

const (
	stateWidth     = 8
	singleQuestion = stateWidth - 1
)

type ownershipState [stateWidth]uint32

// A stateTable numbers states, and remembers which meet where.
type stateTable struct {
	states  []ownershipState
	slots   []uint32 // open addressing: a state's number + 1
	holders holderSets
	met     []met
	changed changedAnswer // the last one
}

// A met is a meet that was computed before.
type met struct{ a, b, result uint32 }

// A changedAnswer is a question's answer that was changed.
type changedAnswer struct {
	number   uint32
	question int
	value    uint32
	result   uint32
}

const metSlots = 1 << 14

func (t *stateTable) init() {
	t.slots = make([]uint32, 1<<10)
	t.met = make([]met, metSlots)
	t.holders.init()
	t.number(new(ownershipState))
}

func (t *stateTable) count() int { return len(t.states) }

func (t *stateTable) state(number uint32) *ownershipState { return &t.states[number] }

func (s *ownershipState) hash() uint64 {
	h := uint64(0x9e3779b97f4a7c15)
	for _, v := range s {
		h = (h ^ uint64(v)) * 0xff51afd7ed558ccd
		h ^= h >> 32
	}
	return h
}

// number is the state's number, a new one where it is new.
func (t *stateTable) number(s *ownershipState) uint32 {
	if len(t.states)*2 >= len(t.slots) {
		t.grow()
	}
	for i := s.hash(); ; i++ {
		slot := &t.slots[i&uint64(len(t.slots)-1)]
		if *slot == 0 {
			t.states = append(t.states, *s)
			*slot = uint32(len(t.states))
			return *slot - 1
		}
		if t.states[*slot-1] == *s {
			return *slot - 1
		}
	}
}

func (t *stateTable) grow() {
	t.slots = make([]uint32, 2*len(t.slots))
	for n := range t.states {
		i := t.states[n].hash()
		for t.slots[i&uint64(len(t.slots)-1)] != 0 {
			i++
		}
		t.slots[i&uint64(len(t.slots)-1)] = uint32(n + 1)
	}
}

// meet is the state below two others.
func (t *stateTable) meet(a, b uint32) uint32 {
	if a == b || b == 0 {
		return a
	}
	if a == 0 {
		return b
	}
	slot := &t.met[(uint64(a)<<32|uint64(b))*0x9e3779b97f4a7c15>>50]
	if slot.a == a && slot.b == b {
		return slot.result
	}
	x, y := &t.states[a], &t.states[b]
	var s ownershipState
	for q := range singleQuestion {
		s[q] = uint32(meet(Owner(x[q]), Owner(y[q])))
	}
	s[singleQuestion] = t.holders.union(x[singleQuestion], y[singleQuestion])
	*slot = met{a, b, t.number(&s)}
	return slot.result
}

// with is a state with another answer to one question.
func (t *stateTable) with(number uint32, question int, value uint32) uint32 {
	c := &t.changed
	if c.number != number || c.question != question || c.value != value {
		s := t.states[number]
		s[question] = value
		*c = changedAnswer{number, question, value, t.number(&s)}
	}
	return c.result
}

func (t *stateTable) holder(node uint32) uint32 { return t.holders.one(node) }
