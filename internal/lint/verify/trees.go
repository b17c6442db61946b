// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"example.invalid/starlark-memls/internal/input"
)

// CopyTree copies a workspace's sources: files as links to the same contents
// where the system can, so that it costs no room. Bazel's links and version
// control are left out. What is to differ must be replaced, not written into:
// Overwrite does.
func CopyTree(ctx context.Context, from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		switch {
		case d.IsDir() && (d.Name() == ".git" || d.Name() == ".hg" || d.Name() == ".jj"):
			return fs.SkipDir
		case d.IsDir():
			return os.MkdirAll(target, 0o777)
		case d.Type()&fs.ModeSymlink != 0:
			if filepath.Dir(rel) == "." && strings.HasPrefix(d.Name(), "bazel-") {
				return nil
			}
			link, err := os.Readlink(path)
			if err != nil {
				return err
			}
			return os.Symlink(link, target)
		case !d.Type().IsRegular():
			return nil
		}
		if os.Link(path, target) == nil {
			return nil
		}
		return copyFile(ctx, path, target)
	})
}

func copyFile(ctx context.Context, from, to string) error {
	in, err := input.Open(ctx, from)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, info.Mode().Perm())
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// Overwrite puts a file in the place of one that may be linked to.
func Overwrite(path string, text []byte) error {
	mode := fs.FileMode(0o666)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	if err := os.Remove(path); err != nil {
		return err
	}
	return os.WriteFile(path, text, mode)
}

// RevisionTree writes a workspace as it was in a revision of its git
// repository. The repository is only read.
func RevisionTree(ctx context.Context, root, revision, to string) error {
	if strings.HasPrefix(revision, "-") {
		return fmt.Errorf("%s: not a revision", revision)
	}
	cmd := exec.CommandContext(ctx, "git", "archive", "--format=tar", revision)
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("git archive %s: %w", revision, err)
	}
	unpacked := unpack(tar.NewReader(out), to)
	if _, err := io.Copy(io.Discard, out); err != nil && unpacked == nil {
		unpacked = err
	}
	if err := cmd.Wait(); err != nil {
		line, _, _ := strings.Cut(strings.TrimSpace(stderr.String()), "\n")
		return fmt.Errorf("git archive %s: %s", revision, strings.TrimPrefix(line, "fatal: "))
	}
	return unpacked
}

// unpack writes an archive below a folder, and nowhere else.
func unpack(in *tar.Reader, to string) error {
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		name := filepath.FromSlash(h.Name)
		if !filepath.IsLocal(name) {
			return fmt.Errorf("the revision holds %q, a path outside of it", h.Name)
		}
		target := filepath.Join(to, name)
		switch h.Typeflag {
		case tar.TypeDir:
			err = os.MkdirAll(target, 0o777)
		case tar.TypeSymlink:
			err = os.Symlink(h.Linkname, target)
		case tar.TypeReg:
			if err = os.MkdirAll(filepath.Dir(target), 0o777); err != nil {
				return err
			}
			var out *os.File
			if out, err = os.OpenFile(target, os.O_CREATE|os.O_EXCL|os.O_WRONLY, fs.FileMode(h.Mode).Perm()); err != nil {
				return err
			}
			_, err = io.Copy(out, in)
			err = errors.Join(err, out.Close())
		}
		if err != nil {
			return err
		}
	}
}
