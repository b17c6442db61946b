// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A terminal is a tmux of its own, in which the program or Neovim runs.
type terminal struct {
	program string // starlark-memls
	plugin  string // Neovim's
	nvim    string
}

// socket is the name of the tmux server: not the user's.
const socket = "starlark-memls-screens"

// typed prints a command as if it had been typed, runs it, and says that it has
// ended.
const typed = `printf '$ %s\n' "starlark-memls${*:+ $*}"; starlark-memls "$@"; printf '$ '; tmux -L ` + socket + ` wait-for -S ended; cat`

// edited runs Neovim and its screen as two processes, since one that is started
// by a loader of its own cannot start the other.
const edited = `"$@" --headless --listen "$0" </dev/tty & until [ -S "$0" ]; do sleep 0.1; done; exec "$1" --remote-ui --server "$0"`

// take writes a picture of one screen to a file.
func (t *terminal) take(ctx context.Context, s screen, root, picture string) (err error) {
	workspace, err := crash(root)
	if err != nil {
		return err
	}
	defer os.RemoveAll(root)
	defer exec.Command("tmux", "-L", socket, "kill-server").Run()

	run := append([]string{"sh", "-c", typed, "sh"}, s.args...)
	if s.editor {
		plugin, err := filepath.Abs(t.plugin)
		if err != nil {
			return err
		}
		run = []string{"sh", "-c", edited, filepath.Join(root, "nvim.socket"), t.nvim, "--clean", "-n", "-i", "NONE", "--cmd", "set runtimepath^=" + plugin, "--cmd", "set noshowcmd noruler termguicolors",
			"-c", "lua require('starlark_memls').setup { cmd = { 'starlark-memls', 'serve' } }", "+normal 50Gzt55G", "memory/eat.bzl"}
	}
	start := append([]string{"-L", socket, "-f", "/dev/null", "new-session", "-d", "-c", workspace,
		"-x", strconv.Itoa(s.columns), "-y", strconv.Itoa(s.rows), "env",
		"PATH=" + filepath.Dir(t.program) + ":" + os.Getenv("PATH"), "XDG_CACHE_HOME=" + filepath.Join(root, "cache"), "XDG_STATE_HOME=" + filepath.Join(root, "state"),
		"TERM=tmux-256color", "COLORTERM=truecolor", "TZ=UTC"}, run...)
	if err := command(ctx, ".", "tmux", start...); err != nil {
		return err
	}
	// The line of tmux itself is not part of the picture.
	if err := command(ctx, ".", "tmux", "-L", socket, "set", "-g", "status", "off"); err != nil {
		return err
	}
	if !s.editor {
		err = command(ctx, ".", "tmux", "-L", socket, "wait-for", "ended")
	} else {
		err = t.edit(ctx, s)
	}
	if err != nil {
		return err
	}
	text, err := shown(ctx)
	if err != nil {
		return err
	}
	return os.WriteFile(picture, svg(text, s.columns), 0o644)
}

// edit waits for the lens, and has Neovim go where the picture is.
func (t *terminal) edit(ctx context.Context, s screen) error {
	if err := awaitText(ctx, "memory suspect", "ran out of memory"); err != nil || s.then == "" {
		return err
	}
	if err := command(ctx, ".", "tmux", "-L", socket, "send-keys", s.then, "Enter"); err != nil {
		return err
	}
	return awaitText(ctx, s.await)
}

// awaitText waits until the screen shows one of the texts.
func awaitText(ctx context.Context, texts ...string) error {
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		text, err := shown(ctx)
		switch {
		case err != nil:
			return err
		case slices.ContainsFunc(texts, func(want string) bool { return strings.Contains(text, want) }):
			return nil
		case time.Now().After(end):
			return fmt.Errorf("the screen does not show any of %q:\n%s", texts, text)
		}
	}
}

// shown is the screen with its colours.
func shown(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "tmux", "-L", socket, "capture-pane", "-p", "-e", "-N", "-t", "0").Output()
	return string(out), err
}
