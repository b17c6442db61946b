// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"example.invalid/starlark-memls/internal/input"
	"example.invalid/starlark-memls/internal/measurement"
)

// dumpTimeout bounds each `bazel dump` of a surviving server.
const dumpTimeout = 2 * time.Minute

// collect brings what the build left outside its folder into it: the failure
// detail and heap dumps. The build events lose the user's environment on the
// way. All of Bazel's processes have ended by now.
func (b *Bazel) collect(ctx context.Context, o BuildOptions, m Measured, folder string, start time.Time, record *measurement.Record) error {
	if err := stripEnvironment(filepath.Join(folder, "bep.json"), secretKey()); err != nil {
		return fmt.Errorf("taking the environment out of the build events: %w", err)
	}
	detail := filepath.Join(b.OutputBase, "failure_detail.rawproto")
	if err := copyIfNew(detail, filepath.Join(folder, "failure_detail.rawproto"), start); err != nil {
		return fmt.Errorf("keeping the failure detail: %w", err)
	}
	if err := b.collectDumps(ctx, o, m, folder, record); err != nil {
		return err
	}
	return b.checkNotFull(filepath.Dir(folder))
}

// dump asks the living server for its allocations. A server that has crashed
// does not answer, and one without the agent says so in the file: neither
// harms the measurement.
func (b *Bazel) dump(ctx context.Context, o BuildOptions, m Measured, folder string) {
	ctx, cancel := context.WithTimeout(ctx, dumpTimeout)
	defer cancel()
	startup := b.startup(o, m.LimitBytes)
	profile := filepath.Join(folder, "memory.pprof")
	cmd := exec.CommandContext(ctx, b.Path, b.args(startup, "dump", "--skylark_memory="+profile)...)
	cmd.Dir = b.Workspace
	if cmd.Run() != nil {
		os.Remove(profile)
		return
	}
	cmd = exec.CommandContext(ctx, b.Path, b.args(startup, "dump", "--rules")...)
	cmd.Dir = b.Workspace
	if rules, err := cmd.Output(); err == nil {
		// A failure to write shows as a part that is missing.
		_ = os.WriteFile(filepath.Join(folder, "rules.txt"), rules, 0o600)
	}
}

// move renames, or copies between file systems.
func move(from, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	if os.Rename(from, to) == nil {
		return nil
	}
	if err := copyFile(from, to); err != nil {
		return err
	}
	return os.Remove(from)
}

// createOwn makes a file that nobody else may read: evidence holds secrets.
func createOwn(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
}

// closeToOthers makes a measurement's files readable by their owner alone,
// those that Bazel wrote among them.
func closeToOthers(folder string) error {
	entries, err := os.ReadDir(folder)
	for _, entry := range entries {
		if entry.Type().IsRegular() {
			err = errors.Join(err, os.Chmod(filepath.Join(folder, entry.Name()), 0o600))
		}
	}
	return err
}

func copyFile(from, to string) (err error) {
	in, err := input.Open(context.Background(), from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := createOwn(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	_, err = io.Copy(out, in)
	return err
}

// copyIfNew copies a file that this build has written; a leftover of an
// earlier one, or none, is no error.
func copyIfNew(from, to string, since time.Time) error {
	info, err := os.Stat(from)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.ModTime().Before(since.Add(-time.Second)) {
		return nil
	}
	if err != nil {
		return err
	}
	return copyFile(from, to)
}

// writeRecord writes measurement.json whole or not at all.
func writeRecord(folder string, r measurement.Record) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	path := filepath.Join(folder, "measurement.json")
	if err := os.WriteFile(path+".tmp", append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("recording the measurement: %w", err)
	}
	return os.Rename(path+".tmp", path)
}
