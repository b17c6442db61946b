// SPDX-License-Identifier: Apache-2.0

package export

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/gather"
	"example.invalid/starlark-memls/attribution/observe"
)

// TestTree: however few nodes are kept, the sums stay, parents come first, and what
// is kept is what is largest.
func TestTree(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	s := &Stacks{Measures: heapMeasures}
	for range 2000 {
		var stack []int32
		for depth := range 1 + random.IntN(5) {
			stack = append(stack, s.frame(StackFrame{Kind: KindFunction, Name: fmt.Sprint(depth, "-", random.IntN(8))}))
		}
		s.Samples = append(s.Samples, StackSample{Stack: stack, Values: []int64{random.Int64N(1000), random.Int64N(10), 1}})
	}
	whole := s.Tree(1 << 30)
	for _, most := range []int{1, 2, 50, 500, len(whole.Nodes), 1 << 20} {
		tree := s.Tree(most)
		if len(tree.Nodes) > most || most >= len(whole.Nodes) && len(tree.Nodes) != len(whole.Nodes) {
			t.Errorf("%d nodes, of at most %d", len(tree.Nodes), most)
		}
		for k, m := range s.Measures {
			sum := int64(0)
			for i, n := range tree.Nodes {
				sum += n.Own[k]
				if int(n.Parent) >= i {
					t.Fatalf("node %d comes before its parent %d", i, n.Parent)
				}
			}
			if sum != s.Total(m.Name) {
				t.Errorf("%d nodes: %s adds up to %d of %d", most, m.Name, sum, s.Total(m.Name))
			}
		}
	}
}

// TestCallsAsReported holds the self time and the calls by stack to the report's
// numbers, function by function, in every recorded profile.
func TestCallsAsReported(t *testing.T) {
	t.Parallel()
	compared := 0
	for path, text := range recordedProfiles(t) {
		r, err := ReadRecording(t.Context(), bytes.NewReader(text), func(name string) StackFrame { return StackFrame{Kind: KindFunction, Name: name} })
		if err != nil {
			t.Fatal(path, err)
		}
		if len(r.Calls.Samples) == 0 {
			continue
		}
		alone := filepath.Join(t.TempDir(), "command.profile.gz")
		if err := os.WriteFile(alone, text, 0o644); err != nil {
			t.Fatal(err)
		}
		evidence, err := gather.Paths(t.Context(), []string{alone}, observe.ReadOptions{})
		if err != nil {
			t.Fatal(path, err)
		}
		report := attribution.Conclude(t.Context(), evidence.Observations, nil, attribution.ConcludeOptions{})
		self, calls := map[string]int64{}, map[string]int64{}
		for _, sample := range r.Calls.Samples {
			name := r.Calls.Frames[sample.Stack[len(sample.Stack)-1]].Name
			self[name] += sample.Values[0]
			calls[name] += sample.Values[1]
		}
		for i := range report.Suspects {
			s := &report.Suspects[i]
			micros, _ := s.Evidence.Number(attribution.SelfMicros)
			n, _ := s.Evidence.Number(attribution.Calls)
			compared++
			if self[s.Name] != int64(micros) || calls[s.Name] != int64(n) {
				t.Errorf("%s: %s: %d µs in %d calls, in the report %.0f in %.0f", path, s.Name, self[s.Name], calls[s.Name], micros, n)
			}
		}
	}
	if compared < 100 {
		t.Errorf("only %d functions were compared", compared)
	}
}
