// SPDX-License-Identifier: Apache-2.0

package hprof

// Nearly all sub-records are small instances and arrays that lie whole in the
// window. The general way — fill the window, read the fixed part,
// check it against the record, hand it on, leave — costs each of them more in
// calls than in work. fastPath does the same for a run of them in one loop, and
// stops before the first that is anything else: at the window's or the record's
// end, of an unknown class, or of another kind. It decides nothing itself; what
// it skips, the general way takes.

// fastPath returns how many sub-records it has read.
func (s *scan) fastPath(w *walker) (n int) {
	const idSize = 8
	if w.idSize != idSize {
		return 0 // 32-bit dumps are small
	}
	buf, pos := w.buf, w.pos
	limit := len(buf)
	if left := w.end - w.base; left < int64(limit) {
		limit = int(left)
	}
	// The last instance's class and the last array's: runs of one are common.
	var lastID, lastArrayID uint64
	var last, lastArray uint32
	for pos+maxSubHeaderBytes <= limit {
		b := buf[pos : pos+maxSubHeaderBytes]
		id := be64(b[1:])
		next := pos
		switch b[0] {
		case subInstanceDump:
			class := be64(b[5+idSize:])
			next += 9 + 2*idSize + int(be32(b[5+2*idSize:]))
			if next > limit {
				w.pos = pos
				return n
			}
			if class != lastID || lastID == 0 {
				c, ok := s.byID.get(class)
				if !ok {
					w.pos = pos
					return n
				}
				lastID, last = class, c
			}
			s.previous(s.blocks.add(id, w.base+int64(pos)))
			k := &s.counts[last]
			k.count++
			if k.watch != unwatched {
				s.watched(k, s.d.classes[last], id)
			}
			s.evidence.instance(last)
		case subObjectArrayDump:
			length, class := be32(b[5+idSize:]), be64(b[9+idSize:])
			if int64(length)*idSize > int64(limit-pos) {
				w.pos = pos
				return n
			}
			next += 9 + 2*idSize + int(length)*idSize
			if class != lastArrayID || lastArrayID == 0 {
				c, ok := s.byID.get(class)
				if !ok || s.counts[c].array == nil {
					w.pos = pos
					return n
				}
				lastArrayID, lastArray = class, c
			}
			if next > limit {
				w.pos = pos
				return n
			}
			s.previous(s.blocks.add(id, w.base+int64(pos)))
			k := &s.counts[lastArray]
			k.count++
			k.array.add(length)
			s.evidence.array(Ref, length)
		case subPrimArrayDump:
			length, element := be32(b[5+idSize:]), Type(b[9+idSize])
			size := element.bytes(idSize)
			if size == 0 || element == Ref || int64(length)*int64(size) > int64(limit-pos) {
				w.pos = pos
				return n
			}
			next += 10 + idSize + int(length)*size
			if next > limit {
				w.pos = pos
				return n
			}
			s.previous(s.blocks.add(id, w.base+int64(pos)))
			s.prims[element].add(length)
			s.evidence.array(element, length)
		default:
			w.pos = pos
			return n
		}
		pos = next
		n++
	}
	w.pos = pos
	return n
}
