// SPDX-License-Identifier: Apache-2.0

package trace

import "strings"

// Names repeat: a profile of a million Starlark calls has a few hundred
// functions. Others do not: each action has a name of its own. So the table
// is bounded, and what finds no room in it is an ordinary string, which lives
// as long as its user keeps it.
const maxInternedBytes = 1 << 20

// An intern table makes strings of bytes, the same string for the same bytes,
// and numbers them from 1 on.
//
// Most look-ups are of a name that came a moment ago: recent holds one name
// for each of its places, found by the name's length and last bytes, which are
// what tells generated names apart. A hit there costs a comparison and saves
// hashing.
type intern struct {
	table  map[string]name
	recent [recentNames]name
	bytes  int
}

// A name is a string and its number.
type name struct {
	key  string // as it stood in the text
	text string
	id   int
}

// recentNames is a power of two.
const recentNames = 1 << 10

func newIntern() *intern { return &intern{table: make(map[string]name, 256)} }

// recentPlace is where a name is kept if it came last of those of its place.
func recentPlace(b []byte) int {
	n := len(b)
	h := uint32(n)
	for _, c := range b[max(0, n-4):] {
		h = h*31 + uint32(c)
	}
	return int(h % recentNames)
}

// str returns b as a string, with invalid UTF-8 replaced: editors and JSON
// writers downstream refuse it.
func (t *intern) str(b []byte) string {
	text, _ := t.name(b)
	return text
}

// name is str with the string's number, which is 0 if it is not in the table.
func (t *intern) name(b []byte) (string, int) {
	if len(b) == 0 {
		return "", 0
	}
	recent := &t.recent[recentPlace(b)]
	if recent.key == string(b) {
		return recent.text, recent.id
	}
	known, found := t.table[string(b)]
	if !found {
		key := string(b)
		known = name{key: key, text: strings.ToValidUTF8(key, "\uFFFD")}
		if t.bytes+len(key)+nameBytes > maxInternedBytes {
			return known.text, 0
		}
		t.bytes += len(key) + nameBytes
		known.id = len(t.table) + 1
		t.table[key] = known
	}
	*recent = known
	return known.text, known.id
}

// nameBytes is what a name costs beside its text.
const nameBytes = 80
