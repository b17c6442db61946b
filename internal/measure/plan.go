// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"example.invalid/starlark-memls/internal/input"
	"example.invalid/starlark-memls/internal/measurement"
)

// A Planned build is one entry of the list.
type Planned struct {
	Measured
	Folder string // where its measurement will lie, absolute
	Done   bool   // it need not be built
	// Found is the record of the measurement that lies there already; nil
	// for none, and for one of the origin's, which has no record.
	Found *measurement.Record
}

// Plan lists this shard's builds in the order in which they will run: the
// warm-ups first, then run by run, so that a sweep that is cut short has all
// limits once before any twice, and with the modes next to each other, so
// that a drift of the machine hits them alike.
func (s *Sweep) Plan() []Planned {
	var warmups, builds []Planned
	at, left := 0, false
	for run := range s.Runs {
		for _, limit := range s.order(run) {
			for _, mode := range s.Modes {
				if at%max(s.Shards, 1) == s.Shard {
					p := s.planned(limit, mode, fmt.Sprint(run+1), false)
					left = left || !p.Done
					builds = append(builds, p)
				}
				at++
			}
		}
	}
	if len(builds) == 0 {
		return nil // more shards than builds
	}
	for _, mode := range s.Modes {
		for i := range s.Warmups {
			run := "WARMUP"
			if s.Shards > 1 || s.Warmups > 1 {
				run = fmt.Sprintf("WARMUP%d.%d", s.Shard, i+1)
			}
			p := s.planned(slices.Max(s.Limits), mode, run, true)
			p.Done = p.Done || !left // nothing to warm up for
			warmups = append(warmups, p)
		}
	}
	return append(warmups, builds...)
}

// order is the limits of one run. It is the same on every shard and after
// every resumption, since the list must be.
func (s *Sweep) order(run int) []int64 {
	limits := slices.Clone(s.Limits)
	if s.Seed != 0 {
		rng := rand.New(rand.NewPCG(s.Seed, uint64(run)))
		rng.Shuffle(len(limits), func(i, j int) { limits[i], limits[j] = limits[j], limits[i] })
	}
	return limits
}

func (s *Sweep) planned(limit int64, mode measurement.Mode, run string, warmup bool) Planned {
	p := Planned{Measured: Measured{LimitBytes: limit, Mode: mode, Run: run, Warmup: warmup}}
	series := s.Out
	if len(s.Modes) > 1 {
		series = filepath.Join(series, string(mode))
	}
	p.Folder = filepath.Join(series, p.Name())
	p.look()
	if s.RetryFailed && p.Found != nil && p.Found.Status == measurement.Failed {
		p.Done = false
	}
	return p
}

// look finds what lies in the build's place already. A folder has its name
// only when it is whole, so its being there is enough.
func (p *Planned) look() {
	if _, err := os.Lstat(p.Folder); err != nil {
		return
	}
	p.Done = true
	if text, err := input.ReadFile(context.Background(), filepath.Join(p.Folder, "measurement.json"), 1<<20); err == nil {
		var r measurement.Record
		if json.Unmarshal(text, &r) == nil {
			p.Found = &r
		}
	}
}

// mismatch is an error where the measurement that lies in p's place is of
// something else than what is to be built now.
func (p *Planned) mismatch(args []string) error {
	r := p.Found
	if r == nil {
		return nil
	}
	if r.Mode != "" && r.Mode != string(p.Mode) {
		return fmt.Errorf("%s was measured in mode %s, not %s; name another folder with --out", p.Folder, r.Mode, p.Mode)
	}
	if n := len(r.Command) - len(args); len(r.Command) > 0 && (n < 0 || !sameCommand(r.Command[n:], args, secretKey())) {
		return fmt.Errorf("%s was measured with other targets or flags than %s; name another folder with --out", p.Folder, strings.Join(args, " "))
	}
	return nil
}

// overhead is what a Bazel takes beside its heap: code cache, metaspace,
// stacks, its client.
const overhead = 384 << 20

// Check finds what would go wrong later, without a Bazel: no limits or more
// than the machine can hold, more jobs than there is room for, a folder with
// measurements of something else.
func (s *Sweep) Check() error {
	switch {
	case len(s.Limits) == 0:
		return errors.New("no memory limit to measure under")
	case len(s.Modes) == 0:
		return errors.New("no mode to measure in")
	case s.Shard < 0 || s.Shard >= max(s.Shards, 1):
		return fmt.Errorf("shard %d of %d: they count from 0", s.Shard, s.Shards)
	}
	jobs := max(s.Jobs, 1)
	if cores := runtime.NumCPU(); jobs > 1 && jobs > cores/2 {
		return fmt.Errorf("%d builds at once need two cores each, this machine has %d; lower --jobs", jobs, cores)
	}
	memory, largest := hostMemoryBytes(), slices.Max(s.Limits)
	if need := int64(jobs) * (largest + overhead); memory > 0 && need > memory {
		return fmt.Errorf("builds under -Xmx%s, %d at a time, need %s of memory, this machine has %s; lower --memory or --jobs",
			measurement.Limit(largest), jobs, measurement.Limit(need>>20<<20), measurement.Limit(memory>>20<<20))
	}
	for _, p := range s.Plan() {
		if err := p.mismatch(s.Args); err != nil {
			return err
		}
	}
	return nil
}

// place gives a whole measurement its name. One that is there already was
// put there by another machine of the same sweep, and stays; a failed one
// that was to be repeated is replaced.
func place(unfinished string, p Planned) error {
	if p.Found != nil {
		if err := os.Rename(p.Folder, unfinished+".old"); err != nil {
			return fmt.Errorf("replacing a failed measurement: %w", err)
		}
		defer os.RemoveAll(unfinished + ".old")
	}
	err := os.Rename(unfinished, p.Folder)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return nil
	}
	return fmt.Errorf("putting the measurement in its place: %w", err)
}
