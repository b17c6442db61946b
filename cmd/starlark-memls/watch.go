// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/bazel/server"
	"example.invalid/starlark-memls/internal/gauge"
	"example.invalid/starlark-memls/internal/interrupt"
	"example.invalid/starlark-memls/internal/live"
	"example.invalid/starlark-memls/internal/report"
	"example.invalid/starlark-memls/internal/watch"
)

// A watchRequest is the command line of watch.
type watchRequest struct {
	workspace, outputBase, format, record, dumpAt string
	top                                           int    // rows of the dump's tables; 0: the dump in short
	answer                                        string // of the dump, once there is one
	arm, allocations                              bool
	every                                         time.Duration
	recorded                                      *live.Recorder // nil: allocations are not asked for
}

func newWatch() *cobra.Command {
	var r watchRequest
	c := &cobra.Command{
		Use:     "watch [flags] [-- COMMAND…]",
		Short:   "Watch the running server's heap, and say when it is about to die",
		GroupID: "measure",
		Long: `Watch the heap of the workspace's Bazel server by the JVM's own counters, which
cost it nothing: heap and limit, what is left after collections, time lost to
the collector, and whether it is idle, building, near its limit or dying. At the
end: the peak, the time lost, and, if the build passed, a first guess of the limit
that it needs. A terminal shows it in place; elsewhere there is a line when the
state changes, and every 10 s while the server is not idle.

With COMMAND, it is run, the server that it uses is watched, and the exit code
is COMMAND's. Signals are passed on to it. Lines go to standard error then, and
are few as long as all is well. --format json prints one object a line on
standard output, the last one {"summary": …}; COMMAND's own output goes to
standard error.

--dump-at asks the server for its heap: when it is dying, or when a collection
leaves that percentage of the limit in use, whichever comes first. It prints in
short who holds the heap (--top N: whole tables). With --record it also writes a
summary without contents, heap.json, into FILE's folder. The last line repeats
the answer. The server stands still for some seconds while it writes its heap.

--allocations has the server record all that it allocates (Java Flight Recorder,
some hundred samples a second), garbage and built strings too, as recording.jfr
in the folder of --record's FILE. With the build's profile in the same folder,
report shows the bytes by Starlark function. Recording stops when the server is
dying.`,
		Example: `  starlark-memls watch
  starlark-memls watch -- bazel build //...
  starlark-memls watch --dump-at dying --record build/counters.jsonl -- bazel build //...
  starlark-memls watch --allocations --record m/counters.jsonl -- bazel build --profile=$PWD/m/profile.gz --record_full_profiler_data //...`,
		RunE: func(c *cobra.Command, args []string) error {
			if at := c.ArgsLenAtDash(); at > 0 || at < 0 && len(args) > 0 {
				return usagef("the command to watch stands behind --, as in: watch -- bazel build //...")
			}
			return r.run(c, args)
		},
	}
	workspaceFlag(c, &r.workspace)
	outputBaseFlag(c, &r.outputBase)
	f := c.Flags()
	f.StringVar(&r.format, "format", "text", "text or json")
	f.StringVar(&r.record, "record", "", "record the counters in `FILE`")
	f.StringVar(&r.dumpAt, "dump-at", "never", "dying, a percentage of the limit such as 85%, or never")
	f.BoolVar(&r.arm, "arm", false, `have the server leave a heap dump if it dies, as "arm" does`)
	f.IntVar(&r.top, "top", 0, "with --dump-at: print all tables, with so many rows each (0: a short summary)")
	f.BoolVar(&r.allocations, "allocations", false, "record what the server allocates, into the folder of --record's file")
	f.DurationVar(&r.every, "every", 0, "how often a line is printed while all is well (default: 10s; 1s with --format json)")
	completeWords(c, "format", "text", "json")
	completeWords(c, "dump-at", "dying", "85%", "never")
	return c
}

