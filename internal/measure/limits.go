// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"fmt"
	"slices"
	"strings"

	"example.invalid/starlark-memls/internal/bazel/jvm"
)

// maxLimits bounds what one specification may expand to: a slip of the unit
// in a step would otherwise plan a million builds.
const maxLimits = 10_000

// leastInBytes is what a size without a unit must be to be meant so: less is
// below any heap that a JVM starts with (2 MiB) and any step worth taking.
const leastInBytes = 64 << 10

// ParseLimits reads memory limits as the command line gives them: a list,
// separated by commas, of single limits (200m) and of ranges with a step,
// both ends included (155m:180m:1m). Sizes are the JVM's: k, m, g in powers
// of 1024. The result is in bytes, ascending, each once.
func ParseLimits(spec string) ([]int64, error) {
	var limits []int64
	for part := range strings.SplitSeq(spec, ",") {
		expanded, err := parseRange(strings.TrimSpace(part))
		if err != nil {
			return nil, fmt.Errorf("memory limits %q: %w", spec, err)
		}
		if limits = append(limits, expanded...); len(limits) > maxLimits {
			return nil, fmt.Errorf("memory limits %q: more than %d of them; take a larger step", spec, maxLimits)
		}
	}
	slices.Sort(limits)
	return slices.Compact(limits), nil
}

func parseRange(part string) ([]int64, error) {
	fields := strings.Split(part, ":")
	sizes := make([]int64, len(fields))
	for i, field := range fields {
		size, err := jvm.ParseSize(field)
		if err != nil {
			return nil, err
		}
		switch {
		case size == 0:
			return nil, fmt.Errorf("%s is neither a limit nor a step", field)
		case size < leastInBytes && field == fmt.Sprint(size):
			return nil, fmt.Errorf("%s are bytes; give a unit, as in %sm", field, field)
		}
		sizes[i] = size
	}
	switch {
	case len(sizes) == 1:
		return sizes, nil
	case len(sizes) != 3:
		return nil, fmt.Errorf("%q is neither a limit (200m) nor FROM:TO:STEP (155m:180m:1m)", part)
	case sizes[1] < sizes[0]:
		return nil, fmt.Errorf("%q runs backwards", part)
	case (sizes[1]-sizes[0])/sizes[2] >= maxLimits:
		return nil, fmt.Errorf("%q has more than %d steps; take a larger step", part, maxLimits)
	}
	var limits []int64
	for limit := sizes[0]; limit <= sizes[1]; limit += sizes[2] {
		limits = append(limits, limit)
	}
	return limits, nil
}

// The lowest limit that a search without limits of its own looks at: Bazel
// 4.2.3 starts under 16 MiB and builds nothing under 32 MiB.
const lowestLimit = 32 << 20

// DefaultSpan is the lowest and the highest limit worth trying here: from
// what hardly any Bazel builds in to three quarters of this machine's memory,
// or to 8 GB where that is not known.
func DefaultSpan() []int64 {
	highest := int64(8 << 30)
	if memory := hostMemoryBytes(); memory > 0 {
		highest = memory / 4 * 3 >> 20 << 20
	}
	return []int64{lowestLimit, max(highest, 2*lowestLimit)}
}

// JVMDefaultLimit is what a JVM takes that is given no limit: a quarter of the
// machine's memory.
func JVMDefaultLimit() int64 {
	if memory := hostMemoryBytes(); memory > 0 {
		return max(memory/4>>20<<20, lowestLimit)
	}
	return 1 << 30
}
