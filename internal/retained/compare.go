// SPDX-License-Identifier: Apache-2.0

package retained

import (
	"cmp"
	"encoding/json"
	"path"
	"slices"

	"example.invalid/starlark-memls/internal/bazel/heap"
)

// An Amount is what a holder holds, a build.
type Amount struct {
	Bytes   int64
	Targets int64 // instances, of a provider's field
	Objects int64
}

// Each is the bytes a target, 0 where targets are not counted.
func (a Amount) Each() int64 { return a.Bytes / max(a.Targets, 1) }

// A Verdict says what can be said of a change.
type Verdict string

// The verdicts.
const (
	Grew   Verdict = "grew"
	Shrank Verdict = "shrank"
	New    Verdict = "new"  // held nothing before
	Gone   Verdict = "gone" // holds nothing now
	// Noise is a change that equal builds show, too.
	Noise Verdict = "noise"
)

// A Change is what differs of one holder.
type Change struct {
	Kind          string  `json:"kind"` // a RetainedOwner's, or Live
	Name          string  `json:"name"`
	File          string  `json:"file,omitempty"` // after, if it is there
	Line          int     `json:"line,omitempty"`
	Before, After Amount  `json:"-"`
	NoiseBytes    int64   `json:"noise_bytes"` // by how much equal builds differ
	Verdict       Verdict `json:"verdict"`
}

// MarshalJSON writes both sides and what differs as fields of one object.
func (c Change) MarshalJSON() ([]byte, error) {
	type plain Change
	return json.Marshal(struct {
		plain
		BeforeBytes   int64 `json:"before_bytes"`
		AfterBytes    int64 `json:"after_bytes"`
		BeforeTargets int64 `json:"before_targets"`
		AfterTargets  int64 `json:"after_targets"`
		TargetsChange int64 `json:"targets_change"`
		ObjectsChange int64 `json:"objects_change"`
	}{plain(c), c.Before.Bytes, c.After.Bytes, c.Before.Targets, c.After.Targets, c.After.Targets - c.Before.Targets, c.After.Objects - c.Before.Objects})
}

// Live is the kind of the whole live heap.
const Live = "live"

// Growth is the bytes that came to the holder.
func (c *Change) Growth() int64 { return c.After.Bytes - c.Before.Bytes }

// Relative is the growth to what it was before: .05 is 5 % more; ok is false
// where there was nothing.
func (c *Change) Relative() (growth float64, ok bool) {
	if c.Before.Bytes == 0 {
		return 0, false
	}
	return float64(c.Growth()) / float64(c.Before.Bytes), true
}

// Real reports whether it is more than noise.
func (c *Change) Real() bool { return c.Verdict != Noise }

// A Comparison is what differs between two sets of builds.
type Comparison struct {
	A, B Set
	Live Change
	// Changes are the holders that differ, or that have another number of
	// targets or objects: what changed most first.
	Changes []Change
	// After are all holders of B, for conditions on what there is.
	After []Change
}

// Compare says what differs from one set of builds to another. A holder is the
// same if its kind, name and file are: lines move. Over several builds the
// means are compared.
func Compare(before, after Set) *Comparison {
	c := &Comparison{A: before, B: after}
	a, b := average(before.Builds), average(after.Builds)
	for _, p := range pair(a, b) {
		change := changeOf(p)
		if change.After.Objects > 0 {
			c.After = append(c.After, change)
		}
		if change.Before != change.After {
			c.Changes = append(c.Changes, change)
		}
	}
	c.Live = changeOf(paired{liveOf(before.Builds), liveOf(after.Builds)})
	for _, list := range [][]Change{c.Changes, c.After} {
		slices.SortFunc(list, func(x, y Change) int {
			return cmp.Or(cmp.Compare(abs(y.Growth()), abs(x.Growth())), cmp.Compare(y.After.Bytes, x.After.Bytes),
				cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Name, y.Name), cmp.Compare(x.File, y.File), cmp.Compare(x.Line, y.Line))
		})
	}
	return c
}

// A holder is one holder over the builds of a set.
type holder struct {
	kind, name, file string
	line             int
	Amount                 // the mean
	low, high        int64 // of the bytes
	seen             int   // in so many builds; in the others it held nothing
}

// average merges the holders of equal builds: the nth one of a name and file by
// line is the same in each.
func average(builds []Build) map[holderKey][]holder {
	all := map[holderKey][]holder{}
	for i := range builds {
		for key, lines := range byName(builds[i].Owners) {
			was := all[key]
			for len(was) < len(lines) {
				was = append(was, holder{kind: key.kind, name: key.name, file: key.file})
			}
			for n, o := range lines {
				h := &was[n]
				h.line = o.Line
				h.Bytes += o.RetainedBytes
				h.Targets += o.Targets
				h.Objects += o.Objects
				h.high = max(h.high, o.RetainedBytes)
				if h.seen == 0 || o.RetainedBytes < h.low {
					h.low = o.RetainedBytes
				}
				h.seen++
			}
			all[key] = was
		}
	}
	for _, lines := range all {
		for n := range lines {
			lines[n].divide(int64(len(builds)))
			if lines[n].seen < len(builds) {
				lines[n].low = 0
			}
		}
	}
	return all
}

