package lsp

// Where a line went.
//
// Analysis lags behind typing. To put a mark where it belongs in the text of
// this moment, without parsing anything, each version of a document remembers
// which lines its change replaced; a mark's line is taken through the changes
// that came after the analysis it is from. That is exact for every line that
// was not itself edited; a line that was replaced maps to the place of the
// replacement and is said to be touched.

// A lineEdit replaced old lines by new ones: count of lines, from 0.
type lineEdit struct {
	version  int64 // of the server's own count, rising over all documents
	start    int   // the first line that was touched
	old, new int   // how many lines it was, and is
}

// apply takes a line through the edit.
func (e lineEdit) apply(line int) (moved int, touched bool) {
	switch {
	case line < e.start:
		return line, false
	case line >= e.start+e.old:
		return line + e.new - e.old, false
	default:
		return min(line, e.start+max(e.new, 1)-1), true
	}
}

// shift takes a line through all edits after a version.
func shift(edits []lineEdit, after int64, line int) (moved int, touched bool) {
	for _, e := range edits {
		if e.version <= after {
			continue
		}
		var t bool
		line, t = e.apply(line)
		touched = touched || t
	}
	return line, touched
}

// diffLines is the one edit that leads from one text's lines to another's: all
// between the common head and the common tail. It is what is known of a
// change that came as a whole text.
func diffLines(before, after []string) lineEdit {
	head := 0
	for head < len(before) && head < len(after) && before[head] == after[head] {
		head++
	}
	tail := 0
	for tail < len(before)-head && tail < len(after)-head &&
		before[len(before)-1-tail] == after[len(after)-1-tail] {
		tail++
	}
	return lineEdit{start: head, old: len(before) - head - tail, new: len(after) - head - tail}
}
