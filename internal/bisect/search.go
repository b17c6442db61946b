// SPDX-License-Identifier: Apache-2.0

package bisect

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// A BuildSample is what one build of a revision has shown.
type BuildSample struct {
	Bytes int64
	// Failed says why the revision does not build; empty if it does.
	Failed string
	// Crashed: it ran out of memory, so that Bytes are a lower bound.
	Crashed bool
}

// A BuildFunc builds a commit for the nth time, from 1.
type BuildFunc func(ctx context.Context, commit string, n int) (BuildSample, error)

// A Search is a history to halve.
type Search struct {
	// Commits are the good one, and those after it up to the bad one.
	Commits []string
	Build   BuildFunc
	// Noise is by how many bytes equal builds of that size differ.
	Noise func(bytes int64) int64
	// Repeats is build a revision at most so many times, if its bytes are within noise.
	Repeats int
	// Tell hears of each build; may be nil.
	Tell func(SearchStep)
}

// A SearchStep is one build.
type SearchStep struct {
	Commit string
	Sample BuildSample
	// Left is how many commits were left to choose from before it.
	Left int
	// Bad is the verdict so far, nil where there is none.
	Bad *bool
}

// A Measured is what the builds of one revision have shown.
type Measured struct {
	Commit  string `json:"commit"`
	Bytes   int64  `json:"bytes"` // the mean
	Low     int64  `json:"low_bytes"`
	High    int64  `json:"high_bytes"`
	Builds  int    `json:"builds"`
	Crashed bool   `json:"crashed,omitempty"` // ran out of memory: the bytes are a lower bound

	failed string
	sum    int64
	least  int64
	most   int64
}

// A Result is what a search has found.
type Result struct {
	Good, Bad Measured
	// Before and After are the revisions around the growth: After is the first
	// bad one, and Before the last good one that builds.
	Before, After Measured
	// Between are revisions in between that do not build: the growth may have
	// come with one of them as well.
	Between []string
	// Steps counts the revisions that were built beside the two ends, Builds
	// all builds.
	Steps, Builds int
	Skipped       []string // did not build
}

// ErrNoGrowth says that the bad end is not worse than the good one.
var ErrNoGrowth = errors.New("the bad revision does not hold more than the good one, beyond what equal builds differ by")

type searching struct {
	*Search
	values map[int]*Measured
	result Result
}

// Run halves the history until one step is left, the largest there is where the
// growth came in several.
func (s *Search) Run(ctx context.Context) (*Result, error) {
	run := &searching{Search: s, values: map[int]*Measured{}}
	last := len(s.Commits) - 1
	if last < 1 {
		return nil, errors.New("there is no commit between the good and the bad revision")
	}
	for _, end := range []int{0, last} {
		v, err := run.measure(ctx, end, last+1, nil)
		if err != nil {
			return nil, err
		}
		if v.failed != "" {
			return nil, fmt.Errorf("%s does not build (%s): choose another end", short(v.Commit), v.failed)
		}
	}
	if run.values[0].Crashed {
		return nil, fmt.Errorf("%s, the good revision, runs out of memory: give it more with --memory", short(s.Commits[0]))
	}
	if err := run.ends(ctx, last); err != nil {
		return nil, err
	}
	low, high, err := run.halve(ctx, 0, last)
	if err != nil {
		return nil, err
	}
	// A growth in several steps: the largest is looked for on whichever side
	// more of it is left than this step has.
	for {
		step := run.values[high].Bytes - run.values[low].Bytes
		before, after := run.values[low].Bytes-run.values[0].Bytes, run.values[last].Bytes-run.values[high].Bytes
		var l, h int
		switch {
		case before > step && before >= after && low > 0:
			l, h, err = run.halve(ctx, 0, low)
		case after > step && high < last:
			l, h, err = run.halve(ctx, high, last)
		default:
			return run.found(low, high, last), nil
		}
		if err != nil {
			return nil, err
		}
		if run.values[h].Bytes-run.values[l].Bytes <= step {
			return run.found(low, high, last), nil
		}
		low, high = l, h
	}
}

// ends builds both ends again while noise leaves it open which is worse.
func (s *searching) ends(ctx context.Context, last int) error {
	for {
		good, bad := s.values[0], s.values[last]
		if bad.Crashed || bad.Bytes-good.Bytes > s.spread(good)+s.spread(bad) {
			return nil
		}
		if good.Builds >= s.Repeats || bad.Bytes <= good.Bytes {
			return fmt.Errorf("%w: %d bytes at %s, %d at %s", ErrNoGrowth, good.Bytes, short(good.Commit), bad.Bytes, short(bad.Commit))
		}
		for _, end := range []int{0, last} {
			if err := s.again(ctx, end, last+1, nil); err != nil {
				return err
			}
		}
	}
}

