// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/docs"
	"example.invalid/starlark-memls/internal/agent"
	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/bazel/server"
	"example.invalid/starlark-memls/internal/input"
	"example.invalid/starlark-memls/internal/interrupt"
	"example.invalid/starlark-memls/internal/lint"
	"example.invalid/starlark-memls/internal/live"
	"example.invalid/starlark-memls/internal/measure"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/plain"
	"example.invalid/starlark-memls/starlark"
)

// An mcpRequest is the command line of mcp.
type mcpRequest struct {
	workspace, outputBase string
	live, builds          bool
}

func newMCP() *cobra.Command {
	var r mcpRequest
	c := &cobra.Command{
		Use:     "mcp",
		Short:   "Answer agents, by the Model Context Protocol, on stdin and stdout",
		GroupID: "setup",
		Long: `Serve the Model Context Protocol on stdin and stdout. The tools explain_crash,
suspects, evidence, next_evidence, compare, owners, findings, why_alive and lint answer
with a verdict, its certainty, the place, the reasons and what to do next, in at
most 8 KB. They only read: the evidence and the workspace's sources. No value of a
variable, no environment and no command line is in an answer, and what comes from
the repository is labelled as data.

What disturbs a living server or runs Bazel is there only if you allow it:
--allow-live adds live, which stops the workspace's server while it writes its
heap; --allow-builds adds verify_fix, which builds targets on an output base of
its own. The pages of the documentation are resources.`,
		Example: `  claude mcp add starlark-memls -- starlark-memls mcp --workspace ~/src/app
  starlark-memls mcp --allow-live --allow-builds`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			source, err := r.source(c)
			if err != nil {
				return err
			}
			version, _ := buildVersion()
			in, ok := c.InOrStdin().(io.ReadCloser)
			if !ok {
				in = io.NopCloser(c.InOrStdin())
			}
			return agent.Serve(c.Context(), source, version, in, nopCloser{plain.Raw(c.OutOrStdout())})
		},
	}
	workspaceFlag(c, &r.workspace)
	outputBaseFlag(c, &r.outputBase)
	c.Flags().BoolVar(&r.live, "allow-live", false, "agents may ask the workspace's running server for its heap")
	c.Flags().BoolVar(&r.builds, "allow-builds", false, "agents may build, on an output base of its own")
	return c
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// source is whom the tools ask.
func (r mcpRequest) source(c *cobra.Command) (agent.Backend, error) {
	root, err := findRoot(r.workspace)
	if err != nil && r.workspace != "" {
		return agent.Backend{}, err
	}
	s := agent.Backend{Root: root, Heap: heapAt, Alive: aliveAt, Pages: pages(),
		Conclude: func(ctx context.Context, paths []string) (*attribution.Report, *starlark.Workspace, error) {
			return conclude(ctx, r.workspace, paths)
		}}
	if root != "" {
		s.Lint = func(ctx context.Context, evidence []string) (*lint.RunResult, error) {
			return lintFor(ctx, root, evidence)
		}
	}
	if r.live {
		s.Live = r.askLive
	}
	if r.builds {
		s.Verify = func(ctx context.Context, targets []string) (heap.Retained, error) { return r.build(ctx, targets) }
	}
	return s, nil
}

// heapAt reads who holds a heap: of a dump, of what was kept of one, or of the
// measurement that has either.
func heapAt(ctx context.Context, path string) (agent.Heap, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		found, _, err := measurement.Open(ctx, path)
		if err != nil {
			return agent.Heap{}, err
		}
		for _, m := range found {
			for _, part := range []measurement.Part{measurement.HeapDump, measurement.HeapSummary, measurement.Retained} {
				if files := m.Parts[part]; len(files) > 0 {
					return heapAt(ctx, files[0])
				}
			}
		}
		return agent.Heap{}, fmt.Errorf("%s: there is neither a heap dump nor a retained.json in it", path)
	}
	if !strings.HasSuffix(path, ".json") {
		s, err := heap.Read(ctx, path, heap.ReadOptions{OpenOptions: heap.OpenOptions{CacheDir: heapCache()}})
		return agent.Heap{Summary: s}, err
	}
	retained, err := live.ReadRetained(ctx, path)
	if err == nil {
		return agent.Heap{Retained: &retained}, nil
	}
	const longest = 256 << 20
	text, readErr := input.ReadFile(ctx, path, longest)
	if readErr != nil {
		return agent.Heap{}, readErr
	}
	s := new(heap.Summary)
	if json.Unmarshal(text, s) != nil || s.Schema == 0 || s.Dump == "" {
		return agent.Heap{}, err
	}
	return agent.Heap{Summary: s}, nil
}

