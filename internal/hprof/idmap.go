// SPDX-License-Identifier: Apache-2.0

package hprof

// An idMap maps identifiers to small numbers: open addressing with linear
// probing, a multiply as hash. It sits in the innermost loop, once an object,
// where Go's map costs more than the rest of the loop together.
type idMap struct {
	keys   []uint64
	values []uint32 // the value + 1; 0 is empty
	count  int
	shift  uint
}

func (m *idMap) slot(id uint64) int { return int(id * 0x9e3779b97f4a7c15 >> m.shift) }

func (m *idMap) get(id uint64) (uint32, bool) {
	if len(m.keys) == 0 {
		return 0, false
	}
	for i := m.slot(id); ; i = (i + 1) & (len(m.keys) - 1) {
		if m.values[i] == 0 {
			return 0, false
		}
		if m.keys[i] == id {
			return m.values[i] - 1, true
		}
	}
}

func (m *idMap) put(id uint64, v uint32) {
	if m.count*2 >= len(m.keys) {
		m.grow()
	}
	m.insert(id, v+1)
}

func (m *idMap) insert(id uint64, v uint32) {
	i := m.slot(id)
	for m.values[i] != 0 && m.keys[i] != id {
		i = (i + 1) & (len(m.keys) - 1)
	}
	if m.values[i] == 0 {
		m.count++
	}
	m.keys[i], m.values[i] = id, v
}

func (m *idMap) grow() {
	old := *m
	n, bits := 1024, uint(10)
	for n < 4*len(old.keys)/2 {
		n, bits = n*2, bits+1
	}
	*m = idMap{keys: make([]uint64, n), values: make([]uint32, n), shift: 64 - bits}
	for i, v := range old.values {
		if v != 0 {
			m.insert(old.keys[i], v)
		}
	}
}
