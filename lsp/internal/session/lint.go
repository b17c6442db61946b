// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"path"
	"strconv"
	"time"

	"example.invalid/starlark-memls/internal/lint"
	"example.invalid/starlark-memls/internal/lint/checks"
	"example.invalid/starlark-memls/internal/lint/evidence"
	"example.invalid/starlark-memls/internal/lint/flow"
	"example.invalid/starlark-memls/internal/lint/rewrite"
	"example.invalid/starlark-memls/lsp/internal/show"
	"example.invalid/starlark-memls/starlark"
)

// lintPause is how long the sources rest before the memory checks run: they
// follow the values of the whole workspace, which takes from a tenth of a second
// to some seconds.
const lintPause = time.Second

// mostLinted is how many .bzl files a workspace may have for the memory checks to
// run by themselves: following the values of one takes 150 to 260 KiB until they are done.
const mostLinted = 3000

func lintKey(id show.FolderID) string { return "lint " + strconv.FormatInt(int64(id), 10) }

// lintSoon runs the memory checks over a folder's sources, after a pause, in
// place of those that are under way.
func lintSoon(s *Session, id show.FolderID) {
	if !s.Current().Settings.Lint {
		return
	}
	s.Background.Start(lintKey(id), lintPause, func(ctx context.Context) {
		if err := runChecks(ctx, s, id); err != nil && ctx.Err() == nil {
			s.Log.Warn("the memory checks failed", "error", err)
		}
	})
}

// runChecks runs the memory checks over what a folder's analysis was made from.
func runChecks(ctx context.Context, s *Session, id show.FolderID) error {
	f := s.Current().Folder(id)
	if f == nil || f.Analysis == nil {
		return nil
	}
	from := f.Analysis
	if n := bzlFiles(from.Workspace); n > mostLinted {
		s.Log.Info("the memory checks are left to starlark-memls lint: there are too many .bzl files to run them here", "files", n, "most", mostLinted)
		return nil
	}
	program, err := flow.Follow(ctx, from.Workspace)
	if err != nil {
		return err
	}
	found := lint.Examine(program, checks.All())
	rewrite.Attach(program, found)
	measured := evidence.New()
	evidence.AddReport(measured, from.Report)
	if len(measured.Functions) == 0 {
		measured = nil
	}
	lints := show.NewLints(from.Seen, program, lint.Weigh(found, checks.All(), measured, false).Findings)
	s.Update(func(v *show.Snapshot) bool {
		now := v.Folder(id)
		if now == nil || !v.Settings.Lint {
			return false
		}
		with := *now
		with.Lints = lints
		return v.SetFolder(&with)
	})
	s.Publisher.publish()
	if s.Current().Settings.Pull {
		s.Background.Start("refresh", 0, s.refresh)
	}
	return nil
}

func bzlFiles(w *starlark.Workspace) (n int) {
	for file := range w.Files() {
		if path.Ext(file) == ".bzl" {
			n++
		}
	}
	return n
}
