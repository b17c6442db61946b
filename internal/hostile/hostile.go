// SPDX-License-Identifier: Apache-2.0

//go:build unix

// Package hostile makes files and folders that somebody wrote to do harm, or
// that a disk, a link or a kernel made so, for tests that run the whole program
// on them. Each is small where it lies on the disk, or says so.
package hostile

import (
	"os"
	"path/filepath"
)

// An Input is one such thing.
type Input struct {
	Kind, Name string
	// Make writes it below a folder, which is empty and the current one of
	// what Args runs.
	Make func(dir string) error
	// Args is the command line of the program.
	Args []string
	// Unpacked is how much the reader says that it reads of it, in bytes,
	// where that is much.
	Unpacked int64
	// Waits: it is read until a signal comes.
	Waits bool
	// Refused: it must not be read, so the program must fail.
	Refused bool
}

// Inputs are all of them.
func Inputs() []Input {
	var all []Input
	for _, some := range [][]Input{
		sources(), measurements(), outputBases(), pipes(), bombs(), profiles(), lines(),
		heapDumps(), samples(), records(), texts(), fileNames(), folders(), startupFiles(), tables(),
	} {
		all = append(all, some...)
	}
	return all
}

// put writes a file and the folders around it.
func put(dir, name string, content []byte) error {
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o600)
}

// files is a Make that writes files.
func files(contents map[string]string) func(string) error {
	return func(dir string) error {
		for name, text := range contents {
			if err := put(dir, name, []byte(text)); err != nil {
				return err
			}
		}
		return nil
	}
}

// both runs one Make after the other.
func both(first, second func(string) error) func(string) error {
	return func(dir string) error {
		if err := first(dir); err != nil {
			return err
		}
		return second(dir)
	}
}
