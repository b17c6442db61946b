// SPDX-License-Identifier: Apache-2.0

package series_test

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"

	"example.invalid/starlark-memls/internal/series"
)

// What passed is no crash in the origin's table, though there is no console to
// say so; of what nothing tells there is no limit.
func TestCSVWithoutConsole(t *testing.T) {
	t.Parallel()
	closed := `{"otherData":{"build_id":"b"},"traceEvents":[
{"cat":"general information","name":"Finishing","ph":"i","ts":2000,"pid":1,"tid":5}]}`
	var gz bytes.Buffer
	w := gzip.NewWriter(&gz)
	_, _ = w.Write([]byte(closed))
	_ = w.Close()
	passed := `{"id":{"started":{}},"started":{"uuid":"u","command":"build","startTimeMillis":"1"}}
{"id":{"buildFinished":{}},"finished":{"overallSuccess":true,"exitCode":{"name":"SUCCESS"}}}
`
	failed := `{"id":{"started":{}},"started":{"uuid":"u","command":"build","startTimeMillis":"1"}}
{"id":{"buildFinished":{}},"finished":{"exitCode":{"name":"OOM_ERROR","code":33}}}
`
	for name, c := range map[string]struct{ text, want string }{
		"2026-12/p/profile.gz":     {gz.String(), "-, -, 0, 0, ok\n"},
		"2026-12/cut/profile.json": {closed[:len(closed)-4], "-, -, 0, 0, crash\n"},
		"my-build.bep.json":        {passed, "-, -, 0, 0, ok\n"},
		"our-build.bep.json":       {failed, "-, -, 0, 0, crash\n"},
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		rows, _, err := series.Open(t.Context(), path)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var out bytes.Buffer
		if err := series.WriteCSV(&out, rows); err != nil || out.String() != c.want {
			t.Errorf("%s: %q, %v, want %q", name, out.String(), err, c.want)
		}
	}
}
