// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"example.invalid/starlark-memls/internal/accuracy/build"
	"example.invalid/starlark-memls/internal/accuracy/generate"
)

const (
	timeLimit = 4 * time.Minute
	// hangGrace is how long a server whose heap is exhausted may take to end,
	// idleGrace how long it may do nothing about it.
	hangGrace = 15 * time.Second
	idleGrace = 3 * time.Second
	// idleShare is the part of a processor below which it does nothing.
	idleShare = 0.04
)

type scenarioBuilder struct{ *build.Builder }

// recordedBuild is one build.
type recordedBuild struct {
	*build.BuildResult
	hung bool
}

func (b *scenarioBuilder) profile() string { return filepath.Join(b.Root, "profile.gz") }

// build runs one cold build and ends its server.
func (b *scenarioBuilder) build(ctx context.Context, j scenarioBuild) (*recordedBuild, error) {
	b.dropDumps()
	_ = os.Remove(b.profile())
	limit, err := bytesOf(j.limit)
	if err != nil {
		return nil, err
	}
	dump := "-"
	if j.dumps != "" {
		dump = "+"
	}
	// One collecting thread: several wait for each other.
	jvm := append([]string{"-XX:" + dump + "HeapDumpOnOutOfMemoryError", "-XX:ParallelGCThreads=1"}, j.scenario.JVM...)
	made := &recordedBuild{}
	made.BuildResult, err = b.Run(ctx, timeLimit, int(limit>>20), jvm, b.command(j.scenario), func(ctx context.Context) { made.hung = b.watch(ctx) })
	return made, err
}

// command is the scenario's, with what every build is told beside.
func (b *scenarioBuilder) command(s *generate.Scenario) []string {
	command := s.Command
	if command == nil {
		command = []string{"build", "--keep_going", "//..."}
	}
	args := append([]string{command[0]}, "--experimental_generate_json_trace_profile", "--profile="+b.profile(), "--noslim_profile", "--color=no", "--curses=no")
	if command[0] != "query" {
		args = append(args, "--symlink_prefix=/")
	}
	if s.Field() { // a server's volume of events: 4.2.3 writes in pieces of 256 KiB
		args = append(args, "--experimental_profile_additional_tasks=skyfunction")
	}
	return append(args, command[1:]...)
}

// watch ends a server that has lost its heap and hangs, as 4.2.3 does when
// every thread failed to allocate.
func (b *scenarioBuilder) watch(ctx context.Context) (ended bool) {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	var since, busy time.Time // exhausted; last seen at work
	var used time.Duration
	for {
		select {
		case <-ctx.Done():
			return ended
		case now := <-tick.C:
			if !b.Exhausted() {
				continue
			}
			if since.IsZero() {
				since, busy, used = now, now, b.ProcessorTime()
			}
			if total := b.ProcessorTime(); float64(total-used) > idleShare*float64(now.Sub(busy)) {
				busy, used = now, total
			}
			if (now.Sub(since) > hangGrace || now.Sub(busy) > idleGrace) && !ended {
				ended = true
				b.EndServer()
			}
		}
	}
}

func (b *scenarioBuilder) dropDumps() {
	dumps, _ := filepath.Glob(filepath.Join(b.OutputBase, "*.hprof"))
	for _, dump := range dumps {
		_ = os.Remove(dump)
	}
}
