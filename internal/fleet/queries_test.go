// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// A query is a block of SQL of the page.
type query struct{ name, sql string }

var block = regexp.MustCompile("(?s)```sql\n-- name: (\\w+)\n(.*?)```")

// queries are those of the page, in its order.
func queries(t *testing.T) (all []query) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "fleet.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range block.FindAllStringSubmatch(string(page), -1) {
		all = append(all, query{m[1], m[2]})
	}
	if len(all) < 8 || bytes.Count(page, []byte("```sql")) != len(all) {
		t.Fatalf("%d queries with a name, of %d blocks", len(all), bytes.Count(page, []byte("```sql")))
	}
	return all
}

// TestDashboard: the dashboard's panels ask what the page documents.
func TestDashboard(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "..", "docs", "fleet-grafana.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var board map[string]any
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	sql := map[string]string{}
	for _, q := range queries(t) {
		sql[q.name] = q.sql
	}
	panels, _ := board["panels"].([]any)
	for _, p := range panels {
		target := p.(map[string]any)["targets"].([]any)[0].(map[string]any)
		name, _ := target["refId"].(string)
		switch {
		case sql[name] == "":
			t.Errorf("the page has no query %q", name)
		case *update:
			target["rawSql"] = sql[name]
		case target["rawSql"] != sql[name]:
			t.Errorf("the panel %v asks something else than the page; run go test ./internal/fleet -run TestDashboard -update", p.(map[string]any)["title"])
		}
	}
	if len(panels) != 2 {
		t.Errorf("%d panels", len(panels))
	}
	if *update {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(board); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
