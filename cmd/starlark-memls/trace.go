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

	"example.invalid/starlark-memls/internal/bazel/trace"
	"example.invalid/starlark-memls/internal/export"
	"example.invalid/starlark-memls/internal/gauge"
	"example.invalid/starlark-memls/internal/input"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/report"
)

// A traceRequest is the command line of trace.
type traceRequest struct {
	workspace, out string
	repair, redact bool
}

func newTrace() *cobra.Command {
	var r traceRequest
	c := &cobra.Command{
		Use:     "trace --repair PROFILE",
		Short:   "Repair a profile that was cut, and mark the findings in it",
		GroupID: "look",
		Long: `Write a trace profile again, so that Perfetto (ui.perfetto.dev), chrome://tracing
and speedscope open it: one that was cut because the server died has every event
that was recorded before, whether the JSON or the gzip stream is cut.

What is found in it stands in it as instant events of the category
"starlark-memls": where the profile is cut and what is lost, when collections
began to take most of the time, the end with the first suspects, each thread's
last Starlark call, packages that were evaluated again. PROFILE may be a
measurement's folder, whose other evidence is then used as well, and whose record
of the heap (counters.jsonl) becomes a track.

--redact writes names of functions, targets and files as hashes.`,
		Example: `  starlark-memls trace --repair "$(bazel info output_base)"/command.profile.gz -o crash.json`,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if !r.repair {
				return usagef("trace does one thing so far: --repair PROFILE")
			}
			return r.run(c, absolute(args)[0])
		},
	}
	f := c.Flags()
	f.BoolVar(&r.repair, "repair", false, "write a whole profile")
	f.StringVarP(&r.out, "out", "o", "", "write to `FILE` (default: stdout)")
	f.BoolVar(&r.redact, "redact", false, "names of functions, targets and files as hashes")
	workspaceFlag(c, &r.workspace)
	return c
}

func (r *traceRequest) run(c *cobra.Command, path string) error {
	profile, counters, err := profileAt(c.Context(), path)
	if err != nil {
		return err
	}
	repair := export.Repair{Redact: r.redact}
	if !r.redact {
		concluded, ws, err := conclude(c.Context(), r.workspace, []string{path})
		switch {
		case c.Context().Err() != nil || err != nil && r.workspace != "":
			return err
		case err == nil: // else it holds events, but nothing that speaks of anybody
			root := shownRoot(r.workspace, ws)
			repair.Marks = export.Marks(concluded, report.Answer(concluded, report.Options{Root: root}), export.StackOptions{Root: root})
		}
	}
	in, err := input.Open(c.Context(), profile)
	if err != nil {
		return err
	}
	defer in.Close()
	if counters != "" {
		if repair.Heap, err = heapTrack(c.Context(), profile, counters); err != nil {
			fmt.Fprintf(c.ErrOrStderr(), "starlark-memls: %s: not in the profile: %v\n", counters, err)
		}
	}
	out, finish, err := r.output(c, profile)
	if err != nil {
		return err
	}
	sum, err := repair.Write(c.Context(), out, in)
	if err == nil && sum.Events == 0 {
		err = errors.New("there is no event in it to write: " + sum.Damage)
	}
	if err := finish(err); err != nil {
		return fmt.Errorf("%s: %w", profile, err)
	}
	if sum.Damage != "" {
		fmt.Fprintf(c.ErrOrStderr(), "starlark-memls: %s: %s; what came before is there: %d events\n", profile, sum.Damage, sum.Events)
	}
	return nil
}

// output is where the profile goes. A file that could not be written to its end
// does not stay.
func (r *traceRequest) output(c *cobra.Command, profile string) (io.Writer, func(error) error, error) {
	if r.out == "" {
		return c.OutOrStdout(), func(err error) error { return err }, nil
	}
	if is, err := os.Stat(r.out); err == nil {
		if of, err := os.Stat(profile); err == nil && os.SameFile(is, of) {
			return nil, nil, usagef("-o %s is the profile itself: evidence is never changed", r.out)
		}
	}
	file, err := os.Create(r.out)
	if err != nil {
		return nil, nil, err
	}
	return file, func(err error) error {
		err = errors.Join(err, file.Close())
		if err != nil {
			_ = os.Remove(r.out)
		}
		return err
	}, nil
}

// profileAt is the profile that a path means, and the record of the heap beside
// it, if any.
func profileAt(ctx context.Context, path string) (profile, counters string, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", "", err
	}
	if !info.IsDir() {
		return path, "", nil
	}
	found, _, err := measurement.Open(ctx, path)
	if err != nil {
		return "", "", err
	}
	var with []measurement.Measurement
	for _, m := range found {
		if len(m.Parts[measurement.Profile]) > 0 && !m.Older {
			with = append(with, m)
		}
	}
	switch len(with) {
	case 0:
		return "", "", fmt.Errorf("%s: there is no profile in it", path)
	case 1:
	default:
		return "", "", fmt.Errorf("%s: it holds %d measurements; name one of them, %s", path, len(with), filepath.Base(with[0].Path))
	}
	if c := with[0].Parts[measurement.Counters]; len(c) > 0 {
		counters = c[0]
	}
	return with[0].Parts[measurement.Profile][0], counters, nil
}

// heapTrack is a record of the heap in the profile's time. A profile tells when
// it began: to the millisecond from 8 on, to the second before.
func heapTrack(ctx context.Context, profile, counters string) ([]export.HeapSample, error) {
	in, err := input.Open(ctx, profile)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	sum, err := trace.Read(ctx, in, func(*trace.Event) error { return nil }, trace.Select(trace.CategoryPhaseMarker))
	if err != nil {
		return nil, err
	}
	began := time.UnixMilli(sum.Header.StartMillis)
	if sum.Header.StartMillis == 0 {
		if began, err = time.Parse(time.UnixDate, sum.Header.Date); err != nil {
			return nil, errors.New("the profile does not tell when it began")
		}
	}
	file, err := input.Open(ctx, counters)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	recording, err := gauge.Read(file)
	if err != nil {
		return nil, err
	}
	var track []export.HeapSample
	for _, s := range recording.Samples {
		track = append(track, export.HeapSample{Micros: s.At.Sub(began).Microseconds(), UsedBytes: s.UsedBytes, LimitBytes: s.LimitBytes})
	}
	return track, nil
}
