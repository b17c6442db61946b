// SPDX-License-Identifier: Apache-2.0

package starlark

// How Match recognized a definition.
const (
	SameName  = "same name in the same file"
	SameShape = "renamed: same body in the same file"
	Moved     = "moved: same name and body in another file"
)

// Match finds what a definition of an older snapshot has become in this one:
// the definition of the same name, kind and enclosing functions in its file;
// else the only one there with its shape (it was renamed); else the only one
// with its name and shape elsewhere (it was moved). It returns nil where the
// definition is gone. Where a file has several of one name in one place (two
// lambdas), the one of the same shape is taken, else the one at the same count.
func (w *Workspace) Match(old *Definition) (now *Definition, how string) {
	here := w.InFile(old.File)
	var named, shaped []*Definition
	for _, d := range here {
		if d.Kind != old.Kind {
			continue
		}
		if d.Name == old.Name && sameChain(d.Enclosing, old.Enclosing) {
			named = append(named, d)
		}
		if old.Shape != 0 && d.Shape == old.Shape {
			shaped = append(shaped, d)
		}
	}
	switch len(named) {
	case 0:
		if len(shaped) == 1 && old.Kind != Toplevel {
			return shaped[0], SameShape
		}
	case 1:
		return named[0], SameName
	default:
		return nearest(named, old), SameName
	}
	return w.moved(old)
}

// moved looks for a definition in other files.
func (w *Workspace) moved(old *Definition) (*Definition, string) {
	if old.Kind == Toplevel || old.Kind == Lambda || old.Shape == 0 {
		return nil, ""
	}
	var only *Definition
	for _, d := range w.Named(old.Name) {
		if d.Kind != old.Kind || d.Shape != old.Shape || d.File == old.File {
			continue
		}
		if only != nil {
			return nil, ""
		}
		only = d
	}
	if only == nil {
		return nil, ""
	}
	return only, Moved
}

// sameChain reports whether two definitions are nested alike.
func sameChain(a, b *Definition) bool {
	for a != nil && b != nil {
		if a.Name != b.Name {
			return false
		}
		a, b = a.Enclosing, b.Enclosing
	}
	return a == nil && b == nil
}

// nearest is the one of the same shape, else the nearest by line.
func nearest(list []*Definition, old *Definition) *Definition {
	distance := func(d *Definition) int {
		lines := d.Range.Start.Line - old.Range.Start.Line
		return max(lines, -lines)
	}
	var best *Definition
	for _, d := range list {
		switch {
		case best == nil,
			d.Shape == old.Shape && best.Shape != old.Shape,
			(d.Shape == old.Shape) == (best.Shape == old.Shape) && distance(d) < distance(best):
			best = d
		}
	}
	return best
}
