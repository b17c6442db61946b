// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"bytes"
	"fmt"

	"example.invalid/starlark-memls/internal/hprof"
	"example.invalid/starlark-memls/internal/quantity"
)

// Texts that are joined up the dependency graph: each target's string begins
// with, ends with or has in it the strings of the targets it depends on.

// comparedText bounds what is read of strings at one site.
const comparedText = 1 << 30

func (f *finder) joined(s *site) {
	var have, instead, own, inherited, copies, read int64
	for _, v := range s.values {
		text := f.chars(v.at)
		n := int64(text.Len())
		size := f.g.ShallowBytes(v.at) + text.ShallowBytes()
		have += size
		parts, from := int64(0), int64(0)
		var whole []byte
		for _, d := range f.deps[v.node] {
			for _, w := range s.at(int(d)) {
				below := f.chars(w.at)
				if below.Len() == 0 || int64(below.Len()) > n || read > comparedText {
					continue
				}
				if whole == nil {
					whole = text.BytesAt(0, text.Len())
					read += n
				}
				if w.at == v.at || bytes.Contains(whole, f.chars(w.at).BytesAt(0, below.Len())) {
					parts, from = parts+1, from+int64(below.Len())
				}
			}
		}
		own, inherited = own+max(0, n-from), inherited+from
		if from > 0 {
			copies++
		}
		instead += f.what.text(max(0, n-from)) + f.what.depset(1, parts)
	}
	saves := have - instead
	if saves < f.worth || copies < 2 || inherited < 2*own || read > comparedText {
		return
	}
	f.addSite(Finding{Kind: JoinedText, Saves: saves, Bytes: have, Count: int64(len(s.values)),
		Message: fmt.Sprintf("%s strings in %s, each has its dependencies' strings in it: %s, as depsets of the parts %s", grouped(int64(len(s.values))), s.name(), quantity.Bytes(have), quantity.Bytes(instead)),
		Advice:  "hand on depset([own text], transitive = ...), and join where the text is written (Args can: add_joined, or map_each)"}, s)
}

// chars is the array of a string's characters.
func (f *finder) chars(at uint32) hprof.Object {
	o, _ := f.g.Object(at)
	chars, _ := o.Ref("value")
	return chars
}
