package measurement_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"starlark-memls/bazel/outputbase/outputbasetest"
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
