// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/retained"
)

// A BuildFacts is what is known of one build.
type BuildFacts struct {
	// Report is concluded from this build alone.
	Report *attribution.Report
	Record *measurement.Record // nil where there is none
	Heap   retained.Set
	Root   string // the workspace's, "" for none
	// Resolve maps a path that Bazel printed to a source here; may be nil.
	Resolve func(printed string) (path string)
	// Project and Commit are what the caller says they are.
	Project, Commit string
	Now             time.Time
}

// FromSource makes the rows of a build.
func FromSource(s BuildFacts) Rows {
	if len(s.Report.Measurements) == 0 {
		return Rows{}
	}
	m := &s.Report.Measurements[0]
	ended := m.Ended
	if ended.IsZero() {
		ended = s.Now
	}
	r := Rows{Build: BuildRow{
		Schema: SchemaVersion, Project: s.Project, Commit: s.Commit, InvocationID: uuid(m.InvocationID), EndedMicros: ended.UnixMicro(),
		BazelVersion: versionText(m.BazelVersion), Status: string(m.Status), Crashed: m.Status.Crashed() || len(s.Report.Crashes) > 0,
		MemoryLimitBytes: known(m.MemoryLimitBytes), DurationMicros: known(m.DurationMicros), GCUtilisation: m.Utilisation,
	}}
	b := &r.Build
	if m.GCKnown {
		n := int64(m.GCCount)
		b.GCCount = &n
	}
	if s.Record != nil && s.Record.Heap != nil {
		h := s.Record.Heap
		b.PeakHeapBytes, b.PeakAfterBytes, b.PausedMicros = known(h.PeakBytes), h.PeakAfterBytes, &h.PausedMicros
	}
	if len(s.Heap.Builds) > 0 {
		b.LiveBytes = known(s.Heap.Builds[0].LiveBytes)
	}
	if s.Heap.Limit != nil && b.Status == string(measurement.OK) {
		b.NeededBytes = known(s.Heap.Limit.Bytes)
	}
	b.BuildID = buildID(b, m)
	s.owners(&r)
	for i := range s.Report.Crashes {
		s.crash(&r, i)
	}
	return r
}

func known(n int64) *int64 {
	if n <= 0 {
		return nil
	}
	return &n
}

// uuidText and versionWords are what these two look like: they are copied from
// files that could hold anything.
var (
	uuidText     = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	versionWords = regexp.MustCompile(`^[0-9]+(\.[0-9]+)*[0-9A-Za-z.+_-]{0,30}$`)
	identifier   = regexp.MustCompile(`^[A-Za-z_<][A-Za-z0-9_.<>%$-]{0,200}$`)
)

func uuid(text string) string {
	if uuidText.MatchString(text) {
		return strings.ToLower(text)
	}
	return ""
}

func versionText(text string) string {
	if versionWords.MatchString(text) {
		return text
	}
	return ""
}

// buildID is made from the invocation's, which no other build has; without one
// from what does not change when the files are copied.
func buildID(b *BuildRow, m *observe.Summary) string {
	key := "invocation " + b.InvocationID
	if b.InvocationID == "" {
		key = fmt.Sprintf("build %s %s %s %d %d %d %s", b.Project, b.Commit, m.Status, m.MemoryLimitBytes, m.DurationMicros, m.Ended.UnixMicro(), m.Run)
	}
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:8])
}

// file is a source as signatures have it: relative to the workspace where it
// lies there.
func (s *BuildFacts) file(path string) string {
	if s.Resolve != nil {
		path = cmp.Or(s.Resolve(path), path)
	}
	if s.Root != "" && filepath.IsAbs(path) {
		if rel, err := filepath.Rel(s.Root, path); err == nil && !strings.HasPrefix(rel, "..") {
			return filepath.ToSlash(rel)
		}
	}
	return filepath.ToSlash(path)
}

// mostOwners bounds the owners of a build: what is left out holds next to
// nothing.
const mostOwners = 100

func (s *BuildFacts) owners(r *Rows) {
	if len(s.Heap.Builds) == 0 {
		return
	}
	build := &s.Heap.Builds[0]
	packages := OwnerRow{Kind: "package", Name: "all packages"}
	for _, o := range build.Owners {
		// The name of a package is part of a label.
		if o.Kind == "package" {
			packages.RetainedBytes += o.RetainedBytes
			packages.Objects += o.Objects
			packages.Targets++
			continue
		}
		row := OwnerRow{Kind: o.Kind, Name: o.Name, Targets: o.Targets, RetainedBytes: o.RetainedBytes, Objects: o.Objects}
		if o.Kind == "function" {
			row.Culprit = canonical(s.file(o.File), o.Name)
		}
		r.Owners = append(r.Owners, row)
	}
	if packages.Objects > 0 {
		r.Owners = append(r.Owners, packages)
	}
	slices.SortStableFunc(r.Owners, func(a, b OwnerRow) int { return cmp.Compare(b.RetainedBytes, a.RetainedBytes) })
	r.Owners = r.Owners[:min(len(r.Owners), mostOwners)]
	for i := range r.Owners {
		o, b := &r.Owners[i], &r.Build
		o.BuildID, o.Project, o.Commit, o.EndedMicros, o.AtEnd = b.BuildID, b.Project, b.Commit, b.EndedMicros, build.AtEnd
	}
}

