// SPDX-License-Identifier: Apache-2.0

package hprof

import "strconv"

// A Link is a reference in an object: where it stands, as Object.Through says it,
// and the id that it leads to.
type Link struct {
	Through string
	ID      uint64
}

// Links reads up to max of an object's references, from a place on that is 0 or
// what an earlier call returned as next; next is 0 where there are no more. What
// is null is left out.
func (o Object) Links(from, max int) (links []Link, next int) {
	if o.kind == ObjectArray {
		return o.elementLinks(from, max)
	}
	all := o.fieldLinks()
	if from < 0 || from >= len(all) || max <= 0 {
		return nil, 0
	}
	if rest := all[from:]; len(rest) > max {
		return rest[:max], from + max
	}
	return all[from:], 0
}

func (o Object) elementLinks(from, max int) (links []Link, next int) {
	if from < 0 {
		return nil, 0
	}
	var ids [512]uint64
	for at := from; at < o.Len(); {
		n := o.ElementIDs(ids[:], at)
		if n == 0 {
			break
		}
		for i, id := range ids[:n] {
			if id == 0 {
				continue
			}
			if len(links) == max {
				return links, at + i
			}
			links = append(links, Link{"[" + strconv.Itoa(at+i) + "]", id})
		}
		at += n
	}
	return links, 0
}

// fieldLinks are the references in fields, the class's own first; of a class, the
// static ones.
func (o Object) fieldLinks() (links []Link) {
	add := func(through string, id uint64) {
		if id != 0 {
			links = append(links, Link{through, id})
		}
	}
	switch o.kind {
	case Instance:
		base := uint32(0)
		for c, depth := o.class, 0; c != nil && depth < maxClassDepth; c, depth = c.Super, depth+1 {
			for _, f := range c.Fields {
				if f.Type == Ref {
					add(f.Name, o.RefAt(FieldRef{base + f.Offset, Ref}))
				}
			}
			base += c.ownBytes()
		}
	case ClassObject:
		for _, s := range o.class.Statics {
			if s.Type == Ref {
				add("static "+s.Name, s.Bits)
			}
		}
		add("<super>", o.class.superID)
		add("<loader>", o.class.holds[0])
	}
	return links
}
