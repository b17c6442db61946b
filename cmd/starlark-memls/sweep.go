package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"example.invalid/starlark-memls/internal/measure"
)

// A sweepRequest is the command line of sweep.
type sweepRequest struct {
	workspace, out, memory, bazel, outputBase, heapDumps string
	modes, startup                                       []string
	runs, warmup, jobs, budget                           int
	shardIndex, shardCount                               int
	seed                                                 uint64
	precision                                            string
	timeout                                              time.Duration
	findLimit, shuffle, dryRun, retryFailed              bool
	everyCall, phaseMemory, allocations                  bool
}

func newSweep() *cobra.Command {
	var r sweepRequest
	c := &cobra.Command{
		Use:     "sweep --out DIR --memory SPEC [flags] -- TARGETS AND BAZEL FLAGS",
		Short:   "Build under many memory limits and keep what each build leaves",
		GroupID: "measure",
		Long: `Build TARGETS once for each memory limit and run, and keep the evidence of
each build in DIR/<limit>-<run>/: profile, console, build events, pprof files,
how it ended. "stats", "plot" and "report" read the folder.

The builds run on an output base of their own: your Bazel server, its analysis
cache and the bazel-* links stay as they are. .bazelrc is honoured. Each build
starts cold. Interrupt it at any time and give the same command again: what is
done stays done.

Memory limits (-Xmx) are a list of sizes and of ranges FROM:TO:STEP, with k, m
or g:  200m   150m,300m,1g   155m:180m:1m,190m:250m:5m

With --find-limit the limits are chosen one after the other, from what the
builds before have shown, until the limit at which half of the builds crash is
known to --precision, or --budget builds have run. --memory is then optional
and gives the span to look in. Measurements that lie in DIR already count.

On several machines give each its --shard-index of the same --shard-count (or
let a Kubernetes indexed Job or Bazel's test sharding set it) and one shared
DIR; see docs/sweeping-at-scale.md.`,
		Example: `  starlark-memls sweep --out series --memory 200m:600m:50m --runs 3 -- //...
  starlark-memls sweep --out series --memory 300m,400m --mode regular,nobuild -- --config=ci //app/...
  starlark-memls sweep --out series --find-limit --budget 20 -- //...`,
		RunE: func(c *cobra.Command, args []string) error {
			if c.ArgsLenAtDash() != 0 || len(args) == 0 {
				return usagef("name the targets to build behind --, as in: sweep --out DIR --memory 200m:400m:50m -- //...")
			}
			s, err := r.sweep(args)
			if err != nil {
				return err
			}
			switch {
			case r.dryRun:
				return dryRun(c, s)
			case r.findLimit:
				return r.search(c, s)
			}
			return runSweep(c, s)
		},
	}
	r.flags(c)
	return c
}

func (r *sweepRequest) flags(c *cobra.Command) {
	f := c.Flags()
	workspaceFlag(c, &r.workspace)
	f.StringVar(&r.out, "out", "", "folder of the series (required)")
	f.StringVar(&r.memory, "memory", "", "memory limits, such as 155m:180m:1m,200m,1g")
	f.IntVar(&r.runs, "runs", 3, "builds for each limit and mode")
	f.IntVar(&r.warmup, "warmup", 1, "builds before the others that fetch and fill caches")
	f.StringSliceVar(&r.modes, "mode", []string{string(measure.Regular)}, "regular, nobuild (analysis only), skymeld (Bazel 5 and later); several are interleaved")
	f.BoolVar(&r.findLimit, "find-limit", false, "look for the limit that the build needs instead of building under all")
	f.StringVar(&r.precision, "precision", "5%", "with --find-limit: stop at an interval of this much to either side")
	f.IntVar(&r.budget, "budget", 25, "with --find-limit: stop after so many builds")
	f.IntVar(&r.jobs, "jobs", 1, "builds at the same time, each with its own output base")
	f.BoolVar(&r.shuffle, "shuffle", false, "shuffle the limits within each run")
	f.Uint64Var(&r.seed, "seed", 0, "seed of --shuffle, which it implies")
	f.DurationVar(&r.timeout, "timeout", 0, "time limit of one build (default: 10m until one has passed, then 10 times the slowest that did)")
	f.StringArrayVar(&r.startup, "startup", nil, "a Bazel startup option, may be repeated (before them: $STARTUP_FLAGS)")
	f.StringVar(&r.bazel, "bazel", "bazel", "the Bazel binary")
	f.StringVar(&r.outputBase, "output-base", "", "folder for the sweep's own output bases (default: in the user's cache)")
	f.StringVar(&r.heapDumps, "heap-dumps", string(measure.SummariseHeapDumps), "summarise (to heap.json, and delete), keep, link (put them beside the output base) or none")
	f.BoolVar(&r.everyCall, "every-call", false, "record calls under 50 ms too (--record_full_profiler_data)")
	f.BoolVar(&r.phaseMemory, "phase-memory", false, "record the heap at the end of each phase; forces full GCs")
	f.BoolVar(&r.allocations, "allocations", false, "dump the allocations after a build that passed; needs the allocation agent among the startup options")
	f.IntVar(&r.shardIndex, "shard-index", 0, "which part of the sweep this machine builds, from 0 (default: $JOB_COMPLETION_INDEX or $TEST_SHARD_INDEX)")
	f.IntVar(&r.shardCount, "shard-count", 0, "how many parts there are (default: $TEST_TOTAL_SHARDS or 1)")
	f.BoolVar(&r.retryFailed, "retry-failed", false, "repeat builds that failed for another reason than memory")
	f.BoolVar(&r.dryRun, "dry-run", false, "print the plan and the commands, and build nothing")
	completeWords(c, "mode", string(measure.Regular), string(measure.NoBuild), string(measure.Skymeld))
	completeWords(c, "heap-dumps", string(measure.SummariseHeapDumps), string(measure.KeepHeapDumps), string(measure.LinkHeapDumps), string(measure.NoHeapDumps))
}

