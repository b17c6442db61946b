// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/threshold"
)

// A Request asks for a sweep over memory limits or, with FindLimit, for a search
// for the limit, in the words of Options. The command line decodes its flags
// into it and the editor its JSON; what they mean, and whether they can be, is
// decided here.
type Request struct {
	Workspace string // absolute
	Out       string // absolute
	Memory    string
	Runs      int
	Warmup    int
	Modes     []string
	Args      []string // targets and Bazel flags
	FindLimit bool
	Precision string
	Budget    int
	Jobs      int
	Shuffle   bool
	Seed      uint64
	Timeout   time.Duration
	Startup   []string
	Bazel     string
	// OutputBase is the folder in which the jobs have their output bases.
	OutputBase string
	HeapDumps  string

	EveryCall, PhaseMemory, Allocations bool

	ShardIndex, ShardCount int
	RetryFailed            bool
}

// NewRequest is a request with every option at its default.
func NewRequest() *Request {
	return &Request{Runs: 3, Warmup: 1, Modes: []string{string(measurement.Regular)}, Precision: "5%", Budget: 25, Jobs: 1,
		Bazel: "bazel", HeapDumps: string(measurement.SummariseHeapDumps)}
}

// An Option is one word of a request: a flag of the command line, and a name in
// the editor's JSON.
type Option struct {
	Name  string
	Usage string
	// Value points to the field, which holds the default: *string, *int,
	// *uint64, *bool, *time.Duration or *[]string.
	Value any
	// Words are the values that there are, where these are few.
	Words []string
	// Commas: several values may stand in one word, between commas.
	Commas bool
	// Not every option makes sense at both ends.
	CommandLineOnly, EditorOnly bool
}

// Options are a request's, in the order of the help.
func (r *Request) Options() []Option {
	modes := []string{string(measurement.Regular), string(measurement.NoBuild), string(measurement.Skymeld)}
	dumps := []string{string(measurement.SummariseHeapDumps), string(measurement.KeepHeapDumps), string(measurement.LinkHeapDumps), string(measurement.NoHeapDumps)}
	return []Option{
		{Name: "workspace", Value: &r.Workspace, EditorOnly: true},
		{Name: "args", Value: &r.Args, EditorOnly: true},
		{Name: "out", Value: &r.Out, Usage: "folder of the series (required)"},
		{Name: "memory", Value: &r.Memory, Usage: "memory limits, such as 155m:180m:1m,200m,1g"},
		{Name: "runs", Value: &r.Runs, Usage: "builds for each limit and mode"},
		{Name: "warmup", Value: &r.Warmup, Usage: "builds to run first, to fetch and to fill caches"},
		{Name: "mode", Value: &r.Modes, Words: modes, Commas: true, Usage: "regular, nobuild (analysis only), skymeld (Bazel 5 and later); several are interleaved"},
		{Name: "find-limit", Value: &r.FindLimit, Usage: "look for the limit that the build needs instead of building under all"},
		{Name: "precision", Value: &r.Precision, Usage: "with --find-limit: stop at an interval of this much to either side"},
		{Name: "budget", Value: &r.Budget, Usage: "with --find-limit: stop after so many builds"},
		{Name: "jobs", Value: &r.Jobs, Usage: "builds at the same time, each with its own output base"},
		{Name: "shuffle", Value: &r.Shuffle, Usage: "shuffle the limits within each run"},
		{Name: "seed", Value: &r.Seed, Usage: "seed of --shuffle, which it implies"},
		{Name: "timeout", Value: &r.Timeout, Usage: "time limit of one build (default: 10m until one has passed, then 10 times the slowest that did)"},
		{Name: "startup", Value: &r.Startup, Usage: "a Bazel startup option, may be repeated (before them: $STARTUP_FLAGS)"},
		{Name: "bazel", Value: &r.Bazel, Usage: "the Bazel binary"},
		{Name: "output-base", Value: &r.OutputBase, Usage: "folder for the sweep's own output bases (default: in the user's cache)"},
		{Name: "heap-dumps", Value: &r.HeapDumps, Words: dumps, Usage: "summarise (to heap.json, and delete), keep, link (put them beside the output base) or none"},
		{Name: "every-call", Value: &r.EveryCall, Usage: "record calls under 50 ms too (--record_full_profiler_data)"},
		{Name: "phase-memory", Value: &r.PhaseMemory, Usage: "record the heap at the end of each phase; forces full GCs"},
		{Name: "allocations", Value: &r.Allocations, Usage: "dump the allocations after a build that passed; needs the allocation agent among the startup options"},
		{Name: "shard-index", Value: &r.ShardIndex, CommandLineOnly: true, Usage: "which part of the sweep this machine builds, from 0 (default: $JOB_COMPLETION_INDEX or $TEST_SHARD_INDEX)"},
		{Name: "shard-count", Value: &r.ShardCount, CommandLineOnly: true, Usage: "how many parts there are (default: $TEST_TOTAL_SHARDS or 1)"},
		{Name: "retry-failed", Value: &r.RetryFailed, Usage: "repeat builds that failed for another reason than memory"},
	}
}

