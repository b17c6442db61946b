// SPDX-License-Identifier: Apache-2.0

package sweep

import (
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"example.invalid/starlark-memls/internal/filecache"
	"example.invalid/starlark-memls/internal/measure"
	"example.invalid/starlark-memls/lsp/internal/paths"
	"example.invalid/starlark-memls/lsp/internal/show"
	"example.invalid/starlark-memls/lsp/internal/wire"
	"example.invalid/starlark-memls/lsp/settings"
)

// A job is a request that was checked, for one of the folders.
type job struct {
	*measure.Job
	folder show.FolderID
}

// Check checks what a command's argument asks for, as far as that can be done
// without a Bazel: the options of the command line's sweep by name, those that
// are absent being as in the settings.
func (s *Runner) Check(view *show.Snapshot, argument json.RawMessage, findLimit bool) (*job, error) {
	if !s.Trusted {
		return nil, errors.New("this workspace is not trusted: Bazel is not run in it")
	}
	r := measure.NewRequest()
	if err := lay(r, view.Settings.Sweep); err != nil {
		return nil, err
	}
	if len(argument) > 0 {
		if err := json.Unmarshal(argument, r); err != nil {
			return nil, wire.InvalidParams("invalid params: the command takes one object: %v", err)
		}
	}
	r.FindLimit = r.FindLimit || findLimit
	if r.Memory == "" && !r.FindLimit {
		r.Memory = view.Settings.Sweep.Memory
	}
	f := view.FolderArgument(paths.FromArgument(r.Workspace, ""))
	if f == nil {
		return nil, errors.New("no workspace is open; open a folder with a MODULE.bazel or WORKSPACE, or a file in one")
	}
	s.place(r, f.Root)
	checked, err := r.Job(s.ownOutputBase(f, view.Settings))
	if err != nil {
		return nil, wire.InvalidParams("%v", err)
	}
	if _, err := exec.LookPath(r.Bazel); err != nil {
		return nil, fmt.Errorf("%s: no such program; install Bazel or name it in the setting %s.bazel.executable", r.Bazel, settings.Section)
	}
	return &job{checked, f.ID}, nil
}

// ownOutputBase is the output base of a folder's own builds: "" where there is none.
func (s *Runner) ownOutputBase(f *show.Folder, chosen settings.Settings) string {
	if f.Observed != nil && f.Observed.OutputBase != "" {
		return f.Observed.OutputBase
	}
	base, err := s.Pipeline.Find(f.Root, chosen) // not looked for yet, or not to be watched
	if err != nil {
		return ""
	}
	return base.Dir
}

// lay puts the settings, which are in a request's words, over its defaults. The
// limits are not among them: a search takes those of a sweep only when it is told.
func lay(r *measure.Request, s settings.Sweep) error {
	words, err := json.Marshal(map[string]any{
		"runs": s.Runs, "warmup": s.Warmup, "mode": s.Modes, "args": s.Targets, "startup": s.Startup, "precision": s.Precision,
		"budget": s.Budget, "timeout": s.Timeout, "heap-dumps": s.HeapDumps, "bazel": s.Bazel, "output-base": s.OutputBase,
	})
	if err != nil {
		return err
	}
	if err := json.Unmarshal(words, r); err != nil {
		return fmt.Errorf("the settings %s.sweep: %w", settings.Section, err)
	}
	return nil
}

// place makes paths absolute, relative ones being in the workspace at root, and
// chooses those that are left open.
func (s *Runner) place(r *measure.Request, root string) {
	r.Workspace = filepath.FromSlash(root)
	if strings.ContainsAny(r.Bazel, `/\`) {
		r.Bazel = paths.FromArgument(r.Bazel, r.Workspace)
	}
	if r.OutputBase == "" {
		r.OutputBase = measure.OwnOutputBase(s.CacheDir, r.Workspace)
	}
	r.OutputBase = paths.FromArgument(r.OutputBase, r.Workspace)
	if r.Out == "" {
		r.Out = s.sweepFolder(root, time.Now())
	}
	r.Out = paths.FromArgument(r.Out, r.Workspace)
}

// sweepFolder is where a sweep's measurements lie if nobody says: in the
// user's cache, by workspace and time.
func (s *Runner) sweepFolder(root string, now time.Time) string {
	return filepath.Join(s.CacheDir, "sweeps", filecache.Key(root), now.Format("2006-01-02-150405.000"))
}

// command is the one that the job belongs to.
func (j *job) command() string {
	if j.Search != nil {
		return show.CommandFindLimit
	}
	return show.CommandSweep
}
