// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"example.invalid/starlark-memls/internal/accuracy/build"
	"example.invalid/starlark-memls/internal/accuracy/generate"
	"example.invalid/starlark-memls/internal/foretell"
)

const (
	timeLimit = 5 * time.Minute
	// hangGrace is how long a server that has said that it is out of memory
	// may take to end: 4.2.3 hangs when every thread failed to allocate.
	hangGrace = 10 * time.Second
)

// A commitBuilder builds, and notes the commit.
type commitBuilder struct {
	*build.Builder
	commit string
}

// build runs one cold build and watches its server.
func (b *commitBuilder) build(ctx context.Context, s generate.Scenario, limit int) (foretell.Outcome, []byte, error) {
	var o foretell.Outcome
	observer := &observer{builder: b, scenario: s}
	made, err := b.Run(ctx, timeLimit, limit, append([]string{"-XX:-HeapDumpOnOutOfMemoryError"}, s.JVM...),
		[]string{"build", "--keep_going", "--symlink_prefix=/", "--color=no", "--curses=no", "//..."}, observer.run)
	if err != nil {
		return o, nil, err
	}
	o.DiedAt, o.Dump, o.Ran, o.Load = observer.died, observer.dump, observer.ran, load()
	o.Died, o.ExitCode, o.Took = !o.DiedAt.IsZero(), made.Code, made.End.Sub(made.Start)
	if observer.recording.Len() == 0 || !o.Died && o.ExitCode != 0 {
		return o, nil, fmt.Errorf("%w (exit %d, %v): %.300s", errFailed, o.ExitCode, observer.err, made.Console)
	}
	return o, observer.recording.Bytes(), nil
}

// load is the machine's load average of the last minute.
func load() float64 {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), " ")
	n, _ := strconv.ParseFloat(first, 64)
	return n
}
