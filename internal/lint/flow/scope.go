// SPDX-License-Identifier: Apache-2.0

package flow

// A scope holds the names that are bound in a block, over those around it. A
// branch and a loop's body have scopes of their own while they run, so that
// afterwards it is known which names they bind.
type scope struct {
	names  map[string]Value
	around *scope
}

func (s *scope) get(name string) (Value, bool) {
	for ; s != nil; s = s.around {
		if v, ok := s.names[name]; ok {
			return v, true
		}
	}
	return Value{}, false
}

func (s *scope) set(name string, v Value) {
	if s.names == nil {
		s.names = map[string]Value{}
	}
	s.names[name] = v
}

// either binds what one of two blocks inside the scope has bound.
func (s *scope) either(a, b *scope) {
	for name, v := range a.names {
		if other, ok := b.get(name); ok {
			v = join(other, v)
		}
		s.set(name, v)
	}
	for name, v := range b.names {
		if _, done := a.names[name]; done {
			continue
		}
		if other, ok := s.get(name); ok {
			v = join(v, other)
		}
		s.set(name, v)
	}
}
