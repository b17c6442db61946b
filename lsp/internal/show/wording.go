// SPDX-License-Identifier: Apache-2.0

package show

// The words that editors show. Numbers carry what they are of: n of m
// crashes, bytes with their unit, never a bare percentage.

import (
	"fmt"
	"strings"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/internal/quantity"
	"example.invalid/starlark-memls/internal/report"
)

// FunctionTitle is a function's lens.
func FunctionTitle(m functionAnnotation) string {
	s, e := m.Suspect, m.Suspect.Evidence
	parts := []string{fmt.Sprintf("#%d memory suspect", s.Rank)}
	if crashes, _ := e.Number(attribution.Crashes); crashes > 0 {
		of := quantity.Count(int(crashes), "crash", "crashes")
		if n, _ := e.Number(attribution.CrashFrames); n > 0 {
			parts = append(parts, fmt.Sprintf("on the stack of %.0f of %s", n, of))
		} else if n, _ := e.Number(attribution.ActiveAtCrash); n > 0 {
			parts = append(parts, fmt.Sprintf("active in %.0f of %s", n, of))
		}
	}
	if n, ok := e.Number(attribution.RetainedBytes); ok {
		held := "retains " + quantity.Bytes(int64(n))
		if m.living != "" {
			held += " (" + m.living + ")"
		}
		parts = append(parts, held)
	}
	if n, ok := e.Number(attribution.AllocatedBytes); ok {
		parts = append(parts, "allocates "+quantity.Bytes(int64(n)))
	}
	if n, _ := e.Number(attribution.GCEvents); n > 0 {
		gc := quantity.Count(int(n), "GC", "GCs")
		if pause, ok := e.Number(attribution.GCPauseMicros); ok {
			gc += " (" + quantity.Micros(int64(pause)) + ")"
		}
		parts = append(parts, gc)
	}
	if whose := m.whose(); whose != "" {
		parts = append(parts, whose)
	} else if m.ambiguous() {
		if others := len(s.Candidates) - 1; others > 0 {
			parts = append(parts, "or "+quantity.Count(others, "other", "others")+" of this name")
		}
	}
	if s.Stale {
		parts = append(parts, "stale: edited since")
	}
	return strings.Join(parts, " · ")
}

// lineLabel is a line's inlay hint, or "" where nothing on it is worth one.
func lineLabel(e attribution.LineEvidence, minBytes int64) string {
	var parts []string
	if e.CrashFrames > 0 {
		parts = append(parts, quantity.Count(e.CrashFrames, "crash", "crashes")+" here")
	}
	if e.AllocatedBytes >= max(minBytes, 1) {
		parts = append(parts, quantity.Bytes(e.AllocatedBytes)+" allocated")
	}
	for _, local := range e.Locals {
		if local.Bytes() >= max(minBytes, 1) {
			parts = append(parts, local.Name+": "+LocalSize(local))
		}
	}
	return strings.Join(parts, " · ")
}

// DiedText begins a sentence about a crash.
func DiedText(c *attribution.Crash) string {
	text := "Bazel crashed"
	if report.OutOfMemory(c.Cause) {
		text = "Bazel ran out of memory"
	}
	if c.Older {
		text = "An older build: " + text
		if !c.Time.IsZero() {
			text = "An older build (" + c.Time.Local().Format("2 Jan 2006 15:04") + "): " + text
		}
	}
	return text
}
