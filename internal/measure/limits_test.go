// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"slices"
	"strings"
	"testing"

	"example.invalid/starlark-memls/internal/measurement"
)

func TestParseLimits(t *testing.T) {
	t.Parallel()
	const m = 1 << 20
	tests := []struct {
		spec string
		want []int64
	}{
		{"200m", []int64{200 * m}},
		{"1g", []int64{1024 * m}},
		{"300m,200m,300m", []int64{200 * m, 300 * m}},
		{"155m:157m:1m", []int64{155 * m, 156 * m, 157 * m}},
		{"100m:200m:60m", []int64{100 * m, 160 * m}}, // the end is a bound, not a step
		{"1k", []int64{1024}},
		{" 200m , 1G ", []int64{200 * m, 1024 * m}},
	}
	for _, tt := range tests {
		got, err := ParseLimits(tt.spec)
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("ParseLimits(%q) = %v, %v; want %v", tt.spec, got, err, tt.want)
		}
	}
	origin, err := ParseLimits("155m:180m:1m,190m:250m:5m,250m:300m:10m,300m:1000m:50m")
	if err != nil || len(origin) != 58 {
		t.Errorf("the origin's grid has %d distinct limits, %v; want 58", len(origin), err)
	}
}

func TestParseLimitsRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ spec, complaint string }{
		{"", "not a memory size"},
		{"m", "not a memory size"},
		{"200m,", "not a memory size"},
		{"200x", "not a memory size"},
		{"-5m", "not a memory size"},
		{"0", "neither a limit"},
		{"100m:200m", "neither"},
		{"200m:100m:1m", "backwards"},
		{"1m:1g:0", "neither a limit"},
		{"1m:64g:1k", "steps"},
		{"100k:9100k:1k,10000k:19000k:1k", "more than"},
		{"200", "200 are bytes; give a unit, as in 200m"},
		{"200:400:50", "200 are bytes"},
	}
	for _, tt := range tests {
		got, err := ParseLimits(tt.spec)
		if err == nil || !strings.Contains(err.Error(), tt.complaint) {
			t.Errorf("ParseLimits(%q) = %v, %v; want a complaint with %q", tt.spec, got, err, tt.complaint)
		}
	}
}

func FuzzParseLimits(f *testing.F) {
	for _, seed := range []string{"200m", "155m:180m:1m,190m:250m:5m", "::", "9999999999999999999g:1:1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, spec string) {
		limits, err := ParseLimits(spec)
		if err != nil {
			return
		}
		if len(limits) == 0 || limits[0] <= 0 || !slices.IsSorted(limits) {
			t.Errorf("ParseLimits(%q) = %v", spec, limits)
		}
	})
}

func TestFormatLimitIsReadBack(t *testing.T) {
	t.Parallel()
	for _, limit := range []int64{64<<10 + 1, 1024, 155 << 20, 1 << 30, 16 << 30, 16<<30 + 1<<20} {
		got, err := ParseLimits(measurement.Limit(limit).String())
		if err != nil || !slices.Equal(got, []int64{limit}) {
			t.Errorf("measurement.Limit(%d) = %q, read back as %v, %v", limit, measurement.Limit(limit), got, err)
		}
	}
}
