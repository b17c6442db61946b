// SPDX-License-Identifier: Apache-2.0

// Command screens takes pictures of what a user sees: the same commands on the
// same crash in terminals of 80 and 160 columns, and Neovim in one of 120, with
// the program as it is and as it was at an earlier commit (docs/screens.md). It
// needs tmux, git and, for Neovim, --nvim.
package main

import (
	"context"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"
)

// A screen is one picture: a command typed in a terminal of so many columns.
type screen struct {
	name          string
	columns, rows int
	args          []string // of starlark-memls
	editor        bool     // Neovim on the function that is to blame, instead
	then, await   string   // what is typed there when its lens is shown, and what that shows
}

var screens = []screen{
	{name: "bare-80", columns: 80, rows: 24},
	{name: "report-80", columns: 80, rows: 40, args: []string{"report"}},
	{name: "report-160", columns: 160, rows: 40, args: []string{"report"}},
	{name: "series-80", columns: 80, rows: 40, args: []string{"report", "measurements"}},
	{name: "compare-80", columns: 80, rows: 24, args: []string{"compare", "measurements/600m-1", "measurements/200m-1"}},
	{name: "stats-160", columns: 160, rows: 24, args: []string{"stats", "--format", "table", "measurements"}},
	{name: "doctor-80", columns: 80, rows: 24, args: []string{"doctor"}},
	{name: "sweep-80", columns: 80, rows: 24, args: []string{"sweep", "--out", "series", "--", "//..."}},
	{name: "nvim-120", columns: 120, rows: 40, editor: true},
	{name: "health-120", columns: 120, rows: 40, editor: true, then: ":checkhealth starlark_memls", await: "OK"},
}

func main() {
	out := flag.String("out", "docs/images/screens", "folder of the pictures")
	root := flag.String("root", "/srv/build/screens", "where the crash lies, as the pictures show it; must not be there yet")
	before := flag.String("before", "a097b06", "the earlier `COMMIT`")
	nvim := flag.String("nvim", "", "Neovim's `PROGRAM`; without it Neovim's pictures are left as they are")
	only := flag.String("only", "", "no pictures but those whose names match this `REGEXP`")
	flag.Parse()
	if err := run(context.Background(), *out, *root, *before, *nvim, *only); err != nil {
		fmt.Fprintln(os.Stderr, "screens:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out, root, before, nvim, only string) (err error) {
	wanted, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "screens")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	then, err := earlier(ctx, work, before)
	if err != nil {
		return err
	}
	for _, v := range []struct{ name, sources string }{{"before", then}, {"after", "."}} {
		program := filepath.Join(work, v.name, "bin", "starlark-memls")
		if err := build(ctx, v.sources, program); err != nil {
			return err
		}
		terminal := &terminal{program: program, plugin: filepath.Join(v.sources, "editors", "nvim"), nvim: nvim}
		for _, s := range screens {
			if s.editor && nvim == "" || !wanted.MatchString(s.name) {
				continue
			}
			if err := terminal.take(ctx, s, root, filepath.Join(out, s.name+"-"+v.name+".svg")); err != nil {
				return fmt.Errorf("%s, %s: %w", s.name, v.name, err)
			}
		}
	}
	return nil
}

// earlier unpacks the sources of a commit.
func earlier(ctx context.Context, work, commit string) (string, error) {
	dir := filepath.Join(work, "sources")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return "", err
	}
	archive := filepath.Join(work, "sources.tar")
	if err := command(ctx, ".", "git", "archive", "-o", archive, commit); err != nil {
		return "", err
	}
	return dir, command(ctx, dir, "tar", "xf", archive)
}

func build(ctx context.Context, sources, program string) error {
	return command(ctx, sources, "go", "build", "-o", program, "./cmd/starlark-memls")
}

func command(ctx context.Context, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %q: %w\n%s", name, args, err, out)
	}
	return nil
}

// crash makes at root a workspace whose last build has died: the example, and
// what its second build at 200 MiB left, as an output base holds it.
func crash(root string) (workspace string, err error) {
	workspace = filepath.Join(root, "eater")
	base := filepath.Join(root, "output-base")
	if err := os.CopyFS(workspace, os.DirFS("examples/memory-eater")); err != nil {
		return "", err
	}
	died := time.Date(2026, 11, 21, 10, 0, 36, 0, time.UTC)
	if err := unedited(workspace, died.Add(-time.Hour)); err != nil {
		return "", err
	}
	execroot := filepath.Join(base, "execroot", "_main")
	if err := os.MkdirAll(execroot, 0o755); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(base, "DO_NOT_BUILD_HERE"), []byte(workspace), 0o644); err != nil {
		return "", err
	}
	for from, to := range map[string]string{"profile.gz": "command.profile.gz", "console": "command.log"} {
		text, err := os.ReadFile(filepath.Join(workspace, "measurements", "200m-2", from))
		if err != nil {
			return "", err
		}
		name := filepath.Join(base, to)
		if err := os.WriteFile(name, text, 0o644); err != nil {
			return "", err
		}
		if err := os.Chtimes(name, died, died); err != nil {
			return "", err
		}
	}
	return workspace, os.Symlink(execroot, filepath.Join(workspace, "bazel-eater"))
}

// unedited has all sources be older than the crash.
func unedited(workspace string, at time.Time) error {
	return filepath.WalkDir(workspace, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return os.Chtimes(path, at, at)
	})
}