// sweep checks the request and makes the sweep of it.
func (r *sweepRequest) sweep(args []string) (*measure.Sweep, error) {
	switch {
	case r.out == "":
		return nil, usagef("--out is missing: name the folder of the series")
	case r.runs < 1:
		return nil, usagef("--runs %d: at least 1", r.runs)
	case r.warmup < 0:
		return nil, usagef("--warmup %d: 0 or more", r.warmup)
	case r.jobs < 1:
		return nil, usagef("--jobs %d: at least 1", r.jobs)
	case r.budget < 1:
		return nil, usagef("--budget %d: at least 1", r.budget)
	case r.timeout < 0:
		return nil, usagef("--timeout %v: a time limit cannot be negative", r.timeout)
	case r.memory == "" && !r.findLimit:
		return nil, usagef("--memory is missing: the limits to build under, such as 200m:400m:50m")
	}
	root, err := findRoot(r.workspace)
	if err != nil {
		return nil, err
	}
	out, err := filepath.Abs(r.out)
	if err != nil {
		return nil, err
	}
	s := &measure.Sweep{Out: out, Runs: r.runs, Warmups: r.warmup, Seed: r.seed, Jobs: r.jobs, RetryFailed: r.retryFailed}
	if r.shuffle && s.Seed == 0 {
		s.Seed = 1
	}
	s.Options = measure.Options{Args: args, Timeout: r.timeout, EveryCall: r.everyCall, PhaseMemory: r.phaseMemory, Allocations: r.allocations}
	if s.HeapDumps, err = measure.ParseHeapDumps(r.heapDumps); err != nil {
		return nil, usageError{err}
	}
	if s.Modes, err = measure.ParseModes(r.modes); err != nil {
		return nil, usageError{err}
	}
	if s.Limits, err = r.limits(); err != nil {
		return nil, usageError{err}
	}
	if s.Shard, s.Shards, err = r.shard(os.Getenv); err != nil {
		return nil, usageError{err}
	}
	s.Bazel = measure.Bazel{Path: r.bazel, Workspace: root, Startup: append(strings.Fields(os.Getenv("STARTUP_FLAGS")), r.startup...)}
	s.Bazel.OutputBase, err = r.ownOutputBase(root)
	return s, err
}

// limits are those of --memory; a search without it looks between what no
// Bazel builds in and what this machine can hold.
func (r *sweepRequest) limits() ([]int64, error) {
	if r.memory != "" {
		return measure.ParseLimits(r.memory)
	}
	return measure.DefaultSpan(), nil
}

// ownOutputBase is where the sweep's output bases lie: where the user says,
// or in his cache, by the workspace's path.
func (r *sweepRequest) ownOutputBase(root string) (string, error) {
	if r.outputBase != "" {
		return filepath.Abs(r.outputBase)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", errors.Join(errors.New("no cache folder to work in; name one with --output-base"), err)
	}
	return measure.OwnOutputBase(filepath.Join(cache, "starlark-memls"), root), nil
}

// dryRun prints each build with its command, as a shell would take it.
func dryRun(c *cobra.Command, s *measure.Sweep) error {
	commands, err := s.DryRun(c.Context())
	if err != nil {
		return err
	}
	for i, command := range commands {
		done := ""
		if command.Done {
			done = ", done already"
		}
		fmt.Fprintf(c.OutOrStdout(), "# %d/%d %s (%s)%s\n%s\n", i+1, len(commands), command.Name(), command.Mode, done, shellLine(command.Args))
	}
	return nil
}
