// SPDX-License-Identifier: Apache-2.0

package bisect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A repository is a checkout, and the worktree of ours that builds are made in.
type repository struct {
	root     string // the user's, which is only read
	worktree string // ours
}

// git runs git and gives what it prints.
func git(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	// A hook or a git command around us would have us work on its index.
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); name != "GIT_DIR" && name != "GIT_WORK_TREE" && name != "GIT_INDEX_FILE" && name != "GIT_PREFIX" {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0", "LC_ALL=C")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if errors.Is(err, exec.ErrNotFound) {
		return "", errors.New("git is not installed")
	}
	if err != nil {
		said, _, _ := strings.Cut(strings.TrimSpace(stderr.String()), "\n")
		return "", fmt.Errorf("git %s: %s", args[0], strings.TrimPrefix(said, "fatal: "))
	}
	return stdout.String(), nil
}

// commits are the good revision, and those after it on the way to the bad one:
// of a merge the merge itself, because that is what was there to be built.
func (r *repository) commits(ctx context.Context, good, bad string) ([]string, error) {
	var ends [2]string
	for i, rev := range []string{good, bad} {
		out, err := git(ctx, r.root, "rev-parse", "--verify", "--quiet", "--end-of-options", rev+"^{commit}")
		if err != nil || strings.TrimSpace(out) == "" {
			return nil, errors.Join(ctx.Err(), fmt.Errorf("%s: %s is not a revision of this repository", r.root, rev))
		}
		ends[i] = strings.TrimSpace(out)
	}
	if _, err := git(ctx, r.root, "merge-base", "--is-ancestor", ends[0], ends[1]); err != nil {
		return nil, errors.Join(ctx.Err(), fmt.Errorf("%s is not an ancestor of %s: the good revision must come before the bad one", good, bad))
	}
	out, err := git(ctx, r.root, "rev-list", "--first-parent", "--reverse", ends[0]+".."+ends[1])
	if err != nil {
		return nil, err
	}
	return append([]string{ends[0]}, strings.Fields(out)...), nil
}

// open makes the worktree, or takes the one that an earlier run has left.
func (r *repository) open(ctx context.Context, commit string) error {
	if _, err := os.Stat(filepath.Join(r.worktree, ".git")); err == nil {
		return r.checkout(ctx, commit)
	}
	if _, err := git(ctx, r.root, "worktree", "prune"); err != nil {
		return err
	}
	_, err := git(ctx, r.root, "worktree", "add", "--force", "--detach", r.worktree, commit)
	return err
}

// checkout brings the worktree to a commit, with nothing left of another.
func (r *repository) checkout(ctx context.Context, commit string) error {
	if _, err := git(ctx, r.worktree, "checkout", "--force", "--detach", "--quiet", commit); err != nil {
		return err
	}
	if _, err := git(ctx, r.worktree, "clean", "-ffdxq"); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(r.worktree, ".gitmodules")); err == nil {
		_, err := git(ctx, r.worktree, "submodule", "update", "--init", "--recursive", "--force")
		return err
	}
	return nil
}

// close takes the worktree away.
func (r *repository) close() error {
	_, err := git(context.Background(), r.root, "worktree", "remove", "--force", "--force", r.worktree)
	return err
}

// A Commit is what git knows of one.
type Commit struct {
	ID      string `json:"id"`
	Author  string `json:"author"`
	Date    string `json:"date"` // of the commit, ISO 8601
	Subject string `json:"subject"`
}

func (r *repository) describe(ctx context.Context, commit string) (Commit, error) {
	out, err := git(ctx, r.root, "show", "--no-patch", "--format=%H%x00%an%x00%cI%x00%s", commit)
	if err != nil {
		return Commit{}, err
	}
	parts := strings.Split(strings.TrimSuffix(out, "\n"), "\x00")
	if len(parts) != 4 {
		return Commit{}, fmt.Errorf("git show: %q is not what was asked for", out)
	}
	return Commit{parts[0], parts[1], parts[2], parts[3]}, nil
}
