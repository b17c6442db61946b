// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/accuracy"
	"example.invalid/starlark-memls/internal/accuracy/generate"
	"example.invalid/starlark-memls/starlark"
)

const (
	crashesAsked = 30
	maxCalls     = 3
	// leastSolved is what must be solved, with room for what a change of the
	// weights may cost elsewhere: the score itself is docs/accuracy.md's.
	leastSolved = 26
)

// TestCorpus has a scripted client work on crashes whose culprits are known, each
// with the builds that passed: it is solved where the function and the line are
// right, or, where the answer itself says that it is not sure, where the next step
// is told and the culprit is among the suspects.
func TestCorpus(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("reads a third of the corpus")
	}
	cases := someCases(t)
	source := Backend{Conclude: func(ctx context.Context, paths []string) (*attribution.Report, *starlark.Workspace, error) {
		c := cases[filepath.Base(paths[0])]
		if c == nil {
			return nil, nil, errors.New("no such crash")
		}
		observations := append([]*observe.Observation{c.Crashed[0]}, c.Passed...)
		return attribution.Conclude(ctx, observations, c.Workspace, attribution.ConcludeOptions{}), c.Workspace, nil
	}}
	session := connect(t, source)
	solved, named, asked := 0, 0, 0
	for id, c := range cases {
		ok, right, calls := solve(t, session, id, c)
		asked++
		if calls > maxCalls {
			t.Errorf("%s took %d calls", id, calls)
		}
		if right {
			named++
		}
		if ok {
			solved++
		} else {
			t.Logf("%s is not solved", id)
		}
	}
	t.Logf("%d of %d crashes solved, in %d the function and line are named", solved, asked, named)
	if asked != crashesAsked || solved < leastSolved {
		t.Errorf("%d of %d solved", solved, asked)
	}
}

// someCases are scenarios with a culprit, none that is held out, evenly by kind.
func someCases(t *testing.T) map[string]*accuracy.Case {
	t.Helper()
	corpus := filepath.Join("..", "accuracy", "corpus")
	archives, err := filepath.Glob(filepath.Join(corpus, "*.tar.zst"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	byKind := map[string]int{}
	chosen := 0
	for _, archive := range archives {
		id := strings.TrimSuffix(filepath.Base(archive), ".tar.zst")
		kind, _, _ := strings.Cut(id, "-0")
		if strings.HasPrefix(id, "merely-big") || byKind[kind] == 4 || chosen == crashesAsked {
			continue
		}
		byKind[kind]++
		chosen++
		absolute, err := filepath.Abs(archive)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(absolute, filepath.Join(dir, filepath.Base(archive))); err != nil {
			t.Skip(err)
		}
	}
	loaded, err := accuracy.Load(t.Context(), dir, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]*accuracy.Case{}
	for i := range loaded {
		if c := &loaded[i]; !c.HeldOut() && len(c.Crashed) > 0 && len(c.Guilty) > 0 {
			cases[c.ID] = c
		}
	}
	return cases
}

// connect is a client of the official library.
func connect(t *testing.T, s Backend) *mcp.ClientSession {
	t.Helper()
	client, server := mcp.NewInMemoryTransports()
	ctx := context.WithoutCancel(t.Context())
	running, err := New(s, "test").Connect(ctx, server, nil)
	if err != nil {
		t.Fatal(err)
	}
	session, err := mcp.NewClient(&mcp.Implementation{Name: "script", Version: "1"}, nil).Connect(ctx, client, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		session.Close()
		running.Wait()
	})
	return session
}

// call asks a tool, and holds its answer to its bound.
func call(t *testing.T, session *mcp.ClientSession, tool string, arguments map[string]any) (*Answer, error) {
	t.Helper()
	result, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: tool, Arguments: arguments})
	if err != nil {
		t.Fatal(err)
	}
	text := result.Content[0].(*mcp.TextContent).Text
	if result.IsError {
		return nil, errors.New(text)
	}
	if len(text) > MaxAnswer || len(result.Content) != 1 {
		t.Errorf("%s: an answer of %d bytes", tool, len(text))
	}
	a := new(Answer)
	if err := json.Unmarshal([]byte(text), a); err != nil {
		t.Fatal(err)
	}
	return a, nil
}

// solve works as the skill file says.
func solve(t *testing.T, session *mcp.ClientSession, id string, c *accuracy.Case) (solved, right bool, calls int) {
	t.Helper()
	paths := map[string]any{"paths": []string{"/corpus/" + id}}
	a, err := call(t, session, "explain_crash", paths)
	if err != nil {
		t.Fatalf("%s: %v", id, err)
	}
	calls++
	guilty := func(p *AnswerPlace) bool {
		return p != nil && slices.ContainsFunc(c.Guilty, func(g generate.Culprit) bool {
			if p.Function != g.Function || p.File != g.File {
				return false
			}
			d := c.Workspace.At(filepath.Join(c.Workspace.Root(), filepath.FromSlash(p.File)), p.Line)
			return d != nil && d.Name == g.Function
		})
	}
	if a.Certainty == "sure" || a.Certainty == "likely" {
		right = guilty(a.Place)
		return right, right, calls
	}
	right = guilty(a.Place)
	next, err := call(t, session, "next_evidence", paths)
	if err != nil {
		t.Fatal(err)
	}
	list, err := call(t, session, "suspects", map[string]any{"paths": paths["paths"], "top": 10})
	if err != nil {
		t.Fatal(err)
	}
	calls += 2
	among := slices.ContainsFunc(list.Rows, func(r TableRow) bool { return guilty(r.Place) })
	return len(next.Next) > 0 && (among || strings.Contains(strings.Join(next.Next, "\n"), "heap dump")), right, calls
}