// crash adds a crash and its suspects.
func (s *BuildFacts) crash(r *Rows, i int) {
	c, b := &s.Report.Crashes[i], &r.Build
	row := CrashRow{CrashID: fmt.Sprintf("%s-%d", b.BuildID, i), BuildID: b.BuildID, Project: b.Project, Commit: b.Commit, BazelVersion: b.BazelVersion,
		EndedMicros: b.EndedMicros, Kind: string(c.Cause), Phase: "starlark",
		HasDump: s.Heap.Measured > 0 && len(s.Heap.Builds) > 0 && !s.Heap.AtEnd()}
	if c.Death.Ended {
		row.Phase = "after"
	}
	stack := stackHash(framesOf(s, c))
	for _, p := range s.suspects(c) {
		p.CrashID, p.BuildID, p.Project, p.Commit, p.EndedMicros = row.CrashID, b.BuildID, b.Project, b.Commit, b.EndedMicros
		p.Kind, p.ByCulprit, p.ByWhat, p.ByStack = signatures(row.Kind, p.Culprit, p.What, stack)
		r.Suspects = append(r.Suspects, p)
		if row.Signature == "" {
			row.Signature, row.OneSuspect = p.ByStack, p.Probability > .999
		}
	}
	r.Crashes = append(r.Crashes, row)
}

// failedThread is the thread whose stack counts, nil for none.
func failedThread(c *attribution.Crash) *attribution.Thread {
	for i := range c.Threads {
		if c.Threads[i].Failed {
			return &c.Threads[i]
		}
	}
	if len(c.Threads) > 0 {
		return &c.Threads[0]
	}
	return nil
}

func framesOf(s *BuildFacts, c *attribution.Crash) (frames []signatureFrame) {
	t := failedThread(c)
	if t == nil {
		return nil
	}
	for i := range t.Frames {
		f := &t.Frames[i]
		if !builtin(f.File) {
			frames = append(frames, signatureFrame{s.file(cmp.Or(f.Source, f.File)), f.Function})
		}
	}
	return frames
}

func builtin(file string) bool { return file == "" || strings.HasPrefix(file, "<") }

// suspects are those of a crash, the likeliest first: whoever a heap dump shows
// to hold the memory, else whom the report puts first, who need not be the
// innermost function on the stack: that is often a helper that all share. Of
// several crashes of one build the report's first is not each one's.
func (s *BuildFacts) suspects(c *attribution.Crash) []Suspect {
	r := s.Report
	verdict := attribution.NotKnown
	if len(r.Suspects) > 0 {
		verdict = r.Suspects[0].Verdict
	}
	one := func(culprit, what string) []Suspect {
		return []Suspect{{Probability: 1, Culprit: culprit, What: what, Verdict: string(verdict)}}
	}
	for i := range r.Held {
		l := &r.Held[i]
		if name := l.Function(); l.Crash == c.Path && name != "" {
			return one(canonical(s.file(cmp.Or(l.Source, l.File)), name), word(l.What))
		}
	}
	what := doing(c)
	if len(r.Crashes) == 1 && verdict != attribution.NotKnown {
		return s.candidates(&r.Suspects[0], what)
	}
	if c.Inferred != nil {
		return s.candidates(c.Inferred, what)
	}
	if frames := framesOf(s, c); len(frames) > 0 {
		return one(canonical(frames[0].file, frames[0].function), what)
	}
	return one(unknown, what)
}

// candidates are the functions that a suspect of the report may be.
func (s *BuildFacts) candidates(suspect *attribution.Suspect, what string) []Suspect {
	if len(suspect.Posterior) > 0 {
		return s.posterior(suspect, what)
	}
	file := suspect.PrintedFile
	if suspect.Definition != nil {
		file = suspect.Definition.File
	}
	return []Suspect{{Probability: 1, Culprit: canonical(s.file(file), suspect.Name), What: what, Verdict: string(suspect.Verdict)}}
}

// posterior are the candidates with their probabilities; what is left is of
// nobody who is known.
func (s *BuildFacts) posterior(inferred *attribution.Suspect, what string) []Suspect {
	var all []Suspect
	left := 1.0
	for _, p := range inferred.Posterior {
		if p.Definition == nil || p.Probability <= 0 {
			continue
		}
		all = append(all, Suspect{Probability: p.Probability, Culprit: canonical(s.file(p.Definition.File), inferred.Name), What: what, Verdict: string(inferred.Verdict)})
		left -= p.Probability
	}
	if left > 1e-6 {
		all = append(all, Suspect{Probability: left, Culprit: canonical("", inferred.Name), What: what, Verdict: string(attribution.NotKnown)})
	}
	slices.SortStableFunc(all, func(a, b Suspect) int { return cmp.Compare(b.Probability, a.Probability) })
	return all
}

// doing is the builtin that was under way, by the innermost frame.
func doing(c *attribution.Crash) string {
	t := failedThread(c)
	if t == nil || len(t.Frames) == 0 || !builtin(t.Frames[0].File) {
		return ""
	}
	return word(t.Frames[0].Function)
}

// word lets through what an identifier of Starlark looks like.
func word(text string) string {
	if identifier.MatchString(text) {
		return text
	}
	return ""
}
