// SPDX-License-Identifier: Apache-2.0

package quantity

import (
	"math"
	"testing"
)

func TestWords(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"0 B": Bytes(0), "870 B": Bytes(870), "1023 B": Bytes(1023), "1 KiB": Bytes(1024), "1.5 KiB": Bytes(1536),
		"99.9 MiB": Bytes(104_752_742), "100 MiB": Bytes(100 << 20), "1 GiB": Bytes(1<<30 - 1), "-17 MiB": Bytes(-17 << 20),
		"8192 PiB": Bytes(math.MaxInt64), "-8192 PiB": Bytes(math.MinInt64),

		"0 us": Micros(0), "999 us": Micros(999), "1 ms": Micros(1000), "999 ms": Micros(999_499), "1 s": Micros(999_500),
		"1.43 s": Micros(1_432_000), "59.9 s": Micros(59_949_999), "1 min 0 s": Micros(59_950_000), "3 min 20 s": Micros(200_000_000),
		"59 min 59 s": Micros(3_599_400_000), "1 h 0 min": Micros(3_599_500_000), "2 h 5 min": Micros(7_500_000_000),
		"-8 ms": Micros(-8000), "2562047788 h 1 min": Micros(math.MaxInt64), "-2562047788 h 1 min": Micros(math.MinInt64),

		"0.59": Ratio(.587), "1.4": Ratio(1.43), "99": Ratio(99.4), "100": Ratio(99.5), "120": Ratio(120.4), "-120": Ratio(-120.4), "1e-05": Ratio(.00001),
		"8.36": Figure(8.36), "0.587": Figure(.587), "1.43": Figure(1.43), "999": Figure(999.4), "1204": Figure(1204.4), "0.00012": Figure(.00012), "0": Figure(0), "1000": Figure(999.6), "+Inf": Figure(math.Inf(1)),

		"45 %": Share(.449), "100 %": Share(1),

		"1 crash": Count(1, "crash", "crashes"), "0 crashes": Count(0, "crash", "crashes"), "3 crashes": Count(3, "crash", "crashes"),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
