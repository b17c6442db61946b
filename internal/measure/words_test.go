// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"slices"
	"strings"
	"testing"

	"example.invalid/starlark-memls/internal/measurement"
)

func TestWordsOfASweep(t *testing.T) {
	t.Parallel()
	if modes, err := measurement.ParseModes([]string{"nobuild", "regular", "nobuild"}); err != nil || !slices.Equal(modes, []measurement.Mode{measurement.NoBuild, measurement.Regular}) {
		t.Errorf("modes %v, %v", modes, err)
	}
	for text, want := range map[string]float64{"5%": 0.05, " 2.5 %": 0.025, "0.1": 0.1} {
		if got, err := ParsePrecision(text); err != nil || got != want {
			t.Errorf("precision %q is %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "0", "1", "100%", "-5%", "NaN", "five"} {
		if got, err := ParsePrecision(text); err == nil {
			t.Errorf("precision %q is %v, want an error", text, got)
		}
	}
	for what, err := range map[string]error{
		`unknown mode "fast"`:        second(measurement.ParseModes([]string{"fast"})),
		"no mode":                    second(measurement.ParseModes(nil)),
		`unknown heap-dumps "shred"`: second(measurement.ParseHeapDumps("shred")),
	} {
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("error %v, want %q", err, what)
		}
	}
	if a, b := OwnOutputBase("/cache", "/srv/a"), OwnOutputBase("/cache", "/srv/b"); a == b || a != OwnOutputBase("/cache", "/srv/a") {
		t.Errorf("workspaces share %s and %s", a, b)
	}
}

func second[T any](_ T, err error) error { return err }
