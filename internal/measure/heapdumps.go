// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/bazel/outputbase"
	"example.invalid/starlark-memls/internal/measurement"
)

// collectDumps does with the heap dumps of this build as the options say.
// coldStart has removed those of earlier builds. The JVM's own dump comes
// first: it has the stack that failed, which Bazel's comes too late for.
func (b *Bazel) collectDumps(ctx context.Context, o BuildOptions, m Measured, folder string, record *measurement.Record) error {
	dumps := heapDumps(b.OutputBase)
	slices.SortStableFunc(dumps, func(x, y string) int { return order(x) - order(y) })
	for i, dump := range dumps {
		var err error
		switch o.HeapDumps {
		case measurement.SummariseHeapDumps:
			err = b.summarise(ctx, dump, filepath.Join(folder, summaryName(i)))
			if err != nil && ctx.Err() == nil {
				// What cannot be read is kept: somebody else may.
				err = move(dump, filepath.Join(folder, filepath.Base(dump)))
			}
		case measurement.LinkHeapDumps:
			err = b.link(dump, m, folder, record)
		default:
			err = move(dump, filepath.Join(folder, filepath.Base(dump)))
		}
		if err != nil {
			return fmt.Errorf("keeping the heap dump: %w", err)
		}
	}
	return nil
}

// heapDumps are the paths of the dumps in an output base, compressed ones too.
func heapDumps(outputBase string) []string {
	paths, _ := filepath.Glob(filepath.Join(outputBase, "*.hprof*")) // the pattern is a good one
	return slices.DeleteFunc(paths, func(path string) bool { return !outputbase.IsHeapDumpName(filepath.Base(path)) })
}

func order(dump string) int {
	if strings.HasPrefix(filepath.Base(dump), "java_pid") {
		return 0
	}
	return 1
}

func summaryName(i int) string {
	if i == 0 {
		return "heap.json"
	}
	return fmt.Sprintf("heap-%d.json", i+1)
}

// summaryRows bounds each view of a summary: what is further down holds
// little.
const summaryRows = 50

// summarise writes what is worth keeping of a dump, without any values, and
// deletes it.
func (b *Bazel) summarise(ctx context.Context, dump, to string) error {
	d, err := heap.Open(ctx, dump, heap.OpenOptions{})
	if err != nil {
		return err
	}
	defer d.Close()
	if _, err := d.Analyze(ctx); err != nil && ctx.Err() != nil {
		return err
	} // else the stacks are there without the graph, and the summary says so
	text, err := json.MarshalIndent(d.Summary(heap.SummaryOptions{Rows: summaryRows}), "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(to, append(text, '\n'), 0o600); err != nil {
		return err
	}
	return os.Remove(dump)
}

// link moves a dump out of the next build's way and leaves a link to it: the
// next build clears the output base, so the dump moves next to it, under a
// name that tells which build it is of. Process ids come again; the start makes
// it unique.
func (b *Bazel) link(dump string, m Measured, folder string, record *measurement.Record) error {
	name := fmt.Sprintf("%s-%s-%s", m.Name(), record.Start.UTC().Format("20060102T150405.000"), filepath.Base(dump))
	kept := filepath.Join(filepath.Dir(b.OutputBase), "heapdumps", name)
	if err := move(dump, kept); err != nil {
		return err
	}
	record.HeapDumps = append(record.HeapDumps, kept)
	return os.Symlink(kept, filepath.Join(folder, filepath.Base(dump)))
}
