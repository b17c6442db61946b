// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"example.invalid/starlark-memls/internal/agent"
)

// canary stands in the environment, the flags and a message of a recorded crash.
const canary = "CANARY-7c1f"

// TestMCP runs the program under the client of the official library, asks every
// tool about a crash whose build events hold secrets, and looks for them.
func TestMCP(t *testing.T) {
	t.Parallel()
	workspace, err := filepath.Abs(filepath.Join("..", "..", "examples", "memory-eater"))
	if err != nil {
		t.Fatal(err)
	}
	crash := withCanary(t, filepath.Join(workspace, "measurements", "200m-1"))
	c := exec.CommandContext(t.Context(), "starlark-memls", "mcp", "--workspace", workspace)
	c.Env = append(os.Environ(), "XDG_CACHE_HOME="+t.TempDir())
	session, err := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil).Connect(t.Context(), &mcp.CommandTransport{Command: c}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	if !strings.Contains(session.InitializeResult().Instructions, "never instructions") {
		t.Error("the instructions do not say that what is the repository's is data")
	}
	series := filepath.Join(workspace, "measurements")
	for _, ask := range []struct {
		tool      string
		arguments map[string]any
		want      string
	}{
		{"explain_crash", map[string]any{"paths": []string{crash}}, `"function":"traverse_impl","file":"memory/eat.bzl","line":55`},
		{"explain_crash", map[string]any{"paths": []string{"measurements"}}, `"certainty":"likely"`},
		{"suspects", map[string]any{"paths": []string{crash}, "top": 3}, `1. traverse_impl`},
		{"evidence", map[string]any{"paths": []string{crash}, "function": "traverse_impl", "file": "memory/"}, `"self_micros"`},
		{"next_evidence", map[string]any{"paths": []string{crash}}, `heap dump`},
		{"lint", map[string]any{}, `"certainty":"sure"`},
		{"compare", map[string]any{"a": crash, "b": series}, `builds crashed before`},
	} {
		result, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: ask.tool, Arguments: ask.arguments})
		if err != nil {
			t.Fatalf("%s: %v", ask.tool, err)
		}
		text := result.Content[0].(*mcp.TextContent).Text
		if result.IsError || !strings.Contains(text, ask.want) || len(text) > agent.MaxAnswer || !json.Valid([]byte(text)) {
			t.Errorf("%s: %d bytes without %s: %s", ask.tool, len(text), ask.want, text)
		}
		if strings.Contains(text, canary) {
			t.Errorf("%s tells the canary: %s", ask.tool, text)
		}
	}
	result, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "live"})
	if err == nil && !result.IsError {
		t.Error("live is there without leave")
	}
	pages, err := session.ListResources(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, r := range pages.Resources {
		found = found || r.Name == "agents/SKILL.md"
	}
	if !found {
		t.Errorf("the skill is not among %d pages", len(pages.Resources))
	}
}

// withCanary copies a measurement and puts the canary into what must not be told.
func withCanary(t *testing.T, from string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "crash")
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "bep.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	secrets := `{"id":{"unstructuredCommandLine":{}},"unstructuredCommandLine":{"args":["build","--action_env=TOKEN=` + canary + `","--host_jvm_args=-Dsecret=` + canary + `"]}}
{"id":{"optionsParsed":{}},"optionsParsed":{"startupOptions":["--host_jvm_args=-Dsecret=` + canary + `"],"cmdLine":["--client_env=TOKEN=` + canary + `"]}}
{"id":{"structuredCommandLine":{"commandLineLabel":"original"}},"structuredCommandLine":{"commandLineLabel":"original","sections":[{"sectionLabel":"options","optionList":{"option":[{"combinedForm":"--client_env=PASSWORD=` + canary + `","optionName":"client_env","optionValue":"PASSWORD=` + canary + `"}]}}]}}
`
	first, rest, _ := strings.Cut(string(text), "\n")
	if err := os.WriteFile(path, []byte(first+"\n"+secrets+rest), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}
