// SPDX-License-Identifier: Apache-2.0

package measurement

import (
	"fmt"
	"slices"
)

// The words for how a measurement is taken.

// A Mode is how much of a build is run.
type Mode string

// The modes. Skymeld interleaves analysis and execution (the default of
// Bazel 7 and later), Regular keeps them apart, NoBuild stops after analysis.
const (
	Regular Mode = "regular"
	NoBuild Mode = "nobuild"
	Skymeld Mode = "skymeld"
)

// ParseModes reads modes by name. Each counts once; none is an error.
func ParseModes(words []string) ([]Mode, error) {
	var modes []Mode
	for _, word := range words {
		mode := Mode(word)
		switch mode {
		case Regular, NoBuild, Skymeld:
		default:
			return nil, fmt.Errorf("unknown mode %q: it is regular, nobuild or skymeld", word)
		}
		if !slices.Contains(modes, mode) {
			modes = append(modes, mode)
		}
	}
	if len(modes) == 0 {
		return nil, fmt.Errorf("no mode: it is regular, nobuild or skymeld")
	}
	return modes, nil
}

// HeapDumps says what becomes of a heap dump that a crash leaves.
type HeapDumps string

// What becomes of heap dumps: summed up in heap.json (some kilobytes: stacks,
// owners of the memory, findings) and deleted; kept with the measurement; moved
// to a folder beside the output base and linked to; or not written in the first
// place.
const (
	SummariseHeapDumps HeapDumps = "summarise"
	KeepHeapDumps      HeapDumps = "keep"
	LinkHeapDumps      HeapDumps = "link"
	NoHeapDumps        HeapDumps = "none"
)

// ParseHeapDumps reads what is to become of heap dumps.
func ParseHeapDumps(word string) (HeapDumps, error) {
	known := []HeapDumps{SummariseHeapDumps, KeepHeapDumps, LinkHeapDumps, NoHeapDumps}
	if !slices.Contains(known, HeapDumps(word)) {
		return "", fmt.Errorf("unknown heap-dumps %q: it is summarise, keep, link or none", word)
	}
	return HeapDumps(word), nil
}
