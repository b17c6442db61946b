// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/gather"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/accuracy/build"
	"example.invalid/starlark-memls/internal/accuracy/generate"
	"example.invalid/starlark-memls/internal/bazel/server"
	"example.invalid/starlark-memls/internal/foretell"
	"example.invalid/starlark-memls/internal/live"
	"example.invalid/starlark-memls/starlark"
)

const (
	timeLimit   = 10 * time.Minute // of one build
	outOfMemory = 33               // Bazel's exit code
	mostLimit   = 2000             // MiB
)

type allocationRecorder struct{ *build.Builder }

// record builds a scenario under the first limit that it passes.
func (r allocationRecorder) record(ctx context.Context, s generate.Scenario) (foretell.Allocated, error) {
	return r.under(ctx, s, mib(s.PassLimits[0]))
}

// under builds it once, under a limit in MiB.
func (r allocationRecorder) under(ctx context.Context, s generate.Scenario, limit int) (foretell.Allocated, error) {
	a := foretell.Allocated{Scenario: s.ID, Kind: s.Kind, LimitBytes: int64(limit) << 20}
	folder := filepath.Join(r.Root, "measurement")
	if err := errors.Join(r.Write(s), os.RemoveAll(folder), os.MkdirAll(folder, 0o700)); err != nil {
		return a, err
	}
	command := []string{"build", "//..."}
	if s.Command != nil {
		command = s.Command
	}
	command = append(slices.Clone(command), "--symlink_prefix=/", "--color=no", "--curses=no",
		"--profile="+filepath.Join(folder, "profile.gz"), "--record_full_profiler_data", "--noslim_profile", "--experimental_generate_json_trace_profile")
	recording := filepath.Join(folder, "recording.jfr")
	var recordErr error
	made, err := r.Run(ctx, timeLimit, limit, s.JVM, command, func(ctx context.Context) { recordErr = r.watch(ctx, recording) })
	switch {
	case err != nil:
		return a, err
	case made.Code == outOfMemory && limit < mostLimit:
		// What records needs some memory too.
		return r.under(ctx, s, limit+limit/2)
	case made.Code != 0:
		return a, fmt.Errorf("exit code %d: %.300s", made.Code, made.Console)
	case recordErr != nil:
		return a, recordErr
	}
	a.TookMillis = made.End.Sub(made.Start).Milliseconds()
	if info, err := os.Stat(recording); err == nil {
		a.RecordedSize = info.Size()
	}
	return a, r.judge(ctx, s, folder, &a)
}

// watch has the build's server record, from when it is there until the build is
// done.
func (r allocationRecorder) watch(ctx context.Context, to string) error {
	for ctx.Err() == nil {
		s, err := server.Find(r.OutputBase)
		if err != nil {
			time.Sleep(50 * time.Millisecond)
			continue
		}
		recording, err := live.RecordAllocations(ctx, s, filepath.Join(r.Root, "asked"))
		if err != nil {
			time.Sleep(200 * time.Millisecond) // it is starting
			continue
		}
		<-ctx.Done()
		return recording.Stop(context.WithoutCancel(ctx), to)
	}
	return errors.New("the build ended before its server could be asked to record")
}

// judge asks the report, as a user would, who allocated most.
func (r allocationRecorder) judge(ctx context.Context, s generate.Scenario, folder string, a *foretell.Allocated) error {
	ws, err := starlark.Load(ctx, r.Workspace, starlark.LoadOptions{OutputBase: r.OutputBase})
	if err != nil {
		return err
	}
	g, err := gather.Paths(ctx, []string{folder}, observe.ReadOptions{})
	if err != nil {
		return err
	}
	if len(g.Observations) != 1 || g.Observations[0].Recorded == nil {
		return fmt.Errorf("nothing was joined: %v", g.Warnings)
	}
	f := g.Observations[0].Recorded
	a.Samples, a.AllBytes, a.InCallBytes, a.OnThreads = f.Samples, f.Bytes, f.InCalls, f.OnThreads
	a.Collections, a.ClockMicros = f.Clocks.Collections, f.Clocks.ErrorMicros
	suspects := attribution.Conclude(ctx, g.Observations, ws, attribution.ConcludeOptions{}).Suspects
	slices.SortStableFunc(suspects, func(x, y attribution.Suspect) int {
		nx, _ := x.Evidence.Number(attribution.RecordedBytes)
		ny, _ := y.Evidence.Number(attribution.RecordedBytes)
		return int(min(max(ny-nx, -1), 1))
	})
	for i := range suspects {
		value, known := suspects[i].Evidence.Of(attribution.RecordedBytes)
		if !known {
			break
		}
		name := answerOf(ws, &suspects[i])
		if i == 0 {
			a.First = name.String()
		}
		if slices.Contains(s.Guilty, name) {
			a.Right, a.Rank, a.Bytes, a.Low, a.High = i == 0, i+1, int64(value.Number), value.Low, value.High
			return nil
		}
	}
	return nil
}

// answerOf is where a suspect is defined.
func answerOf(ws *starlark.Workspace, s *attribution.Suspect) generate.Culprit {
	definition := s.Definition
	if definition == nil && len(s.Candidates) > 0 {
		definition = s.Candidates[0]
	}
	named := generate.Culprit{Function: s.Name}
	if definition != nil {
		named.File = ws.Rel(definition.File)
	}
	return named
}
