// SPDX-License-Identifier: Apache-2.0

//go:build linux

// Command record builds the scenarios of accuracy/generate with a real Bazel
// and keeps what each build left behind, trimmed, as the corpus that
// accuracy's scores are computed from:
//
//	go run ./internal/accuracy/record --out internal/accuracy/corpus
//
// It works like package measure's sweep (an output base of its own, a cold
// server for every build, a time limit, nothing left running), but under a
// neutral path and without probing a Bazel whose flags are known, because it
// builds hundreds of workspaces a few seconds each. What is there is not
// recorded again, so that a recording can be broken off and taken up.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"example.invalid/starlark-memls/internal/accuracy/build"
	"example.invalid/starlark-memls/internal/accuracy/generate"
	"example.invalid/starlark-memls/internal/accuracy/pack"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "record:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("record", flag.ContinueOnError)
	out := flags.String("out", "internal/accuracy/corpus", "where the scenarios' files go")
	root := flags.String("root", "/srv/build/accuracy", "a neutral folder to build in")
	bazel := flags.String("bazel", "bazel", "the binary, 4.2.3")
	rounds := flags.Int("rounds", 5, "scenarios of each kind")
	big := flags.Int("big", 20, "merely big builds, without a culprit")
	field := flags.Int("field", 3, "field scenarios of each kind")
	crashes := flags.Int("crashes", 5, "builds under the limits to crash at, of each scenario")
	passes := flags.Int("passes", 2, "builds under the limits to pass at")
	dumps := flags.String("dumps", "", "a folder for the heap dump of each scenario's first crash that leaves one, until it is summed up in heap.json; empty: none is made")
	only := flags.String("only", "", "only scenarios whose name begins with this")
	keep := flags.Bool("again", false, "record again what is there")
	if err := flags.Parse(args); err != nil {
		return err
	}
	b := scenarioBuilder{build.New(*bazel, *root)}
	defer b.EndServer()
	for _, s := range append(generate.Corpus(*rounds, *big), generate.Field(*field)...) {
		if !strings.HasPrefix(s.ID, *only) {
			continue
		}
		folders := filepath.Join(*root, "recorded")
		packed := filepath.Join(*out, s.ID+pack.Ending)
		if s.Field() { // asked about by themselves
			packed = filepath.Join(filepath.Dir(*out), "field", s.ID+pack.Ending)
		}
		if err := unpack(packed, filepath.Join(folders, s.ID)); err != nil {
			return err
		}
		for _, job := range plan(s, *crashes, *passes) {
			folder := filepath.Join(folders, s.ID, job.name())
			if _, err := os.Stat(folder); err == nil && !*keep {
				continue
			}
			if job.crash && !dumped(*dumps, folders, s) {
				job.dumps = *dumps
			}
			err := b.record(ctx, s, job, folder)
			if errors.Is(err, errNoMeasurement) { // no limit helps
				fmt.Fprintf(os.Stderr, "%s %s: %v\n", s.ID, job.name(), err)
				break
			}
			if errors.Is(err, errKilled) { // the next time that it is recorded
				fmt.Fprintf(os.Stderr, "%s %s: %v\n", s.ID, job.name(), err)
				continue
			}
			if err != nil {
				return fmt.Errorf("%s %s: %w", s.ID, job.name(), err)
			}
		}
		if *dumps != "" {
			if err := summariseDumps(ctx, *dumps, folders); err != nil {
				return err
			}
		}
		if _, err := os.Stat(filepath.Join(folders, s.ID, scenarioFile)); err != nil {
			continue // not one build of it was kept
		}
		if err := pack.Write(filepath.Join(folders, s.ID), packed); err != nil {
			return err
		}
	}
	return nil
}

// unpack brings back what was recorded of a scenario before; what was not
// packed yet when the last recording was broken off is there already.
func unpack(packed, folder string) error {
	if _, err := os.Stat(folder); err == nil {
		return nil
	}
	if err := pack.Read(packed, folder); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

var errNoMeasurement = errors.New("a build that fails by itself is no measurement")

var errKilled = errors.New("the server is gone, and did not say that memory ran out: somebody ended it")

// A scenarioBuild is one build of a scenario.
type scenarioBuild struct {
	limit    string
	run      int  // of this limit, from 1
	crash    bool // under a limit to crash at
	scenario *generate.Scenario
	dumps    string // where its heap dump goes; empty: none is made
}

func (j scenarioBuild) name() string { return fmt.Sprintf("%s-%d", j.limit, j.run) }

// plan lists a scenario's builds: those that shall crash, then those that
// shall pass.
func plan(s generate.Scenario, crashes, passes int) []scenarioBuild {
	var jobs []scenarioBuild
	runs := map[string]int{}
	add := func(limits []string, n int, crash bool) {
		for i := range n {
			limit := limits[i%len(limits)]
			runs[limit]++
			jobs = append(jobs, scenarioBuild{limit: limit, run: runs[limit], crash: crash, scenario: &s})
		}
	}
	if s.Field() { // three crashes and a pass of each
		crashes, passes = min(crashes, 3), min(passes, 1)
	}
	add(s.CrashLimits, crashes, true)
	add(s.PassLimits, passes, false)
	return jobs
}

// dumped reports whether a scenario has its heap dump already: one says all
// that is asked, and each costs its build some seconds.
func dumped(dumps, out string, s generate.Scenario) bool {
	for _, pattern := range []string{filepath.Join(out, s.ID, "*", "heap.json"), filepath.Join(dumps, s.ID+"_*.hprof")} {
		if found, err := filepath.Glob(pattern); err == nil && len(found) > 0 {
			return true
		}
	}
	return false
}

// record builds once and keeps what was left in folder, whole or not at all.
func (b *scenarioBuilder) record(ctx context.Context, s generate.Scenario, j scenarioBuild, folder string) error {
	if err := b.Write(s); err != nil {
		return err
	}
	started := time.Now()
	built, err := b.build(ctx, j)
	if err != nil {
		return err
	}
	if built.Code == 1 || built.Code == 2 {
		return fmt.Errorf("%w:\n%s", errNoMeasurement, built.Console)
	}
	if built.Code == 37 && !b.Exhausted() {
		return errKilled
	}
	partial := folder + ".partial"
	if err := errors.Join(os.RemoveAll(partial), os.RemoveAll(folder), os.MkdirAll(partial, 0o755)); err != nil {
		return err
	}
	if err := b.collect(built, s, j, partial); err != nil {
		return err
	}
	if err := os.Rename(partial, folder); err != nil {
		return err
	}
	fmt.Printf("%s %s %s: exit %d, %s\n", time.Now().Format("15:04:05"), s.ID, j.name(), built.Code, time.Since(started).Round(100*time.Millisecond))
	return nil
}
