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
	"strings"
	"time"

	"starlark-memls/measurement"
)

// How long each step of stopping a build may take before the next one, and
// how long a server may go on after its heap dump is complete.
const (
	interruptGrace = 10 * time.Second
	clientGrace    = 5 * time.Second
	afterDump      = 15 * time.Second
	watchEvery     = 500 * time.Millisecond
)

// A stop is why we ended a build that had not ended by itself.
type stop string

const (
	notStopped  stop = ""
	timedOut    stop = "timeout"
	interrupted stop = "interrupted"
	hung        stop = "hung" // after heap exhaustion, with a complete heap dump
)

// run runs one build and records it in folder, which must exist and be empty.
// The console is also copied to progress. An interrupted build is no
// measurement: the error is then the context's.
func (b *Bazel) run(ctx context.Context, o Options, m Measured, timeout time.Duration, folder string, progress io.Writer) (measurement.Record, error) {
	if err := coldStart(ctx, b.OutputBase); err != nil {
		return measurement.Record{}, err
	}
	console, err := os.Create(filepath.Join(folder, "console"))
	if err != nil {
		return measurement.Record{}, fmt.Errorf("recording the console: %w", err)
	}
	defer console.Close()

	cmd := exec.Command(b.Path, b.command(o, m, folder)...)
	cmd.Dir = b.Workspace
	cmd.Stdout = io.MultiWriter(console, progress)
	cmd.Stderr = cmd.Stdout
	ownGroup(cmd)

	start := time.Now()
	if err := cmd.Start(); err != nil {
		return measurement.Record{}, fmt.Errorf("starting Bazel: %w", err)
	}
	stopped := b.await(ctx, cmd, start, timeout)
	end := time.Now()

	record := b.record(m, cmd, start, end)
	if err := console.Close(); err != nil {
		return record, fmt.Errorf("recording the console: %w", err)
	}
	if err := b.collect(context.WithoutCancel(ctx), o, m, folder, start, stopped); err != nil {
		return record, err
	}
	if err := endServer(context.WithoutCancel(ctx), b.OutputBase); err != nil {
		return record, err
	}
	if stopped == interrupted {
		return record, ctx.Err()
	}
	return b.conclude(ctx, record, folder, stopped)
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
		HostCores:        runtime.NumCPU(),
		HostMemoryBytes:  hostMemoryBytes(),
		Start:            &start,
		End:              &end,
		Workspace:        b.Workspace,
		OutputBase:       b.OutputBase,
	}
	for flag := range b.flags {
		if strings.Contains(flag, "json_trace_profile") || strings.HasSuffix(flag, "slim_profile") ||
			flag == "heap_dump_on_oom" || flag == skymeldFlag {
			r.Probed = append(r.Probed, flag)
		}
	}
	if code := cmd.ProcessState.ExitCode(); code >= 0 {
		r.ExitCode = &code
	}
	return r
}

// coldStart makes sure that no server runs and that nothing is built already.
func coldStart(ctx context.Context, outputBase string) error {
	if err := endServer(ctx, outputBase); err != nil {
		return err
	}
	for _, name := range []string{"action_cache", "execroot", "command.log", "command.profile.gz",
		"failure_detail.rawproto", "exit_code_to_use_on_abrupt_exit"} {
		if err := removeAll(filepath.Join(outputBase, name)); err != nil {
			return fmt.Errorf("clearing the output base: %w", err)
		}
	}
	dumps, _ := filepath.Glob(filepath.Join(outputBase, "*.hprof"))
	for _, dump := range dumps {
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

// await waits for the client to exit and stops the build where it must be.
func (b *Bazel) await(ctx context.Context, cmd *exec.Cmd, start time.Time, timeout time.Duration) stop {
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		// The exit status is read from ProcessState; an error of copying
		// the console shows in the console.
		_ = cmd.Wait()
	}()
	deadline := time.NewTimer(timeout)
	defer deadline.Stop()
	watch := time.NewTicker(watchEvery)
	defer watch.Stop()
	for {
		var why stop
		select {
		case <-exited:
			return notStopped
		case <-ctx.Done():
			why = interrupted
		case <-deadline.C:
			why = timedOut
		case now := <-watch.C:
			if done, ok := dumpCompleted(b.OutputBase, start); !ok || now.Sub(done) < afterDump {
				continue
			}
			why = hung
		}
		b.stop(context.WithoutCancel(ctx), cmd, exited, why)
		return why
	}
}

// stop ends a build, from polite to final.
func (b *Bazel) stop(ctx context.Context, cmd *exec.Cmd, exited <-chan struct{}, why stop) {
	if why != hung { // a hung server does not hear
		interrupt(cmd)
		if gone(exited, interruptGrace) {
			return
		}
	}
	// An error here is not lost: the server is ended once more, and then
	// reported, after the build.
	_ = endServer(ctx, b.OutputBase)
	if !gone(exited, clientGrace) {
		killGroup(cmd)
		<-exited
	}
}

func gone(exited <-chan struct{}, within time.Duration) bool {
	select {
	case <-exited:
		return true
	case <-time.After(within):
		return false
	}
}

// dumpCompleted tells when the JVM's heap dump of this build was complete.
// jvm.out announces it: "Heap dump file created [N bytes in S secs]".
func dumpCompleted(outputBase string, start time.Time) (time.Time, bool) {
	path := filepath.Join(outputBase, "server", "jvm.out")
	info, err := os.Stat(path)
	if err != nil || info.ModTime().Before(start) || info.Size() > 1<<20 {
		return time.Time{}, false
	}
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), "Heap dump file created") {
		return time.Time{}, false
	}
	return info.ModTime(), true
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
	switch {
	case stopped == timedOut && !r.Status.Crashed():
		r.Status = measurement.Timeout
	case stopped == hung && !r.Status.Crashed():
		r.Status = measurement.OutOfMemory
	}
	return r, writeRecord(folder, r)
}
