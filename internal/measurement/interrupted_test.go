// SPDX-License-Identifier: Apache-2.0

package measurement_test

import (
	"context"
	"path/filepath"
	"testing"

	"example.invalid/starlark-memls/internal/measurement"
)

// An output base that was taken from another machine, by CI or in a tarball:
// that no server runs here says nothing. An end that the client asked for is
// no crash, wherever.
func TestCopiedAndInterrupted(t *testing.T) {
	t.Parallel()
	const begin = `260122 15:47:35.245:I 3 [com.google.devtools.build.lib.runtime.BlazeRuntime.main] Starting Bazel server with pid 4242, args [--max_idle_secs=10]
260122 15:48:11.752:I 40 [com.google.devtools.build.lib.server.CommandManager.registerCommand] Starting command 060a7678-c0bf-439a-a545-552a9d16e99c on thread grpc-command-0
260122 15:48:11.752:I 40 [com.google.devtools.build.lib.server.GrpcServerImpl.executeCommand] [test, --startup_time=36]
`
	const interrupted = `260122 15:48:15.363:I 638 [com.google.devtools.build.lib.server.CommandManager.doCancel] Interrupting command 060a7678-c0bf-439a-a545-552a9d16e99c on thread grpc-command-0
`
	for _, c := range []struct {
		name, place, log string
		want             measurement.Status
	}{
		{"died here", "", begin, measurement.ServerDied},
		{"interrupted here", "", begin + interrupted, measurement.Killed},
		{"copied", "/somewhere/else/ob", begin, measurement.Unknown},
		{"copied, interrupted", "/somewhere/else/ob", begin + interrupted, measurement.Killed},
	} {
		dir := t.TempDir()
		place := c.place
		if place == "" {
			place = dir
		}
		put(t, filepath.Join(dir, "DO_NOT_BUILD_HERE"), []byte("/srv/build/shop"))
		put(t, filepath.Join(dir, "server/cmdline"), []byte("bazel(shop)\x00--max_idle_secs=10\x00--output_base="+place+"\x00"))
		put(t, filepath.Join(dir, "java.log.host.me.log.java.20260122-154735.4242"), []byte(c.log))
		list, _, err := measurement.Open(context.Background(), dir)
		if err != nil || len(list) == 0 {
			t.Errorf("%s: %v, %v", c.name, list, err)
			continue
		}
		if d, _ := measurement.Describe(context.Background(), list[0]); d.Status != c.want {
			t.Errorf("%s: %s (%s), want %s", c.name, d.Status, d.StatusReason, c.want)
		}
	}
}
