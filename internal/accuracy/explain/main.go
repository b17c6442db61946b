// SPDX-License-Identifier: Apache-2.0

// Command explain tells why the field scenarios were answered as they were,
// one crash at a time:
//
//	go run ./internal/accuracy/explain [kind or scenario ...]
//
// Held-out scenarios are left out: who looks at them tunes on them.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"

	"example.invalid/starlark-memls/internal/accuracy"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, "internal/accuracy/field", os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "explain:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, dir string, wanted []string) error {
	scratch, err := os.MkdirTemp("", "explain")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	cases, err := accuracy.Load(ctx, dir, scratch)
	if err != nil {
		return err
	}
	for i := range cases {
		c := &cases[i]
		named := func(w string) bool { return strings.HasPrefix(c.ID, w) }
		if c.HeldOut() || len(wanted) > 0 && !slices.ContainsFunc(wanted, named) {
			continue
		}
		if err := accuracy.Explain(ctx, os.Stdout, c); err != nil {
			return err
		}
	}
	return nil
}
