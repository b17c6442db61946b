// SPDX-License-Identifier: Apache-2.0

package quantity

import "testing"

func TestParseSize(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"200m": 200 << 20, "1.5g": 3 << 29, "17": 17, "2K": 2048, "200 MiB": 200 << 20, "1e6": 1e6, "3gb": 3 << 30, "0": 0, "2t": 2 << 40,
	} {
		if got, err := ParseSize(text); err != nil || got != want {
			t.Errorf("%s: %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "m", "-1m", "1x", "1.2.3g", "99999999999t", "1e400", "1 200m", "NaN"} {
		if got, err := ParseSize(text); err == nil {
			t.Errorf("%q is %d", text, got)
		}
	}
	for _, n := range []int64{0, 870, 3 << 20, 5 << 30} {
		if got, err := ParseSize(Bytes(n)); err != nil || got != n {
			t.Errorf("%s reads as %d (%v)", Bytes(n), got, err)
		}
	}
}
