// SPDX-License-Identifier: Apache-2.0

package jvm

import "testing"

func TestMaxHeap(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		flags []string
		want  int64
	}{
		"none":                 {nil, 0},
		"the last one wins":    {[]string{"-Xmx1g", "-Xms5g", "-Xmx600m"}, 600 << 20},
		"the other spelling":   {[]string{"-Xmx1g", "-XX:MaxHeapSize=7T"}, 7 << 40},
		"bytes":                {[]string{"-Xmx157286400"}, 157286400},
		"a bad one is skipped": {[]string{"-Xmx1K", "-Xmxlots", "-Xmx1mm", "-Xmx", "-Xmx9999999999t"}, 1 << 10},
	} {
		if got := MaxHeap(test.flags); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
}
