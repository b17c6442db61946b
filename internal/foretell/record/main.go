// SPDX-License-Identifier: Apache-2.0

//go:build linux

// Command record makes the builds that internal/foretell draws its figures
// from, with a real Bazel 4.2.3:
//
//	go run ./internal/foretell/record --out internal/foretell/builds
//
// For each scenario it looks for the limit at which the build just passes, by
// halving between one that died and one that passed, until they are a tenth
// apart: so that there are deaths of many distances and passing builds near
// their limit. A server that is seen to die is asked for its heap. What is there
// is not built again; it can be ended at any time and taken up.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"example.invalid/starlark-memls/internal/accuracy/build"
	"example.invalid/starlark-memls/internal/accuracy/generate"
	"example.invalid/starlark-memls/internal/foretell"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "record:", err)
		os.Exit(1)
	}
}

// near is how close a death and a passing build are to be.
const near = 1.09

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("record", flag.ContinueOnError)
	out := flags.String("out", "internal/foretell/builds", "where the builds go")
	root := flags.String("root", "/srv/build/foretell", "a neutral folder to build in")
	bazel := flags.String("bazel", "bazel", "the binary, 4.2.3")
	rounds := flags.Int("rounds", 2, "scenarios of each kind")
	most := flags.Int("builds", 6, "builds of a scenario at most")
	only := flags.String("only", "", "only scenarios whose name begins with this")
	commit := flags.String("commit", "", "the commit to note")
	if err := flags.Parse(args); err != nil {
		return err
	}
	b := &commitBuilder{build.New(*bazel, *root), *commit}
	defer b.EndServer()
	for _, s := range generate.Corpus(*rounds, 0) {
		if !strings.HasPrefix(s.ID, *only) {
			continue
		}
		if err := b.scenario(ctx, s, filepath.Join(*out, s.ID), *most); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			fmt.Fprintf(os.Stderr, "%s: %v\n", s.ID, err)
		}
	}
	return nil
}

// scenario builds under limits that close in on what the build needs.
func (b *commitBuilder) scenario(ctx context.Context, s generate.Scenario, folder string, most int) error {
	lo, hi := mib(s.CrashLimits[0]), mib(s.PassLimits[0])/2
	died, passed := 0, 0
	limit := lo
	for n := 1; n <= most; n++ {
		path := filepath.Join(folder, fmt.Sprintf("%02d-%dm.jsonl.gz", n, limit))
		o, err := foretell.Outline(path)
		if errors.Is(err, os.ErrNotExist) {
			if o, err = b.record(ctx, s, limit, n, path); errors.Is(err, errFailed) {
				// A limit that Bazel does not even start under.
				limit = int(float64(limit) * 1.15)
				continue
			}
		}
		if err != nil {
			return err
		}
		if o.Died {
			died, lo = died+1, max(lo, limit)
		} else {
			passed, hi = passed+1, min(hi, limit)
		}
		switch {
		case died == 0:
			limit = int(float64(limit) * 0.85)
		case passed == 0 && limit < hi:
			limit = hi
		case passed == 0:
			hi *= 2
			limit = hi
		case float64(hi) > near*float64(lo):
			limit = int(math.Sqrt(float64(lo) * float64(hi)))
		case passed < 3:
			limit = hi + passed // once more, close to the limit
		default:
			limit = lo - died // once more, close below it
		}
	}
	return nil
}

func mib(limit string) int {
	n, _ := strconv.Atoi(strings.TrimSuffix(limit, "m"))
	return n
}

var errFailed = errors.New("the build failed, and not of memory")

// record builds once and keeps it.
func (b *commitBuilder) record(ctx context.Context, s generate.Scenario, limit, run int, path string) (foretell.Outcome, error) {
	if err := b.Write(s); err != nil {
		return foretell.Outcome{}, err
	}
	o, recording, err := b.build(ctx, s, limit)
	if err != nil {
		return o, err
	}
	o.Scenario, o.Kind, o.Run, o.LimitBytes, o.Commit = s.ID, s.Kind, run, int64(limit)<<20, b.commit
	if err := foretell.Store(path, o, recording); err != nil {
		return o, err
	}
	fmt.Printf("%s %s %dm: exit %d, died %v, %s", time.Now().Format("15:04:05"), s.ID, limit, o.ExitCode, o.Died, o.Took.Round(100*time.Millisecond))
	if d := o.Dump; d != nil {
		fmt.Printf("; asked %s before, %s, named %s (%v) %s", o.DiedAt.Sub(d.Asked).Round(100*time.Millisecond), d.Complete.Sub(d.Asked).Round(100*time.Millisecond), d.Named, d.Right, d.Error)
	}
	fmt.Println()
	return o, nil
}
