// SPDX-License-Identifier: Apache-2.0

//go:build linux

// Command allocations records what builds of known culprits allocate, with a
// real Bazel 4.2.3, and keeps whom the report puts first by that:
//
//	go run ./internal/foretell/allocations
//
// from the repository's root. What is there is not built again; it can be ended
// at any time and taken up.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"example.invalid/starlark-memls/internal/accuracy/build"
	"example.invalid/starlark-memls/internal/accuracy/generate"
	"example.invalid/starlark-memls/internal/foretell"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "allocations:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("allocations", flag.ContinueOnError)
	out := flags.String("out", "internal/foretell/allocated", "where the results go")
	root := flags.String("root", "/srv/build/allocations", "a neutral folder to build in")
	bazel := flags.String("bazel", "bazel", "the binary, 4.2.3")
	only := flags.String("only", "", "only scenarios whose name begins with this")
	if err := flags.Parse(args); err != nil {
		return err
	}
	example, err := exampleStrings()
	if err != nil {
		return err
	}
	r := allocationRecorder{build.New(*bazel, *root)}
	defer r.EndServer()
	for _, s := range append([]generate.Scenario{example}, generate.Corpus(1, 0)...) {
		path := filepath.Join(*out, s.ID+".json")
		if _, err := os.Stat(path); err == nil || !strings.HasPrefix(s.ID, *only) || len(s.Guilty) == 0 {
			continue
		}
		a, err := r.record(ctx, s)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", s.ID, err)
			continue
		}
		if s.ID == example.ID {
			a.Known = knownBytes
		}
		if err := foretell.StoreAllocated(path, a); err != nil {
			return err
		}
		fmt.Printf("%s %s: first %s, right %v, %d bytes\n", time.Now().Format("15:04:05"), s.ID, a.First, a.Right, a.Bytes)
	}
	return nil
}

// knownBytes is what examples/culprits/strings builds: 512 strings, each a block
// of 256 KiB longer than the one before.
const knownBytes = 512 * 513 / 2 * 256 << 10

// exampleStrings is that workspace, which builds 32 GiB of strings.
func exampleStrings() (generate.Scenario, error) {
	s := generate.Scenario{ID: "example_strings", Kind: "strings", Files: map[string]string{}, PassLimits: []string{"1200m"},
		Guilty: []generate.Culprit{{File: "strings/concat.bzl", Function: "concat_impl"}}, Command: []string{"build", "//strings"}}
	for _, name := range []string{"WORKSPACE", "strings/BUILD", "strings/concat.bzl"} {
		text, err := os.ReadFile(filepath.Join("examples", "culprits", filepath.FromSlash(name)))
		if err != nil {
			return s, errors.Join(errors.New("run it from the repository's root"), err)
		}
		s.Files[name] = string(text)
	}
	return s, nil
}

// mib reads a limit as -Xmx takes it.
func mib(limit string) int {
	n, _ := strconv.Atoi(strings.TrimSuffix(limit, "m"))
	return n
}