func (r *watchRequest) run(c *cobra.Command, args []string) error {
	at, err := parseDumpAt(r.dumpAt)
	switch {
	case err != nil:
		return err
	case r.format != "text" && r.format != "json":
		return usagef("unknown --format %q: it is text or json", r.format)
	case r.allocations && r.record == "":
		return usagef("--allocations puts its recording beside that of the counters: give --record FILE too")
	case r.every < 0:
		return usagef("--every %v: it cannot be negative", r.every)
	case r.top < 0:
		return usagef("--top %d: it cannot be negative", r.top)
	}
	printer := r.printer(c, len(args) > 0)
	o := watch.WatchOptions{OutputBase: r.finder(args), DumpAt: at, Show: printer.Show, Notice: func(err error) { printer.Say(err.Error()) }}
	o.Found = func(ctx context.Context, s *server.Server) { r.found(ctx, s, printer) }
	if at != (watch.DumpAt{}) {
		o.Dump = func(ctx context.Context, s *server.Server, why gauge.Reading) { r.dump(ctx, c, s, why, printer) }
	}
	file := (*os.File)(nil)
	if r.record != "" {
		if file, err = os.OpenFile(r.record, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600); err != nil {
			return err
		}
		o.Record = func(h gauge.Header) (*gauge.Recorder, error) {
			// Another server than the first begins anew: one recording is
			// of one server.
			if err := errors.Join(file.Truncate(0), seekStart(file)); err != nil {
				return nil, err
			}
			return gauge.NewRecorder(file, h)
		}
	}
	if r.allocations {
		r.recorded = r.recorder(printer)
		o.Show = func(reading gauge.Reading) {
			printer.Show(reading)
			r.recorded.Show(c.Context(), reading)
		}
	}
	if len(args) > 0 {
		o.Command = r.command(c, args)
		defer interrupt.Hold(c.Context())() // the command's end is ours
		stop := handOn(o.Command)
		defer stop()
	} else if err := r.checkServer(printer); err != nil {
		return err
	}
	result, err := watch.Run(c.Context(), o)
	if r.recorded != nil {
		r.recorded.End(c.Context())
	}
	if file != nil {
		err = errors.Join(err, file.Close())
	}
	if err != nil {
		return err
	}
	needed, _ := result.Needed()
	printer.End(result, needed)
	if r.answer != "" {
		printer.Say(r.answer)
	}
	if result.ExitCode != 0 {
		return commandExit(result.ExitCode)
	}
	return nil
}

func seekStart(f *os.File) error {
	_, err := f.Seek(0, io.SeekStart)
	return err
}

// commandExit is the exit code of the command that was watched.
type commandExit int

func (e commandExit) Error() string {
	return fmt.Sprintf("the command ended with exit code %d", int(e))
}

// printer is what suits the place.
func (r *watchRequest) printer(c *cobra.Command, command bool) watch.Printer {
	every := r.every
	if every == 0 {
		every = 10 * time.Second
		if r.format == "json" {
			every = time.Second
		}
	}
	if r.format == "json" {
		return watch.NewJSON(c.OutOrStdout(), every)
	}
	if command {
		// The terminal is the command's: Bazel draws on it itself.
		return watch.NewText(c.ErrOrStderr(), "starlark-memls: ", every)
	}
	if out, ok := terminal(c.OutOrStdout()); ok {
		columns, _, _ := term.GetSize(int(out.Fd()))
		return watch.NewTerminal(out, columns, os.Getenv("NO_COLOR") == "")
	}
	return watch.NewText(c.OutOrStdout(), "", every)
}

// recorder records allocations beside --record's file, in the measurement's
// folder.
func (r *watchRequest) recorder(printer watch.Printer) *live.Recorder {
	folder := filepath.Dir(r.record)
	path := filepath.Join(folder, "recording.jfr")
	return &live.Recorder{Path: path, Dir: liveFolder(), Done: func(err error) {
		if err != nil {
			printer.Say("allocations: " + err.Error())
			return
		}
		printer.Say("allocations recorded in " + path + "; beside the build's profile (--profile=" +
			filepath.Join(folder, "profile.gz") + ") report tells them by function")
	}}
}

