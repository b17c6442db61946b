// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/input"
	"example.invalid/starlark-memls/internal/measure"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/plain"
	"example.invalid/starlark-memls/internal/quantity"
	"example.invalid/starlark-memls/internal/report"
)

// A measureRequest is the command line of measure.
type measureRequest struct {
	workspace, out, memory, bazel, outputBase string
	startup                                   []string
	timeout                                   time.Duration
	everyCall, allocations                    bool
}

func newMeasure() *cobra.Command {
	r := measureRequest{}
	c := &cobra.Command{
		Use:     "measure --out DIR [--memory N] -- TARGETS AND BAZEL FLAGS",
		Short:   "Build once, watched, and keep who holds the memory of a build that passed",
		GroupID: "measure",
		Long: `Build TARGETS once on an output base of its own, watch the server's counters, and
keep in DIR what the build left: profile, console, build events, counters.jsonl,
and, if it passed, retained.json: the bytes that each function, rule, aspect and
provider field holds in the living server at its end, exactly, without contents.

--allocations has the server record all that it allocates too (recording.jfr),
garbage and built strings included; report tells the bytes by function.

Your Bazel server, its analysis cache and the bazel-* links stay as they are.`,
		Example: `  starlark-memls measure --out before -- //...
  starlark-memls measure --out small --memory 600m -- //app/...`,
		RunE: func(c *cobra.Command, args []string) error {
			if c.ArgsLenAtDash() != 0 || len(args) == 0 {
				return usagef("name the targets to build behind --, as in: measure --out DIR -- //...")
			}
			return r.run(c, args)
		},
	}
	workspaceFlag(c, &r.workspace)
	f := c.Flags()
	f.StringVar(&r.out, "out", "", "folder of the measurement (required); it must not be there yet")
	f.BoolVar(&r.allocations, "allocations", false, "record what the server allocates, by function (implies --every-call)")
	r.building(c)
	return c
}

// building are the flags that say how a build is made.
func (r *measureRequest) building(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&r.memory, "memory", "", "the server's memory limit, such as 600m (default: a quarter of the machine's, as the JVM takes)")
	f.DurationVar(&r.timeout, "timeout", time.Hour, "time limit of the build")
	f.StringArrayVar(&r.startup, "startup", nil, "a Bazel startup option, may be repeated (before them: $STARTUP_FLAGS)")
	f.StringVar(&r.bazel, "bazel", "bazel", "the Bazel binary")
	f.StringVar(&r.outputBase, "output-base", "", "folder for the build's own output base (default: in the user's cache)")
	f.BoolVar(&r.everyCall, "every-call", false, "record calls under 50 ms too (--record_full_profiler_data)")
}

func (r *measureRequest) run(c *cobra.Command, args []string) error {
	if r.out == "" {
		return usagef("--out is missing: name the folder of the measurement")
	}
	out := absolute([]string{r.out})[0]
	if _, err := os.Lstat(out); err == nil {
		return fmt.Errorf("%s is there already; name another folder", out)
	}
	job, err := r.job(args)
	if err != nil {
		return err
	}
	job.Sweep.FlightRecording = r.allocations
	record, err := job.Sweep.One(c.Context(), out, io.Discard)
	if err != nil {
		return err
	}
	return r.tell(c, out, record)
}

// job is the one build that is to be made.
func (r *measureRequest) job(args []string) (*measure.Job, error) {
	out := absolute([]string{r.out})[0]
	q := measure.NewRequest()
	q.Out, q.Memory, q.Runs, q.Warmup, q.Bazel, q.Timeout, q.EveryCall, q.Startup = filepath.Dir(out), r.memory, 1, 0, r.bazel, r.timeout, r.everyCall || r.allocations, r.startup
	q.OutputBase = r.outputBase
	if q.Memory == "" {
		q.Memory = fmt.Sprintf("%dm", measure.JVMDefaultLimit()>>20)
	}
	job, err := (&sweepRequest{Request: q, workspace: r.workspace}).job(args, os.Getenv)
	if err == nil && len(job.Sweep.Limits) != 1 {
		err = usagef("--memory %s: a build is made once, under one limit; sweep builds under several", r.memory)
	}
	return job, err
}

// tell says how the build ended, and who holds most.
func (r *measureRequest) tell(c *cobra.Command, out string, record measurement.Record) error {
	w := c.OutOrStdout()
	fmt.Fprintf(w, "%s: %s under %s\n", r.out, record.Status, quantity.Bytes(record.MemoryLimitBytes))
	if h := record.Heap; h != nil {
		fmt.Fprintf(w, "heap at most %s", quantity.Bytes(h.PeakBytes))
		if h.PeakAfterBytes != nil {
			fmt.Fprintf(w, ", %s after a collection", quantity.Bytes(*h.PeakAfterBytes))
		}
		fmt.Fprintf(w, "; %s lost to the collector\n", quantity.Micros(h.PausedMicros))
	}
	file, err := input.Open(context.Background(), filepath.Join(out, "retained.json"))
	if err == nil {
		defer file.Close()
		retained, err := heap.ReadRetained(file)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s live at its end (retained.json), held by\n", quantity.Bytes(retained.LiveBytes))
		const most = 5
		for _, o := range retained.Owners[:min(len(retained.Owners), most)] {
			fmt.Fprintf(w, "  %10s  %s\n", quantity.Bytes(o.RetainedBytes), plain.Path(report.OwnerName(o)))
		}
	}
	if record.Status != measurement.OK {
		return errors.New("the build did not pass; starlark-memls report " + shellLine([]string{r.out}) + " tells more")
	}
	return nil
}
