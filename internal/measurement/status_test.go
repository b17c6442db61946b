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
		return &console.Log{Crashes: []console.Crash{{Cause: cause}}}
	}
	passed := &console.Log{Succeeded: true}
	oom := &failuredetail.Detail{Message: "Crashed: (java.lang.OutOfMemoryError) x", Crash: &failuredetail.Crash{Code: failuredetail.CrashOOM}}
	for name, test := range map[string]struct {
		e    evidence
		want Status
	}{
		"nothing":                      {evidence{}, Unknown},
		"the record decides":           {evidence{record: &Record{Status: Timeout}, logs: []*console.Log{crash(console.JavaHeapSpace)}}, Timeout},
		"an unknown record does not":   {evidence{record: &Record{Status: Unknown}, logs: []*console.Log{passed}}, OK},
		"heap space":                   {evidence{logs: []*console.Log{crash(console.JavaHeapSpace)}}, OutOfMemory},
		"array size":                   {evidence{logs: []*console.Log{crash(console.ArraySize)}}, OutOfMemory},
		"thrashing":                    {evidence{logs: []*console.Log{crash(console.GCThrashing)}}, GCThrashing},
		"server gone":                  {evidence{logs: []*console.Log{crash(console.ServerDied)}}, ServerDied},
		"internal error":               {evidence{logs: []*console.Log{crash(console.InternalError)}}, ServerDied},
		"stack overflow":               {evidence{logs: []*console.Log{crash(console.StackOverflow)}}, ServerDied},
		"gone, but the detail says":    {evidence{logs: []*console.Log{crash(console.ServerDied)}, failure: oom}, OutOfMemory},
		"gone with 33":                 {evidence{logs: []*console.Log{crash(console.ServerDied)}, record: code(33)}, OutOfMemory},
		"gone, jvm.out says":           {evidence{logs: []*console.Log{crash(console.ServerDied), crash(console.JavaHeapSpace)}}, OutOfMemory},
		"crash after success":          {evidence{logs: []*console.Log{{Succeeded: true, Crashes: []console.Crash{{Cause: console.JavaHeapSpace}}}}}, OutOfMemory},
		"detail alone":                 {evidence{failure: oom}, OutOfMemory},
		"detail of thrashing":          {evidence{failure: &failuredetail.Detail{Message: "Crashed: x", Crash: &failuredetail.Crash{Code: failuredetail.CrashOOM, OOMCauseCategory: failuredetail.OOMGCThrashing}}}, GCThrashing},
		"detail of an ordinary error":  {evidence{failure: &failuredetail.Detail{Message: "no such target"}, logs: []*console.Log{{BuildFailed: true}}}, Failed},
		"33":                           {evidence{record: code(33)}, OutOfMemory},
		"37":                           {evidence{record: code(37)}, ServerDied},
		"0":                            {evidence{record: code(0)}, OK},
		"1":                            {evidence{record: code(1)}, Failed},
		"8":                            {evidence{record: code(8)}, Killed},
		"events: out of memory":        {evidence{build: &bep.Build{Aborted: []string{"OUT_OF_MEMORY"}}}, OutOfMemory},
		"events: internal":             {evidence{build: &bep.Build{Aborted: []string{"INTERNAL"}}}, ServerDied},
		"events: OOM_ERROR":            {evidence{build: &bep.Build{Finished: true, Exit: &bep.Exit{Code: 33, Name: "OOM_ERROR"}}}, OutOfMemory},
		"events stop":                  {evidence{build: &bep.Build{Truncated: "x"}}, ServerDied},
		"events stop, console passed":  {evidence{build: &bep.Build{Truncated: "x"}, logs: []*console.Log{passed}}, OK},
		"interrupted":                  {evidence{logs: []*console.Log{{BuildFailed: true, Interrupted: true}}}, Killed},
		"empty profile":                {evidence{emptyProfile: true}, ServerDied},
		"empty profile, heap dump":     {evidence{emptyProfile: true, heapDump: true}, OutOfMemory},
		"heap dump alone":              {evidence{heapDump: true}, Unknown},
		"under way, profile not begun": {evidence{emptyProfile: true, told: &told{running: true}}, Unknown},
		"never finished, server gone":  {evidence{told: &told{died: true}}, ServerDied},
		"log: crashed, OOM_ERROR":      {evidence{told: &told{crashed: true, exitName: "OOM_ERROR"}}, OutOfMemory},
		"log: BUILD_FAILURE":           {evidence{told: &told{exitName: "BUILD_FAILURE"}}, Failed},
		"log: INTERRUPTED":             {evidence{told: &told{exitName: "INTERRUPTED"}}, Killed},
		"log: finished":                {evidence{told: &told{finished: true}}, OK},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, why := test.e.status(); got != test.want || why == "" {
				t.Errorf("%s (%s), want %s", got, why, test.want)
			}
		})
	}
}
