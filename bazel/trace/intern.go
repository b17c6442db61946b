package trace

import "strings"

// Names repeat: a profile of a million Starlark calls has a few hundred
// functions. Others do not: each action has a name of its own. So the table
// is bounded, and what finds no room in it is an ordinary string, which lives
// as long as its user keeps it.
const maxInternedBytes = 1 << 20

// An intern table makes strings of bytes, the same string for the same bytes.
type intern struct {
	table map[string]string
	bytes int
}

func newIntern() intern { return intern{table: make(map[string]string, 256)} }

// str returns b as a string, with invalid UTF-8 replaced: editors and JSON
// writers downstream refuse it.
func (t *intern) str(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if s, found := t.table[string(b)]; found {
		return s
	}
	key := string(b)
	s := strings.ToValidUTF8(key, "\uFFFD")
	if t.bytes+len(key) <= maxInternedBytes {
		t.bytes += len(key) + mapEntryBytes
		t.table[key] = s
	}
	return s
}

// mapEntryBytes is what an entry of the table costs beside its text.
const mapEntryBytes = 48
