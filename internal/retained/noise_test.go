// SPDX-License-Identifier: Apache-2.0

package retained

import (
	"cmp"
	"compress/gzip"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/quantity"
)

var update = flag.Bool("update", false, "write the table of the page anew")

// equalBuilds are the recorded builds by workspace: testdata/equal, each made by
// `starlark-memls measure` of a real Bazel 4.2.3 on an output base of its own,
// while other work ran on both cores (scripts/record-noise).
func equalBuilds(t *testing.T) map[string][]heap.Retained {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "equal", "*.json.gz"))
	if err != nil || len(files) < 12 {
		t.Fatalf("%d recorded builds: %v", len(files), err)
	}
	all := map[string][]heap.Retained{}
	for _, path := range files {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		unpacked, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		r, err := heap.ReadRetained(unpacked)
		if err != nil {
			t.Fatal(err)
		}
		workspace, _, _ := strings.Cut(filepath.Base(path), "-")
		all[workspace] = append(all[workspace], r)
	}
	return all
}

// A spread is how holders of one kind differ between two equal builds.
type spread struct {
	kind            string
	compared, equal int
	most            Change // in bytes
	mostShare       Change // of those of 64 KiB and more
}

func (s *spread) add(c *Change) {
	s.compared++
	if c.Growth() == 0 {
		s.equal++
	}
	if abs(c.Growth()) >= abs(s.most.Growth()) {
		s.most = *c
	}
	if c.Before.Bytes >= LeastOfShare && relative(c) >= relative(&s.mostShare) {
		s.mostShare = *c
	}
}

// LeastOfShare is the size from which a share says something.
const LeastOfShare = 64 << 10

func relative(c *Change) float64 {
	growth, _ := c.Relative()
	return math.Abs(growth)
}

// spreads compares each two equal builds.
func spreads(all map[string][]heap.Retained) (list []spread, falseAlarms []string) {
	kinds := map[string]*spread{}
	add := func(c *Change) {
		if kinds[c.Kind] == nil {
			kinds[c.Kind] = &spread{kind: c.Kind}
		}
		kinds[c.Kind].add(c)
		if c.Real() {
			falseAlarms = append(falseAlarms, fmt.Sprintf("%s %s %s: %d, then %d", c.Kind, c.Name, c.File, c.Before.Bytes, c.After.Bytes))
		}
	}
	for _, builds := range all {
		for i := range builds {
			for k := range i {
				c := Compare(One(builds[k]), One(builds[i]))
				add(&c.Live)
				for n := range c.After {
					add(&c.After[n])
				}
			}
		}
	}
	for _, s := range kinds {
		list = append(list, *s)
	}
	slices.SortFunc(list, func(a, b spread) int {
		return cmp.Or(cmp.Compare(b.equal*a.compared, a.equal*b.compared), cmp.Compare(a.kind, b.kind))
	})
	return list, falseAlarms
}

// TestNoise: of all pairs of equal builds none is told to differ, and the page
// says by how much they do.
func TestNoise(t *testing.T) {
	t.Parallel()
	all := equalBuilds(t)
	list, falseAlarms := spreads(all)
	for _, f := range falseAlarms {
		t.Errorf("equal builds are told to differ: %s", f)
	}
	var b strings.Builder
	pairs, compared := 0, 0
	for _, builds := range all {
		pairs += len(builds) * (len(builds) - 1) / 2
	}
	b.WriteString("| kind of holder | compared | equal to the byte | largest difference | largest share, from 64 KiB on | called noise up to |\n|---|---:|---:|---:|---:|---:|\n")
	for _, s := range list {
		compared += s.compared
		limit := fmt.Sprintf("%d B", exact.bytes)
		if n, ok := noises[s.kind]; ok {
			limit = fmt.Sprintf("%s or %g %%", quantity.Bytes(n.bytes), 100*n.share)
		}
		share := "-"
		if s.mostShare.Before.Bytes > 0 {
			share = fmt.Sprintf("%.2g %%", 100*relative(&s.mostShare))
		}
		fmt.Fprintf(&b, "| %s | %d | %.1f %% | %s | %s | %s |\n", strings.ReplaceAll(s.kind, "_", " "), s.compared, 100*float64(s.equal)/float64(s.compared),
			quantity.Bytes(abs(s.most.Growth())), share, limit)
	}
	fmt.Fprintf(&b, "\n%d pairs of equal builds, %d comparisons of one holder, none told to differ (by the rule of three that is at most %.2g %% with 95 %% confidence; pairs of one workspace are not independent).\n",
		pairs, compared, 300/float64(compared))

	path := filepath.Join("..", "..", "docs", "memory-as-a-number.md")
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- noise: go test ./internal/retained -run TestNoise -update -->\n", "<!-- end of noise -->"
	head, rest, ok := strings.Cut(string(page), begin)
	old, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatal("the page has no place for the table")
	}
	if *update {
		if err := os.WriteFile(path, []byte(head+begin+b.String()+end+tail), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := gocmp.Diff(old, b.String()); diff != "" {
		t.Errorf("the page is out of date; run go test ./internal/retained -run TestNoise -update (-page +now):\n%s", diff)
	}
}
