// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/gather"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/accuracy/generate"
	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/bazel/server"
	"example.invalid/starlark-memls/internal/foretell"
	"example.invalid/starlark-memls/internal/gauge"
	"example.invalid/starlark-memls/internal/live"
	"example.invalid/starlark-memls/internal/watch"
	"example.invalid/starlark-memls/starlark"
)

// sampleEvery is finer than watch's: so that it can be seen what finer would
// give.
const sampleEvery = 50 * time.Millisecond

// An observer records the server of one build, and asks it when it dies.
type observer struct {
	builder   *commitBuilder
	scenario  generate.Scenario
	recording bytes.Buffer
	died      time.Time
	dump      *foretell.AskedHeap
	ran       time.Duration
	err       error
	asking    sync.WaitGroup
}

// run watches until the command has ended, or its server.
func (o *observer) run(ctx context.Context) {
	defer o.asking.Wait()
	source := o.find(ctx)
	if source == nil {
		return
	}
	defer source.Close()
	header, err := source.Header(time.Now())
	if err != nil {
		o.err = err
		return
	}
	recorder, _ := gauge.NewRecorder(&o.recording, header)
	g := gauge.New(gauge.DefaultRules())
	tick := time.NewTicker(sampleEvery)
	defer tick.Stop()
	for {
		now := time.Now()
		sample, running, err := source.Sample(now)
		if err != nil {
			o.err = err
			return
		}
		if !running {
			_ = recorder.Gone(now)
			if o.died.IsZero() {
				o.died = now
			}
			return
		}
		_ = recorder.Add(sample)
		if r := g.Add(sample); r.State == gauge.Dying && o.dump == nil {
			o.dump = &foretell.AskedHeap{Asked: now}
			o.asking.Go(func() { o.ask(context.WithoutCancel(ctx), source.Server) })
		}
		o.ran = o.builder.ProcessorTime()
		if o.died.IsZero() && o.builder.Exhausted() {
			o.died = now
		}
		if !o.died.IsZero() && now.Sub(o.died) > hangGrace {
			_ = syscall.Kill(source.Server.PID, syscall.SIGKILL)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// find waits for the server to be there, with its counters.
func (o *observer) find(ctx context.Context) *watch.Source {
	for {
		if s, err := server.Find(o.builder.OutputBase); err == nil {
			if source, err := watch.Open(s); err == nil {
				if _, err := source.Header(time.Now()); err == nil {
					return source
				}
				source.Close()
			}
		} else {
			o.err = err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// ask dumps the heap, and judges whom it names.
func (o *observer) ask(ctx context.Context, s *server.Server) {
	dir := filepath.Join(o.builder.Root, "asked")
	folder := filepath.Join(dir, "measurement")
	defer os.RemoveAll(dir)
	way, err := live.Dump(ctx, s, live.DumpOptions{Dir: dir, NoPipe: true}, func(ctx context.Context, path string) error {
		o.dump.Complete = time.Now()
		summary, err := heap.Read(ctx, path, heap.ReadOptions{})
		if err != nil {
			return err
		}
		summary.Dump = "java_pid.hprof"
		text, err := json.Marshal(summary)
		if err != nil {
			return err
		}
		if summary.Owners != nil {
			o.dump.Bytes = summary.Owners.LiveBytes
		}
		return errors.Join(os.MkdirAll(folder, 0o700), os.WriteFile(filepath.Join(folder, "heap.json"), text, 0o600))
	})
	o.dump.Way = string(way)
	if err == nil {
		err = o.judge(ctx, folder)
	}
	if err != nil {
		o.dump.Error = err.Error()
	}
}

// judge asks the report, as a user would, whom the dump names.
func (o *observer) judge(ctx context.Context, folder string) error {
	ws, err := starlark.Load(ctx, o.builder.Workspace, starlark.LoadOptions{OutputBase: o.builder.OutputBase})
	if err != nil {
		return err
	}
	g, err := gather.Paths(ctx, []string{folder}, observe.ReadOptions{})
	if err != nil {
		return err
	}
	r := attribution.Conclude(ctx, g.Observations, ws, attribution.ConcludeOptions{})
	if len(r.Suspects) == 0 {
		return errors.New("the dump names nobody")
	}
	first := r.Suspects[0]
	definition := first.Definition
	if definition == nil && len(first.Candidates) > 0 {
		definition = first.Candidates[0]
	}
	named := generate.Culprit{Function: first.Name}
	if definition != nil {
		named.File = ws.Rel(definition.File)
	}
	o.dump.Named, o.dump.Right = named.String(), slices.Contains(o.scenario.Guilty, named)
	return nil
}
