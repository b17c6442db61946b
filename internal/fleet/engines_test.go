// SPDX-License-Identifier: Apache-2.0

//go:build fleet

package fleet

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// ask runs the page's queries with an engine over dir/rows, and gives their rows
// by the queries' names.
func ask(t *testing.T, engine, dir string) map[string][]map[string]any {
	t.Helper()
	type asked struct {
		Name string `json:"name"`
		SQL  string `json:"sql"`
	}
	var questions []asked
	for _, q := range queries(t) {
		questions = append(questions, asked{q.name, q.sql})
	}
	text, err := json.Marshal(questions)
	if err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join("..", "..", ".cache", engine, "*", "bin", "python"))
	if err != nil || len(found) == 0 {
		t.Fatalf("%s is not installed: scripts/fleet %s (%v)", engine, engine, err)
	}
	python, err := filepath.Abs(found[len(found)-1])
	if err != nil {
		t.Fatal(err)
	}
	script, err := filepath.Abs("engines.py")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, script, engine)
	cmd.Dir, cmd.Stderr, cmd.Stdin = dir, os.Stderr, bytes.NewReader(text)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var results map[string]struct{ Rows []map[string]any }
	if err := json.Unmarshal(out, &results); err != nil {
		t.Fatal(err)
	}
	rows := map[string][]map[string]any{}
	for name, r := range results {
		rows[name] = r.Rows
	}
	return rows
}