// A RequestError says what is wrong with a request, whatever the machine.
type RequestError struct {
	Option string // that is to blame; "" where it is no single one
	Text   string // what follows its name
}

func (e *RequestError) Error() string { return e.Option + e.Text }

func wrong(option, format string, args ...any) error {
	return &RequestError{option, fmt.Sprintf(format, args...)}
}

// Job checks a request as far as that can be done without a Bazel, and makes of
// it what is to be run. own is the workspace's own output base, "" where none is
// known. What is wrong with the request itself is a RequestError.
func (r Request) Job(own string) (*Job, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	if own != "" && within(r.OutputBase, own) {
		return nil, wrong("output-base", " %s is the workspace's own output base: a sweep needs another one", r.OutputBase)
	}
	s := &Sweep{Out: r.Out, Runs: r.Runs, Warmups: r.Warmup, Jobs: r.Jobs, Seed: r.Seed, RetryFailed: r.RetryFailed,
		Shard: r.ShardIndex, Shards: max(r.ShardCount, 1),
		BuildOptions: BuildOptions{Args: r.Args, Timeout: r.Timeout, EveryCall: r.EveryCall, PhaseMemory: r.PhaseMemory, Allocations: r.Allocations},
		Bazel:        Bazel{Path: r.Bazel, Workspace: r.Workspace, Startup: r.Startup, OutputBase: r.OutputBase}}
	if r.Shuffle && s.Seed == 0 {
		s.Seed = 1
	}
	var err, errModes, errLimits error
	s.HeapDumps, err = measurement.ParseHeapDumps(r.HeapDumps)
	s.Modes, errModes = measurement.ParseModes(r.Modes)
	s.Limits = DefaultSpan() // of a search that is given none
	if r.Memory != "" {
		s.Limits, errLimits = ParseLimits(r.Memory)
	}
	for _, err := range []error{err, errModes, errLimits} {
		if err != nil {
			return nil, wrong("", "%v", err)
		}
	}
	j := &Job{Request: r, Sweep: s}
	if !r.FindLimit {
		return j, s.Check()
	}
	if j.Search, err = r.search(s); err != nil {
		return nil, err
	}
	return j, j.Search.Check()
}

// Check finds what is missing and which numbers cannot be: all that can be said of
// a request by itself. The error is a RequestError.
func (r *Request) Check() error {
	switch {
	case r.Out == "":
		return wrong("out", " is missing: name the folder of the series")
	case len(r.Args) == 0:
		return wrong("", "name the targets to build")
	case r.Memory == "" && !r.FindLimit:
		return wrong("memory", " is missing: the limits to build under, such as 200m:400m:50m")
	case r.Warmup < 0:
		return wrong("warmup", " %d: 0 or more", r.Warmup)
	case r.Timeout < 0:
		return wrong("timeout", " %v: a time limit cannot be negative", r.Timeout)
	}
	for _, o := range []struct {
		name  string
		value int
	}{{"runs", r.Runs}, {"jobs", r.Jobs}, {"budget", r.Budget}} {
		if o.value < 1 {
			return wrong(o.name, " %d: at least 1", o.value)
		}
	}
	return nil
}

// search is the search that a request asks for, which has everything but the
// limits from the sweep of the same options.
func (r *Request) search(s *Sweep) (*Search, error) {
	low, high := slices.Min(s.Limits), slices.Max(s.Limits)
	switch {
	case len(s.Modes) != 1 || s.Shards > 1 || s.Jobs > 1:
		return nil, wrong("find-limit", " takes one mode, no shards and one job: each limit depends on the builds before")
	case low == high:
		return nil, wrong("memory", " %s is one limit; a search needs a span to look in, such as 200m,1g", r.Memory)
	}
	precision, err := ParsePrecision(r.Precision)
	if err != nil {
		return nil, wrong("", "%v", err)
	}
	return &Search{BuildOptions: s.BuildOptions, Bazel: s.Bazel, Out: s.Out, Mode: s.Modes[0],
		Range: threshold.Range{LowBytes: low, HighBytes: high}, StepBytes: LimitStep, Precision: precision, Budget: r.Budget}, nil
}

// within reports whether a folder, which need not be there yet, is dir or lies
// in it, whatever links lead there.
func within(folder, dir string) bool {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		real = filepath.Clean(dir)
	}
	missing := ""
	for at := filepath.Clean(folder); ; {
		if resolved, err := filepath.EvalSymlinks(at); err == nil {
			rel, err := filepath.Rel(real, filepath.Join(resolved, missing))
			return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
		}
		parent := filepath.Dir(at)
		if parent == at {
			return false
		}
		missing, at = filepath.Join(filepath.Base(at), missing), parent
	}
}

// errNoSuchOption is what a name that is no option's is answered with.
var errNoSuchOption = errors.New("unknown field")
