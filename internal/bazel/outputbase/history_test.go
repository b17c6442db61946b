// SPDX-License-Identifier: Apache-2.0

package outputbase_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.invalid/starlark-memls/internal/bazel/outputbase"
	"example.invalid/starlark-memls/internal/bazel/outputbase/outputbasetest"
)

func TestHistoryOfRecordedStages(t *testing.T) {
	t.Parallel()
	ob, err := outputbase.Open(outputbasetest.Write(t, "7-pass"))
	if err != nil {
		t.Fatal(err)
	}
	history, err := ob.History(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, inv := range history {
		got = append(got, fmt.Sprintf("%s %d -Xmx%dm %.8s finished=%v crashed=%v %s", inv.Command, inv.ServerPID,
			inv.MaxHeapBytes>>20, inv.ID, inv.Finished, inv.Crashed, inv.ExitName))
	}
	// Ids as in the BEP files of the same builds; the last command's end was
	// not flushed when the stage was recorded.
	want := []string{
		"build 22827 -Xmx100m 9ca5c155 finished=true crashed=true OOM_ERROR",
		"info 23134 -Xmx100m  finished=true crashed=false ",
		"build 23134 -Xmx100m 9e35079d finished=false crashed=true OOM_ERROR",
		"build 4310 -Xmx150m 4378c8df finished=true crashed=true OOM_ERROR",
		"build 4461 -Xmx150m ad16e000 finished=true crashed=false ",
		"dump 4461 -Xmx150m  finished=true crashed=false ",
		"query 4461 -Xmx150m  finished=true crashed=false ",
		"build 4461 -Xmx150m dc75b201 finished=true crashed=false BUILD_FAILURE",
		"build 4461 -Xmx150m b6cc4cd4 finished=false crashed=false ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
}

// The log's times have no zone: the file's time of modification sets it.
func TestHistoryClockOfAnotherZone(t *testing.T) {
	t.Parallel()
	dir := outputbasetest.Write(t, "1-crash")
	before := history(t, dir)
	ob, _ := outputbase.Open(dir)
	later := ob.JavaLogs[0].Modified.Add(-7*time.Hour - 30*time.Minute)
	if err := os.Chtimes(ob.JavaLogs[0].Path, later, later); err != nil {
		t.Fatal(err)
	}
	after := history(t, dir)
	if got := before[0].Start.Sub(after[0].Start); got != 7*time.Hour+30*time.Minute {
		t.Errorf("the start moved by %v, want 7h30m", got)
	}
}

func history(t *testing.T, dir string) []outputbase.Invocation {
	t.Helper()
	ob, err := outputbase.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	list, err := ob.History(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestNoEnvironmentIsKept(t *testing.T) {
	t.Parallel()
	for _, stage := range outputbasetest.Stages {
		dir := outputbasetest.Write(t, stage)
		ob, err := outputbase.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		list := history(t, dir)
		raw, _ := os.ReadFile(ob.JavaLogs[len(ob.JavaLogs)-1].Path)
		if !strings.Contains(string(raw), outputbasetest.Secret) {
			t.Fatalf("%s: the recording has no secret to lose", stage)
		}
		if text := fmt.Sprintf("%+v %+v", *ob, list); strings.Contains(text, outputbasetest.Secret) {
			t.Errorf("%s: the environment was kept: %s", stage, text)
		}
	}
}

func TestOpenRecorded(t *testing.T) {
	t.Parallel()
	ob, err := outputbase.Open(outputbasetest.Write(t, "3-hung"))
	if err != nil {
		t.Fatal(err)
	}
	if ob.Workspace != outputbasetest.Workspace || ob.Server.PID != 23134 || ob.Server.MaxHeapBytes != 100<<20 {
		t.Errorf("workspace %q, server %d with %d bytes", ob.Workspace, ob.Server.PID, ob.Server.MaxHeapBytes)
	}
	if ob.Server.Alive {
		t.Error("the recorded server is said to be alive")
	}
	if len(ob.HeapDumps) != 2 || ob.HeapDumps[0].ServerPID != 23134 {
		t.Errorf("heap dumps %+v, want two, of 23134 first", ob.HeapDumps)
	}
	if len(ob.Profiles) != 1 || ob.Profiles[0].Bytes != 10 || ob.Profiles[0].InvocationID != "" {
		t.Errorf("profiles %+v, want one of 10 bytes without an id", ob.Profiles)
	}
}

// 8.0 on: profiles are named by their invocation, with a link under the old
// name. Each counts once.
func TestOpenLinkedProfiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	id := "0c91bd2f-7a11-4f0e-9a3e-0f7a2f2d6f11"
	name := "command-" + id + ".profile.gz"
	for file, text := range map[string]string{"DO_NOT_BUILD_HERE": "/w", name: "x"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(name, filepath.Join(dir, "command.profile.gz")); err != nil {
		t.Fatal(err)
	}
	ob, err := outputbase.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(ob.Profiles) != 1 || ob.Profiles[0].InvocationID != id {
		t.Errorf("profiles %+v, want one, of %s", ob.Profiles, id)
	}
}

func TestServerAlive(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put := func(name, text string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("DO_NOT_BUILD_HERE", "/w")
	put("server/server.pid.txt", fmt.Sprint(os.Getpid()))
	if ob, err := outputbase.Open(dir); err != nil || !ob.Server.Alive {
		t.Errorf("this process is not alive: %v", err)
	}
	if _, err := os.Stat("/proc/self/stat"); err == nil {
		put("server/server.starttime", "1")
		if ob, _ := outputbase.Open(dir); ob.Server.Alive {
			t.Error("a process of the same id that started later counts as the server")
		}
	}
}

// Ctrl-C is a command of its own, which is through before the one that it
// cancels: that one has finished with its own id.
func TestHistoryOfCancelledBuild(t *testing.T) {
	t.Parallel()
	const (
		started   = "261121 10:40:25.1:I 18 [com.google.devtools.build.lib.server.CommandManager.create] Starting command %s on thread %s\n"
		build     = "261121 10:40:25.200:I 19 [com.google.devtools.build.lib.server.GrpcServerImpl.executeCommand] [build, --startup_time=1, //...]\n"
		finished  = "261121 10:40:%s:I 41 [com.google.devtools.build.lib.server.CommandManager$RunningCommand.close] Finished command %s on thread %s\n"
		own       = "ad35f0b6-6363-4cc7-9d00-000000000000"
		cancelled = "51750828-86b3-4510-91d7-000000000000"
	)
	begin := fmt.Sprintf(strings.Replace(started, ".1:", ".100:", 1), own, "grpc-command-0") + build +
		fmt.Sprintf(strings.Replace(started, "25.1:", "30.939:", 1), cancelled, "grpc-command-1") +
		fmt.Sprintf(finished, "30.948", cancelled, "grpc-command-1")
	for text, want := range map[string]bool{
		begin: false,
		begin + fmt.Sprintf(finished, "31.200", own, "grpc-command-0"): true,
	} {
		dir := t.TempDir()
		for name, data := range map[string]string{"DO_NOT_BUILD_HERE": "/srv/build/toy", "java.log.host.user.log.java.20261121-104025.9720": text} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		list := history(t, dir)
		if len(list) != 1 || list[0].Finished != want {
			t.Errorf("%+v, want finished %v of\n%s", list, want, text)
		}
	}
}
