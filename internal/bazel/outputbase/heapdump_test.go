// SPDX-License-Identifier: Apache-2.0

package outputbase

import "testing"

func TestHeapDumpNames(t *testing.T) {
	t.Parallel()
	const id = "4711beef-0000-4000-8000-000000000001"
	for name, want := range map[string]struct {
		dump       bool
		pid        int
		invocation string
	}{
		"java_pid17.hprof":         {true, 17, ""},
		"java_pid17.hprof.1":       {false, 0, ""},
		"java_pid17.1.hprof":       {true, 17, ""},
		"java_pid17.hprof.gz":      {true, 17, ""},
		"java_pid17.hprof.zst":     {true, 17, ""},
		"java_pid17.hprof.zip":     {true, 17, ""},
		id + ".heapdump.hprof":     {true, 0, id},
		id + ".heapdump.hprof.gz":  {true, 0, id},
		"command.profile.gz":       {false, 0, ""},
		"java_pid17.hprof.gz.part": {false, 0, ""},
	} {
		if got := IsHeapDumpName(name); got != want.dump {
			t.Errorf("%s is a heap dump: %v", name, got)
		}
		d := heapDump(SeenFile{Path: "/ob/" + name})
		if want.dump && (d.ServerPID != want.pid || d.InvocationID != want.invocation) {
			t.Errorf("%s: server %d, invocation %q", name, d.ServerPID, d.InvocationID)
		}
	}
}
