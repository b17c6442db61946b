// SPDX-License-Identifier: Apache-2.0

package join

import (
	"testing"

	"example.invalid/starlark-memls/internal/growth"
)

// A line says how what it holds grows, where that is surely faster than the targets.
func TestHeldLineSaysHowItGrows(t *testing.T) {
	t.Parallel()
	const holds = "holds 137 MiB of the 156 MiB live heap (88 %) through AuditInfo.records in 965 targets"
	for _, test := range []struct {
		growth *growth.Growth
		want   string
	}{
		{nil, holds},
		{&growth.Growth{Exponent: growth.Estimate{Value: 1.98, Low: 1.96, High: 2}}, holds + ", which grows with the square of the targets"},
		{&growth.Growth{Exponent: growth.Estimate{Value: 1.18, Low: 1.15, High: 1.2}}, holds + ", which grows faster than the targets"},
		{&growth.Growth{Exponent: growth.Estimate{Value: 1, Low: 0.98, High: 1.02}}, holds},
		{&growth.Growth{Exponent: growth.Estimate{Value: 2, Low: 1.1, High: 3}}, holds + ", which grows faster than the targets"},
		{&growth.Growth{Exponent: growth.Estimate{Value: 2, Low: 0.9, High: 3}}, holds}, // who knows
	} {
		l := HeldLine{What: "AuditInfo.records", Bytes: 137 << 20, LiveBytes: 156 << 20, Targets: 965, Growth: test.growth}
		if got := l.String(); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}
