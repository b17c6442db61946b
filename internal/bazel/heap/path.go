// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"context"
	"errors"
	"fmt"

	"example.invalid/starlark-memls/internal/hprof"
)

// A Path is why an object is alive: the references from a GC root to it.
type Path struct {
	Root  string     `json:"root"` // what kind of root
	Steps []PathStep `json:"steps"`
}

// A PathStep is one object on the way, the root's first.
type PathStep struct {
	ID    uint64 `json:"id"`
	Class string `json:"class"`
	// Through is where in the object before it stands: a field's name, an
	// index; "" for the first.
	Through string `json:"through,omitempty"`
	Bytes   int64  `json:"shallow_bytes"`
}

// ErrGarbage is wrapped where nothing keeps an object alive.
var ErrGarbage = errors.New("garbage: no GC root reaches it")

// PathToRoot is a shortest way from a root to an object.
func (b *Browser) PathToRoot(ctx context.Context, id uint64) (*Path, error) {
	if err := b.enter(ctx); err != nil {
		return nil, err
	}
	defer b.leave()
	return b.pathToRoot(ctx, id)
}

func (b *Browser) pathToRoot(ctx context.Context, id uint64) (*Path, error) {
	steps, kind, ok, err := b.g.PathToRoot(ctx, id)
	switch {
	case err != nil:
		return nil, err
	case !ok && b.g.Number(id) == hprof.None:
		return nil, noObject(id)
	case !ok:
		return nil, fmt.Errorf("object %#x is %w", id, ErrGarbage)
	}
	p := &Path{Root: kind.String()}
	for _, s := range steps {
		p.Steps = append(p.Steps, PathStep{ID: s.Object.ID, Class: s.Object.Class().Name, Through: s.Through, Bytes: s.Object.ShallowBytes()})
	}
	return p, nil
}
