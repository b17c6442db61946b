// SPDX-License-Identifier: Apache-2.0

// Package outputbasetest holds an output base as it was recorded after each of
// eight stages with a real Bazel 4.2.3 (JDK 17), for the tests of what reads
// output bases. Each has the small files, with their times of modification;
// heap dumps are cut to their first bytes, server logs to the lines that tell
// of commands, and the environment in those is replaced by an entry of its
// own, SECRET=hunter2.
//
// The workspace is /srv/build/toy, one rule whose string outgrows the heap:
//
//	1-crash  the first build ever; out of memory at 100 MB
//	2-info   bazel info
//	3-hung   the build again: FATAL was printed, then the server hung and was killed
//	3-crash  the build again, out of memory at 150 MB
//	4-pass   the rule fixed; passes
//	5-query  bazel dump --rules, bazel query
//	6-fail   a wrong attribute; fails in loading
//	7-pass   taken back; passes
package outputbasetest

import (
	"embed"
	"encoding/base64"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

//go:embed testdata/*.txtar
var recorded embed.FS

// Workspace is what DO_NOT_BUILD_HERE says in every stage.
const Workspace = "/srv/build/toy"

// Secret must not turn up in anything that is read from a stage.
const Secret = "hunter2"

// Stages are the names of the stages, in order.
var Stages = []string{"1-crash", "2-info", "3-hung", "3-crash", "4-pass", "5-query", "6-fail", "7-pass"}

// Write lays out a stage in a new folder and gives it.
func Write(t testing.TB, stage string) string {
	t.Helper()
	text, err := recorded.ReadFile("testdata/" + stage + ".txtar")
	if err != nil {
		t.Fatal(err)
	}
	archive := txtar.Parse(text)
	dir := filepath.Join(t.TempDir(), stage)
	files := map[string][]byte{}
	for _, f := range archive.Files {
		files[f.Name] = f.Data
	}
	for line := range strings.Lines(string(archive.Comment)) {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			continue
		}
		modified, err := time.Parse(time.RFC3339Nano, fields[0])
		if err != nil {
			continue
		}
		write(t, filepath.Join(dir, fields[2]), fields[1], files[fields[2]], modified)
	}
	return dir
}

var toldPlace = regexp.MustCompile(`--output_base=[^\x00]*`)

func write(t testing.TB, path, encoding string, data []byte, modified time.Time) {
	t.Helper()
	if encoding == "base64" {
		raw, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(string(data), "\n", ""))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		data = raw
	}
	if strings.HasSuffix(filepath.ToSlash(path), "/server/cmdline") { // the stage is no copy of an output base
		data = toldPlace.ReplaceAll(data, []byte("--output_base="+filepath.Dir(filepath.Dir(path))))
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, modified, modified); err != nil {
		t.Fatal(err)
	}
}