// lintFor runs all memory checks, weighed by evidence.
func lintFor(ctx context.Context, root string, evidence []string) (*lint.RunResult, error) {
	ws, err := loadWorkspace(ctx, root, ownOutputBase(root))
	if err != nil {
		return nil, err
	}
	chosen, err := chooseChecks("")
	if err != nil {
		return nil, err
	}
	measured, err := (&lintRequest{evidence: evidence}).measured(ctx, io.Discard, ws)
	if err != nil {
		return nil, err
	}
	found, err := lint.Run(ctx, ws, chosen)
	if err != nil {
		return nil, err
	}
	return lint.Weigh(found, chosen, measured, false), nil
}

func aliveAt(ctx context.Context, path string, id uint64) (string, []agent.NextStep, error) {
	found, err := pathToRoot(ctx, path, id, heap.OpenOptions{CacheDir: heapCache()})
	if err != nil {
		return "", nil, err
	}
	var steps []agent.NextStep
	for _, s := range found.Steps {
		steps = append(steps, agent.NextStep{Class: s.Class, Through: s.Through, Bytes: s.Bytes})
	}
	return found.Root, steps, nil
}

// askLive asks the workspace's running server. The user has agreed when starting.
func (r mcpRequest) askLive(ctx context.Context) (agent.Heap, error) {
	base, err := outputBaseOf(r.outputBase, r.workspace)
	if err != nil {
		return agent.Heap{}, err
	}
	s, err := server.Find(base)
	if err != nil {
		return agent.Heap{}, err
	}
	if err := s.Verify(); err != nil {
		return agent.Heap{}, err
	}
	defer interrupt.Hold(ctx)() // nothing of what the JVM writes may stay
	summary, _, err := live.Heap(ctx, s, live.DumpOptions{Dir: liveFolder(), Notice: func(string) {}}, heap.ReadOptions{})
	return agent.Heap{Summary: summary}, err
}

// build builds targets once, and says who holds the memory then. What the build
// leaves does not stay.
func (r mcpRequest) build(ctx context.Context, targets []string) (heap.Retained, error) {
	for _, target := range targets {
		if strings.HasPrefix(target, "-") {
			return heap.Retained{}, fmt.Errorf("%s: only targets can be named, no flags of Bazel", target)
		}
	}
	dir, err := os.MkdirTemp("", "starlark-memls-verify-")
	if err != nil {
		return heap.Retained{}, err
	}
	defer os.RemoveAll(dir)
	q := measure.NewRequest()
	q.Out, q.Runs, q.Warmup, q.Bazel, q.Timeout = dir, 1, 0, "bazel", time.Hour
	q.Memory = fmt.Sprintf("%dm", measure.JVMDefaultLimit()>>20)
	job, err := (&sweepRequest{Request: q, workspace: r.workspace}).job(targets, os.Getenv)
	if err != nil {
		return heap.Retained{}, err
	}
	out := filepath.Join(dir, "now")
	record, err := job.Sweep.One(ctx, out, io.Discard)
	if err != nil {
		return heap.Retained{}, err
	}
	if record.Status != measurement.OK {
		return heap.Retained{}, errors.New("the build did not pass: " + string(record.Status))
	}
	return live.ReadRetained(ctx, filepath.Join(out, "retained.json"))
}

// pages are the documents by their names.
func pages() map[string]string {
	out := map[string]string{}
	_ = fs.WalkDir(docs.Pages, ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			text, _ := docs.Pages.ReadFile(name) // it is in the program
			out[path.Clean(name)] = string(text)
		}
		return nil
	})
	return out
}