// finder finds the output base of the server to watch: named to us, named to
// the command, or the workspace's.
func (r *watchRequest) finder(args []string) func() (string, error) {
	named := r.outputBase
	for i, arg := range args {
		if dir, ok := strings.CutPrefix(arg, "--output_base="); ok && named == "" {
			named = dir
		} else if arg == "--output_base" && i+1 < len(args) && named == "" {
			named = args[i+1]
		}
	}
	return func() (string, error) { return outputBaseOf(named, r.workspace) }
}

// checkServer wants a server where no command will bring one, and tells what a
// dead one has left.
func (r *watchRequest) checkServer(printer watch.Printer) error {
	base, err := outputBaseOf(r.outputBase, r.workspace)
	if err != nil {
		return err
	}
	s, err := server.Find(base)
	if err != nil {
		if words, ok := watch.LastWords(base); ok {
			return fmt.Errorf("%w\n%s", err, words)
		}
		return err
	}
	f, err := s.Counters()
	if err != nil {
		return err
	}
	defer f.Close()
	if t, ok := printer.(*watch.Terminal); ok {
		if counters, err := f.Read(); err == nil {
			sample := counters.Sample()
			t.Title(fmt.Sprintf("Bazel server %d, JDK %s (%s)", s.PID, counters.JavaVersion(), sample.Collector))
		}
	}
	return nil
}

func (r *watchRequest) found(ctx context.Context, s *server.Server, printer watch.Printer) {
	if r.recorded != nil {
		r.recorded.Found(ctx, s)
	}
	if !r.arm {
		return
	}
	armed, err := live.Arm(ctx, s, liveFolder())
	if err != nil {
		printer.Say("not armed: " + err.Error())
		return
	}
	printer.Say(armed.Text(s))
}

// dump asks a server that is dying who holds its memory.
func (r *watchRequest) dump(ctx context.Context, c *cobra.Command, s *server.Server, why gauge.Reading, printer watch.Printer) {
	if r.recorded != nil {
		r.recorded.Stop(ctx) // one thing after the other
	}
	printer.Say(fmt.Sprintf("asking server %d for its heap (%s)", s.PID, why.Why))
	began := time.Now()
	summary, way, err := live.Heap(ctx, s, live.DumpOptions{Dir: liveFolder()}, heap.ReadOptions{})
	if err != nil {
		printer.Say("no heap: " + err.Error())
		return
	}
	if r.record != "" {
		if err := live.Store(summary, filepath.Join(filepath.Dir(r.record), "heap.json")); err != nil {
			printer.Say(err.Error())
		}
	}
	if j, ok := printer.(*watch.JSON); ok {
		retained, _ := summary.Retained()
		j.Encode(map[string]any{"dump": map[string]any{"way": way, "seconds": time.Since(began).Seconds(), "retained": retained}})
		return
	}
	o := report.HeapOptions{Options: report.Options{Top: r.top}, Sections: report.HeapSections{Owners: true, Threads: true}, Brief: r.top == 0}
	if root, err := findRoot(r.workspace); err == nil {
		o.Root = root
	}
	r.answer = report.HeapAnswer(summary, o.Options)
	_ = report.WriteHeapText(c.ErrOrStderr(), summary, o)
}

// parseDumpAt reads dying, 85%, never.
func parseDumpAt(text string) (watch.DumpAt, error) {
	switch text {
	case "never":
		return watch.DumpAt{}, nil
	case "dying":
		return watch.DumpAt{Dying: true}, nil
	}
	number, ok := strings.CutSuffix(text, "%")
	n, err := strconv.ParseFloat(number, 64)
	if !ok || err != nil || !(n > 0 && n <= 100) {
		return watch.DumpAt{}, usagef("--dump-at %s: it is dying, never, or a percentage of the limit such as 85%%", text)
	}
	return watch.DumpAt{Share: n / 100}, nil
}

func (r *watchRequest) command(c *cobra.Command, args []string) *exec.Cmd {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = c.InOrStdin(), c.OutOrStdout(), c.ErrOrStderr()
	if r.format == "json" {
		cmd.Stdout = c.ErrOrStderr()
	}
	return cmd
}
