// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"example.invalid/starlark-memls/internal/growth"
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
	// Growth says how that grows with the targets; absent where it is not known.
	Growth *growth.Growth `json:"growth,omitempty"`
}

const retainedSchema = 1

// madeAt is what a field's row says before its place, which stands in fields of
// its own: with it in the name, a line that moves would be another holder.
const madeAt = " made at "

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
	o := RetainedOwner{Kind: kind, Name: row.Name, Targets: row.Nodes, RetainedBytes: row.RetainedBytes, Objects: row.Objects, Growth: row.Growth}
	if f := row.Function; f != nil && kind == "function" {
		o.Name, o.File, o.Line = f.Name, f.Place.File, f.Place.Line
		if f.Name == toplevel {
			o.Kind, o.Name = "bzl", f.Module
		}
	}
	o.Name, _, _ = strings.Cut(o.Name, madeAt)
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
		return Retained{}, fmt.Errorf("schema %d, and this version reads %d: use a newer starlark-memls", r.Schema, retainedSchema)
	}
	for i := range r.Owners {
		r.Owners[i].Name, _, _ = strings.Cut(r.Owners[i].Name, madeAt) // as this program wrote it at first
	}
	return r, nil
}
