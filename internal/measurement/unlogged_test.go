// SPDX-License-Identifier: Apache-2.0

package measurement_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.invalid/starlark-memls/internal/bazel/outputbase/outputbasetest"
)

// A build that was killed before its server flushed a line of it: what lies
// there is not the build's that passed before.
func TestKilledBeforeItWasLogged(t *testing.T) {
	t.Parallel()
	dir := outputbasetest.Write(t, "4-pass")
	begun := time.Date(2026, 11, 21, 9, 53, 0, 0, time.UTC)
	for name, file := range map[string]struct {
		text string
		at   time.Time
	}{
		"command.profile.gz": {"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x00", begun},
		"command.log":        {"Loading: 0 packages loaded\nAnalyzing: 2 targets\n", begun.Add(3 * time.Second)},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(file.text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, file.at, file.at); err != nil {
			t.Fatal(err)
		}
	}
	got := state(t, dir)
	if len(got) != 4 || !strings.HasPrefix(got[0], "older=false   server_died 150m later= console:command.log profile:command.profile.gz") {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
}

// The first build of an output base, killed before its server flushed a line
// of its log: the server's id, left behind, and a profile without an end tell.
func TestFirstBuildKilledBeforeItWasLogged(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		profile, console, pid, want string
	}{
		"nothing written":     {"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x00", "", "999999999", "older=false   server_died 100m later= console:command.log profile:command.profile.gz"},
		"cut":                 {traceText, "Loading: 0 packages loaded\n", "999999999", "older=false  b6cc server_died 100m later= console:command.log profile:command.profile.gz"},
		"profile closed":      {traceText + "{}]}", "/srv/build/cache/x\n", "999999999", "older=false   unknown 100m later=a command that built nothing"},
		"ended in order":      {traceText, "", "", "older=false   unknown 100m later=a command that built nothing"},
		"the build has ended": {traceText, consoleText, "999999999", "older=false  b6cc ok 100m later= console:command.log profile:command.profile.gz"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := outputbasetest.Write(t, "1-crash")
			for _, pattern := range []string{"java.log*", "*.hprof", "failure_detail.rawproto", "server/server.pid.txt"} {
				paths, _ := filepath.Glob(filepath.Join(dir, pattern))
				for _, path := range paths {
					if err := os.Remove(path); err != nil {
						t.Fatal(err)
					}
				}
			}
			put(t, filepath.Join(dir, "java.log.host.user.log.java.20261121-104016.9403"), nil)
			put(t, filepath.Join(dir, "command.profile.gz"), []byte(test.profile))
			put(t, filepath.Join(dir, "command.log"), []byte(test.console))
			if test.pid != "" {
				put(t, filepath.Join(dir, "server", "server.pid.txt"), []byte(test.pid))
			}
			if got := state(t, dir); len(got) != 1 || got[0] != test.want {
				t.Errorf("%s\nwant %s", strings.Join(got, "\n"), test.want)
			}
		})
	}
}

// A build whose end was never logged, while a later command runs: the server
// lived on, so it did not crash, but whether it passed nobody says.
func TestEndNotLogged(t *testing.T) {
	t.Parallel()
	dir := outputbasetest.Write(t, "4-pass")
	logs, _ := filepath.Glob(filepath.Join(dir, "java.log.*"))
	for _, path := range logs {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if at := strings.LastIndex(string(text), "Build identifier: ad16"); at >= 0 {
			end := at + strings.IndexByte(string(text[at:]), '\n') + 1
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			// This process stands for the server, which lives.
			path = put(t, strings.TrimSuffix(path, filepath.Ext(path))+"."+strconv.Itoa(os.Getpid()), text[:end])
			if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil {
				t.Fatal(err)
			}
		}
	}
	now := time.Date(2026, 11, 21, 9, 54, 0, 0, time.UTC)
	for _, name := range []string{"command.profile.gz", "command.log"} {
		path := put(t, filepath.Join(dir, name), nil)
		if err := os.Chtimes(path, now, now); err != nil {
			t.Fatal(err)
		}
	}
	put(t, filepath.Join(dir, "server", "server.pid.txt"), []byte(strconv.Itoa(os.Getpid())))
	if err := os.Remove(filepath.Join(dir, "server", "server.starttime")); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if got := state(t, dir); !strings.HasPrefix(got[0], "older=false build ad16 unknown 150m later=…") {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
}

// `bazel info` on a server that was killed before it logged that: the build
// before it still passed, and has lost its console.
func TestInfoBeforeItWasLogged(t *testing.T) {
	t.Parallel()
	dir := outputbasetest.Write(t, "4-pass")
	path := filepath.Join(dir, "command.log")
	at := time.Date(2026, 11, 21, 9, 53, 0, 0, time.UTC)
	if err := os.WriteFile(path, []byte("/srv/build/cache/x\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
	got := state(t, dir)
	if !strings.HasPrefix(got[0], "older=false build ad16 ok 150m later=… profile:command.profile.gz") {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
}
