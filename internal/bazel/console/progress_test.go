// SPDX-License-Identifier: Apache-2.0

package console

import "testing"

func TestWhatWasLoading(t *testing.T) {
	t.Parallel()
	const death = "FATAL: bazel ran out of memory and crashed. Printing stack trace:\njava.lang.OutOfMemoryError: Java heap space\n"
	for _, c := range []struct {
		name, text, pkg string
		others          int
		packages        bool
	}{
		{"one", "Loading: 12 packages loaded\n    currently loading: a/b\n", "a/b", 0, true},
		{"the first of three", "Analyzing: 3 targets (1 packages loaded)\n    currently loading: a ... (3 packages)\n", "a", 2, true},
		{"not any more", "Loading: \n    currently loading: a\nAnalyzing: 3 targets (9 packages loaded, 2 targets configured)\n", "", 0, false},
		{"words that are no number", "Loading: \n    currently loading: a ... (many packages)\n", "a ... (many packages)", 0, true},
		{"none", "INFO: hello\n", "", 0, false},
		{"packages that are not named", "Loading: 0 packages loaded\n", "", 0, true},
		{"none by name any more", "FAILED: Build did NOT complete successfully (0 packages loaded)\n    currently loading: \n", "", 0, true},
		{"then analysis", "Loading: 3 packages loaded\nINFO: Analyzed target //a:b (3 packages loaded, 9 targets configured).\n", "", 0, false},
		{"then actions", "Loading: 3 packages loaded\n[12 / 34] Compiling a.cc\n", "", 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			log := mustRead(t, []byte(c.text+death+"\nServer terminated abruptly (error code: 14, error message: 'Socket closed', log file: '/o/server/jvm.out')\n"))
			if len(log.Crashes) != 1 {
				t.Fatalf("%d crashes", len(log.Crashes))
			}
			if got := log.Crashes[0]; got.Loading != c.pkg || got.LoadingOthers != c.others || got.LoadingPackages != c.packages {
				t.Errorf("loading %q and %d more, packages %t; want %q and %d, %t", got.Loading, got.LoadingOthers, got.LoadingPackages, c.pkg, c.others, c.packages)
			}
		})
	}
}
