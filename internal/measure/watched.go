// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/bazel/server"
	"example.invalid/starlark-memls/internal/gauge"
	"example.invalid/starlark-memls/internal/live"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/watch"
)

// A watching follows the server of one build by its counters, from the side: a
// server without them is a measurement like any other.
type watching struct {
	stop        context.CancelFunc
	done        chan watch.Observed
	allocations *live.Recorder // nil: they are not recorded
}

// watch begins to record the counters of this build's server in folder, and
// what it allocates where that is wanted.
func (b *Bazel) watch(o BuildOptions, folder string, progress io.Writer) *watching {
	ctx, stop := context.WithCancel(context.Background())
	w := &watching{stop: stop, done: make(chan watch.Observed, 1)}
	if o.FlightRecording {
		w.allocations = &live.Recorder{Path: filepath.Join(folder, "recording.jfr"), Dir: b.askedFolder(), Done: func(err error) {
			if err != nil {
				fmt.Fprintf(progress, "allocations are not known: %v\n", err)
			}
		}}
	}
	go func() {
		var file *os.File
		result, _ := watch.Run(ctx, watch.WatchOptions{
			OutputBase: func() (string, error) { return b.OutputBase, nil },
			Awaited:    true,
			Found: func(ctx context.Context, s *server.Server) {
				if w.allocations != nil {
					w.allocations.Found(ctx, s)
				}
			},
			Show: func(r gauge.Reading) {
				if w.allocations != nil {
					w.allocations.Show(ctx, r)
				}
			},
			Record: func(h gauge.Header) (*gauge.Recorder, error) {
				if file != nil {
					file.Close()
				}
				var err error
				if file, err = os.OpenFile(filepath.Join(folder, "counters.jsonl"), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600); err != nil {
					return nil, err
				}
				return gauge.NewRecorder(file, h)
			},
		})
		if file != nil {
			file.Close()
		}
		w.done <- result
	}()
	return w
}

// end ends the watching and sums it up; nil where there were no counters.
func (w *watching) end() *measurement.HeapRecord {
	w.stop()
	if w.allocations != nil {
		w.allocations.End(context.Background())
		os.RemoveAll(w.allocations.Dir)
	}
	s := (<-w.done).BuildSummary
	if s.Samples == 0 {
		return nil
	}
	r := &measurement.HeapRecord{PeakBytes: s.PeakBytes, PausedMicros: s.Paused.Microseconds(), FullCollections: s.FullCollections, DyingWhy: s.DyingWhy}
	if s.PeakAfterBytes >= 0 {
		r.PeakAfterBytes = &s.PeakAfterBytes
	}
	if lead, ok := s.Foretold(); ok {
		micros := lead.Microseconds()
		r.ForetoldMicros = &micros
	}
	return r
}

// askedFolder is a private folder for what the server is asked to write.
func (b *Bazel) askedFolder() string { return filepath.Join(b.OutputBase, "starlark-memls-asked") }

// retained asks the living server, which is ours, who holds its heap.
func (b *Bazel) retained(ctx context.Context, folder string) error {
	s, err := server.Find(b.OutputBase)
	if err != nil {
		return err
	}
	private := b.askedFolder()
	defer os.RemoveAll(private)
	summary, _, err := live.Heap(ctx, s, live.DumpOptions{Dir: private}, heap.ReadOptions{})
	if err != nil {
		return err
	}
	r, ok := summary.Retained()
	if !ok {
		return errors.New("the heap could not be followed")
	}
	text, err := json.MarshalIndent(r.RelativeTo(b.Workspace), "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "retained.json"), append(text, '\n'), 0o600)
}
