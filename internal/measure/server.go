// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"example.invalid/starlark-memls/internal/bazel/outputbase"
	"example.invalid/starlark-memls/internal/input"
)

// marker is the file that says that an output base is ours: in no other is a
// process ever ended.
const marker = "STARLARK_MEMLS_SWEEP"

// prepareOutputBase makes the output base, or takes one that we made, and
// ends what a killed sweep may have left running in it: a client, its server,
// the server's actions.
func prepareOutputBase(ctx context.Context, dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case os.IsNotExist(err) || err == nil && len(entries) == 0:
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("making the output base for the sweep: %w", err)
		}
		text := "starlark-memls sweep runs Bazel here. The folder can be deleted when no sweep is running.\n"
		if err := os.WriteFile(filepath.Join(dir, marker), []byte(text), 0o600); err != nil {
			return fmt.Errorf("making the output base for the sweep: %w", err)
		}
		return nil
	case err != nil:
		return fmt.Errorf("the output base for the sweep: %w", err)
	}
	if _, err := os.Stat(filepath.Join(dir, marker)); err != nil {
		return fmt.Errorf("%s: not an output base of a sweep; name an empty folder with --output-base", dir)
	}
	return endProcesses(ctx, dir)
}

// endPatience is how long processes that were killed may take to go.
const endPatience = 30 * time.Second

// endServer ends the server of our output base, if one runs, and waits until
// it is gone. Bazel's own shutdown is not asked: a server that thrashes would
// not answer, and it has nothing left that we need. The process that the pid
// file names must have started when Bazel says it did (outputbase tells that)
// and have our output base among its arguments.
func endServer(ctx context.Context, outputBase string) error {
	ctx, cancel := context.WithTimeout(ctx, endPatience)
	defer cancel()
	for serverRuns(outputBase) {
		ob, err := outputbase.Open(outputBase)
		if err != nil {
			return nil
		}
		pid := ob.Server.PID
		// One that is about to end has no arguments any more.
		if !dying(pid) {
			if !ownsOutputBase(pid, outputBase) && !dying(pid) {
				return fmt.Errorf("process %d, which %s names as its server, is another program: not ended", pid, outputBase)
			}
			if err := killTree(pid); err != nil {
				return fmt.Errorf("ending the Bazel server %d of %s: %w", pid, outputBase, err)
			}
		}
		if err := pause(ctx); err != nil {
			return fmt.Errorf("the Bazel server %d of %s does not end: %w", pid, outputBase, err)
		}
	}
	return nil
}

// serverRuns reports whether the server that the output base names runs.
func serverRuns(outputBase string) bool {
	ob, err := outputbase.Open(outputBase)
	return err == nil && ob.Server.Alive // an error: Bazel has not made it yet
}

// endProcesses ends the server, and then what else runs on our output base: a
// client whose sweep was killed, a server so young that its pid file is not
// there yet, actions that outlived their server.
func endProcesses(ctx context.Context, outputBase string) error {
	if err := endServer(ctx, outputBase); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, endPatience)
	defer cancel()
	for {
		pids, err := processesOf(outputBase)
		if err != nil {
			return fmt.Errorf("looking for processes of %s: %w", outputBase, err)
		}
		if len(pids) == 0 {
			return forgetServer(outputBase)
		}
		for _, pid := range pids {
			if err := killTree(pid); err != nil {
				return fmt.Errorf("ending the process %d of %s: %w", pid, outputBase, err)
			}
		}
		if err := pause(ctx); err != nil {
			return fmt.Errorf("the processes %v of %s do not end: %w", pids, outputBase, err)
		}
	}
}

// forgetServer removes the trace of a server that has ended. Where process 1
// does not reap (a container whose command is no init), it stays a zombie, and
// Bazel's next client takes a zombie that the pid file names for a server that
// cannot be killed, and exits with status 36.
func forgetServer(outputBase string) error {
	reapOrphans()
	err := os.Remove(pidFile(outputBase))
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // no server, or none yet
		return fmt.Errorf("clearing the output base: %w", err)
	}
	return nil
}

func pidFile(outputBase string) string { return filepath.Join(outputBase, "server", "server.pid.txt") }

// serverPID is the process that the output base names as its server.
func serverPID(outputBase string) (pid int, ok bool) {
	text, err := input.ReadFile(context.Background(), pidFile(outputBase), 64)
	if err != nil {
		return 0, false
	}
	pid, err = strconv.Atoi(strings.TrimSpace(string(text)))
	return pid, err == nil && pid > 0
}

func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(20 * time.Millisecond):
		return nil
	}
}
