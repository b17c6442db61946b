// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"example.invalid/starlark-memls/internal/input"
	"example.invalid/starlark-memls/internal/measurement"
)

// kept are the parts that are copied, under the names they have in a
// measurement folder. Consoles are numbered from the second on.
var kept = []struct {
	part measurement.Part
	name string
}{
	{measurement.Console, "console"},
	{measurement.Profile, "profile.gz"},
	{measurement.FailureDetail, "failure_detail.rawproto"},
}

// maxParts of a kind are copied: the console and the server's own words.
const maxParts = 3

// Keep copies the small parts of a crash of the workspace and gives the folder.
// A crash that is kept already is not copied again, but where the place still
// has a part that was missing then, the fuller copy replaces the other. A part
// larger than a quarter of the limit is left out, and measurement.json's
// folder does without it.
func (a *Archive) Keep(ctx context.Context, workspace string, m measurement.Measurement) (string, error) {
	description, err := measurement.Describe(ctx, m)
	if err != nil {
		return "", err
	}
	dir := a.workspaceDir(workspace)
	id := identity(m, description)
	entries, err := a.entries(workspace)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(entries, func(e keptCrash) bool { return e.id == id })
	if i >= 0 && !fuller(m, entries[i].path) {
		return entries[i].path, nil
	}
	path := filepath.Join(dir, description.End.UTC().Format(timeForm)+"-"+id)
	err = a.kind.WriteFolder(path, func(into string) error {
		if i >= 0 {
			// What was kept first may be gone from the place by now.
			if err := copyMissing(ctx, entries[i].path, into, nil); err != nil {
				return err
			}
		}
		return a.fill(ctx, into, m, description)
	}, func(made, there string) error {
		// Another process was first. Its folder is as good, unless this one
		// replaces a poorer one.
		return copyMissing(ctx, made, there, []string{recordName})
	})
	if err != nil {
		return "", fmt.Errorf("keeping a crash: %w", err)
	}
	if i >= 0 && entries[i].path != path {
		if err := os.RemoveAll(entries[i].path); err != nil {
			return path, fmt.Errorf("keeping a crash: %w", err)
		}
	}
	a.kind.Prune(dir)
	return path, nil
}

const recordName = "measurement.json"

// identity is what tells one crash from another in the same workspace: the
// invocation id, or failing that the time and the server.
func identity(m measurement.Measurement, d measurement.Description) string {
	if id := d.InvocationID; id != "" && !strings.ContainsAny(id, `/\:`) && len(id) <= 64 {
		return id
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %d %s", d.End.Unix(), d.ServerPID, m.Path))
	return "unnamed-" + hex.EncodeToString(sum[:6])
}

// fuller reports whether the place has a kind of part that the copy lacks.
func fuller(m measurement.Measurement, path string) bool {
	for _, k := range kept {
		if len(m.Parts[k.part]) == 0 {
			continue
		}
		if _, err := os.Stat(filepath.Join(path, k.name)); errors.Is(err, fs.ErrNotExist) {
			return true
		}
	}
	return false
}

// fill writes the parts and the record into a folder.
func (a *Archive) fill(ctx context.Context, dir string, m measurement.Measurement, d measurement.Description) error {
	for _, k := range kept {
		for n, source := range m.Parts[k.part] {
			name := k.name
			if n == maxParts {
				break
			}
			if n > 0 {
				name = fmt.Sprintf("%s.%d.log", k.name, n+1)
			}
			if n > 0 && k.part != measurement.Console {
				break
			}
			err := copyFile(ctx, source, filepath.Join(dir, name), a.kind.Budget.Bytes/4)
			if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errTooLarge) {
				return err
			}
		}
	}
	text, err := json.MarshalIndent(recordOf(m, d), "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, recordName), append(text, '\n'), 0o600)
}

// recordOf says what the copied parts alone do not: the limit, the status, the
// times, and where the heap dumps are.
func recordOf(m measurement.Measurement, d measurement.Description) measurement.Record {
	r := measurement.Record{Schema: 1, MemoryLimitBytes: d.MemoryLimitBytes, Mode: d.Mode, Run: d.Run,
		BazelVersion: d.BazelVersion, Status: d.Status, FirstError: d.FirstError, ExitCode: d.ExitCode,
		InvocationID: d.InvocationID, Workspace: d.Workspace, OutputBase: d.OutputBase,
		ServerPID: d.ServerPID, HeapDumps: m.Parts[measurement.HeapDump]}
	if d.Command != "" {
		r.Command = []string{"bazel", d.Command}
	}
	if !d.Start.IsZero() {
		r.Start = &d.Start
	}
	if !d.End.IsZero() {
		r.End = &d.End
	}
	return r
}

var errTooLarge = errors.New("too large to keep")

// copyFile copies at most limit bytes and keeps the time, by which parts are
// tied together. A larger file is not copied at all: half a profile would look
// like one that was cut by the crash.
func copyFile(ctx context.Context, source, target string, limit int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	in, err := input.Open(ctx, source)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	if info.Size() > limit || !info.Mode().IsRegular() {
		return errTooLarge
	}
	out, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, io.LimitReader(in, limit))
	if err := errors.Join(err, out.Close()); err != nil {
		return err
	}
	return os.Chtimes(target, info.ModTime(), info.ModTime())
}

// copyMissing copies the files that target lacks, except those named.
func copyMissing(ctx context.Context, source, target string, except []string) error {
	list, err := os.ReadDir(source)
	if err != nil {
		return err
	}
	for _, item := range list {
		to := filepath.Join(target, item.Name())
		if _, err := os.Stat(to); err == nil || slices.Contains(except, item.Name()) {
			continue
		}
		if err := copyFile(ctx, filepath.Join(source, item.Name()), to, 1<<30); err != nil {
			return err
		}
	}
	return nil
}

// List gives the kept crashes of a workspace, newest first, each as a
// measurement with Older set: what is kept is never the state of the last
// build by itself. A folder that cannot be read is left out and told.
func (a *Archive) List(ctx context.Context, workspace string) ([]measurement.Measurement, []measurement.Warning, error) {
	entries, err := a.entries(workspace)
	if err != nil {
		return nil, nil, err
	}
	var list []measurement.Measurement
	var warnings []measurement.Warning
	for _, e := range entries {
		found, told, err := measurement.Open(ctx, e.path)
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		warnings = append(warnings, told...)
		if err != nil {
			warnings = append(warnings, measurement.Warning{Path: e.path, Message: strings.TrimPrefix(err.Error(), e.path+": ")})
			continue
		}
		for _, m := range found {
			m.Older = true
			list = append(list, m)
		}
	}
	return list, warnings, nil
}
