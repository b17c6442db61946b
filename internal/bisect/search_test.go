// SPDX-License-Identifier: Apache-2.0

package bisect

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// A history is what a fake builder knows: bytes by commit, and which commits do
// not build.
type history struct {
	bytes   []int64
	broken  map[int]bool
	noise   int64
	random  *rand.Rand
	crashed int64 // from so many bytes on it runs out of memory; 0: never
	first   int   // the commit that is to be found
}

func (h *history) search(repeats int) (*Search, *int) {
	var commits []string
	for i := range h.bytes {
		commits = append(commits, fmt.Sprintf("%010d", i))
	}
	builds := new(int)
	return &Search{Commits: commits, Repeats: repeats,
		Noise: func(int64) int64 { return max(h.noise, 256) },
		Build: func(_ context.Context, commit string, _ int) (BuildSample, error) {
			*builds++
			at := slices.Index(commits, commit)
			switch b := h.bytes[at]; {
			case h.broken[at]:
				return BuildSample{Failed: "failed"}, nil
			case h.crashed > 0 && b >= h.crashed:
				return BuildSample{Bytes: h.crashed, Crashed: true}, nil
			case h.noise > 0:
				return BuildSample{Bytes: b + h.random.Int64N(h.noise+1) - h.noise/2}, nil
			default:
				return BuildSample{Bytes: b}, nil
			}
		}}, builds
}

// random is a history of 64 commits after the good one with one regression of
// 5 to 100 %, among commits that move the owner a little, some of which do not
// build.
func random(seed uint64, brokenShare float64) *history {
	r := rand.New(rand.NewPCG(seed, 17))
	const n = 64
	h := &history{broken: map[int]bool{}, random: r, first: 1 + r.IntN(n)}
	bytes := float64(10<<20 + r.Int64N(200<<20))
	growth := .05 + .95*r.Float64()
	for i := range n + 1 {
		if i == h.first {
			bytes *= 1 + growth
		} else if r.IntN(4) == 0 {
			bytes *= 1 + (r.Float64()-.5)*.004
		}
		h.bytes = append(h.bytes, int64(bytes))
		if i > 0 && i < n && i != h.first && r.Float64() < brokenShare {
			h.broken[i] = true
		}
	}
	return h
}

// TestThirtyHistories: of 30 histories of 64 commits, some of which do not
// build, the right commit is found in each, in about log2 n steps.
func TestThirtyHistories(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		broken float64
		noise  int64
	}{{"all build", 0, 0}, {"some do not build", .1, 0}, {"the whole heap, with noise", .1, 300 << 10}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var steps []int
			right, wide := 0, 0
			for seed := range uint64(30) {
				h := random(seed, tt.broken)
				h.noise = tt.noise
				s, builds := h.search(5)
				r, err := s.Run(t.Context())
				if err != nil {
					t.Fatalf("history %d: %v", seed, err)
				}
				steps = append(steps, r.Steps)
				if want := s.Commits[h.first]; r.After.Commit == want {
					right++
				} else if slices.Contains(r.Between, want) {
					wide++
				} else {
					t.Logf("history %d: found %s, want %s", seed, r.After.Commit, want)
				}
				if r.Builds != *builds {
					t.Errorf("history %d: %d builds are told of %d", seed, r.Builds, *builds)
				}
			}
			slices.Sort(steps)
			median := float64(steps[14]+steps[15]) / 2
			t.Logf("right %d, in a range of commits that do not build %d, of 30; steps %v, median %g", right, wide, steps, median)
			if right+wide < 29 || right < 27 || median > 1.1*math.Log2(64) {
				t.Errorf("right %d and in range %d of 30, median of steps %g, want 29 and at most %.2g", right, wide, median, 1.1*math.Log2(64))
			}
		})
	}
}

func TestSearch(t *testing.T) {
	t.Parallel()
	mib := func(values ...int64) []int64 {
		for i := range values {
			values[i] <<= 20
		}
		return values
	}
	for _, tt := range []struct {
		name    string
		h       history
		after   string // the commit, or part of the error
		between int
	}{
		{"two commits", history{bytes: mib(1, 2)}, "0000000001", 0},
		{"the last of them", history{bytes: mib(1, 1, 1, 1, 9)}, "0000000004", 0},
		{"the largest of three steps", history{bytes: mib(10, 12, 12, 12, 20, 20, 23, 23, 23)}, "0000000004", 0},
		{"the largest step is not where the middle is crossed", history{bytes: mib(10, 14, 18, 22, 26, 26, 26, 26, 40)}, "0000000008", 0},
		{"around what does not build", history{bytes: mib(1, 1, 1, 1, 5, 5), broken: map[int]bool{2: true, 3: true}}, "0000000004", 2},
		{"shrinks on the way", history{bytes: mib(10, 2, 2, 2, 30, 30)}, "0000000004", 0},
		{"a crash is bad", history{bytes: mib(10, 10, 10, 900, 900), crashed: 100 << 20}, "0000000003", 0},
		{"the good end crashes", history{bytes: mib(900, 900), crashed: 100 << 20}, "--memory", 0},
		{"no growth", history{bytes: mib(5, 5, 5)}, "does not hold more", 0},
		{"shrank", history{bytes: mib(5, 4, 3)}, "does not hold more", 0},
		{"an end does not build", history{bytes: mib(5, 6), broken: map[int]bool{1: true}}, "does not build", 0},
		{"one commit", history{bytes: mib(5)}, "no commit between", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, _ := tt.h.search(3)
			r, err := s.Run(t.Context())
			switch {
			case err != nil:
				if !strings.Contains(err.Error(), tt.after) {
					t.Errorf("%v, want %q", err, tt.after)
				}
			case r.After.Commit != tt.after || len(r.Between) != tt.between:
				t.Errorf("%+v, want %s", r, tt.after)
			}
		})
	}
}

// TestNoGrowthIsTyped: who calls can tell it from a failure.
func TestNoGrowthIsTyped(t *testing.T) {
	t.Parallel()
	h := history{bytes: []int64{1 << 20, 1<<20 + 100}}
	s, _ := h.search(3)
	if _, err := s.Run(t.Context()); !errors.Is(err, ErrNoGrowth) {
		t.Errorf("%v", err)
	}
}
