// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import "testing"

func TestDumpIsOfItsMeasurement(t *testing.T) {
	t.Parallel()
	for dump, want := range map[string]string{
		"/dumps/lists-01_68m-1.hprof":      "lists-01/68m-1",
		"/dumps/macro_dict-02_68m-1.hprof": "macro_dict-02/68m-1",
		"/dumps/merely-big-09_60m-2.hprof": "merely-big-09/60m-2",
		"/dumps/java_pid1.hprof":           "java/pid1",
		"/dumps/other.hprof":               "other",
	} {
		if got := of(dump); got != want {
			t.Errorf("%s is of %s, want %s", dump, got, want)
		}
	}
}
