// SPDX-License-Identifier: Apache-2.0

package dump

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// A Phase is the memory at one boundary of the build, after a forced full GC:
// what the build really held there.
type Phase struct {
	Name    string // "Load and analyze dependencies"
	Heap    Usage
	NonHeap Usage
}

// Usage is a java.lang.management.MemoryUsage. A value that was not told is
// -1, as is a Max without a bound.
type Usage struct {
	InitBytes, UsedBytes, CommittedBytes, MaxBytes int64
}

// Phases is a --memory_profile file.
type Phases struct {
	Phases []Phase // in the build's order
	// Cut: the last line was not whole; the phases after it are missing,
	// because the server died in them.
	Cut bool
}

const maxPhaseLine = 4 << 10

var unknownUsage = Usage{-1, -1, -1, -1}

// ReadPhases reads a --memory_profile file: lines
// "<phase>:<heap|non-heap>:<init|used|commited|max>:<bytes>" ("commited" is
// Bazel's spelling), eight a phase, appended as the build goes along. The error
// is that of r or ctx.
func ReadPhases(ctx context.Context, r io.Reader) (*Phases, error) {
	result := &Phases{}
	reader := bufio.NewReaderSize(r, maxPhaseLine)
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return result, ctx.Err()
		}
		line, err := reader.ReadSlice('\n')
		switch {
		case err == io.EOF:
			// Without its line end a number may lack digits.
			result.Cut = result.Cut || len(line) > 0
			return result, nil
		case errors.Is(err, bufio.ErrBufferFull):
			result.Cut = true
			return result, nil
		case err != nil:
			return result, fmt.Errorf("reading memory profile: %w", err)
		}
		result.add(strings.TrimRight(string(line), "\r\n"))
	}
}

// add takes one line. One that has not the form is left out: the file has no
// other kind of line in any version.
func (p *Phases) add(line string) {
	head, number, ok := cutLast(line)
	if !ok {
		return
	}
	bytes, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return
	}
	head, what, ok := cutLast(head)
	if !ok {
		return
	}
	name, area, ok := cutLast(head)
	if !ok || area != "heap" && area != "non-heap" {
		return
	}
	if len(p.Phases) == 0 || p.Phases[len(p.Phases)-1].Name != name {
		p.Phases = append(p.Phases, Phase{Name: name, Heap: unknownUsage, NonHeap: unknownUsage})
	}
	phase := &p.Phases[len(p.Phases)-1]
	usage := &phase.Heap
	if area == "non-heap" {
		usage = &phase.NonHeap
	}
	switch what {
	case "init":
		usage.InitBytes = bytes
	case "used":
		usage.UsedBytes = bytes
	case "commited", "committed":
		usage.CommittedBytes = bytes
	case "max":
		usage.MaxBytes = bytes
	}
}

// cutLast cuts at the last colon; a phase's name may hold others.
func cutLast(s string) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}
