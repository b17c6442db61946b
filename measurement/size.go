package measurement

import "os"

// askedFor is the size in bytes over which a part should be read only where
// somebody asked for it, by part: reading it takes longer than a person
// notices. Work that nobody asked for (the editor's, at the end of a build)
// offers such a part instead of reading it. A part that is not listed is small
// by its nature.
var askedFor = map[Part]int64{
	Profile:           256 << 20,
	Console:           64 << 20,
	BuildEvents:       256 << 20,
	CPUProfile:        64 << 20,
	AllocationProfile: 64 << 20,
	HeapDump:          64 << 20,
}

// Size is the size in bytes of the files of a part, as they lie on disk.
func (m Measurement) Size(part Part) int64 {
	var total int64
	for _, path := range m.Parts[part] {
		if info, err := os.Stat(path); err == nil {
			total += info.Size()
		}
	}
	return total
}

// TooLargeUnasked reports whether a part should be offered and not read where
// nobody asked for it.
func (m Measurement) TooLargeUnasked(part Part) bool {
	limit, bounded := askedFor[part]
	return bounded && m.Size(part) > limit
}
