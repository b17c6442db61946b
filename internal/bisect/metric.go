// SPDX-License-Identifier: Apache-2.0

package bisect

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/retained"
)

// What a revision is judged by.
const (
	ByOwner = "owner" // what one holder holds
	ByLive  = "live"  // the whole live heap
	ByLimit = "limit" // the limit that the build needs, from its counters
)

// A Metric is the number that is followed through the history.
type Metric struct {
	By string `json:"by"`
	// Kind, Name and File are the holder's; without a File it is all of that
	// name. Files move, so that a file counts by its own name.
	Kind string `json:"kind,omitempty"`
	Name string `json:"name,omitempty"`
	File string `json:"file,omitempty"`
}

// kinds are those that an owner is looked for in, the ones with a line first.
var kinds = []string{"function", "provider_field", "aspect", "rule", "bzl", "package", "shared", "bazel"}

// Owner is the metric of a holder that somebody names: a function, rule, aspect
// or provider's field, alone or as "pkg/file.bzl%name". The builds are those of
// the ends, of which one has to have it.
func Owner(name string, ends ...heap.Retained) (Metric, error) {
	file, rest, ok := strings.Cut(name, "%")
	if !ok || !strings.HasSuffix(file, ".bzl") {
		file, rest = "", name
	}
	file = strings.TrimPrefix(strings.ReplaceAll(strings.TrimPrefix(file, "//"), ":", "/"), "/")
	var names []string
	for _, kind := range kinds {
		for _, r := range ends {
			for _, o := range r.Owners {
				switch {
				case o.Kind != kind:
				case o.Name == name:
					return Metric{By: ByOwner, Kind: kind, Name: name}, nil
				case o.Name == rest && (file == "" || o.File == file || strings.HasSuffix(o.File, "/"+file)):
					return Metric{By: ByOwner, Kind: kind, Name: rest, File: file}, nil
				case kind == "function" && len(names) < 5 && !slices.Contains(names, o.Name):
					names = append(names, o.Name)
				}
			}
		}
	}
	return Metric{}, fmt.Errorf("--owner %s: nobody of that name holds anything at either end; those who do are %s, …", name, strings.Join(names, ", "))
}

// Grown is the metric of the holder that grew most between two ends: a function
// before a field, a field before a rule; the whole heap where none did.
func Grown(good, bad heap.Retained) Metric {
	c := retained.Compare(retained.One(good), retained.One(bad))
	for _, kind := range kinds[:4] {
		for i := range c.Changes {
			if h := &c.Changes[i]; h.Kind == kind && h.Real() && h.Growth() > 0 {
				return Metric{By: ByOwner, Kind: h.Kind, Name: h.Name, File: h.File}
			}
		}
	}
	return Metric{By: ByLive}
}

// Of is the metric's number for one build; a holder that is not there holds
// nothing.
func (m Metric) Of(s *retained.Set) (int64, error) {
	switch {
	case m.By == ByLimit && s.Limit == nil:
		return 0, fmt.Errorf("its counters do not tell which limit it needs")
	case m.By == ByLimit:
		return s.Limit.Bytes, nil
	case len(s.Builds) == 0:
		return 0, retained.ErrNone
	case m.By == ByLive:
		return s.Builds[0].LiveBytes, nil
	}
	var bytes int64
	for _, o := range s.Builds[0].Owners {
		if o.Kind == m.Kind && o.Name == m.Name && (m.File == "" || path.Base(o.File) == path.Base(m.File)) {
			bytes += o.RetainedBytes
		}
	}
	return bytes, nil
}

// Noise is by how much equal builds differ in it.
func (m Metric) Noise(bytes int64) int64 {
	switch m.By {
	case ByLimit:
		// The counters see what collections leave, which is a matter of when
		// they come.
		return bytes / 10
	case ByLive:
		return retained.NoiseOf(retained.Live, bytes)
	}
	return retained.NoiseOf(m.Kind, bytes)
}

// String is "function traverse_impl".
func (m Metric) String() string {
	switch m.By {
	case ByLive:
		return "the live heap"
	case ByLimit:
		return "the memory limit needed"
	}
	return strings.ReplaceAll(m.Kind, "_", " ") + " " + m.Name
}
