// SPDX-License-Identifier: Apache-2.0

package measurement

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func readText(t *testing.T, text string) (*Record, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), recordName)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return readRecord(t.Context(), path)
}

// TestRecordRestricted: what no writer of a record writes is left out and told.
func TestRecordRestricted(t *testing.T) {
	t.Parallel()
	r, err := readText(t, `{"schema":1,"status":"ok|[x](command:y)","mode":"../x","run":"1\n# H","memory_limit_bytes":-5,"server_pid":-1,"bazel_version":"7.0.0","first_error":"a\u001b[31mb"}`)
	if r == nil || err == nil {
		t.Fatalf("%+v, %v; want a record and an error", r, err)
	}
	for _, word := range []string{"the status ok|", "the mode ../x", "-5 bytes", "the process -1"} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%v does not tell %q", err, word)
		}
	}
	if r.Status != "" || r.Mode != "" || r.MemoryLimitBytes != 0 || r.ServerPID != 0 || r.Run != "1?# H" || r.FirstError != "a?[31mb" || r.BazelVersion != "7.0.0" {
		t.Errorf("%+v", r)
	}
	if r, err := readText(t, `{"schema":1,"status":"out_of_memory","mode":"nobuild","run":"WARMUP"}`); err != nil || r.Status != OutOfMemory || r.Mode != "nobuild" {
		t.Errorf("an honest record: %+v, %v", r, err)
	}
	if _, err := readText(t, `{"first_error":"`+strings.Repeat("x", maxRecordSize)+`"}`); err == nil {
		t.Error("a record of a megabyte is read")
	}
}

// FuzzRecord: whatever stands in measurement.json, what is taken from it can be
// shown in one line.
func FuzzRecord(f *testing.F) {
	f.Add(`{"schema":1,"status":"ok","run":"1","exit_code":0}`)
	f.Add(`{"schema":1,"status":"\u001b[31m","run":"\n"}`)
	f.Fuzz(func(t *testing.T, text string) {
		r, _ := readText(t, text)
		if r == nil {
			return
		}
		for _, word := range []string{string(r.Status), r.Mode, r.Run, r.BazelVersion, r.FirstError, r.InvocationID, r.Stopped} {
			if strings.ContainsFunc(word, unicode.IsControl) || utf8.RuneCountInString(word) > maxWords {
				t.Errorf("%q is taken", word)
			}
		}
		if r.MemoryLimitBytes < 0 || r.ServerPID < 0 {
			t.Errorf("%+v", r)
		}
	})
}
