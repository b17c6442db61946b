package heap

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
)

// Retained is who holds a live heap, without contents: what is worth keeping of
// a heap to compare a later one with. Its field names are those of retained.json
// in the contract.
type Retained struct {
	Schema    int   `json:"schema"`
	LiveBytes int64 `json:"live_bytes"`
	// Owners are in two columns that each add up to LiveBytes: by function
	// (kinds function, bzl, package, bazel, shared), and by field
	// (provider_field, and bazel and shared are not told again). Rules and
	// aspects sum up the first column in another way.
	Owners []RetainedOwner `json:"owners"`
}

// A RetainedOwner is one holder.
type RetainedOwner struct {
	Kind          string `json:"kind"` // function, rule, aspect, provider_field, bzl, package, bazel, shared
	Name          string `json:"name"`
	File          string `json:"file,omitempty"`
	Line          int    `json:"line,omitempty"`
	Targets       int64  `json:"targets,omitempty"` // Skyframe nodes; instances, of a field
	RetainedBytes int64  `json:"retained_bytes"`
	Objects       int64  `json:"objects"`
}

const retainedSchema = 1

// Retained sums up who holds the memory. ok is false where that is not known.
func (s *Summary) Retained() (r Retained, ok bool) {
	if s.Owners == nil {
		return Retained{}, false
	}
	r = Retained{Schema: retainedSchema, LiveBytes: s.Owners.LiveBytes, Owners: []RetainedOwner{}}
	for _, row := range s.Owners.View("function").Rows {
		r.add(retainedKind(row.Kind), row)
	}
	for _, row := range s.Owners.View("implementation").Rows {
		if row.Kind == "rule" || row.Kind == "aspect" {
			r.add(row.Kind, row)
		}
	}
	for _, row := range s.Owners.View("field").Rows {
		if row.Kind == "field" {
			r.add("provider_field", row)
		}
	}
	return r, true
}

// RelativeTo gives the files below a workspace as paths in it, so that heaps of
// two checkouts can be compared.
func (r Retained) RelativeTo(root string) Retained {
	r.Owners = slices.Clone(r.Owners)
	for i, o := range r.Owners {
		if rel, ok := strings.CutPrefix(filepath.ToSlash(o.File), strings.TrimSuffix(filepath.ToSlash(root), "/")+"/"); ok && root != "" {
			r.Owners[i].File = rel
		}
	}
	return r
}

// retainedKind is the contract's word for a row of the view by function: what
// no source holds is Bazel's.
func retainedKind(kind string) string {
	switch kind {
	case "function", "rule", "aspect", "bzl", "package", KindShared:
		return kind
	}
	return KindBazel
}

func (r *Retained) add(kind string, row Owner) {
	if row.Objects == 0 {
		return
	}
	o := RetainedOwner{Kind: kind, Name: row.Name, Targets: row.Nodes, RetainedBytes: row.RetainedBytes, Objects: row.Objects}
	if f := row.Function; f != nil && kind == "function" {
		o.Name, o.File, o.Line = f.Name, f.Place.File, f.Place.Line
	}
	if row.Made != nil {
		o.File, o.Line = row.Made.File, row.Made.Line
	}
	// Bazel's own rows by kind of node are one row here.
	if kind == KindBazel {
		o.Name, o.Targets = "Bazel itself", 0
		for i := range r.Owners {
			if r.Owners[i].Kind == KindBazel {
				r.Owners[i].RetainedBytes += o.RetainedBytes
				r.Owners[i].Objects += o.Objects
				return
			}
		}
	}
	r.Owners = append(r.Owners, o)
}

// ErrNotRetained says that a file is no retained.json.
var ErrNotRetained = errors.New("not a retained.json (starlark-memls measure, or live)")

// ReadRetained reads a retained.json.
func ReadRetained(in io.Reader) (Retained, error) {
	const longest = 256 << 20
	var r Retained
	if err := json.NewDecoder(io.LimitReader(in, longest)).Decode(&r); err != nil {
		return Retained{}, fmt.Errorf("%w: %v", ErrNotRetained, err)
	}
	switch {
	case r.Schema == 0 || r.Owners == nil:
		return Retained{}, ErrNotRetained
	case r.Schema > retainedSchema:
		return Retained{}, fmt.Errorf("schema %d, and this version reads %d: take a newer starlark-memls", r.Schema, retainedSchema)
	}
	return r, nil
}

// A RetainedChange is what differs of one holder between two heaps.
type RetainedChange struct {
	Kind          string `json:"kind"`
	Name          string `json:"name"`
	File          string `json:"file,omitempty"`
	Line          int    `json:"line,omitempty"`
	BeforeBytes   int64  `json:"before_bytes"`
	AfterBytes    int64  `json:"after_bytes"`
	TargetsChange int64  `json:"targets_change"`
	ObjectsChange int64  `json:"objects_change"`
}

// Growth is the bytes that came to the holder.
func (c RetainedChange) Growth() int64 { return c.AfterBytes - c.BeforeBytes }

// Since lists what differs from an earlier heap to this one, what changed most
// first. A holder is the same if its kind, name and file are: lines move.
func (r Retained) Since(before Retained) []RetainedChange {
	type id struct{ kind, name, file string }
	changes := map[id]*RetainedChange{}
	at := func(o RetainedOwner) *RetainedChange {
		key := id{o.Kind, o.Name, o.File}
		if changes[key] == nil {
			changes[key] = &RetainedChange{Kind: o.Kind, Name: o.Name, File: o.File}
		}
		return changes[key]
	}
	for _, o := range before.Owners {
		c := at(o)
		c.Line = o.Line
		c.BeforeBytes += o.RetainedBytes
		c.TargetsChange -= o.Targets
		c.ObjectsChange -= o.Objects
	}
	for _, o := range r.Owners {
		c := at(o)
		c.Line = o.Line
		c.AfterBytes += o.RetainedBytes
		c.TargetsChange += o.Targets
		c.ObjectsChange += o.Objects
	}
	var out []RetainedChange
	for _, c := range changes {
		if c.BeforeBytes != c.AfterBytes || c.ObjectsChange != 0 || c.TargetsChange != 0 {
			out = append(out, *c)
		}
	}
	slices.SortFunc(out, func(a, b RetainedChange) int {
		return cmp.Or(-cmp.Compare(abs(a.Growth()), abs(b.Growth())), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.File, b.File))
	})
	return out
}
