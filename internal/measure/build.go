// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"example.invalid/starlark-memls/internal/measurement"
)

// A stop is why we ended a build that had not ended by itself.
type stop string

const (
	notStopped  stop = ""
	timedOut    stop = "timeout"
	interrupted stop = "interrupted"
	hung        stop = "hung" // after heap exhaustion
)

// run runs one build and records it in folder, which must exist and be empty.
// The console is also copied to progress. An interrupted build is no
// measurement: the error is then the context's.
func (b *Bazel) run(ctx context.Context, o BuildOptions, m Measured, timeout time.Duration, folder string, progress io.Writer) (measurement.Record, error) {
	if err := coldStart(ctx, b.OutputBase); err != nil {
		return measurement.Record{}, err
	}
	file, err := createOwn(filepath.Join(folder, "console"))
	if err != nil {
		return measurement.Record{}, fmt.Errorf("recording the console: %w", err)
	}
	console := newRecorder(file, progress)
	cmd := exec.Command(b.Path, b.command(o, m, folder)...)
	cmd.Dir = b.Workspace
	cmd.Stdout, cmd.Stderr = console, console
	cmd.WaitDelay = b.patience().client // for a grandchild that keeps the pipe
	ownGroup(cmd)

	start := time.Now()
	if err := cmd.Start(); err != nil {
		file.Close()
		return measurement.Record{}, fmt.Errorf("starting Bazel: %w", err)
	}
	watched := b.watch(o, folder, progress)
	stopped := b.await(ctx, cmd, console, timeout)
	end := time.Now()

	record := b.record(m, cmd, start, end)
	record.Stopped = string(stopped)
	record.Heap = watched.end()
	if err := errors.Join(console.err(), file.Close()); err != nil {
		return record, fmt.Errorf("recording the console: %w", err)
	}
	// What follows is done for an interrupted build too: no process is left.
	after := context.WithoutCancel(ctx)
	if o.Allocations && stopped == notStopped && cmd.ProcessState.Success() {
		b.dump(after, o, m, folder)
	}
	if o.Retained && stopped == notStopped && cmd.ProcessState.Success() {
		if err := b.retained(after, folder); err != nil {
			fmt.Fprintf(progress, "who holds the heap is not known: %v\n", err)
		}
	}
	b.settle(ctx, stopped)
	if err := endProcesses(after, b.OutputBase); err != nil {
		return record, err
	}
	if stopped == interrupted {
		return record, ctx.Err()
	}
	if err := b.collect(ctx, o, m, folder, start, &record); err != nil {
		return record, err
	}
	record.Command = withoutSecrets(named(record.Command, folder, m), secretKey())
	if err := closeToOthers(folder); err != nil {
		return record, fmt.Errorf("closing the measurement to others: %w", err)
	}
	return b.conclude(ctx, record, folder, stopped)
}

// named is the command as it is recorded: with the measurement's own folder
// in the place of the hidden one that it was written to.
func named(command []string, folder string, m Measured) []string {
	final := filepath.Join(filepath.Dir(folder), m.Name())
	named := make([]string, len(command))
	for i, arg := range command {
		named[i] = strings.ReplaceAll(arg, folder, final)
	}
	return named
}

// record is what is known of a build without reading what it left.
func (b *Bazel) record(m Measured, cmd *exec.Cmd, start, end time.Time) measurement.Record {
	r := measurement.Record{
		Schema:           1,
		Command:          cmd.Args,
		MemoryLimitBytes: m.LimitBytes,
		Mode:             string(m.Mode),
		Run:              m.Run,
		Warmup:           m.Warmup,
		BazelVersion:     b.Version,
		Probed:           b.probed(),
		HostCores:        runtime.NumCPU(),
		HostMemoryBytes:  hostMemoryBytes(),
		Start:            &start,
		End:              &end,
		Workspace:        b.Workspace,
		OutputBase:       b.OutputBase,
	}
	if code := cmd.ProcessState.ExitCode(); code >= 0 {
		r.ExitCode = &code
	}
	return r
}

// probed are the flags that this binary has of those that differ by version.
func (b *Bazel) probed() []string {
	var found []string
	for flag := range b.flags {
		if strings.Contains(flag, "json_trace_profile") || strings.HasSuffix(flag, "slim_profile") ||
			flag == "heap_dump_on_oom" || flag == skymeldFlag {
			found = append(found, flag)
		}
	}
	slices.Sort(found)
	return found
}

// coldStart makes sure that no server runs and that nothing is built already.
func coldStart(ctx context.Context, outputBase string) error {
	if err := endProcesses(ctx, outputBase); err != nil {
		return err
	}
	for _, name := range []string{"action_cache", "execroot", "sandbox", "command.log", "command.profile.gz",
		"failure_detail.rawproto", "exit_code_to_use_on_abrupt_exit", "server/jvm.out"} {
		if err := removeAll(filepath.Join(outputBase, name)); err != nil {
			return fmt.Errorf("clearing the output base: %w", err)
		}
	}
	for _, dump := range heapDumps(outputBase) {
		if err := os.Remove(dump); err != nil {
			return fmt.Errorf("clearing the output base: %w", err)
		}
	}
	return nil
}

// removeAll removes a tree in which Bazel has made folders read-only.
func removeAll(path string) error {
	if os.RemoveAll(path) == nil {
		return nil
	}
	_ = filepath.WalkDir(path, func(p string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			return os.Chmod(p, 0o755)
		}
		return err
	})
	return os.RemoveAll(path)
}

// conclude adds to the record how the build ended, from what it left, and
// writes it: measurement.json is the last file of a measurement.
func (b *Bazel) conclude(ctx context.Context, r measurement.Record, folder string, stopped stop) (measurement.Record, error) {
	if err := writeRecord(folder, r); err != nil {
		return r, err
	}
	found, _, err := measurement.Open(ctx, folder)
	if err != nil {
		return r, err
	}
	if len(found) != 1 {
		return r, errors.New("the build left nothing that could be read")
	}
	d, err := measurement.Describe(ctx, found[0])
	if err != nil {
		return r, err
	}
	r.Status, r.FirstError, r.InvocationID, r.ServerPID = d.Status, d.FirstError, d.InvocationID, d.ServerPID
	// A server that we ended tells of its end as if it had died.
	inItsWords := r.Status == measurement.OutOfMemory || r.Status == measurement.GCThrashing
	switch why := startupFailure(filepath.Join(folder, "console")); {
	case why != "":
		r.Status, r.FirstError = measurement.Failed, measurement.NeverStartedWords+measurement.Limit(r.MemoryLimitBytes).String()+": "+why
	case stopped == timedOut && !inItsWords:
		r.Status = measurement.Timeout
	case stopped == hung && !inItsWords:
		r.Status = measurement.OutOfMemory
	}
	return r, writeRecord(folder, r)
}
