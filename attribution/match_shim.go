package attribution

import "starlark-memls/starlark"

// match follows a definition into the next snapshot.
func match(next *starlark.Workspace, old *starlark.Definition) *starlark.Definition {
	var best *starlark.Definition
	for _, d := range next.Named(old.Name) {
		if d.Kind != old.Kind {
			continue
		}
		if d.File == old.File && (best == nil || d.Shape == old.Shape) {
			best = d
		}
	}
	return best
}

// loaded reports whether the file of the definition can have been loaded.
func loaded(ws *starlark.Workspace, d *starlark.Definition) bool { return true }
