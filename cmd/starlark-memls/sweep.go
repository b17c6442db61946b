// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"example.invalid/starlark-memls/internal/filecache"
	"example.invalid/starlark-memls/internal/measure"
)

// A sweepRequest is the command line of sweep.
type sweepRequest struct {
	*measure.Request
	workspace string // as it was named
	dryRun    bool
	yes       bool
}

func newSweep() *cobra.Command {
	r := sweepRequest{Request: measure.NewRequest()}
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

With --find-limit each limit is chosen from the outcomes of the builds before,
until the limit at which half of the builds crash is known to --precision, or
--budget builds have run. --memory is then optional and gives the range to
search. Measurements that are already in DIR count.

First it says how many builds there will be and about how long they take; on a
terminal it asks whether to begin. --dry-run prints the commands and builds
nothing, but starts Bazel once, on the sweep's output base, to learn which flags
it knows.

On several machines give each its --shard-index of the same --shard-count (or
let a Kubernetes indexed Job or Bazel's test sharding set it) and one shared
DIR.`,
		Example: `  starlark-memls sweep --out series --memory 200m:600m:50m --runs 3 -- //...
  starlark-memls sweep --out series --memory 300m,400m --mode regular,nobuild -- --config=ci //app/...
  starlark-memls sweep --out series --find-limit --budget 20 -- //...`,
		RunE: func(c *cobra.Command, args []string) error {
			if c.ArgsLenAtDash() != 0 || len(args) == 0 {
				return usagef("name the targets to build behind --, as in: sweep --out DIR --memory 200m:400m:50m -- //...")
			}
			if r.Memory == "" && !r.FindLimit && r.Out != "" {
				if root, err := findRoot(r.workspace); err == nil {
					return usagef("--memory is missing: the limits to build under, such as %s; or --find-limit, which looks for the limit by itself", aroundLastBuild(c.Context(), root))
				}
			}
			job, err := r.job(args, os.Getenv)
			if err != nil {
				return err
			}
			if r.dryRun {
				return dryRun(c, job)
			}
			if err := r.agree(c, job); err != nil {
				return err
			}
			return runSweep(c, job)
		},
	}
	r.flags(c)
	return c
}

// flags declares a flag for each option of a request.
func (r *sweepRequest) flags(c *cobra.Command) {
	f := c.Flags()
	workspaceFlag(c, &r.workspace)
	for _, o := range r.Options() {
		if o.EditorOnly {
			continue
		}
		switch v := o.Value.(type) {
		case *string:
			f.StringVar(v, o.Name, *v, o.Usage)
		case *int:
			f.IntVar(v, o.Name, *v, o.Usage)
		case *uint64:
			f.Uint64Var(v, o.Name, *v, o.Usage)
		case *bool:
			f.BoolVar(v, o.Name, *v, o.Usage)
		case *time.Duration:
			f.DurationVar(v, o.Name, *v, o.Usage)
		case *[]string:
			if o.Commas {
				f.StringSliceVar(v, o.Name, *v, o.Usage)
			} else {
				f.StringArrayVar(v, o.Name, *v, o.Usage)
			}
		}
		if len(o.Words) > 0 {
			completeWords(c, o.Name, o.Words...)
		}
	}
	f.BoolVar(&r.dryRun, "dry-run", false, "print the plan and the commands, and build nothing (Bazel is started, and asked for its flags)")
	f.BoolVar(&r.yes, "yes", false, "begin without asking, on a terminal too")
}

// job checks the request, with what the surroundings say, and makes of it what
// is to be run.
func (r *sweepRequest) job(args []string, getenv func(string) string) (*measure.Job, error) {
	q := *r.Request
	q.Args = args
	if err := q.Check(); err != nil {
		return nil, asFlags(err)
	}
	root, err := findRoot(r.workspace)
	if err != nil {
		return nil, err
	}
	q.Workspace = root
	if q.Out != "" {
		if q.Out, err = filepath.Abs(q.Out); err != nil {
			return nil, err
		}
	}
	if q.ShardIndex, q.ShardCount, err = r.shard(getenv); err != nil {
		return nil, usageError{err}
	}
	q.Startup = append(strings.Fields(getenv("STARTUP_FLAGS")), q.Startup...)
	if q.OutputBase, err = r.sweepOutputBase(root); err != nil {
		return nil, err
	}
	job, err := q.Job(ownOutputBase(root))
	return job, asFlags(err)
}

// asFlags says what is wrong with a request as wrong usage of its flags.
func asFlags(err error) error {
	var wrong *measure.RequestError
	switch {
	case !errors.As(err, &wrong):
		return err
	case wrong.Option != "":
		return usagef("--%v", wrong)
	}
	return usageError{err}
}

// sweepOutputBase is where the sweep's output bases lie: where the user says,
// or in his cache, by the workspace's path.
func (r *sweepRequest) sweepOutputBase(root string) (string, error) {
	if r.OutputBase != "" {
		return filepath.Abs(r.OutputBase)
	}
	cache, err := filecache.Dir()
	if err != nil {
		return "", errors.Join(errors.New("no cache folder to work in; name one with --output-base"), err)
	}
	return measure.OwnOutputBase(cache, root), nil
}

// dryRun prints each build with its command, as a shell would take it.
func dryRun(c *cobra.Command, job *measure.Job) error {
	commands, err := job.DryRun(c.Context())
	if err != nil {
		return err
	}
	of, _ := job.Planned()
	if job.Search == nil {
		fmt.Fprintln(c.OutOrStdout(), "# "+planText(job.Sweep))
	} else {
		fmt.Fprintf(c.OutOrStdout(), "# at most %d builds with those in %s, each at a limit chosen from the outcomes before", of, job.Request.Out)
		if len(commands) == 0 {
			fmt.Fprintln(c.OutOrStdout(), "; those there are enough")
		} else {
			fmt.Fprintln(c.OutOrStdout(), "; the next:")
		}
	}
	for i, command := range commands {
		place := fmt.Sprintf("%d/%d ", i+1, of)
		if job.Search != nil {
			place = ""
		}
		done := ""
		if command.Done {
			done = ", done already"
		}
		fmt.Fprintf(c.OutOrStdout(), "# %s%s (%s)%s\n%s\n", place, command.Name(), command.Mode, done, shellLine(command.Args))
	}
	return nil
}