// spread is by how much the mean of a revision may be wrong.
func (s *searching) spread(v *Measured) int64 {
	return int64(float64(s.Noise(v.Bytes)) / math.Sqrt(float64(v.Builds)))
}

// halve finds two neighbours, but for revisions that do not build, of which the
// first is nearer to the value at low and the second to that at high.
func (s *searching) halve(ctx context.Context, low, high int) (l, h int, err error) {
	middle := s.values[low].Bytes + (s.values[high].Bytes-s.values[low].Bytes)/2
	for {
		at := s.next(low, high)
		if at < 0 {
			return low, high, nil
		}
		v, err := s.measure(ctx, at, high-low, &middle)
		if err != nil {
			return 0, 0, err
		}
		switch {
		case v.failed != "":
		case v.Crashed || v.Bytes > middle:
			high = at
		default:
			low = at
		}
	}
}

// next is the revision to build: the one nearest to the middle that is not
// known not to build; -1 where none is left.
func (s *searching) next(low, high int) int {
	middle := low + (high-low)/2
	for distance := range high - low {
		for _, at := range []int{middle + distance, middle - distance} {
			if at > low && at < high && (s.values[at] == nil || s.values[at].failed == "") {
				return at
			}
		}
	}
	return -1
}

// measure builds a revision, if it is not known yet, and again while its mean is
// nearer to the middle than it may be wrong.
func (s *searching) measure(ctx context.Context, at, left int, middle *int64) (*Measured, error) {
	if s.values[at] == nil {
		if err := s.again(ctx, at, left, middle); err != nil {
			return nil, err
		}
	}
	for {
		v := s.values[at]
		if v.failed != "" || v.Crashed || middle == nil || v.Builds >= s.Repeats {
			return v, nil
		}
		if distance := max(v.Bytes-*middle, *middle-v.Bytes); distance > s.spread(v) {
			return v, nil
		}
		if err := s.again(ctx, at, left, middle); err != nil {
			return nil, err
		}
	}
}

// again builds a revision once more.
func (s *searching) again(ctx context.Context, at, left int, middle *int64) error {
	v := s.values[at]
	if v == nil {
		v = &Measured{Commit: s.Commits[at]}
		s.values[at] = v
		if at > 0 && at < len(s.Commits)-1 {
			s.result.Steps++
		}
	}
	sample, err := s.Build(ctx, v.Commit, v.Builds+1)
	if err != nil {
		return err
	}
	s.result.Builds++
	switch {
	case sample.Failed != "" && v.Builds == 0:
		v.failed = sample.Failed
		s.result.Skipped = append(s.result.Skipped, v.Commit)
	case sample.Failed == "":
		v.add(sample, s.Noise)
	default: // it built before, so this was an accident
		v.Builds = s.Repeats
	}
	if s.Tell != nil {
		step := SearchStep{Commit: v.Commit, Sample: sample, Left: left}
		if middle != nil && v.failed == "" {
			bad := v.Crashed || v.Bytes > *middle
			step.Bad = &bad
		}
		s.Tell(step)
	}
	return nil
}

// add counts a build in.
func (v *Measured) add(sample BuildSample, noise func(int64) int64) {
	v.Builds++
	v.Crashed = v.Crashed || sample.Crashed
	v.sum += sample.Bytes
	if v.Builds == 1 || sample.Bytes < v.least {
		v.least = sample.Bytes
	}
	v.most = max(v.most, sample.Bytes)
	v.Bytes = v.sum / int64(v.Builds)
	may := int64(float64(noise(v.Bytes)) / math.Sqrt(float64(v.Builds)))
	v.Low, v.High = min(v.Bytes-may, v.least), max(v.Bytes+may, v.most)
	if v.Low < 0 {
		v.Low = 0
	}
}

func (s *searching) found(low, high, last int) *Result {
	r := s.result
	r.Good, r.Bad, r.Before, r.After = *s.values[0], *s.values[last], *s.values[low], *s.values[high]
	for at := low + 1; at < high; at++ {
		r.Between = append(r.Between, s.Commits[at])
	}
	return &r
}

// short is a commit as people write it.
func short(commit string) string { return commit[:min(len(commit), 10)] }
