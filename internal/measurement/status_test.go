// SPDX-License-Identifier: Apache-2.0

package measurement

import (
	"testing"

	"example.invalid/starlark-memls/internal/bazel/bep"
	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/internal/bazel/failuredetail"
)

func TestStatus(t *testing.T) {
	t.Parallel()
	code := func(n int) *Record { return &Record{ExitCode: &n} }
	crash := func(cause console.Cause) *console.Log {
		return &console.Log{Crashes: []console.PrintedCrash{{Cause: cause}}}
	}
	passed := &console.Log{Succeeded: true}
	oom := &failuredetail.Detail{Message: "Crashed: (java.lang.OutOfMemoryError) x", Crash: &failuredetail.CrashDetail{Code: failuredetail.CrashOOM}}
	for name, test := range map[string]struct {
		e    statusEvidence
		want Status
	}{
		"nothing":                      {statusEvidence{}, Unknown},
		"the record decides":           {statusEvidence{record: &Record{Status: Timeout}, logs: []*console.Log{crash(console.JavaHeapSpace)}}, Timeout},
		"an unknown record does not":   {statusEvidence{record: &Record{Status: Unknown}, logs: []*console.Log{passed}}, OK},
		"heap space":                   {statusEvidence{logs: []*console.Log{crash(console.JavaHeapSpace)}}, OutOfMemory},
		"array size":                   {statusEvidence{logs: []*console.Log{crash(console.ArraySize)}}, OutOfMemory},
		"thrashing":                    {statusEvidence{logs: []*console.Log{crash(console.GCThrashing)}}, GCThrashing},
		"server gone":                  {statusEvidence{logs: []*console.Log{crash(console.ServerDied)}}, ServerDied},
		"internal error":               {statusEvidence{logs: []*console.Log{crash(console.InternalError)}}, ServerDied},
		"stack overflow":               {statusEvidence{logs: []*console.Log{crash(console.StackOverflow)}}, ServerDied},
		"gone, but the detail says":    {statusEvidence{logs: []*console.Log{crash(console.ServerDied)}, failure: oom}, OutOfMemory},
		"gone with 33":                 {statusEvidence{logs: []*console.Log{crash(console.ServerDied)}, record: code(33)}, OutOfMemory},
		"gone, jvm.out says":           {statusEvidence{logs: []*console.Log{crash(console.ServerDied), crash(console.JavaHeapSpace)}}, OutOfMemory},
		"crash after success":          {statusEvidence{logs: []*console.Log{{Succeeded: true, Crashes: []console.PrintedCrash{{Cause: console.JavaHeapSpace}}}}}, OutOfMemory},
		"detail alone":                 {statusEvidence{failure: oom}, OutOfMemory},
		"detail of thrashing":          {statusEvidence{failure: &failuredetail.Detail{Message: "Crashed: x", Crash: &failuredetail.CrashDetail{Code: failuredetail.CrashOOM, OOMCauseCategory: failuredetail.OOMGCThrashing}}}, GCThrashing},
		"detail of an ordinary error":  {statusEvidence{failure: &failuredetail.Detail{Message: "no such target"}, logs: []*console.Log{{BuildFailed: true}}}, Failed},
		"33":                           {statusEvidence{record: code(33)}, OutOfMemory},
		"37":                           {statusEvidence{record: code(37)}, ServerDied},
		"0":                            {statusEvidence{record: code(0)}, OK},
		"1":                            {statusEvidence{record: code(1)}, Failed},
		"8":                            {statusEvidence{record: code(8)}, Killed},
		"events: out of memory":        {statusEvidence{build: &bep.Build{Aborted: []string{"OUT_OF_MEMORY"}}}, OutOfMemory},
		"events: internal":             {statusEvidence{build: &bep.Build{Aborted: []string{"INTERNAL"}}}, ServerDied},
		"events: OOM_ERROR":            {statusEvidence{build: &bep.Build{Finished: true, Exit: &bep.Exit{Code: 33, Name: "OOM_ERROR"}}}, OutOfMemory},
		"events stop":                  {statusEvidence{build: &bep.Build{Truncated: "x"}}, ServerDied},
		"events stop, console passed":  {statusEvidence{build: &bep.Build{Truncated: "x"}, logs: []*console.Log{passed}}, OK},
		"interrupted":                  {statusEvidence{logs: []*console.Log{{BuildFailed: true, Interrupted: true}}}, Killed},
		"empty profile":                {statusEvidence{emptyProfile: true}, ServerDied},
		"empty profile, heap dump":     {statusEvidence{emptyProfile: true, heapDump: true}, OutOfMemory},
		"heap dump alone":              {statusEvidence{heapDump: true}, Unknown},
		"under way, profile not begun": {statusEvidence{emptyProfile: true, told: &told{running: true}}, Unknown},
		"never finished, server gone":  {statusEvidence{told: &told{died: true}}, ServerDied},
		"log: crashed, OOM_ERROR":      {statusEvidence{told: &told{crashed: true, exitName: "OOM_ERROR"}}, OutOfMemory},
		"log: BUILD_FAILURE":           {statusEvidence{told: &told{exitName: "BUILD_FAILURE"}}, Failed},
		"log: INTERRUPTED":             {statusEvidence{told: &told{exitName: "INTERRUPTED"}}, Killed},
		"log: finished":                {statusEvidence{told: &told{finished: true}}, OK},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, why := test.e.status(); got != test.want || why == "" {
				t.Errorf("%s (%s), want %s", got, why, test.want)
			}
		})
	}
}
