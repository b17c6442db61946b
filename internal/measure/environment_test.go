// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Lines as Bazel 4.2.3 writes them, shortened.
const events = `{"id":{"unstructuredCommandLine":{}},"unstructuredCommandLine":{"args":["build","--client_env\u003dSECRET\u003dhunter2","--jobs\u003d3"]}}
{"id":{"structuredCommandLine":{"commandLineLabel":"original"}},"structuredCommandLine":{"sections":[{"sectionLabel":"command options","optionList":{"option":[{"combinedForm":"--client_env\u003dSECRET\u003dhunter2","optionName":"client_env","optionValue":"SECRET\u003dhunter2"},{"combinedForm":"--jobs\u003d3","optionName":"jobs","optionValue":"3"}]}}]}}
{"id":{"optionsParsed":{}},"optionsParsed":{"cmdLine":["--jobs\u003d3"],"invocationPolicy":{},"big":12345678901234567890}}
`

func stripped(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bep.json")
	if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := stripEnvironment(path, []byte("key")); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %v, %v; want 0600", info.Mode(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	return string(got)
}

func TestStripEnvironment(t *testing.T) {
	t.Parallel()
	got := stripped(t, events)
	if strings.Contains(got, "hunter2") || strings.Contains(got, "client_env") {
		t.Errorf("the environment is still there:\n%s", got)
	}
	lines := strings.Split(strings.TrimSpace(got), "\n")
	if len(lines) != 3 || strings.Count(got, "jobs") != 4 {
		t.Errorf("more than the environment is gone:\n%s", got)
	}
	if want := strings.Split(events, "\n")[2]; lines[2] != want {
		t.Errorf("a line without the environment has changed:\n%s\nwas\n%s", lines[2], want)
	}
	for _, line := range lines {
		if !json.Valid([]byte(line)) {
			t.Errorf("no JSON: %s", line)
		}
	}
	// A server that died in the middle of a line.
	if got := stripped(t, events+`{"id":{"x":1},"args":["--client_env\u003dSECRET\u003dhunt`); strings.Contains(got, "hunt") {
		t.Errorf("half a line still has the environment:\n%s", got)
	}
	if got := stripped(t, `{"id":{"progress":{}},"progr`); got != `{"id":{"progress":{}},"progr` {
		t.Errorf("half a line without it is now %q", got)
	}
	if err := stripEnvironment(filepath.Join(t.TempDir(), "none"), nil); err != nil {
		t.Errorf("no file: %v", err)
	}
}

func FuzzStripLine(f *testing.F) {
	for line := range strings.Lines(events) {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		got := stripLine(line, nil)
		var event any
		if json.Unmarshal(got, &event) == nil && names(event) {
			t.Errorf("%q still has an option of the environment", got)
		}
	})
}

// names reports whether a list in a value has an option --client_env.
func names(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		for _, value := range v {
			if names(value) {
				return true
			}
		}
	case []any:
		for _, item := range v {
			if text, ok := item.(string); ok && strings.HasPrefix(text, "--client_env") || names(item) {
				return true
			}
		}
	}
	return false
}