func (a *Amount) divide(n int64) {
	half := n / 2
	a.Bytes, a.Targets, a.Objects = (a.Bytes+half)/n, (a.Targets+half)/n, (a.Objects+half)/n
}

type holderKey struct{ kind, name, file string }

// byName are the owners of each name, by line.
func byName(owners []heap.RetainedOwner) map[holderKey][]heap.RetainedOwner {
	all := map[holderKey][]heap.RetainedOwner{}
	for _, o := range owners {
		key := holderKey{o.Kind, o.Name, o.File}
		all[key] = append(all[key], o)
	}
	for _, lines := range all {
		slices.SortStableFunc(lines, func(a, b heap.RetainedOwner) int { return cmp.Compare(a.Line, b.Line) })
	}
	return all
}

func liveOf(builds []Build) *holder {
	h := holder{kind: Live, name: "the live heap"}
	for i := range builds {
		n := builds[i].LiveBytes
		h.Bytes += n
		h.high = max(h.high, n)
		if i == 0 || n < h.low {
			h.low = n
		}
	}
	h.divide(int64(max(len(builds), 1)))
	return &h
}

// A paired is one holder on both sides; either may be nil.
type paired struct{ before, after *holder }

// pair finds each holder on the other side. A name that has several lines there
// and here is paired in their order; if there are more of them on one side, all
// count as one. A holder whose file is on one side only is looked for under the
// same name in a file that is called alike: checkouts and folders move.
func pair(before, after map[holderKey][]holder) []paired {
	var pairs []paired
	var gone, come []holderKey
	for key := range before {
		if after[key] == nil {
			gone = append(gone, key)
			continue
		}
		pairs = append(pairs, pairLines(before[key], after[key])...)
	}
	for key := range after {
		if before[key] == nil {
			come = append(come, key)
		}
	}
	for _, key := range come {
		alike := slices.DeleteFunc(slices.Clone(gone), func(g holderKey) bool { return !moved(g, key) })
		rivals := slices.DeleteFunc(slices.Clone(come), func(k holderKey) bool { return !moved(k, key) })
		if len(alike) == 1 && len(rivals) == 1 {
			pairs = append(pairs, pairLines(before[alike[0]], after[key])...)
			gone = slices.DeleteFunc(gone, func(g holderKey) bool { return g == alike[0] })
			continue
		}
		pairs = append(pairs, pairLines(nil, after[key])...)
	}
	for _, key := range gone {
		pairs = append(pairs, pairLines(before[key], nil)...)
	}
	return pairs
}

func moved(a, b holderKey) bool {
	return a.kind == b.kind && a.name == b.name && a.file != "" && path.Base(a.file) == path.Base(b.file)
}

func pairLines(before, after []holder) []paired {
	if len(before) > 0 && len(after) > 0 && len(before) != len(after) {
		before, after = sum(before), sum(after)
	}
	var pairs []paired
	for i := range max(len(before), len(after)) {
		var p paired
		if i < len(before) {
			p.before = &before[i]
		}
		if i < len(after) {
			p.after = &after[i]
		}
		pairs = append(pairs, p)
	}
	return pairs
}

// sum makes one of the lines of a name, at that of the most bytes.
func sum(lines []holder) []holder {
	made := slices.MaxFunc(lines, func(a, b holder) int { return cmp.Compare(a.Bytes, b.Bytes) })
	line := made.line
	made = holder{kind: made.kind, name: made.name, file: made.file, line: line}
	for _, l := range lines {
		made.Bytes += l.Bytes
		made.Targets += l.Targets
		made.Objects += l.Objects
		made.low += l.low
		made.high += l.high
	}
	return []holder{made}
}

func changeOf(p paired) Change {
	var c Change
	for _, h := range []*holder{p.before, p.after} {
		if h == nil {
			continue
		}
		c.Kind, c.Name, c.File, c.Line = h.kind, h.name, h.file, h.line
		c.NoiseBytes = max(c.NoiseBytes, NoiseOf(h.kind, h.Bytes), h.high-h.low)
	}
	if p.before != nil {
		c.Before = p.before.Amount
	}
	if p.after != nil {
		c.After = p.after.Amount
	}
	switch growth := c.Growth(); {
	case abs(growth) <= c.NoiseBytes:
		c.Verdict = Noise
	case c.Before.Bytes == 0:
		c.Verdict = New
	case c.After.Bytes == 0:
		c.Verdict = Gone
	case growth > 0:
		c.Verdict = Grew
	default:
		c.Verdict = Shrank
	}
	return c
}

func abs(n int64) int64 { return max(n, -n) }
