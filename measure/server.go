package measure

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"starlark-memls/bazel/outputbase"
)

// marker is the file that says that an output base is ours: in no other is a
// server ever ended.
const marker = "STARLARK_MEMLS_SWEEP"

// prepareOutputBase makes the output base, or takes one that we made, and
// ends the server that a killed sweep may have left in it.
func prepareOutputBase(ctx context.Context, dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case os.IsNotExist(err) || err == nil && len(entries) == 0:
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("making the output base for the sweep: %w", err)
		}
		text := "starlark-memls sweep runs Bazel here. The folder can be deleted when no sweep is running.\n"
		if err := os.WriteFile(filepath.Join(dir, marker), []byte(text), 0o644); err != nil {
			return fmt.Errorf("making the output base for the sweep: %w", err)
		}
		return nil
	case err != nil:
		return fmt.Errorf("the output base for the sweep: %w", err)
	}
	if _, err := os.Stat(filepath.Join(dir, marker)); err != nil {
		return fmt.Errorf("%s: not an output base of a sweep; name an empty folder with --output-base", dir)
	}
	return endServer(ctx, dir)
}

// endServer ends the server of our output base, if one runs, and waits until
// it is gone. Bazel's own shutdown is not asked: a server that thrashes would
// not answer, and it has nothing left that we need.
func endServer(ctx context.Context, outputBase string) error {
	ob, err := outputbase.Open(outputBase)
	if err != nil || !ob.Server.Alive {
		return nil // Bazel has not made it yet, or nobody is there
	}
	pid := ob.Server.PID
	if !ownsOutputBase(pid, outputBase) {
		return fmt.Errorf("process %d, which %s names as its server, is another program: not ended", pid, outputBase)
	}
	if err := killTree(pid); err != nil {
		return fmt.Errorf("ending the Bazel server %d of %s: %w", pid, outputBase, err)
	}
	for {
		if ob, err := outputbase.Open(outputBase); err != nil || !ob.Server.Alive {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// namesOutputBase reports whether a process's arguments, as the system tells
// them, are those of a server of this output base.
func namesOutputBase(commandLine, outputBase string) bool {
	return strings.Contains(commandLine, "--output_base="+outputBase)
}
