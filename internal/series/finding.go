// SPDX-License-Identifier: Apache-2.0

package series

import (
	"context"
	"fmt"
	"io"

	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/threshold"
)

// WriteFinding says in a few lines what the builds of one mode in the folder
// out have shown of the limit that they need, and which line of .bazelrc sets
// it at what risk. Where no build crashed it adds the predicted floor, marked
// as a prediction; what stands in the way of one is said and no error.
func WriteFinding(ctx context.Context, w io.Writer, out string, mode measurement.Mode, found threshold.Judgement) {
	builds := "builds"
	if found.Estimate.Trials == 1 {
		builds = "build"
	}
	fmt.Fprintf(w, "%s: %d %s, %d of them crashed\n", mode, found.Estimate.Trials, builds, found.Crashes)
	switch {
	case found.Crashes == 0:
		fmt.Fprintf(w, "  no build crashed: the build needs less than the lowest limit tried\n")
		writeFloor(ctx, w, out, mode)
	case found.Crashes == found.Estimate.Trials:
		fmt.Fprintf(w, "  every build crashed: the build needs more than the highest limit tried\n")
	default:
		writeEstimate(w, found)
	}
}

// writeFloor predicts what no crash has shown yet.
func writeFloor(ctx context.Context, w io.Writer, out string, mode measurement.Mode) {
	rows, _, err := Open(ctx, out)
	if err != nil {
		return // the builds themselves have succeeded
	}
	floor, err := Floor(rows, string(mode))
	if err != nil {
		fmt.Fprintf(w, "  no prediction either: %v\n", err)
		return
	}
	fmt.Fprintf(w, "  predicted, from what garbage collection cost, not observed: it cannot pass under %s (95 %% interval %s to %s)\n",
		megabytes(floor.Bytes), megabytes(floor.LowBytes), megabytes(floor.HighBytes))
}

func writeEstimate(w io.Writer, found threshold.Judgement) {
	fmt.Fprintf(w, "  half of the builds crash at %s (95 %% interval %s to %s)\n", megabytes(found.Half.Bytes), megabytes(found.Half.LowBytes), megabytes(found.Half.HighBytes))
	fmt.Fprintf(w, "  99 %% pass at %s (95 %% interval %s to %s)\n", megabytes(found.Safe.Bytes), megabytes(found.Safe.LowBytes), megabytes(found.Safe.HighBytes))
	fmt.Fprintf(w, "  between limits that always pass and that always crash lies a band of %.0f %% (%.0f %% to %.0f %%)\n", 100*found.Band, 100*found.BandLow, 100*found.BandHigh)
	line, risk := found.Advice()
	fmt.Fprintf(w, "to .bazelrc, where at most %.1f %% of the builds will crash (with 97.5 %% certainty):\n  %s\n", 100*risk, line)
}

// megabytes writes a limit as -Xmx takes it.
func megabytes(bytes float64) string { return fmt.Sprintf("%.0fm", bytes/(1<<20)) }
