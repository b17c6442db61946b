// SPDX-License-Identifier: Apache-2.0

package measurement_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"example.invalid/starlark-memls/internal/measurement"
)

const jobCrash = `INFO: Analyzed target //lib:lib (9 packages loaded).
FATAL: bazel ran out of memory and crashed. Printing stack trace:
java.lang.OutOfMemoryError: Java heap space
	at net.starlark.java.eval.StarlarkFunction.fastcall(StarlarkFunction.java:1)
`

func jsonText(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func each(text string, f func(string) string) string {
	var b strings.Builder
	for l := range strings.Lines(text) {
		b.WriteString(f(strings.TrimSuffix(l, "\n")) + "\n")
	}
	return b.String()
}

// A log is one because Bazel speaks in it, whatever it begins with and however
// late Bazel comes.
func TestSniffLogs(t *testing.T) {
	t.Parallel()
	noise := strings.Repeat("Get:17 noble/main amd64 libc6 [3,262 kB]\n", 5000)
	for name, text := range map[string]string{
		"a bracket":         each(jobCrash, func(l string) string { return "[2] " + l }),
		"a bracketed word":  "[Pipeline] stage\n" + jobCrash,
		"progress":          "[7 / 9] Linking x\n" + jobCrash,
		"a JSON line first": `{"step":"checkout","ok":true}` + "\n" + jobCrash,
		"a JSON list first": "[1,2]\n" + jobCrash,
		"docker's JSON": each(jobCrash, func(l string) string {
			return `{"log":"` + strings.ReplaceAll(l, "\t", `\t`) + `\n","stream":"stderr"}`
		}),
		"a list of texts, printed": "[\n" + each(jobCrash, func(l string) string { return "  {\n    \"textPayload\": " + jsonText(l) + "\n  }," }) + "]\n",
		"a whole console in one":   `[{"type":"out","message":` + jsonText(jobCrash) + `}]`,
		"the same, long":           `[{"type":"out","message":` + jsonText(noise+jobCrash) + `}]`,
		"a list of lines":          `[` + strings.TrimSuffix(each(jobCrash, func(l string) string { return `{"pos":1,"out":` + jsonText(l+"\n") + `},` }), ",\n") + `]`,
		"a task's result":          `fatal: [ci-1]: FAILED! => {"rc":33,"stderr":` + jsonText(jobCrash) + "}\n",
		"a table":                  each(jobCrash, func(l string) string { return `"2026-01-01T00:00:00Z","` + l + `"` }),
		"a page":                   "<html><body><pre>" + strings.ReplaceAll(jobCrash, "\n", "<br>") + "</pre></body></html>\n",
		"bells":                    each(jobCrash, func(l string) string { return "\x1b]0;t\a\a\a\a" + l }),
		"Bazel late":               noise + jobCrash,
		"Bazel late, prefixed":     each(noise+jobCrash, func(l string) string { return "runner 17 > " + l }),
		"gzip within gzip":         string(zipped(string(zipped(noise + jobCrash)))),
	} {
		path := filepath.Join(t.TempDir(), "raw")
		put(t, path, []byte(text))
		kind, err := measurement.Sniff(t.Context(), path)
		if err != nil || kind.Part != measurement.Console {
			t.Errorf("%s: %+v, %v", name, kind, err)
		}
		list, _, err := measurement.Open(context.Background(), path)
		if err != nil || len(list) != 1 {
			t.Errorf("%s: %d measurements, %v", name, len(list), err)
			continue
		}
		if d, _ := measurement.Describe(context.Background(), list[0]); d.Status != measurement.OutOfMemory {
			t.Errorf("%s: %s", name, d.Status)
		}
	}
	for name, text := range map[string]string{
		"settings":        `{"message": "ERROR: no", "list": [1, 2]}`,
		"another's log":   noise,
		"a list":          `["INFO: one", "ERROR: two"]`,
		"a quoting issue": `{"body": "it says 'FATAL: bazel ran out of memory and crashed.' and that is all"}`,
	} {
		path := filepath.Join(t.TempDir(), "raw")
		put(t, path, []byte(text))
		if kind, err := measurement.Sniff(t.Context(), path); err == nil {
			t.Errorf("%s: taken for %+v", name, kind)
		}
	}
}

// GitHub's archive of a run's logs: a folder a job, a text a step, and a text a
// job beside the folders.
func TestOpenLogArchive(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	stamped := each(jobCrash, func(l string) string { return "2026-03-04T05:06:07.1234567Z " + l })
	put(t, filepath.Join(dir, "test (macos)/1_Set up job.txt"), []byte("2026-03-04T05:06:00.0000000Z Current runner version: '2.3'\n"))
	put(t, filepath.Join(dir, "test (macos)/7_Test.txt"), []byte(stamped))
	put(t, filepath.Join(dir, "lint/2_Lint.txt"), []byte("2026-03-04T05:06:00.0000000Z all is well\n"))
	list, _, err := measurement.Open(context.Background(), dir)
	if err != nil || len(list) != 1 || len(list[0].Parts[measurement.Console]) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	// Texts that only quote Bazel are none of its logs.
	notes := t.TempDir()
	put(t, filepath.Join(notes, "notes.txt"), []byte("Look for 'FATAL: bazel ran out of memory and crashed.' in it.\n"))
	put(t, filepath.Join(notes, "job.txt"), []byte(stamped))
	list, _, err = measurement.Open(context.Background(), notes)
	if err != nil || len(list) != 1 || filepath.Base(list[0].Parts[measurement.Console][0]) != "job.txt" {
		t.Fatalf("%+v, %v", list, err)
	}
}

// A folder's name is a limit where the origin's driver wrote the folder.
func TestFolderNameAsLimit(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]int64{
		"12345-logs/console.log":  0,
		"2026-12/console":         0,
		"01-issue306/console.log": 0,
		"4711-2/build.log":        0,
		"8-attempt/console":       0,
		"64m-2/build.log":         0,
		"300m-2/console":          300 << 20,
	} {
		path := filepath.Join(t.TempDir(), name)
		put(t, path, []byte(jobCrash))
		list, _, err := measurement.Open(context.Background(), filepath.Dir(path))
		if err != nil || len(list) != 1 {
			t.Fatalf("%s: %v, %v", name, list, err)
		}
		if d, _ := measurement.Describe(context.Background(), list[0]); d.MemoryLimitBytes != want {
			t.Errorf("%s: limit %d, want %d", name, d.MemoryLimitBytes, want)
		}
	}
}
