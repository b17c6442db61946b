// SPDX-License-Identifier: Apache-2.0

// Command rulesets checks on workspaces that other people wrote that names meet
// their sources, and meet nobody else's:
//
//	go run ./internal/accuracy/rulesets DIR ...
//
// Each DIR is a checkout of a rule set. Of each it tells how many links from
// rules to their implementations are as an oracle of its own reads them from
// the syntax (links.go), where the frames of made-up crashes are placed
// (frames.go), and what the index costs.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"example.invalid/starlark-memls/starlark"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "rulesets:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, dirs []string) error {
	if len(dirs) == 0 {
		return errors.New("give the folders of some rule sets")
	}
	fmt.Println("rule set              files  cold   warm   unread  | links right missed wrong | own frames right  foreign here")
	var links linkCount
	var frames frameCount
	for _, dir := range dirs {
		l, f, err := check(ctx, dir)
		if err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
		links.add(l)
		frames.add(f)
	}
	fmt.Printf("together: links %d right, %d missed, %d wrong; own frames %d of %d right; foreign frames %d of %d placed in the main repository\n",
		links.right, links.missed, links.wrong, frames.ownRight, frames.own, frames.foreignHere, frames.foreign)
	if links.wrong+frames.foreignHere > 0 {
		return errors.New("names meet sources that are not theirs")
	}
	return nil
}

func check(ctx context.Context, dir string) (linkCount, frameCount, error) {
	scratch, err := os.MkdirTemp("", "rulesets")
	if err != nil {
		return linkCount{}, frameCount{}, err
	}
	defer os.RemoveAll(scratch)
	// The first walk reads the files into the system's cache; cold is without
	// the index's.
	if _, err := starlark.Load(ctx, dir, starlark.LoadOptions{}); err != nil {
		return linkCount{}, frameCount{}, err
	}
	options := starlark.LoadOptions{CacheDir: filepath.Join(scratch, "cache")}
	var ws *starlark.Workspace
	load := func() { ws, err = starlark.Load(ctx, dir, options) }
	cold := took(load)
	if err != nil {
		return linkCount{}, frameCount{}, err
	}
	warm := took(load)
	if err != nil {
		return linkCount{}, frameCount{}, err
	}
	unread := took(func() { ws.UnreadTargets(1 << 20) })
	links := checkLinks(ws)
	frames, err := checkFrames(ctx, ws, filepath.Join(scratch, "crashes"))
	files := 0
	for range ws.Files() {
		files++
	}
	fmt.Printf("%-20s %6d %6s %6s %7s | %11d %6d %5d | %6d of %-5d %10d of %d\n", filepath.Base(dir), files, millis(cold), millis(warm), millis(unread),
		links.right, links.missed, links.wrong, frames.ownRight, frames.own, frames.foreignHere, frames.foreign)
	return links, frames, err
}

func took(what func()) time.Duration {
	start := time.Now()
	what()
	return time.Since(start)
}

func millis(d time.Duration) string { return fmt.Sprintf("%d ms", d.Milliseconds()) }
