// SPDX-License-Identifier: Apache-2.0

package live

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"example.invalid/starlark-memls/internal/bazel/server"
)

// byFile has the JVM write a file that has no name, or loses it at once.
func byFile(ctx context.Context, s *server.Server, o DumpOptions, can canDo, read func(context.Context, string) error) error {
	dir, err := private(o.Dir)
	if err != nil {
		return err
	}
	sweep(dir)
	gzip, err := roomFor(s, dir, can.gzip)
	if err != nil {
		return err
	}
	options := "-all"
	if gzip {
		options += " -gz=1"
	}
	if can.overwrite && hasProc {
		if file, err := unnamed(dir); err == nil {
			defer file.Close()
			err := ask(ctx, s.Process(), "-overwrite "+options, fdPath(fmt.Sprint(os.Getpid()), file))
			if err == nil {
				return read(ctx, fdPath("self", file))
			}
			if !errors.Is(err, errNotOpened) {
				return outcome(s, err, nil)
			}
		}
	}
	return byName(ctx, s, dir, options, read)
}

// byName gives the JVM a name in the private folder, and takes the name away
// as soon as the file is there.
func byName(ctx context.Context, s *server.Server, dir, options string, read func(context.Context, string) error) error {
	path := filepath.Join(dir, fmt.Sprintf("%s%d-%d.hprof", dumpPrefix, os.Getpid(), time.Now().UnixNano()))
	asked := make(chan error, 1)
	go func() { asked <- ask(ctx, s.Process(), options, path) }()
	var file *os.File
	defer func() {
		os.Remove(path)
		if file != nil {
			file.Close()
		}
	}()
	for {
		if file == nil {
			if file, _ = os.Open(path); file != nil {
				os.Remove(path)
			}
		}
		select {
		case err := <-asked:
			if err != nil {
				return outcome(s, err, nil)
			}
			if file == nil { // written between two looks
				if file, err = os.Open(path); err != nil {
					return fmt.Errorf("reading the dump: %w", err)
				}
				os.Remove(path)
			}
			if hasProc {
				return read(ctx, fdPath("self", file))
			}
			return read(ctx, fmt.Sprintf("/dev/fd/%d", file.Fd()))
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// dumpPrefix begins the names of dumps that are on their way.
const dumpPrefix = "asked-"

// private makes the folder, for this user alone.
func private(dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("making a private folder: %w", err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return "", fmt.Errorf("making a private folder: %w", err)
	}
	if !info.IsDir() || info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("%s is open to others; a heap dump holds secrets: chmod 700 it", dir)
	}
	return dir, nil
}

// sweep removes what killed processes have left. The caller holds a lock of
// its own server only: a dump that another process writes has lost its name,
// or will within milliseconds, so only what is older than a minute goes.
func sweep(dir string) {
	left, _ := filepath.Glob(filepath.Join(dir, dumpPrefix+"*"))
	for _, path := range left {
		if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > time.Minute {
			os.Remove(path)
		}
	}
}

// roomFor checks the disk: the heap in use is what a dump holds, some more for
// each object's header; gzip'd it is a third at most, and usually a tenth. To
// compress takes the server longer than to write, so that it is done only where
// there is not plenty of room.
func roomFor(s *server.Server, dir string, canGzip bool) (gzip bool, err error) {
	cost, err := CostOf(s)
	if err != nil {
		return false, nil // without counters nobody knows
	}
	free, ok := freeBytes(dir)
	needs := cost.HeapBytes + cost.HeapBytes/8
	switch {
	case !ok || free > 4*needs:
		return false, nil
	case canGzip:
		gzip, needs = true, needs/2
	}
	if free < needs {
		return false, fmt.Errorf("%s: %w: some %d MiB are needed, and %d MiB are free", dir, ErrDiskFull, needs>>20, free>>20)
	}
	return gzip, nil
}
